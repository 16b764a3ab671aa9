// The receipt as a sheet of paper: the whole order, products without licenses included (K15).
import { html } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { Link } from "../core/router.js";
import { formatDate, formatMoney, t } from "../core/words.js";
import { Empty, NotYet, useTitle } from "../parts/frame.js";
import { orderId, productOf } from "../parts/names.js";

const GROSS = "{ gross { amount currency } tax { amount currency } }";
const RECEIPT = `query Receipt($id: ID!) { licenseOrder(id: $id) { id number orderedAt purchaseOrderReference
  receipt { seller { address taxNumber } buyer { address }
    lines { productName variantName sku quantity unitPrice ${GROSS} total ${GROSS} }
    shipping ${GROSS} discount ${GROSS} total ${GROSS}
    payments { means amount { amount currency } paidAt } refunded { amount currency } } } }`;

export function PrintedReceipt({ id, onSignedOut }) {
  const { data, error, reload } = useAsk(RECEIPT, { id: orderId(id) }, { onSignedOut });
  const order = data?.licenseOrder;
  useTitle(order ? t("Receipt for order {number}", order) : t("Receipt"));

  if (!data) return html`<${NotYet} error=${error} onRetry=${reload} />`;
  const back = html`<p class="unprinted links"><${Link} to=${`/purchases/${id}`}>‹ ${order ? t("Order {number}", order) : t("Purchases")}<//></p>`;
  if (!order?.receipt) return html`${back}<${Empty}><h1>${t("Receipt")}</h1><p>${t("There is a receipt when all licenses are issued or renewed.")}</p><//>`;
  const { seller, buyer, lines, shipping, discount, total, payments, refunded } = order.receipt;
  const isTaxed = total.tax.amount > 0;

  return html`${back}<article class="card sheet"><header><h1>${t("Receipt for order {number}", order)}</h1>
      <button class="unprinted push" onClick=${() => print()}>${t("Print")}</button></header>
    <div class="body">
      <p class="muted dotted"><span>${formatDate(order.orderedAt)}</span>
        ${order.purchaseOrderReference && html`<span>${t("Your reference {reference}", { reference: order.purchaseOrderReference })}</span>`}</p>
      <div class="parties"><${Party} title=${t("Sold by")} address=${seller.address} taxNumber=${seller.taxNumber} />
        ${buyer.address.length > 0 && html`<${Party} title=${t("Billed to")} address=${buyer.address} />`}</div></div>
    <table><thead><tr><th scope="col">${t("Product")}</th><th scope="col" class="number">${t("Units")}</th>
        <th scope="col" class="number">${t("Unit price")}</th>${isTaxed && html`<th scope="col" class="number">${t("Tax in it")}</th>`}<th scope="col" class="number">${t("Sum")}</th></tr></thead>
      <tbody>${lines.map((line) => html`<tr><td data-label=${t("Product")}><span>${productOf(line)} <small>${line.sku}</small></span></td>
          <td class="number" data-label=${t("Units")}>${line.quantity}</td><td class="number" data-label=${t("Unit price")}>${formatMoney(line.unitPrice.gross)}</td>
          ${isTaxed && html`<td class="number" data-label=${t("Tax in it")}>${formatMoney(line.total.tax)}</td>`}<td class="number" data-label=${t("Sum")}>${formatMoney(line.total.gross)}</td></tr>`)}
        <${Sum} title=${t("Shipping")} price=${shipping} isTaxed=${isTaxed} /><${Sum} title=${t("Discounts and gift cards")} price=${discount} sign=${-1} isTaxed=${isTaxed} />
        <${Sum} title=${t("Total")} price=${total} isTaxed=${isTaxed} isTotal /></tbody></table>
    <dl class="body facts">${payments.map(({ means, amount, paidAt }) => html`<dt>${means ? t("Paid on {date} with {means}", { date: formatDate(paidAt), means }) : t("Paid on {date}", { date: formatDate(paidAt) })}</dt><dd class="number">${formatMoney(amount)}</dd>`)}
      ${refunded.amount > 0 && html`<dt>${t("Refunded")}</dt><dd class="number">${formatMoney(refunded)}</dd>`}</dl></article>`;
}

function Party({ title, address, taxNumber }) {
  return html`<address><small>${title}</small>${address.map((line) => html`<br />${line}`)}
    ${taxNumber && html`<br />${t("Tax number {number}", { number: taxNumber })}`}</address>`;
}

// A row below the lines; without an amount there is none, but for the total.
function Sum({ title, price: { gross, tax }, sign = 1, isTaxed, isTotal = false }) {
  if (!gross.amount && !isTotal) return null;
  const signed = ({ amount, currency }) => formatMoney({ amount: sign * amount, currency });
  return html`<tr class=${isTotal ? "total" : null}><th scope="row" colspan="3">${title}</th>
    ${isTaxed && html`<td class="number" data-label=${t("Tax in it")}>${signed(tax)}</td>`}<td class="number" data-label=${t("Sum")}>${signed(gross)}</td></tr>`;
}

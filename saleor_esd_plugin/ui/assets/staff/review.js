// One order before the decision: buyer, payment, what speaks against it, what has happened.
import { html, useState } from "../core/dom.js";
import { refreshOrder } from "../core/bridge.js";
import { useAsk } from "../core/load.js";
import { Link } from "../core/router.js";
import { formatTime, t } from "../core/words.js";
import { Empty, NotYet, Trouble, useTitle } from "../parts/frame.js";
import { approvalReason, OrderState, waitsFor } from "../parts/state.js";
import { productOf, titleOf } from "../parts/names.js";
import { RENEWALS, Renewals } from "../parts/renewals.js";
import { Timeline, TIMELINE, timelineOf, WANTED } from "../parts/timeline.js";
import { later } from "../parts/later.js";
import { Decide, undecided } from "./decide.js";

const NameRenewals = later(() => import("./name_renewals.js").then((file) => file.NameRenewals));

const ORDER = `query Review($id: ID, $order: ID, ${WANTED}) {
  licenseOrder(id: $id, order: $order) { id number origin orderedAt status approval approvalReasons decidedAt decidedBy decisionReason isPaid isConfirmed isDuplicateCheckout
    buyerEmail notificationEmail purchaseOrderReference comment account { id name email isReseller }
    availability { available of pending backordered } waiting { reason quantity }
    payment { refunded disputed }
    lines { id productName variantName sku quantity approved withdrawn availability { available of backordered } ${RENEWALS} } }
  ${TIMELINE} }`;

// `id` is that of a license order, or `order` that of the shop's.
export function Review({ id, order: shopOrder, onSignedOut }) {
  const [decision, setDecision] = useState(null);
  const [naming, setNaming] = useState(null);
  const wanted = timelineOf(shopOrder || id || "");
  const { data, error, reload } = useAsk(ORDER, { id, order: shopOrder, ...wanted }, { every: decision || naming ? 0 : 30, onSignedOut });
  const order = data?.licenseOrder;
  useTitle(order ? titleOf(order) : t("Approvals"));
  if (!data) return html`<${NotYet} error=${error} onRetry=${reload} />`;
  if (!order) return html`<${Empty}><h1>${t("Not found")}</h1><p>${t("There is no such order, or you may not see it.")}</p><${Link} to="/approvals">${t("Approvals")}<//><//>`;
  const isGrant = order.origin === "GRANT";
  const isOpen = ["PENDING", "PARTIALLY_APPROVED"].includes(order.approval);
  const decided = () => {
    setDecision(null);
    setNaming(null);
    reload();
    refreshOrder();
  };
  const closed = () => {
    setDecision(null);
    // It may have been refused, as somebody else has decided meanwhile.
    reload();
  };

  return html`${!shopOrder && html`<p><${Link} to="/approvals">‹ ${t("Approvals")}<//></p>`}
    <div class="head"><h1>${titleOf(order)} <${OrderState} status=${order.status} /></h1>
      ${isOpen && html`<div class="actions"><button onClick=${() => setDecision("reject")}>${t("Reject…")}</button>
        <button class="primary" onClick=${() => setDecision("approve")}>${t("Approve")}</button></div>`}</div>
    <p class="muted">${formatTime(order.orderedAt)}</p>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${order.decidedAt && html`<p class="band info">${whoDecided(order)} ${order.decisionReason}</p>`}
    <div class="split"><div>
      <section class="card"><header><h2>${t("Licenses")}</h2>${!shopOrder && html`<${Link} class="push" to="/licenses" query=${{ orderNumber: order.number }}>${t("Show them")}<//>`}</header><table>
        <thead><tr><th scope="col">${t("Product")}</th><th scope="col">SKU</th><th scope="col">${t("Ordered")}</th><th scope="col">${t("Availability")}</th></tr></thead>
        <tbody>${order.lines.map((line) => html`<tr key=${line.id}><td data-label=${t("Product")}>${productOf(line)}</td><td data-label="SKU">${line.sku}</td>
          <td data-label=${t("Ordered")}>${line.quantity}</td>
          <td data-label=${t("Availability")}>${t("{available} of {of}", line.availability)}${line.availability.backordered > 0 && html` <small>${t("{count} without a key", { count: line.availability.backordered })}</small>`}
            ${isOpen && line.approved > 0 && undecided(line) > 0 && html`<br /><small>${t("{approved} approved, {undecided} to decide on", { approved: line.approved, undecided: undecided(line) })}</small>`}</td></tr>`)}</tbody></table></section>
      <${Renewals} lines=${order.lines} at="/orders/" onName=${order.status === "CANCELLED" ? null : setNaming} />
      ${!isGrant && html`<section class="card"><header><h2>${t("Checks")}</h2></header><div class="body list">
        <${Check} isGood=${order.isPaid} good=${t("Paid in full")} bad=${t("Not paid in full")} />
        <${Check} isGood=${order.isConfirmed} good=${t("Confirmed")} bad=${t("Not confirmed by the shop")} />
        <${Check} isGood=${!order.isDuplicateCheckout} good=${t("The only order of its checkout")} bad=${t("Its checkout made another order too")} />
        ${order.payment?.disputed && html`<${Check} bad=${t("Its payment is disputed")} />`}
        ${order.payment?.refunded && html`<${Check} bad=${t("Something of it was paid back")} />`}
        ${(order.approvalReasons || []).map((reason) => html`<p key=${reason}>• ${approvalReason(reason)}</p>`)}
        ${order.waiting.map(({ reason, quantity }) => html`<p class="muted" key=${reason}>${waitsFor(reason)}: ${quantity}</p>`)}
      </div></section>`}
    </div><aside><section class="card"><header><h2>${t("Buyer")}</h2></header><dl class="facts body">
      <dt>${t("Account")}</dt><dd>${order.account?.name || "—"} ${order.account?.isReseller && html`<span class="state info">${t("Reseller")}</span>`}</dd>
      <dt>${t("E-mail")}</dt><dd>${order.buyerEmail || "—"}</dd>
      ${order.notificationEmail && html`<dt>${t("Also told")}</dt><dd>${order.notificationEmail}</dd>`}
      ${order.purchaseOrderReference && html`<dt>${t("Reference")}</dt><dd>${order.purchaseOrderReference}</dd>`}
      ${order.comment && html`<dt>${t("Comment")}</dt><dd>${order.comment}</dd>`}</dl></section></aside></div>
    <${Timeline} key=${order.id} first=${data} wanted=${wanted} />
    ${decision && html`<${Decide} kind=${decision} orders=${[order]} lines=${order.lines} onDone=${decided} onClose=${closed} />`}
    ${naming && html`<${NameRenewals} line=${naming} account=${order.account} onDone=${decided} onClose=${() => setNaming(null)} />`}`;
}

const Check = ({ isGood = false, good, bad }) =>
  html`<p><span class="state ${isGood ? "good" : "wait"}"><span aria-hidden="true">${isGood ? "✓" : "!"}</span> ${isGood ? good : bad}</span></p>`;

function whoDecided({ origin, decidedBy, decidedAt }) {
  const who = { name: decidedBy || "—", when: formatTime(decidedAt) };
  return origin === "GRANT" ? t("Granted by {name}, {when}:", who) : t("Decided by {name}, {when}", who);
}

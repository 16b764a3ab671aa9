// The queue: what waits for approval, oldest first; one or many are approved or rejected, with a result for each.
import { html, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { go, Link } from "../core/router.js";
import { formatTime, t, tn } from "../core/words.js";
import { Empty, Trouble, useTitle } from "../parts/frame.js";
import { pageAt, Pager } from "../parts/pager.js";
import { approvalReason } from "../parts/state.js";
import { Decide } from "./decide.js";

const QUEUE = `query Queue($filter: LicenseOrderFilterInput, $first: Int, $after: String, $last: Int, $before: String) {
  licenseOrders(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { node { id number orderedAt isPaid approvalReasons buyerEmail account { name isReseller }
      availability { available of pending backordered } lines { productName isRenewal } } } } }`;
const PAGE = 25;
const PAID = [["", () => t("All")], ["yes", () => t("Paid")], ["no", () => t("Not paid")]];

export function Approvals({ query, onSignedOut }) {
  useTitle(t("Approvals"));
  const [chosen, setChosen] = useState(new Set());
  const [decision, setDecision] = useState(null);
  const { data, error, isLoading, reload } = useAsk(QUEUE, {
    filter: { waitingFor: ["APPROVAL"], text: query.text || null, isPaid: { yes: true, no: false }[query.paid] ?? null },
    ...pageAt(query, PAGE),
  }, { every: decision ? 0 : 30, onSignedOut });
  const found = data?.licenseOrders;
  const orders = found?.edges.map(({ node }) => node) || [];
  const selected = orders.filter(({ id }) => chosen.has(id));
  const filter = (change) => go("/approvals", { text: query.text, paid: query.paid, ...change }, { replace: true });
  const toggle = (id) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const decided = () => {
    setDecision(null);
    setChosen(new Set());
    reload();
  };

  return html`<h1>${t("Approvals")}</h1>
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <label class="grow"><span class="hidden">${t("Search")}</span><input type="search" placeholder=${t("Order, buyer, e-mail or product")}
        value=${query.text || ""} onChange=${(event) => filter({ text: event.target.value.trim() })} /></label>
      ${PAID.map(([paid, name]) => html`<button type="button" class="pill" aria-pressed=${(query.paid || "") === paid} onClick=${() => filter({ paid })}>${name()}</button>`)}
    </form>
    <div class="filters" aria-live="polite"><span class="muted">${tn("{count} chosen", "{count} chosen", selected.length)}</span>
      <button class="primary" disabled=${!selected.length} onClick=${() => setDecision("approve")}>${t("Approve")}</button>
      <button disabled=${!selected.length} onClick=${() => setDecision("reject")}>${t("Reject…")}</button></div>
    <p class="hidden" role="status">${found && !isLoading ? tn("{count} order", "{count} orders", found.totalCount) : ""}</p>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${!found && isLoading && html`<p class="muted late">${t("Loading…")}</p>`}
    ${found && (orders.length ? html`<${Queue} found=${found} orders=${orders} chosen=${chosen} query=${query} onToggle=${toggle} onAll=${setChosen} />`
      : html`<${Empty}><p>${t("Nothing waits for approval.")}</p>${(query.text || query.paid) && html`<button onClick=${() => go("/approvals")}>${t("Show all")}</button>`}<//>`)}
    ${decision && html`<${Decide} kind=${decision} orders=${selected} onDone=${decided} onClose=${() => setDecision(null)} />`}`;
}

function Queue({ found, orders, chosen, query, onToggle, onAll }) {
  const turn = (place) => go("/approvals", { text: query.text, paid: query.paid, ...place });
  const areAll = orders.every(({ id }) => chosen.has(id));
  return html`<div class="card"><table><caption class="hidden">${t("Approvals")}</caption>
    <thead><tr><th class="check"><input type="checkbox" aria-label=${t("Choose all on this page")} checked=${areAll}
        onChange=${() => onAll(new Set(areAll ? [] : orders.map(({ id }) => id)))} /></th>
      <th scope="col">${t("Order")}</th><th scope="col">${t("Since")}</th><th scope="col">${t("Buyer")}</th><th scope="col">${t("Product")}</th>
      <th scope="col">${t("Keys")}</th><th scope="col">${t("Payment")}</th><th><span class="hidden">${t("Review")}</span></th></tr></thead>
    <tbody>${orders.map((order) => html`<${Row} key=${order.id} order=${order} isChosen=${chosen.has(order.id)} onToggle=${() => onToggle(order.id)} />`)}</tbody></table>
    <${Pager} info=${found.pageInfo} onTurn=${turn} /></div>`;
}

function Row({ order, isChosen, onToggle }) {
  const { of, backordered } = order.availability;
  const products = order.lines.length === 1 ? order.lines[0].productName : tn("{count} product", "{count} products", order.lines.length);
  return html`<tr>
    <td class="check"><input type="checkbox" aria-label=${t("Choose order {number}", order)} checked=${isChosen} onChange=${onToggle} /></td>
    <td data-label=${t("Order")}><${Link} to=${`/orders/${encodeURIComponent(order.id)}`}>${order.number}<//></td>
    <td data-label=${t("Since")}>${formatTime(order.orderedAt)}</td>
    <td data-label=${t("Buyer")}><span>${order.account?.name || order.buyerEmail}${(order.approvalReasons || []).filter((reason) => reason !== "POLICY_MANUAL").map((reason) => html`<br /><small>${approvalReason(reason)}</small>`)}</span></td>
    <td data-label=${t("Product")}>${products}</td>
    <td data-label=${t("Keys")}>${order.lines.every(({ isRenewal }) => isRenewal) ? "—" : backordered ? html`<span class="state wait"><span aria-hidden="true">⧗</span> ${t("{there} of {of}", { there: of - backordered, of })}</span>` : t("{there} of {of}", { there: of, of })}</td>
    <td data-label=${t("Payment")}>${order.isPaid ? html`<span class="state good"><span aria-hidden="true">✓</span> ${t("Paid")}</span>` : html`<span class="state wait"><span aria-hidden="true">○</span> ${t("Not paid")}</span>`}</td>
    <td><${Link} class="button" to=${`/orders/${encodeURIComponent(order.id)}`}>${t("Review")}<span class="hidden"> ${order.number}</span><//></td></tr>`;
}

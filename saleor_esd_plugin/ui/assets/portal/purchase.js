// One order: assign its licenses, see and send what there is of each, send the receipt.
import { html, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { Link } from "../core/router.js";
import { settings } from "../core/settings.js";
import { formatDate, formatTime, language, t } from "../core/words.js";
import { Empty, NotYet, Trouble, useTitle } from "../parts/frame.js";
import { later } from "../parts/later.js";
import { pageAt, Pager } from "../parts/pager.js";
import { LicenseState, OrderState, whyItWaits } from "../parts/state.js";
import { orderId, productOf, titleOf } from "../parts/names.js";
import { Recall } from "../parts/recall.js";
import { RENEWALS, Renewals } from "../parts/renewals.js";
import { Resend } from "../parts/resend.js";
import { KeyButton } from "./key.js";
import { Receipt } from "./receipt.js";
import { Renew } from "./renew.js";
import { States, TERM, Term } from "./term.js";

const PURCHASE = `query Purchase($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $language: String) {
  licenseOrder(id: $id) { id number origin orderedAt status purchaseOrderReference buyerEmail decisionReason
    availability { available assigned of } waiting { reason quantity }
    account { id name isReseller rights endCustomers(first: 100, sortBy: {field: CODE, direction: ASC}) { pageInfo { hasNextPage } edges { node { id code name email } } } }
    lines { id productName variantName sku instructions(language: $language) availability { available assigned of } ${RENEWALS} }
    licenses(first: $first, after: $after, last: $last, before: $before) {
      totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      edges { node { id keyMask keyKind fulfillment lifecycle productName variantName sku reason isRevealed ${TERM}
        endCustomer { id code name email } deliveries { id kind status sentAt error recipient } } } } }
  licenseAccounts(first: 2) { edges { node { id } } } }`;
const PAGE = 50;
const AssignCard = later(() => import("./assign.js").then((file) => file.AssignCard));
const KeysFile = later(() => import("./keys_file.js").then((file) => file.KeysFile));

export function Purchase({ id, onSignedOut }) {
  const [place, setPlace] = useState({});
  const { data, error, reload } = useAsk(PURCHASE, { id: orderId(id), language: language(), ...pageAt(place, PAGE) }, { every: 30, onSignedOut });
  const order = data?.licenseOrder;
  useTitle(order ? titleOf(order) : t("Purchases"));

  if (!data) return html`<${NotYet} error=${error} onRetry=${reload} />`;
  if (!order) return html`<${Empty}><h1>${t("Not found")}</h1><p>${t("There is no such order, or it is somebody else's.")}</p><${Link} to="/">${t("Purchases")}<//><//>`;
  const toAssign = order.lines.filter(({ availability }) => availability.available > availability.assigned);

  const assign = order.account && toAssign.map((line) => html`<${AssignCard} key=${line.id} line=${line} account=${order.account} onDone=${reload} />`);
  const licenses = order.licenses.edges.length > 0 && html`<${Licenses} order=${order} onTurn=${setPlace} onDone=${reload} />`;
  // Whoever buys for himself looks for his keys; a reseller has others waiting for theirs.
  const isReseller = order.account?.isReseller;
  const isGrant = order.origin === "GRANT";

  return html`<p><${Link} to="/">‹ ${t("Purchases")}<//></p>
    <h1>${titleOf(order)} <${OrderState} status=${order.status} /></h1>
    <p class="muted dotted"><span>${formatDate(order.orderedAt)}</span>
      ${data.licenseAccounts.edges.length > 1 && order.account && html`<span>${order.account.name}</span>`}
      ${order.purchaseOrderReference && html`<span>${t("Your reference {reference}", { reference: order.purchaseOrderReference })}</span>`}
      <span role="status">${t("{available} of {of} available", order.availability)}</span></p>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${order.waiting.map(({ reason }) => html`<p class="band wait" key=${reason}>${whyItWaits(reason)}</p>`)}
    ${isGrant && html`<p class="band info">${t("The shop has given you these licenses. There is no receipt.")}</p>`}
    ${!isGrant && order.decisionReason && html`<p class="band bad">${order.decisionReason}</p>`}
    <div class="split"><div>
      ${isReseller ? assign : licenses}
      <${Renewals} lines=${order.lines} at="/purchases/" />
      ${order.lines.map((line) => line.instructions && line.availability.available > 0 && html`<${Instructions} key=${line.id} line=${line} isOpen=${!isReseller} />`)}
      ${isReseller ? licenses : assign?.length > 0 && html`<details class="aside"><summary>${t("Give licenses to somebody else")}</summary>${assign}</details>`}
    </div><aside>${!isGrant && html`<${Receipt} order=${order} />`}
      ${settings.sender && html`<p class="muted part">${t("All e-mails about licenses come from {address}. Allow it in your mail filter.", { address: settings.sender })}</p>`}</aside></div>`;
}

function Instructions({ line, isOpen }) {
  return html`<details class="card" open=${isOpen}><summary>${t("How to activate {product}", { product: productOf(line) })}</summary>
    <p class="body text">${line.instructions}</p></details>`;
}

function Licenses({ order, onTurn, onDone }) {
  const found = order.licenses;
  const { hasNextPage, hasPreviousPage } = found.pageInfo;
  const mayReveal = order.account?.rights.includes("REVEAL");
  const isMixed = order.lines.length > 1;
  return html`<section class="card"><header><h2>${t("Licenses")}</h2>
    ${mayReveal && order.availability.available > 0 && html`<${KeysFile} order=${order} onDone=${onDone} />`}</header><table>
    <thead><tr><th scope="col">${t("Key")}</th><th scope="col">${t("State")} <${States} /></th><th scope="col">${t("Customer")}</th>
      <th scope="col">${t("Activation e-mail")}</th></tr></thead>
    <tbody>${found.edges.map(({ node }) => html`<${Row} key=${node.id} license=${node} isMixed=${isMixed} mayReveal=${mayReveal} onDone=${onDone} />`)}</tbody></table>
    ${(hasNextPage || hasPreviousPage) && html`<${Pager} info=${found.pageInfo} onTurn=${onTurn} />`}</section>`;
}

function Row({ license, isMixed, mayReveal, onDone }) {
  const isUsable = ["RELEASED", "ASSIGNED"].includes(license.fulfillment) && ["PENDING", "ACTIVE", "GRACE"].includes(license.lifecycle);
  const mail = license.deliveries?.find(({ kind }) => kind === "LICENSE_ASSIGNED");
  return html`<tr>
    <td data-label=${t("Key")}><${KeyButton} license=${license} isUsable=${isUsable && mayReveal} />${isMixed && html` <small>${productOf(license)}</small>`}</td>
    <td data-label=${t("State")}><${LicenseState} license=${license} /><${Term} license=${license} /><${Renew} license=${license} /></td>
    <td data-label=${t("Customer")}>${license.endCustomer ? `${license.endCustomer.code} ${license.endCustomer.name}` : "—"}</td>
    <td data-label=${t("Activation e-mail")}>${license.endCustomer ? html`<span>${sent(mail)} ${isUsable && html`<${Resend} license=${license} onDone=${onDone} /> ${!license.isRevealed && html`<${Recall} license=${license} onDone=${onDone} />`}`}</span>` : "—"}</td></tr>`;
}

function sent(mail) {
  if (!mail) return "—";
  if (mail.status === "SENT") return t("sent {when}", { when: formatTime(mail.sentAt) });
  if (mail.status === "FAILED") return html`<span class="state bad"><span aria-hidden="true">✕</span> ${t("failed")}</span>`;
  return t("on its way");
}

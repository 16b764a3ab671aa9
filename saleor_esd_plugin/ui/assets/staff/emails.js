// The e-mail log: what went to whom and what became of it. Filters stand in the address.
import { html } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { go, Link } from "../core/router.js";
import { formatTime, t, tn } from "../core/words.js";
import { Choice } from "../parts/choice.js";
import { Field } from "../parts/fields.js";
import { Empty, Trouble, useTitle } from "../parts/frame.js";
import { aboutMail, KINDS, MailState } from "../parts/mails.js";
import { pageAt, Pager } from "../parts/pager.js";
import { Email } from "./email.js";

const EMAILS = `query Emails($filter: LicenseDeliveryFilterInput, $first: Int, $after: String, $last: Int, $before: String) {
  licenseDeliveries(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { node { id kind recipient status error createdAt licenseOrder { id number } } } } }`;
const PAGE = 25;
// One that had nothing to tell any more is not listed.
const LISTED = ["QUEUED", "SENT", "FAILED"];
const STATES = [["", () => t("All")], ["FAILED", () => t("Failed")], ["QUEUED", () => t("On its way")], ["SENT", () => t("Sent")]];
const NAMES = ["status", "kind", "recipient", "orderNumber"];

const chosenIn = (query) => Object.fromEntries(NAMES.filter((name) => query[name]).map((name) => [name, query[name]]));
// How the log was left: the way back from an e-mail leads there.
let left = {};

export const Emails = ({ id, ...more }) => (id ? html`<${Email} id=${id} list=${left} ...${more} />` : html`<${List} ...${more} />`);

function List({ query, onSignedOut }) {
  useTitle(t("E-mails"));
  const chosen = chosenIn(query);
  left = query;
  const { status, kind, ...texts } = chosen;
  const filter = { ...texts, status: LISTED.includes(status) ? [status] : LISTED, ...(KINDS.includes(kind) && { kind: [kind] }) };
  const { data, error, isLoading, reload } = useAsk(EMAILS, { filter, ...pageAt(query, PAGE) }, { every: 30, onSignedOut });
  const found = !error && data?.licenseDeliveries;
  const set = (name) => (value) => go("/emails", { ...chosen, [name]: value }, { replace: true });
  const text = (name, label) => html`<${Field} label=${label} maxlength="200" value=${query[name] || ""} onChange=${(event) => set(name)(event.target.value.trim())} />`;

  return html`<h1>${t("E-mails")}</h1>
    <div class="filters" role="group" aria-label=${t("State")}>${STATES.map(([state, name]) => html`<button class="pill" key=${state} aria-pressed=${(status || "") === state} onClick=${() => set("status")(state)}>${name()}</button>`)}
      <span class="muted push" role="status">${found && !isLoading ? tn("{count} e-mail", "{count} e-mails", found.totalCount) : ""}</span></div>
    <div class="tiles filter">
      <${Choice} label=${t("About")} value=${kind || ""} onChoose=${set("kind")} options=${[["", t("All")], ...KINDS.map((each) => [each, aboutMail(each)])]} />
      ${text("recipient", t("To"))}${text("orderNumber", t("Order number"))}</div>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${!data && isLoading && html`<p class="muted late">${t("Loading…")}</p>`}
    ${found && (found.edges.length ? html`<${Table} found=${found} onTurn=${(place) => go("/emails", { ...chosen, ...place })} />` : html`<${Empty}>
      <p>${Object.keys(chosen).length ? t("No e-mail matches.") : t("E-mails appear here once something was ordered.")}</p>
      ${Object.keys(chosen).length > 0 && html`<button onClick=${() => go("/emails")}>${t("Show all")}</button>`}<//>`)}`;
}

function Table({ found, onTurn }) {
  return html`<div class="card"><table><caption class="hidden">${t("E-mails")}</caption>
    <thead><tr><th scope="col">${t("About")}</th><th scope="col">${t("To")}</th><th scope="col">${t("Order")}</th><th scope="col">${t("Time")}</th><th scope="col">${t("State")}</th></tr></thead>
    <tbody>${found.edges.map(({ node }) => html`<${Row} key=${node.id} mail=${node} />`)}</tbody></table>
    <${Pager} info=${found.pageInfo} onTurn=${onTurn} /></div>`;
}

function Row({ mail }) {
  const { id, kind, recipient, error, createdAt, licenseOrder: order } = mail;
  return html`<tr><td data-label=${t("About")}><${Link} to=${`/emails/${encodeURIComponent(id)}`}>${aboutMail(kind)}<//></td>
    <td class="name" data-label=${t("To")}>${recipient}</td>
    <td data-label=${t("Order")}>${order ? html`<${Link} to=${`/orders/${encodeURIComponent(order.id)}`}>${order.number}<//>` : "—"}</td>
    <td data-label=${t("Time")}>${formatTime(createdAt)}</td>
    <td data-label=${t("State")}><${MailState} mail=${mail} />${error && html`<br /><small class="text">${error}</small>`}</td></tr>`;
}

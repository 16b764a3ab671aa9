// Who did what and when, in the whole shop. Filters stand in the address.
import { html } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { go, Link } from "../core/router.js";
import { formatTime, t, tn } from "../core/words.js";
import { Choice } from "../parts/choice.js";
import { Field } from "../parts/fields.js";
import { Empty, Trouble, useTitle } from "../parts/frame.js";
import { FACTS, hasWords, textOf, whoOf, whyOf } from "../parts/happened.js";
import { pageAt, Pager } from "../parts/pager.js";
import { OTHER } from "./other_events.js";

const EVENTS = `query Events($filter: LicenseEventFilterInput, $first: Int, $after: String, $last: Int, $before: String) {
  licenseEvents(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { node { id type createdAt reason quantity actor { kind label } ${FACTS} order { id number } account { id name } } } } }`;
const PAGE = 50;
const NAMES = ["kind", "orderNumber", "actor", "from", "until", "license"];
// What is looked for by one name: types of events.
const KINDS = {
  approvals: [() => t("Approvals and orders"), "LICENSE_ORDER_RECORDED LICENSE_ORDER_APPROVED LICENSE_ORDER_REJECTED LICENSE_ORDER_CANCELLED LICENSE_GRANTED LICENSE_RELEASED LICENSE_RETURNED LICENSE_RESTORED"],
  licenses: [() => t("Suspended, lifted, cancelled, renewed"), "LICENSE_SUSPENDED LICENSE_REINSTATED LICENSE_CANCELLED LICENSE_RENEWED LICENSE_RENEWAL_UNDONE LICENSE_TERM_SET"],
  customers: [() => t("Assigned and customers"), "LICENSE_ASSIGNED LICENSE_RECALLED LICENSE_TRANSFERRED END_CUSTOMER_CREATED END_CUSTOMER_UPDATED END_CUSTOMER_ADDRESS_CHANGED END_CUSTOMER_DELETED ACCOUNT_CREATED ACCOUNT_UPDATED INVITATION_ACCEPTED"],
  keys: [() => t("Keys read, sent, replaced"), "LICENSE_KEY_REVEALED LICENSE_KEY_SENT LICENSE_KEY_CLAIMED LICENSE_KEY_REVOKED LICENSE_KEY_REPLACED EXPORT_REVEALED"],
  stock: [() => t("Stock"), "KEY_POOL_CREATED KEY_POOL_UPDATED KEY_POOL_LOW_STOCK KEY_POOL_RECOVERED KEY_IMPORT_STARTED KEY_IMPORT_STOPPED KEY_IMPORT_RESUMED KEY_BATCH_IMPORTED KEY_BATCH_QUARANTINED KEYS_RESERVED KEYS_UNRESERVED"],
  settings: [() => t("Policies, reasons, key ring"), "LICENSE_POLICY_CREATED LICENSE_POLICY_UPDATED LICENSE_POLICY_DELETED LICENSE_REASON_CREATED LICENSE_REASON_UPDATED LICENSE_REASON_DELETED KEY_RING_ROTATED"],
  files: [() => t("Files"), "EXPORT_REQUESTED EXPORT_DOWNLOADED EXPORT_REVEALED"],
  troubles: [() => t("Troubles"), "DELIVERY_FAILED DECRYPT_TAMPERED RATE_BLOCKED WEBHOOK_MISMATCH LICENSE_ORDER_DISPUTED LICENSE_ORDER_REFUND_FAILED"],
};

const chosenIn = (query) => Object.fromEntries(NAMES.filter((name) => query[name]).map((name) => [name, query[name]]));

// A day of the address, where whoever chooses it is.
function moment(day, clock) {
  const found = new Date(`${day}T${clock}`);
  return Number.isNaN(found.getTime()) ? null : found.toISOString();
}

function filterOf({ kind, from, until, ...texts }) {
  const createdAt = { ...(from && { gte: moment(from, "00:00:00") }), ...(until && { lte: moment(until, "23:59:59") }) };
  return { ...texts, ...(kind in KINDS && { types: KINDS[kind][1].split(" ") }), ...((from || until) && { createdAt }) };
}

export function Events({ query, onSignedOut }) {
  useTitle(t("Events"));
  const chosen = chosenIn(query);
  const { data, error, isLoading, reload } = useAsk(EVENTS, { filter: filterOf(chosen), ...pageAt(query, PAGE) }, { onSignedOut });
  const found = !error && data?.licenseEvents;
  const set = (name) => (value) => go("/events", { ...chosen, [name]: value }, { replace: true });
  const field = (name, label, more) => html`<${Field} label=${label} value=${query[name] || ""} maxlength="200" onChange=${(event) => set(name)(event.target.value.trim())} ...${more} />`;
  return html`<h1>${t("Events")}</h1>
    <div class="tiles filter"><${Choice} label=${t("Kind")} value=${query.kind || ""} onChoose=${set("kind")} options=${[["", t("All")], ...Object.entries(KINDS).map(([kind, [name]]) => [kind, name()])]} />
      ${field("orderNumber", t("Order number"))}${field("actor", t("Who"), { placeholder: t("E-mail") })}${field("from", t("From"), { type: "date" })}${field("until", t("Until"), { type: "date" })}</div>
    ${query.license && html`<p class="filters"><button class="pill" aria-pressed="true" onClick=${() => set("license")("")}>${t("Only one license")} ✕</button></p>`}
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${!found && isLoading && html`<p class="muted late">${t("Loading…")}</p>`}
    ${found && (found.edges.length ? html`<${Table} found=${found} onTurn=${(place) => go("/events", { ...chosen, ...place })} />` : html`<${Empty}>
      <p>${t("Nothing of this kind happened.")}</p>${Object.keys(chosen).length > 0 && html`<button onClick=${() => go("/events")}>${t("Show all")}</button>`}<//>`)}`;
}

function Table({ found, onTurn }) {
  return html`<div class="card"><table><caption class="hidden">${t("Events")}</caption>
    <thead><tr><th scope="col">${t("Time")}</th><th scope="col">${t("What")}</th><th scope="col">${t("Who")}</th><th scope="col">${t("Order")}</th><th scope="col">${t("Account")}</th></tr></thead>
    <tbody>${found.edges.map(({ node }) => html`<${Row} key=${node.id} event=${node} />`)}</tbody></table>
    <${Pager} info=${found.pageInfo} onTurn=${onTurn} /></div>`;
}

function Row({ event }) {
  const { type, createdAt, quantity, order, account, actor } = event;
  // What has no sentence is told by its name in the API.
  const text = hasWords(event) ? textOf(event) : OTHER[type]?.() || html`<code>${type}</code>`;
  const why = whyOf(event);
  return html`<tr><td data-label=${t("Time")}>${formatTime(createdAt)}</td>
    <td class="name" data-label=${t("What")}>${text}${quantity !== null && html` · ${tn("{count} license", "{count} licenses", quantity)}`}${why && html`<br /><small>${why}</small>`}</td>
    <td class="name" data-label=${t("Who")}>${actor.kind === "SYSTEM" ? t("The plugin itself") : actor.label || whoOf(event)}</td>
    <td data-label=${t("Order")}>${order ? html`<${Link} to=${`/orders/${encodeURIComponent(order.id)}`}>${order.number}<//>` : "—"}</td>
    <td class="name" data-label=${t("Account")}>${account ? html`<${Link} to=${`/customers/${encodeURIComponent(account.id)}`}>${account.name}<//>` : "—"}</td></tr>`;
}

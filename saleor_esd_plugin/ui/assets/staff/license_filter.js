// Which licenses to list: what stands in the address, as the API's filter, and the controls that change it.
import { html } from "../core/dom.js";
import { language, t } from "../core/words.js";
import { Choice } from "../parts/choice.js";
import { Field } from "../parts/fields.js";

const IN_USE = ["PENDING", "ACTIVE"];
const STATES = {
  PENDING_APPROVAL: [{ fulfillment: ["PENDING_APPROVAL"] }, () => t("Pending")],
  RELEASED: [{ fulfillment: ["RELEASED"], lifecycle: IN_USE }, () => t("Ready")],
  ASSIGNED: [{ fulfillment: ["ASSIGNED"], lifecycle: IN_USE }, () => t("Assigned")],
  GRACE: [{ lifecycle: ["GRACE"] }, () => t("Grace period")],
  EXPIRED: [{ lifecycle: ["EXPIRED"] }, () => t("Expired")],
  LAPSED: [{ lifecycle: ["LAPSED"] }, () => t("Lapsed")],
  SUSPENDED: [{ lifecycle: ["SUSPENDED"] }, () => t("Suspended")],
  CANCELLED: [{ lifecycle: ["CANCELLED"] }, () => t("Cancelled, returned or rejected")],
};
const HOUR = 3_600_000;
const DAYS = [30, 90];
const CAUSES = { STAFF: () => t("Suspended by staff"), DISPUTE: () => t("The payment is disputed"), PAYMENT: () => t("A payment is due") };
// What else stands in the address: its names are the API's.
const TEXTS = { product: () => t("Product"), buyer: () => t("Buyer"), endCustomerText: () => t("End customer"), orderNumber: () => t("Order number") };
const IDS = ["account", "endCustomer"];
const NAMES = ["text", "state", "expires", "stateReason", "cause", ...Object.keys(TEXTS), ...IDS];

export const wordOfCause = (cause) => CAUSES[cause]();

// Of all that an address says, what filters the list.
export const chosenIn = (query) => Object.fromEntries(NAMES.filter((name) => query[name]).map((name) => [name, query[name]]));

export function filterOf(query) {
  const { text, state, expires, stateReason, cause } = query;
  const texts = [...Object.keys(TEXTS), ...IDS].filter((name) => query[name]).map((name) => [name, query[name]]);
  return {
    ...(text && { text }),
    ...STATES[state]?.[0],
    ...(expires && { expiresAt: window(expires) }),
    ...(stateReason && { stateReason: [stateReason] }),
    ...(cause in CAUSES && { suspensionCauses: [cause] }),
    ...Object.fromEntries(texts),
  };
}

// By the hour, so that what is asked is the same each time the page is drawn.
function window(expires) {
  const now = Math.floor(Date.now() / HOUR) * HOUR;
  const at = (days) => new Date(now + days * 24 * HOUR).toISOString();
  return expires === "over" ? { lte: at(0) } : { gte: at(0), lte: at(Number(expires) || 0) };
}

// How a reason reads in the language of the page.
export function textOfReason({ code, texts }) {
  const found = [language(), "en"].map((wanted) => texts.find((each) => each.language === wanted)).find(Boolean);
  return found?.text || code;
}

export function Filters({ query, reasons, onChange }) {
  const chosen = chosenIn(query);
  const set = (name) => (value) => onChange({ ...chosen, [name]: value });
  const expiries = [["", t("At any time")], ...DAYS.map((count) => [String(count), t("In the next {count} days", { count })]), ["over", t("Expired already")]];
  const rare = ["stateReason", "cause", ...Object.keys(TEXTS)];
  return html`<div class="tiles filter">
      <${Choice} label=${t("State")} value=${query.state || ""} onChoose=${set("state")} options=${[["", t("All")], ...Object.entries(STATES).map(([state, [, name]]) => [state, name()])]} />
      <${Choice} label=${t("Expires")} value=${query.expires || ""} onChoose=${set("expires")} options=${expiries} /></div>
    <details class="aside" open=${rare.some((name) => query[name])}><summary>${t("More filters")}</summary><div class="tiles filter">
      <${Choice} label=${t("Reason")} value=${query.stateReason || ""} onChoose=${set("stateReason")} options=${[["", t("All")], ...reasons.map((reason) => [reason.code, textOfReason(reason)])]} />
      <${Choice} label=${t("Cause")} value=${query.cause || ""} onChoose=${set("cause")} options=${[["", t("All")], ...Object.entries(CAUSES).map(([cause, name]) => [cause, name()])]} />
      ${Object.entries(TEXTS).map(([name, label]) => html`<${Field} key=${name} label=${label()} maxlength="200" value=${query[name] || ""} onChange=${(event) => set(name)(event.target.value.trim())} />`)}</div></details>`;
}

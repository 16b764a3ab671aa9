// What the states of licenses mean, and what one can do.
import { html } from "../core/dom.js";
import { Link } from "../core/router.js";
import { t } from "../core/words.js";
import { useTitle } from "../parts/frame.js";
import { LicenseState } from "../parts/state.js";

const MEANS = [
  ["PENDING_APPROVAL", "", () => t("The shop reviews the order, or waits for its payment.")],
  ["RELEASED", "", () => t("It can be used, or given to a customer.")],
  ["ASSIGNED", "", () => t("A customer has it.")],
  ["ASSIGNED", "GRACE", () => t("It has expired and can still be used for a while. Renew it in time.")],
  ["ASSIGNED", "EXPIRED", () => t("It cannot be used any more until it is renewed.")],
  ["ASSIGNED", "LAPSED", () => t("It expired so long ago that it cannot be renewed.")],
  ["ASSIGNED", "SUSPENDED", () => t("It cannot be used for now; the reason stands beside it. Ask the shop.")],
  ["RETURNED", "CANCELLED", () => t("It is over for good: refunded, returned or cancelled.")],
];

export function States() {
  useTitle(t("What the states mean"));
  return html`<p><${Link} to="/">‹ ${t("Purchases")}<//></p><h1>${t("What the states mean")}</h1>
    <p>${t("Green and blue can be used. Amber waits for something. Red cannot be used.")}</p>
    <div class="card"><dl class="body facts meanings">${MEANS.map(([fulfillment, lifecycle, text]) => html`<dt><${LicenseState} license=${{ fulfillment, lifecycle }} /></dt>
      <dd>${text()}</dd>`)}</dl></div>`;
}

// Until when a license lasts, and why it cannot be used: what stands below its state.
import { html } from "../core/dom.js";
import { Link } from "../core/router.js";
import { formatDate, t } from "../core/words.js";

export const TERM = "expiresAt graceUntil retainedUntil suspendedUntil stateReason { text(language: $language) note }";

const UNTIL = {
  ACTIVE: ({ expiresAt }) => expiresAt && t("until {day}", { day: formatDate(expiresAt) }),
  GRACE: ({ graceUntil }) => t("expired; can be used until {day}", { day: formatDate(graceUntil) }),
  EXPIRED: ({ retainedUntil }) => t("can be renewed until {day}", { day: formatDate(retainedUntil) }),
  LAPSED: ({ expiresAt }) => t("expired on {day}", { day: formatDate(expiresAt) }),
  SUSPENDED: ({ suspendedUntil }) => suspendedUntil && t("until {day}", { day: formatDate(suspendedUntil) }),
};

export function Term({ license }) {
  const { fulfillment, lifecycle, stateReason, reason } = license;
  const until = ["RELEASED", "ASSIGNED"].includes(fulfillment) && UNTIL[lifecycle]?.(license);
  const told = [until, stateReason?.text, stateReason ? stateReason.note : reason].filter(Boolean);
  return told.map((text) => html`<br /><small>${text}</small>`);
}

export const States = () => html`<${Link} to="/states" aria-label=${t("What the states mean")}>?<//>`;

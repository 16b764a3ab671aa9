// The life of one license, day by day: what has happened, and what comes as things stand.
import { html } from "../core/dom.js";
import { formatDate, t } from "../core/words.js";

const WORDS = {
  RELEASE: () => t("Ready"),
  ASSIGNMENT: () => t("Assigned to a customer"),
  START: () => t("Its term begins"),
  RENEWAL: () => t("Renewed"),
  TERM_SET: () => t("Term changed"),
  SUSPENSION: () => t("Suspended"),
  REINSTATEMENT: () => t("Suspension lifted"),
  REMINDER: () => t("Reminder of the expiry"),
  MISSED_REMINDER: () => t("Reminder that was missed"),
  EXPIRY: () => t("Expires"),
  GRACE_END: () => t("Cannot be used any more"),
  RETENTION_END: () => t("Cannot be renewed any more"),
  END: () => t("Over for good"),
};

export function Dates({ entries }) {
  if (!entries.length) return html`<p class="muted">${t("Nothing yet.")}</p>`;
  return html`<ol class="dates">${entries.map(({ at, kind, isPast }) => html`<li key=${`${kind} ${at}`} class=${isPast ? "" : "coming"}>
    <time class="muted" datetime=${at}>${formatDate(at)}</time> ${WORDS[kind]()} ${!isPast && html`<small>${t("to come")}</small>`}</li>`)}</ol>`;
}

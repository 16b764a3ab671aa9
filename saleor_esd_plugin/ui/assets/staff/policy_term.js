// What a policy says of time: how long a license lasts, what follows, what is told before.
import { html } from "../core/dom.js";
import { t } from "../core/words.js";
import { Choice } from "../parts/choice.js";
import { Field } from "../parts/fields.js";
import { clocks, expiryBases, renewalBases } from "./policy_choices.js";
import { Section } from "./section.js";
import { TermField } from "./term_field.js";

// Days before the expiry, with commas between them.
const OFFSETS = "\\s*(-?\\d{1,3}(\\s*[,;]\\s*-?\\d{1,3})*)?\\s*";

export function PolicyTerm({ typed, errors, put, isRenewal }) {
  const days = (name, label, hint) => html`<${Field} label=${label} type="number" min="0" max="3650" required value=${typed[name]} onInput=${({ target }) => put({ [name]: target.value })} error=${errors[name]?.text} hint=${hint} />`;
  const choice = (name, label, options, hint) => html`<${Choice} label=${label} value=${typed[name]} options=${options} onChoose=${(value) => put({ [name]: value })} error=${errors[name]?.text} hint=${hint} />`;
  const term = html`<${TermField} label=${t("Term")} value=${typed.term} canLast=${!isRenewal} onChange=${(value) => put({ term: value })} error=${errors.term?.text}
    hint=${isRenewal ? t("By how long it renews a license.") : t("How long a license can be used.")} />`;
  if (isRenewal) return html`<${Section} title=${t("Term")} from=${t("For orders from now on.")}>${term}<//>`;
  return html`<${Section} title=${t("Term")} from=${t("For licenses that are released or renewed from now on; others keep their dates.")}>
      ${term}
      ${choice("expiryBasis", t("It begins"), expiryBases(), t("From when the term counts."))}
      ${days("graceDays", t("Days of grace"), t("So many days after the expiry it can still be used."))}
      ${days("retentionDays", t("Days of retention"), t("So many days after the expiry it can be renewed, grace included: no fewer than those of grace."))}<//>
    <${Section} title=${t("Renewals, suspensions, reminders")} from=${t("For all licenses of this product, at once.")}>
      ${choice("renewalBasis", t("A renewal counts"), renewalBases(), t("From when another term counts. It never shortens."))}
      ${choice("suspensionClock", t("The term of a suspended license"), clocks(), t("For suspensions from now on."))}
      <${Field} label=${t("Reminders")} value=${typed.reminderOffsets} pattern=${OFFSETS} onInput=${({ target }) => put({ reminderOffsets: target.value })} error=${errors.reminderOffsets?.text}
        hint=${t("Days before the expiry on which e-mails remind, with commas between them; below 0 is after it, empty is never.")} /><//>`;
}

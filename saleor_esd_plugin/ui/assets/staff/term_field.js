// How long a license can be used: a number and a unit, for ever, or any duration as ISO 8601 writes it.
import { html, useId } from "../core/dom.js";
import { t } from "../core/words.js";

const SIMPLE = /^P(\d+)([YMWD])$/;
const UNITS = [["Y", () => t("Years")], ["M", () => t("Months")], ["W", () => t("Weeks")], ["D", () => t("Days")]];
const EVER = "";
const OTHER = "OTHER";

// `value` is such a duration ("P1Y"), empty for ever, if that `canLast`.
export function TermField({ label, hint, error, value, canLast = true, onChange }) {
  const id = useId();
  const [, number, unit] = SIMPLE.exec(value) || [];
  const chosen = unit || (value === EVER ? EVER : OTHER);
  const choose = ({ target }) => onChange(target.value === EVER ? "" : target.value === OTHER ? "P1Y6M" : `P${number || 1}${target.value}`);
  return html`<div class="field"><label for=${id}>${label}</label><div class="pair">
    <select id=${id} value=${chosen} onChange=${choose} aria-invalid=${error ? "true" : null} aria-describedby=${`${id}-note`}>
      ${canLast && html`<option value="">${t("For ever")}</option>`}
      ${UNITS.map(([each, name]) => html`<option value=${each}>${name()}</option>`)}<option value=${OTHER}>${t("Another duration")}</option></select>
    ${unit && html`<input type="number" min="1" max="9999" required aria-label=${t("How many")} value=${number} onInput=${({ target }) => onChange(`P${target.value || 0}${unit}`)} />`}
    ${chosen === OTHER && html`<input required aria-label=${t("Duration")} value=${value} spellcheck="false" onInput=${({ target }) => onChange(target.value.trim() || "P")} />`}</div>
    <p id=${`${id}-note`} class=${error ? "wrong" : "muted"}>${error || (chosen === OTHER ? t("As ISO 8601 writes it: P1Y6M is a year and six months.") : hint)}</p></div>`;
}

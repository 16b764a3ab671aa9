// Several things that were chosen, each with a button that takes it out again.
import { html } from "../core/dom.js";
import { t } from "../core/words.js";

export function Chosen({ items, nameOf, onChange }) {
  if (!items.length) return null;
  return html`<div class="links">${items.map((each) => html`<span class="chip" key=${each.id}>${nameOf(each)}
    <button type="button" aria-label=${t("Remove {name}", { name: nameOf(each) })} onClick=${() => onChange(items.filter((one) => one !== each))}>✕</button></span>`)}</div>`;
}

// One of several, with its label and what is wrong with it. `options` are pairs of a value and its name.
import { html, useId } from "../core/dom.js";

export function Choice({ label, options, value, error, hint, onChoose, ...more }) {
  const id = useId();
  const note = error || hint;
  return html`<div class="field"><label for=${id}>${label}</label>
    <select id=${id} ...${more} value=${value} onChange=${(event) => onChoose(event.target.value)} aria-invalid=${error ? "true" : null} aria-describedby=${note ? `${id}-note` : null}>
      ${options.map(([each, name]) => html`<option key=${each} value=${each}>${name}</option>`)}</select>
    ${note && html`<p id=${`${id}-note`} class=${error ? "wrong" : "muted"}>${note}</p>`}</div>`;
}

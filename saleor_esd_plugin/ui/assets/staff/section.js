// A part of a form, with a heading. `from` says for what a change counts.
import { html } from "../core/dom.js";

export function Section({ title, from, children }) {
  return html`<section class="card"><header><h2>${title}</h2>${from && html`<small>${from}</small>`}</header><div class="body form">${children}</div></section>`;
}

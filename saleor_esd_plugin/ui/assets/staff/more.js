// What is needed rarely: one entry of the menu leads to all of it.
import { html } from "../core/dom.js";
import { Link } from "../core/router.js";
import { t } from "../core/words.js";
import { useTitle } from "../parts/frame.js";

export function More() {
  useTitle(t("More"));
  const places = [
    ["/reasons", t("Reasons"), t("Why licenses are suspended, lifted and cancelled, as customers read it.")],
    ["/events", t("Events"), t("Who did what and when, in the whole shop.")],
    ["/health", t("Health"), t("Whether everything works, and what to do if it does not.")],
  ];
  return html`<h1>${t("More")}</h1><div class="tiles">${places.map(([to, name, text]) => html`<section class="card" key=${to}>
    <header><h2><${Link} to=${to}>${name}<//></h2></header><p class="body">${text}</p></section>`)}</div>`;
}

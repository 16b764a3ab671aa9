// Why the shop did to none of the licenses what was asked, and which of them it is for.
import { html } from "../core/dom.js";
import { t, tn } from "../core/words.js";
import { lastGroups } from "../parts/names.js";

export function Refusal({ error, licenses }) {
  if (!error) return null;
  const named = (error.params.licenses || "").split(", ");
  const keys = licenses.filter(({ id }) => named.includes(id)).map(({ keyMask }) => lastGroups(keyMask));
  const text = error.code === "INVALID_TRANSITION" ? tn("{count} license is in another state by now. Nothing was changed.", "{count} licenses are in another state by now. Nothing was changed.", named.length) : error.text;
  return html`<p class="wrong" role="alert">${text} ${keys.join(", ")}</p>`;
}

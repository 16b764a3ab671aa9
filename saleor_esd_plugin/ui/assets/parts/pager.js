// Turning the pages of a list: the place in it is a cursor, as the API has them.
import { html } from "../core/dom.js";
import { t } from "../core/words.js";

// The variables of the page at `place` ({before} or {after}, or neither for the first).
export const pageAt = ({ before, after }, size) => (before ? { last: size, before } : { first: size, after: after || null });

export function Pager({ info, onTurn, back = t("Back"), next = t("Next") }) {
  return html`<nav class="pager" aria-label=${t("Pages")}>
    <button disabled=${!info.hasPreviousPage} onClick=${() => onTurn({ before: info.startCursor })}>${back}</button>
    <button disabled=${!info.hasNextPage} onClick=${() => onTurn({ after: info.endCursor })}>${next}</button></nav>`;
}

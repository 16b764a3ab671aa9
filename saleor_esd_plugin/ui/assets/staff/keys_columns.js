// The second step of an import, of a table that does not say it by itself: which column is what.
import { html, useEffect, useRef } from "../core/dom.js";
import { t } from "../core/words.js";
import { Choice } from "../parts/choice.js";
import { DELIMITERS, parted, ROLES } from "./keys_table.js";

export function KeysColumns({ table, error, isBusy, onChange, onSend, onBack }) {
  const { lines, delimiter, rows, columns, hasHeading } = table;
  const heading = useRef(null);
  useEffect(() => heading.current.focus(), []);
  // A role is that of one column: who takes it has it.
  const choose = (at, role) => onChange({ ...table, columns: columns.map((had, place) => (place === at ? role : had === role ? "" : had)) });
  const nameOf = (at) => (hasHeading && rows[0][at]) || t("Column {number}", { number: at + 1 });
  const samples = hasHeading && rows.length > 1 ? rows.slice(1) : rows;
  const hasKeys = columns.includes("key");
  return html`<section class="card"><header><h2 ref=${heading} tabindex="-1">${t("Which column is what?")}</h2></header><form class="body list" onSubmit=${onSend}>
    <${Choice} label=${t("What parts the columns")} value=${delimiter} options=${Object.entries(DELIMITERS).map(([each, name]) => [each, name()])} onChoose=${(each) => onChange(parted(lines, each))} />
    <label class="tick"><input type="checkbox" checked=${hasHeading} onChange=${() => onChange({ ...table, hasHeading: !hasHeading })} /><span>${t("The first line is a heading, and no key.")}</span></label>
    <table><caption class="hidden">${t("Columns")}</caption>
      <thead><tr><th scope="col">${t("Column")}</th><th scope="col">${t("First rows")}</th><th scope="col">${t("Holds")}</th></tr></thead>
      <tbody>${columns.map((role, at) => html`<tr key=${at}><td data-label=${t("Column")}>${nameOf(at)}</td>
        <td data-label=${t("First rows")} class="name">${samples.map((cells, row) => html`${row > 0 && html`<br />`}<small>${cells[at].slice(0, 40) || "—"}</small>`)}</td>
        <td data-label=${t("Holds")}><select aria-label=${nameOf(at)} value=${role} onChange=${({ target }) => choose(at, target.value)}>
          ${Object.entries(ROLES).map(([value, name]) => html`<option value=${value} selected=${value === role}>${name()}</option>`)}</select></td></tr>`)}</tbody></table>
    ${error && html`<p class="wrong" role="alert">${error}</p>`}
    ${!hasKeys && html`<p class="wrong" role="alert">${t("Say which column has the keys.")}</p>`}
    <div class="actions"><button class="primary" disabled=${!hasKeys} aria-disabled=${isBusy}>${t("Check")}</button>
      <button type="button" onClick=${onBack}>${t("Back")}</button><span class="muted">${t("Nothing is stored yet.")}</span></div></form></section>`;
}

// Numbers in four ways: a sentence, a plot, the same as a table, and that as a file for a spreadsheet.
import { html, useState } from "../core/dom.js";
import { saveTable } from "../core/download.js";
import { t } from "../core/words.js";
import { say } from "../parts/toast.js";

// `columns` are pairs of a name and what writes a value of it; `rows` are values, null for none. `plot` draws the same.
export function ReportCard({ title, sentence, plot, columns, rows, file, children }) {
  const [isTable, setTable] = useState(false);
  const save = () => {
    saveTable([columns.map(([name]) => name), ...rows], file);
    say(t("The file was saved."));
  };
  const way = (value, name) => html`<button type="button" class="pill" aria-pressed=${isTable === value} onClick=${() => setTable(value)}>${name}</button>`;
  return html`<section class="card report"><header><h2>${title}</h2>
      <div class="actions push" role="group" aria-label=${title}>${way(false, t("Plot"))}${way(true, t("Table"))}<button type="button" onClick=${save}>${t("Save as CSV")}</button></div></header>
    <div class="body list"><p>${sentence}</p>${children}${!isTable && plot}</div>
    ${isTable && html`<div class="wide tall" tabindex="0" role="region" aria-label=${title}><table><caption class="hidden">${title}</caption>
      <thead><tr>${columns.map(([name]) => html`<th scope="col" key=${name}>${name}</th>`)}</tr></thead>
      <tbody>${rows.map((row, number) => html`<tr key=${number}>${row.map((value, place) => html`<td data-label=${columns[place][0]}>${written(value, columns[place][1])}</td>`)}</tr>`)}</tbody></table></div>`}</section>`;
}

const written = (value, format = String) => (value === null || value === undefined ? "—" : format(value));

// What would become of each row, and what became of them.
import { html, useEffect, useRef, useState } from "../core/dom.js";
import { Link } from "../core/router.js";
import { formatNumber, t, tn } from "../core/words.js";
import { useOnce } from "../parts/fields.js";
import { fileOf } from "./keys_form.js";
import { ProblemsFile } from "./problems_file.js";
import { waiting } from "./stock_figures.js";
import { countOf, HELD, Verdict } from "./verdicts.js";

const SHOWN = 100;

// Its heading takes the focus, as what had it is gone with the step before.
function Step({ title, children }) {
  const heading = useRef(null);
  useEffect(() => heading.current.focus(), []);
  return html`<section class="card"><header><h2 ref=${heading} tabindex="-1">${title}</h2></header><div class="body list">${children}</div></section>`;
}

export function Check({ report, given, input, large, onImport, onBack }) {
  const [accepted, setAccepted] = useState(new Set());
  const held = countOf(report, HELD);
  const isAll = held > 0 && accepted.size === report.held.length;
  const takenBack = isAll ? held : accepted.size;
  const count = report.accepted + takenBack;
  const others = report.refusedRows.filter(({ verdict }) => verdict !== HELD);
  const hasKeys = Boolean(given.text || given.file);
  const { isBusy, send } = useOnce(() => onImport({
    dryRun: false,
    skipInvalid: report.refused > takenBack,
    ...(isAll ? { acceptUnlike: true } : { acceptedRows: [...accepted] }),
  }));
  const toggle = (row) => {
    const next = new Set(accepted);
    if (!next.delete(row)) next.add(row);
    setAccepted(next);
  };
  return html`<${Step} title=${report.isRepeat ? t("Imported before") : tn("{count} row was checked", "{count} rows were checked", report.accepted + report.refused)}>
    ${large?.problem && html`<p class="wrong" role="alert">${large.problem}</p>`}
    ${report.isRepeat && html`<p>${t("The pool got exactly these rows before. Nothing would be added.")}</p>`}
    ${!report.isRepeat && html`<p class="links">${report.counts.map(({ verdict, count: times }) => html`<${Verdict} key=${verdict} verdict=${verdict} count=${times} />`)}</p>`}
    ${!report.isRepeat && held > 0 && html`<${Held} report=${report} given=${given} accepted=${accepted} isAll=${isAll} onToggle=${toggle} onAll=${setAccepted} />`}
    ${!report.isRepeat && others.length > 0 && html`<${Refused} rows=${others} count=${report.refused - held} />`}
    ${!report.isRepeat && !hasKeys && html`<p class="muted">${t("To import, give the keys again.")}</p>`}
    <div class="actions">${!report.isRepeat && hasKeys && html`<button class="primary" disabled=${!count} aria-disabled=${isBusy} onClick=${send}>${tn("Import {count} key", "Import {count} keys", count)}</button>`}
      <button onClick=${onBack}>${t("Back")}</button>
      ${!report.isRepeat && report.refused > 0 && html`<${ProblemsFile} report=${report} given=${given} input=${input} large=${large} />`}
      ${!report.isRepeat && count > 0 && report.refused > takenBack && html`<span class="muted">${tn("{count} row is left out.", "{count} rows are left out.", report.refused - takenBack)}</span>`}</div><//>`;
}

// Only whoever looks at these rows can say whether they are keys: their text is shown.
function Held({ report, given, accepted, isAll, onToggle, onAll }) {
  const lines = useLines(given);
  return html`<fieldset class="body list"><legend>${t("Are these keys? Tick those that are.")}</legend>
    <label class="tick"><input type="checkbox" checked=${isAll} onChange=${() => onAll(new Set(isAll ? [] : report.held.map(({ row }) => row)))} />
      <span>${t("All of them: {count}", { count: countOf(report, HELD) })}</span></label>
    <div class="results">${report.held.map(({ row }) => html`<label class="tick" key=${row}><input type="checkbox" checked=${accepted.has(row)} onChange=${() => onToggle(row)} />
      <span>${t("Row {row}", { row })}${lines[row - 1] && html`: <code>${lines[row - 1].trim().slice(0, 80)}</code>`}</span></label>`)}</div></fieldset>`;
}

function useLines(given) {
  const [lines, setLines] = useState([]);
  useEffect(() => {
    fileOf(given).text().then((text) => setLines(text.split(/\r\n|\n|\r/)), () => {});
  }, []);
  return lines;
}

function Refused({ rows, count }) {
  const shown = rows.slice(0, SHOWN);
  return html`<div class="results" tabindex="0" role="region" aria-label=${t("Refused")}><table><caption class="hidden">${t("Refused")}</caption>
    <thead><tr><th scope="col">${t("Row")}</th><th scope="col">${t("Why")}</th></tr></thead>
    <tbody>${shown.map(({ row, verdict }) => html`<tr key=${row}><td data-label=${t("Row")}>${formatNumber(row)}</td><td data-label=${t("Why")}><${Verdict} verdict=${verdict} /></td></tr>`)}</tbody></table></div>
    ${count > shown.length && html`<p class="muted">${tn("and {count} more", "and {count} more", count - shown.length)}</p>`}`;
}

// `before`: how many licenses waited for a key when it began, null if that is not known.
export function Imported({ report, pool, before, onMore }) {
  const { available, backordered } = pool.health;
  const filled = before === null ? 0 : before - backordered;
  return html`<${Step} title=${report.isRepeat ? t("Imported before") : tn("{count} key is in stock", "{count} keys are in stock", report.imported)}>
    ${report.isRepeat && html`<p>${t("The pool got exactly these rows before. Nothing was added.")}</p>`}
    ${!report.isRepeat && report.refused > 0 && html`<p>${tn("{count} row was left out.", "{count} rows were left out.", report.refused)}</p>`}
    <div role="status" class="list">${filled > 0 && html`<p><span class="state good"><span aria-hidden="true">✓</span> ${tn("{count} license that waited has its key.", "{count} licenses that waited have their keys.", filled)}</span></p>`}
      ${backordered > 0 && html`<p><span class="state wait"><span aria-hidden="true">⧗</span> ${waiting(backordered)}</span></p>`}
      <p>${tn("{count} key is free now.", "{count} keys are free now.", available)}</p></div>
    <div class="actions"><${Link} class="button primary" to=${`/stock/${encodeURIComponent(pool.id)}`}>${t("Open the pool")}<//>
      <button onClick=${onMore}>${t("Add more keys")}</button></div><//>`;
}

// Keys into a pool: paste them or choose a file, see what would become of each row, then import.
import { html, useState } from "../core/dom.js";
import { change, ERRORS, unplaced } from "../core/change.js";
import { useAsk } from "../core/load.js";
import { go, Link } from "../core/router.js";
import { t } from "../core/words.js";
import { useOnce } from "../parts/fields.js";
import { Empty, NotYet, Trouble, useTitle } from "../parts/frame.js";
import { ImportProgress, PROGRESS } from "./import_progress.js";
import { Check, Imported } from "./import_report.js";
import { KeysColumns } from "./keys_columns.js";
import { fileOf, KeysForm } from "./keys_form.js";
import { tableOf } from "./keys_table.js";
import { restocked } from "./low_stock.js";
import { REPORT } from "./verdicts.js";

const POOL = `query Fill($id: ID!, $import: ID!, $isLarge: Boolean!) {
  licenseKeyPool(id: $id) { id name isGenerated isArchived health { available backordered } }
  licenseKeyImport(id: $import) @include(if: $isLarge) { ${PROGRESS} report { ${REPORT} } } }`;
const IMPORT = `mutation ImportKeys($input: LicenseKeysImportInput!) { licenseKeysImport(input: $input) { report { ${REPORT} } keyImport { id } ${ERRORS} } }`;
const NOTHING = { text: "", file: null, supplier: "", purchaseReference: "", cost: "" };
const FIELDS = ["file", "columns", "delimiter", "supplier", "purchaseReference", "cost"];

// `?import=` is a large one, so that whoever comes back finds it; the keys themselves stay in memory.
export function KeysImport({ id, query, onSignedOut }) {
  const [given, setGiven] = useState(NOTHING);
  // Of a table that does not name its columns as the shop does: what they are.
  const [table, setTable] = useState(null);
  const [report, setReport] = useState(null);
  const [before, setBefore] = useState(null);
  const [errors, setErrors] = useState({});
  const [trouble, setTrouble] = useState(null);
  const [every, setEvery] = useState(0);
  const { data, error, reload } = useAsk(POOL, { id, import: query.import || "", isLarge: Boolean(query.import) }, { every, onSignedOut });
  const pool = data?.licenseKeyPool;
  const large = query.import ? data?.licenseKeyImport : null;
  const isUnderWay = Boolean(large && !large.finishedAt);
  const told = large ? large.finishedAt && large.report : report;
  const isDone = told && !told.isDryRun && (told.imported > 0 || told.isRepeat);
  const wanted = isUnderWay ? 2 : isDone && pool?.health.backordered > 0 ? 5 : 0;
  if (every !== wanted) setEvery(wanted);
  useTitle(t("Add keys"));

  const check = useOnce(async () => submit({ dryRun: true }));
  const begin = useOnce(async () => {
    const found = await tableOf(fileOf(given));
    setTable(found);
    if (!found) await submit({ dryRun: true });
  });
  // `choices` are what was confirmed of a check; without, it is one.
  const inputOf = (choices) => {
    const { supplier, purchaseReference, cost } = given;
    const layout = table && { columns: table.columns, hasHeading: table.hasHeading, delimiter: table.delimiter };
    return { pool: id, supplier, purchaseReference, ...(cost && { cost: cost.replace(",", ".") }), ...layout, ...choices };
  };
  const submit = async (choices) => {
    setTrouble(null);
    try {
      const { result, errors: refused } = await change(IMPORT, { input: inputOf(choices) }, { file: fileOf(given) });
      setErrors(result.report ? {} : refused || {});
      if (!result.report && refused) return;
      if (!choices.dryRun) setBefore(pool.health.backordered);
      setReport(result.report);
      if (result.keyImport) go(here, { import: result.keyImport.id }, { replace: true });
      else if (!choices.dryRun) stocked();
    } catch (failure) {
      setTrouble(failure);
    }
  };
  const here = `/stock/${encodeURIComponent(id)}/import`;
  const stocked = () => {
    reload();
    restocked();
  };
  const back = (kept) => {
    setGiven(kept);
    setTable(null);
    setErrors({});
    setReport(null);
    go(here, {}, { replace: true });
  };

  if (!data) return html`<${NotYet} error=${error} onRetry=${reload} />`;
  if (!pool || pool.isGenerated || pool.isArchived) return html`<${Empty}><h1>${t("Not found")}</h1><p>${t("No keys can be put into this pool.")}</p><${Link} to="/stock">${t("Stock")}<//><//>`;
  const refusal = unplaced(errors, ...FIELDS);
  return html`<p><${Link} to=${`/stock/${encodeURIComponent(id)}`}>‹ ${pool.name}<//></p>
    <h1>${t("Add keys to {name}", pool)}</h1>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${trouble && html`<${Trouble} error=${trouble} />`}
    ${refusal && html`<p class="wrong" role="alert">${refusal.text}</p>`}
    ${isUnderWay && html`<${ImportProgress} keyImport=${large} onChange=${reload} />`}
    ${!isUnderWay && !told && !table && html`<${KeysForm} given=${given} errors=${errors} isBusy=${begin.isBusy} onChange=${setGiven} onSend=${begin.send} />`}
    ${!isUnderWay && !told && table && html`<${KeysColumns} table=${table} error=${(errors.columns || errors.delimiter || errors.file)?.text} isBusy=${check.isBusy} onChange=${setTable} onSend=${check.send} onBack=${() => back(given)} />`}
    ${told && !isDone && html`<${Check} key=${JSON.stringify(told.counts)} report=${told} given=${given} input=${inputOf({ dryRun: true })} large=${large} onImport=${submit} onBack=${() => back(given)} />`}
    ${isDone && html`<${Imported} report=${told} pool=${pool} before=${before} onMore=${() => back(NOTHING)} />`}`;
}

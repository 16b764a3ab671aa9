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
import { fileOf, KeysForm } from "./keys_form.js";
import { restocked } from "./low_stock.js";
import { REPORT } from "./verdicts.js";

const POOL = `query Fill($id: ID!, $import: ID!, $isLarge: Boolean!) {
  licenseKeyPool(id: $id) { id name isGenerated isArchived health { available backordered } }
  licenseKeyImport(id: $import) @include(if: $isLarge) { ${PROGRESS} report { ${REPORT} } } }`;
const IMPORT = `mutation ImportKeys($input: LicenseKeysImportInput!) { licenseKeysImport(input: $input) { report { ${REPORT} } keyImport { id } ${ERRORS} } }`;
const NOTHING = { text: "", file: null, supplier: "", purchaseReference: "", cost: "" };
const FIELDS = ["file", "supplier", "purchaseReference", "cost"];

// `?import=` is a large one, so that whoever comes back finds it; the keys themselves stay in memory.
export function KeysImport({ id, query, onSignedOut }) {
  const [given, setGiven] = useState(NOTHING);
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

  // `choices` are what was confirmed of a check; without, it is one.
  const { isBusy, send } = useOnce(async () => submit({ dryRun: true }));
  const submit = async (choices) => {
    const { supplier, purchaseReference, cost } = given;
    setTrouble(null);
    try {
      const input = { pool: id, supplier, purchaseReference, ...(cost && { cost: cost.replace(",", ".") }), ...choices };
      const { result, errors: refused } = await change(IMPORT, { input }, { file: fileOf(given) });
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
    ${!isUnderWay && !told && html`<${KeysForm} given=${given} errors=${errors} isBusy=${isBusy} onChange=${setGiven} onSend=${send} />`}
    ${told && !isDone && html`<${Check} key=${JSON.stringify(told.counts)} report=${told} given=${given} problem=${large?.problem} onImport=${submit} onBack=${() => back(given)} />`}
    ${isDone && html`<${Imported} report=${told} pool=${pool} before=${before} onMore=${() => back(NOTHING)} />`}`;
}

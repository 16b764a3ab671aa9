// A button that saves what is wrong with which rows as CSV, with the rows themselves: they are the reader's own and do not leave the browser.
import { html } from "../core/dom.js";
import { ask } from "../core/api.js";
import { saveTable } from "../core/download.js";
import { t } from "../core/words.js";
import { useOnce } from "../parts/fields.js";
import { say } from "../parts/toast.js";
import { fileOf } from "./keys_form.js";
import { wordOf } from "./verdicts.js";

const PAGE = 1000;
const ROWS = "report { rows(first: 1000, after: $after, verdict: $verdict) { row verdict } }";
const OF_LARGE = `query LargeProblems($id: ID!, $after: Int, $verdict: LicenseKeyImportVerdict) { licenseKeyImport(id: $id) { ${ROWS} } }`;
// Of a small one nothing is kept: it is checked again.
const OF_SMALL = `mutation SmallProblems($input: LicenseKeysImportInput!, $after: Int, $verdict: LicenseKeyImportVerdict) { licenseKeysImport(input: $input) { ${ROWS} } }`;

export function ProblemsFile({ report, given, input, large }) {
  const read = async (verdict, after) => {
    const document = large ? OF_LARGE : OF_SMALL;
    const asked = large ? { id: large.id } : { input };
    const [found] = Object.values(await ask(document, { ...asked, verdict, after }, large ? {} : { file: fileOf(given) }));
    return found.report.rows;
  };
  const { isBusy, send } = useOnce(async () => {
    try {
      const rows = [];
      for (const { verdict } of report.counts) {
        if (verdict === "OK") continue;
        for (let page, after = 0; !page || page.length === PAGE; after = rows[rows.length - 1].row) rows.push(...(page = await read(verdict, after)));
      }
      const lines = (await fileOf(given).text()).split(/\r\n|\n|\r/);
      const table = rows.sort((one, other) => one.row - other.row).map(({ row, verdict }) => [row, wordOf(verdict), lines[row - 1] || ""]);
      saveTable([[t("Row"), t("Why"), t("Text")], ...table], "problems.csv");
      say(t("The file was saved."));
    } catch {
      say(t("The file did not arrive. Try again."));
    }
  });
  return html`<button type="button" onClick=${send} aria-disabled=${isBusy}>${t("Save the problems as CSV")}</button>`;
}

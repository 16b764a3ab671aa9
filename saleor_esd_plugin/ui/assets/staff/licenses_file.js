// What is filtered, as a file for a spreadsheet: keys are masked in it.
import { html, useState } from "../core/dom.js";
import { change, ERRORS } from "../core/change.js";
import { save } from "../core/download.js";
import { t } from "../core/words.js";
import { useOnce } from "../parts/fields.js";
import { say } from "../parts/toast.js";

const EXPORT = `mutation Export($input: LicensesExportInput!) { licensesExport(input: $input) { url ${ERRORS} } }`;

export function LicensesFile({ filter, isPossible }) {
  const [problem, setProblem] = useState("");
  const { isBusy, send } = useOnce(async () => {
    setProblem("");
    try {
      const { result, errors } = await change(EXPORT, { input: { filter } });
      if (errors) {
        setProblem(Object.values(errors)[0].text);
        return;
      }
      await save(result.url, "licenses.csv");
      say(t("The file was saved."));
    } catch {
      setProblem(t("The file did not arrive. Try again."));
    }
  });
  return html`<div class="actions">${problem && html`<span class="wrong" role="alert">${problem}</span>`}
    <button disabled=${!isPossible} aria-disabled=${isBusy} onClick=${send}>${t("Download CSV")}</button></div>`;
}

// A button that saves keys of a pool as a table, masked.
import { html } from "../core/dom.js";
import { change, ERRORS } from "../core/change.js";
import { save } from "../core/download.js";
import { t } from "../core/words.js";
import { useOnce } from "../parts/fields.js";
import { say } from "../parts/toast.js";

const EXPORT = `mutation ExportPool($input: LicenseKeyPoolExportInput!) { licenseKeyPoolExport(input: $input) { url ${ERRORS} } }`;
// What a supplier has to make good.
export const CLAIM = { states: ["QUARANTINED"], columns: ["KEY_MASK", "BATCH", "SUPPLIER", "PURCHASE_REFERENCE", "QUARANTINED_AT", "QUARANTINE_REASON"] };

export function PoolFile({ input, name, children, ...more }) {
  const { isBusy, send } = useOnce(async () => {
    try {
      const { result, errors } = await change(EXPORT, { input });
      if (!errors) await save(result.url, name);
      say(errors ? Object.values(errors)[0].text : t("The file was saved."));
    } catch {
      say(t("The file did not arrive. Try again."));
    }
  });
  return html`<button type="button" onClick=${send} aria-disabled=${isBusy} ...${more}>${children}</button>`;
}

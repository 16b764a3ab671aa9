// A masked key that can be seen for a while. It stands in memory only, and only as long as it is shown.
import { html, useState } from "../core/dom.js";
import { change, ERRORS } from "../core/change.js";
import { t } from "../core/words.js";
import { useOnce } from "../parts/fields.js";
import { lastGroups } from "../parts/names.js";
import { ShownKey } from "../parts/shown_key.js";

const REVEAL = `mutation Reveal($input: LicenseKeyRevealInput!) { licenseKeyReveal(input: $input) { key ${ERRORS} } }`;

export function KeyButton({ license, isUsable }) {
  const [key, setKey] = useState(null);
  const [problem, setProblem] = useState("");
  const { isBusy, send } = useOnce(async () => {
    setProblem("");
    try {
      const { result, errors } = await change(REVEAL, { input: { license: license.id } });
      if (errors) setProblem(Object.values(errors)[0].text);
      else setKey(result.key);
    } catch {
      setProblem(t("Not possible at the moment. Try again later."));
    }
  });
  if (key !== null) return html`<${ShownKey} text=${key} onHide=${() => setKey(null)} />`;
  return html`<span class="actions"><code class="mask">${lastGroups(license.keyMask)}</code>
    ${isUsable && html`<button class="quiet" aria-disabled=${isBusy} onClick=${send}>${t("Show")}<span class="hidden"> ${license.keyMask}</span></button>`}
    ${problem && html`<span class="wrong" role="alert">${problem}</span>`}</span>`;
}

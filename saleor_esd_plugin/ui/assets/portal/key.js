// A masked key that can be seen for a while. It stands in memory only, and only as long as it is shown.
import { html, useEffect, useRef, useState } from "../core/dom.js";
import { change, ERRORS } from "../core/change.js";
import { t } from "../core/words.js";
import { useOnce } from "../parts/fields.js";
import { lastGroups } from "../parts/names.js";
import { say } from "../parts/toast.js";

const REVEAL = `mutation Reveal($input: LicenseKeyRevealInput!) { licenseKeyReveal(input: $input) { key ${ERRORS} } }`;
const SHOWN_FOR = 30;

export function KeyButton({ license, isUsable }) {
  const [key, setKey] = useState(null);
  const [problem, setProblem] = useState("");
  const text = useRef(null);
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
  useEffect(() => {
    if (key === null) return undefined;
    const timer = setTimeout(() => setKey(null), SHOWN_FOR * 1000);
    return () => clearTimeout(timer);
  }, [key]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(key);
    } catch {
      // Not allowed in a frame of another site; the old way is.
      getSelection().selectAllChildren(text.current);
      document.execCommand("copy");
    }
    say(t("Copied."));
  };

  if (key !== null) {
    return html`<span class="actions"><code ref=${text}>${key}</code>
      <button class="quiet" onClick=${copy}>${t("Copy")}</button><button class="quiet" onClick=${() => setKey(null)}>${t("Hide")}</button></span>`;
  }
  return html`<span class="actions"><code class="mask">${lastGroups(license.keyMask)}</code>
    ${isUsable && html`<button class="quiet" aria-disabled=${isBusy} onClick=${send}>${t("Show")}<span class="hidden"> ${license.keyMask}</span></button>`}
    ${problem && html`<span class="wrong" role="alert">${problem}</span>`}</span>`;
}

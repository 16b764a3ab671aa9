// A large import under way: how far it is; stopped after the rows at hand, it goes on later.
import { html, useState } from "../core/dom.js";
import { change, ERRORS } from "../core/change.js";
import { t, tn } from "../core/words.js";
import { useOnce } from "../parts/fields.js";
import { Trouble } from "../parts/frame.js";

export const PROGRESS = "id fileName isDryRun problem stoppedAt finishedAt progress { state rows rowsDone accepted refused secondsLeft }";
const STOP = `mutation StopImport($input: LicenseKeyImportStopInput!) { licenseKeyImportStop(input: $input) { keyImport { id } ${ERRORS} } }`;
const RESUME = `mutation ResumeImport($input: LicenseKeyImportResumeInput!) { licenseKeyImportResume(input: $input) { keyImport { id } ${ERRORS} } }`;

const STATES = {
  CHECKING: () => t("Checking the rows"),
  LOADING: () => t("Putting the keys into stock"),
  STOPPED: () => t("Stopped"),
  FINISHED: () => t("Done"),
};

export function ImportProgress({ keyImport, onChange }) {
  const [trouble, setTrouble] = useState(null);
  const [refusal, setRefusal] = useState("");
  const { state, rows, rowsDone, secondsLeft } = keyImport.progress;
  const isStopped = state === "STOPPED";
  const { isBusy, send } = useOnce(async () => {
    setTrouble(null);
    try {
      const { errors } = await change(isStopped ? RESUME : STOP, { input: { id: keyImport.id } });
      setRefusal(errors ? Object.values(errors)[0].text : "");
      onChange();
    } catch (error) {
      setTrouble(error);
    }
  });
  return html`<section class="card"><header><h2>${STATES[state]()}</h2></header><div class="body list">
    <progress aria-label=${STATES[state]()} max=${rows || 1} value=${rowsDone}></progress>
    <p class="muted">${t("{done} of {rows} rows", { done: rowsDone, rows })}${keyImport.fileName && ` · ${keyImport.fileName}`}
      ${secondsLeft !== null && !isStopped && ` · ${tn("about {count} second left", "about {count} seconds left", secondsLeft)}`}</p>
    ${keyImport.problem && html`<p class="wrong" role="alert">${keyImport.problem}</p>`}
    ${refusal && html`<p class="wrong" role="alert">${refusal}</p>`}
    ${trouble && html`<${Trouble} error=${trouble} />`}
    ${state !== "FINISHED" && html`<p><button type="button" onClick=${send} aria-disabled=${isBusy}>${isStopped ? t("Go on") : t("Stop")}</button>
      ${!keyImport.isDryRun && html` <small>${isStopped ? t("What was loaded is for sale.") : t("You may leave this page: it goes on.")}</small>`}</p>`}</div></section>`;
}

// Taking a license back from a customer: its link dies, and it can be assigned again. Once somebody has seen the key, or it
// was mailed, only the shop's staff can do that, with a reason.
import { html, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { t } from "../core/words.js";
import { Dialog } from "./dialog.js";
import { Field } from "./fields.js";
import { useForm } from "./form.js";
import { say } from "./toast.js";

const RECALL = `mutation Recall($input: LicenseRecallInput!) { licenseRecall(input: $input) { licenses { id } ${ERRORS} } }`;

export function Recall({ license, onDone }) {
  const [isOpen, setOpen] = useState(false);
  return html`<button class="quiet" onClick=${() => setOpen(true)}>${t("Take back")}<span class="hidden"> ${license.keyMask}</span></button>
    ${isOpen && html`<${RecallDialog} license=${license} onDone=${onDone} onClose=${() => setOpen(false)} />`}`;
}

function RecallDialog({ license, onDone, onClose }) {
  const [reason, setReason] = useState("");
  const input = () => ({ licenses: [license.id], ...(reason && { reason }) });
  const { errors, isBusy, send, told } = useForm(RECALL, ["reason"], input, () => {
    say(t("Taken back from {name}.", license.endCustomer));
    onDone();
    onClose();
  });
  return html`<${Dialog} title=${t("Take the license back from {name}?", license.endCustomer)} onClose=${onClose}><form onSubmit=${send}>
    ${told}
    <${Field} label=${t("Reason")} maxlength="500" value=${reason} onInput=${(event) => setReason(event.target.value)} error=${errors.reason?.text} />
    <div class="actions"><button class="primary danger" aria-disabled=${isBusy}>${t("Take back")}</button>
      <button type="button" onClick=${onClose}>${t("Cancel")}</button></div></form><//>`;
}

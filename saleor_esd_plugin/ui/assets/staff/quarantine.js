// Takes the free keys of one delivery out of sale, for good.
import { html, useId, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { formatTime, t, tn } from "../core/words.js";
import { Dialog } from "../parts/dialog.js";
import { useForm } from "../parts/form.js";
import { say } from "../parts/toast.js";

const QUARANTINE = `mutation Quarantine($input: LicenseKeyBatchQuarantineInput!) { licenseKeyBatchQuarantine(input: $input) { batch { id quarantinedAt } ${ERRORS} } }`;

export function Quarantine({ batch, onDone, onClose }) {
  const id = useId();
  const [reason, setReason] = useState("");
  const { errors, isBusy, send, told } = useForm(QUARANTINE, ["reason"], () => ({ id: batch.id, reason }), () => {
    say(t("The delivery was taken out of sale."));
    onDone();
  });
  const sold = batch.soldLicenses.totalCount;
  return html`<${Dialog} title=${t("Quarantine the delivery of {when}?", { when: formatTime(batch.createdAt) })} onClose=${onClose}><form onSubmit=${send}>
    ${told}
    <p class="band bad">${tn("{count} free key leaves the sale for good.", "{count} free keys leave the sale for good.", batch.available)}</p>
    <p>${sold ? tn("{count} license holds a key of it and keeps it, until you replace it.", "{count} licenses hold keys of it and keep them, until you replace them.", sold) : t("No license holds a key of it.")}</p>
    <div class="field"><label for=${id}>${t("Reason")}</label>
      <textarea id=${id} required maxlength="500" rows="3" value=${reason} aria-invalid=${errors.reason ? "true" : null} aria-describedby=${`${id}-note`} onInput=${(event) => setReason(event.target.value)}></textarea>
      <p id=${`${id}-note`} class=${errors.reason ? "wrong" : "muted"}>${errors.reason?.text || t("The supplier reads it in the claim.")}</p></div>
    <div class="actions"><button class="primary danger" aria-disabled=${isBusy}>${t("Quarantine")}</button>
      <button type="button" onClick=${onClose}>${t("Cancel")}</button></div></form><//>`;
}

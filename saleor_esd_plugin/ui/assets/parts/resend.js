// Sending the activation e-mail again, to a corrected address if need be (I13).
import { html, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { t } from "../core/words.js";
import { Dialog } from "./dialog.js";
import { Field } from "./fields.js";
import { useForm } from "./form.js";
import { say } from "./toast.js";

const RESEND = `mutation Resend($input: LicenseEmailResendInput!) { licenseEmailResend(input: $input) { license { id } ${ERRORS} } }`;

// Somebody else may get the license while the dialog is open: what was typed is not for them.
export function Resend({ license, onDone }) {
  const [isOpen, setOpen] = useState(false);
  return html`<button class="quiet" onClick=${() => setOpen(true)}>${t("Send again")}<span class="hidden"> ${license.keyMask}</span></button>
    ${isOpen && html`<${ResendDialog} key=${license.endCustomer.id} license=${license} onDone=${onDone} onClose=${() => setOpen(false)} />`}`;
}

function ResendDialog({ license, onDone, onClose }) {
  const known = license.endCustomer.email;
  const [email, setEmail] = useState(known);
  const [reason, setReason] = useState("");
  const input = () => ({ license: license.id, ...(email !== known && { email }), ...(reason && { reason }) });
  const { errors, isBusy, send, told } = useForm(RESEND, ["email", "reason"], input, () => {
    say(t("An e-mail goes to {email}.", { email }));
    onDone();
    onClose();
  });
  return html`<${Dialog} title=${t("Send the activation e-mail again")} onClose=${onClose}><form onSubmit=${send}>
    ${told}
    <${Field} label=${t("E-mail")} type="email" required value=${email} onInput=${(event) => setEmail(event.target.value)}
      error=${errors.email?.text} hint=${email === known ? "" : t("The new address is saved with {name}.", license.endCustomer)} />
    ${errors.reason && html`<${Field} label=${t("Reason")} maxlength="500" value=${reason} onInput=${(event) => setReason(event.target.value)} error=${errors.reason.text} />`}
    <div class="actions"><button class="primary" aria-disabled=${isBusy}>${t("Send")}</button>
      <button type="button" onClick=${onClose}>${t("Cancel")}</button></div></form><//>`;
}

// Sending the activation e-mail again, to a corrected address if need be (I13).
import { html, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { t } from "../core/words.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/fields.js";
import { useForm } from "../parts/form.js";
import { say } from "../parts/toast.js";

const RESEND = `mutation Resend($input: LicenseEmailResendInput!) { licenseEmailResend(input: $input) { license { id } ${ERRORS} } }`;

export function Resend({ license, onDone }) {
  const [isOpen, setOpen] = useState(false);
  return html`<button class="quiet" onClick=${() => setOpen(true)}>${t("Send again")}<span class="hidden"> ${license.keyMask}</span></button>
    ${isOpen && html`<${ResendDialog} license=${license} onDone=${onDone} onClose=${() => setOpen(false)} />`}`;
}

function ResendDialog({ license, onDone, onClose }) {
  const known = license.endCustomer.email;
  const [email, setEmail] = useState(known);
  const input = () => ({ license: license.id, ...(email === known ? {} : { email }) });
  const { errors, isBusy, send, told } = useForm(RESEND, ["email"], input, () => {
    say(t("An e-mail goes to {email}.", { email }));
    onDone();
    onClose();
  });
  return html`<${Dialog} title=${t("Send the activation e-mail again")} onClose=${onClose}><form onSubmit=${send}>
    ${told}
    <${Field} label=${t("E-mail")} type="email" required value=${email} onInput=${(event) => setEmail(event.target.value)}
      error=${errors.email?.text} hint=${email === known ? "" : t("The new address is saved with {name}.", license.endCustomer)} />
    <div class="actions"><button class="primary" aria-disabled=${isBusy}>${t("Send")}</button>
      <button type="button" onClick=${onClose}>${t("Cancel")}</button></div></form><//>`;
}

// Sending the activation e-mail again, to a corrected address if need be (I13).
import { html, useState } from "../core/dom.js";
import { change, ERRORS, unplaced } from "../core/change.js";
import { t } from "../core/words.js";
import { Dialog } from "../parts/dialog.js";
import { Field, useOnce } from "../parts/fields.js";
import { Trouble } from "../parts/frame.js";
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
  const [errors, setErrors] = useState({});
  const [trouble, setTrouble] = useState(null);
  const { isBusy, send } = useOnce(async () => {
    setTrouble(null);
    const input = { license: license.id, ...(email === known ? {} : { email }) };
    try {
      const { errors: refused } = await change(RESEND, { input });
      setErrors(refused || {});
      if (refused) return;
      say(t("An e-mail goes to {email}.", { email }));
      onDone();
      onClose();
    } catch (error) {
      setTrouble(error);
    }
  });
  const refusal = unplaced(errors, "email");
  return html`<${Dialog} title=${t("Send the activation e-mail again")} onClose=${onClose}><form onSubmit=${send}>
    ${trouble && html`<${Trouble} error=${trouble} />`}
    ${refusal && html`<p class="wrong" role="alert">${refusal.text}</p>`}
    <${Field} label=${t("E-mail")} type="email" required value=${email} onInput=${(event) => setEmail(event.target.value)}
      error=${errors.email?.text} hint=${email === known ? "" : t("The new address is saved with {name}.", license.endCustomer)} />
    <div class="actions"><button class="primary" aria-disabled=${isBusy}>${t("Send")}</button>
      <button type="button" onClick=${onClose}>${t("Cancel")}</button></div></form><//>`;
}

// A key that staff read, with a reason: the account is told of both.
import { html, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { t } from "../core/words.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/fields.js";
import { useForm } from "../parts/form.js";
import { ShownKey } from "../parts/shown_key.js";

const REVEAL = `mutation Reveal($input: LicenseKeyRevealInput!) { licenseKeyReveal(input: $input) { key ${ERRORS} } }`;

export function Reveal({ license, onDone }) {
  const [isOpen, setOpen] = useState(false);
  const closed = () => {
    setOpen(false);
    onDone();
  };
  return html`<button class="quiet" onClick=${() => setOpen(true)}>${t("Show the key…")}</button>
    ${isOpen && html`<${RevealDialog} license=${license} onClose=${closed} />`}`;
}

function RevealDialog({ license, onClose }) {
  const [reason, setReason] = useState("");
  const [key, setKey] = useState(null);
  const { errors, isBusy, send, told } = useForm(REVEAL, ["reason"], () => ({ license: license.id, reason }), (result) => setKey(result.key));
  return html`<${Dialog} title=${t("Show the key")} onClose=${onClose}>
    ${key !== null ? html`<div class="body"><${ShownKey} text=${key} onHide=${onClose} /></div>` : html`<form onSubmit=${send}>
      ${told}
      <${Field} label=${t("Reason")} required minlength="10" maxlength="500" value=${reason} onInput=${(event) => setReason(event.target.value)}
        hint=${t("At least 10 characters. The account is told that you read the key, and why.")} error=${errors.reason?.text} />
      <div class="actions"><button class="primary" aria-disabled=${isBusy}>${t("Show")}</button><button type="button" onClick=${onClose}>${t("Back")}</button></div></form>`}<//>`;
}

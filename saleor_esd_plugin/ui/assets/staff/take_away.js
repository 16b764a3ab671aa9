// What takes a key or the whole license away: a new key for one that does not work, or a unit that leaves its order.
import { html, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { t } from "../core/words.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/fields.js";
import { useForm } from "../parts/form.js";
import { lastGroups } from "../parts/names.js";
import { say } from "../parts/toast.js";
import { useTypedEnd } from "./typed_end.js";

const KINDS = {
  REPLACE: {
    document: `mutation ReplaceKey($input: LicenseKeyReplaceInput!) { licenseKeyReplace(input: $input) { licenses { id } ${ERRORS} } }`,
    input: ({ id }) => ({ licenses: [id] }),
    opener: () => t("New key…"),
    title: () => t("Give the license a new key?"),
    text: () => t("It takes another key of the same pool, and whoever holds it gets that by e-mail. The old one is quarantined for good."),
    button: () => t("Give a new key"),
    hint: () => t("The account and the supplier may read it."),
    done: () => t("It has a new key."),
  },
  RETURN: {
    document: `mutation ReturnLicense($input: LicenseOrderReturnInput!) { licenseOrderReturn(input: $input) { licenseOrder { id } ${ERRORS} } }`,
    input: ({ id, licenseOrder }) => ({ id: licenseOrder.id, licenses: [id] }),
    opener: () => t("Return…"),
    title: () => t("Take the license out of its order?"),
    text: () => t("It ends, and nothing brings it back. A key that somebody has seen is not sold again. No money goes back by itself: refund it where it was paid."),
    button: () => t("Return for good"),
    hint: () => t("Members of the account may read it."),
    done: () => t("The license has left its order."),
    isFinal: true,
  },
};

export const TakeAway = ({ license, onDone }) => Object.keys(KINDS).map((kind) => html`<${Opener} key=${kind} kind=${KINDS[kind]} license=${license} onDone=${onDone} />`);

function Opener({ kind, license, onDone }) {
  const [isOpen, setOpen] = useState(false);
  return html`<button class="quiet" onClick=${() => setOpen(true)}>${kind.opener()}</button>
    ${isOpen && html`<${Form} kind=${kind} license=${license} onDone=${onDone} onClose=${() => setOpen(false)} />`}`;
}

function Form({ kind, license, onDone, onClose }) {
  const [reason, setReason] = useState("");
  const { field: end, isTyped } = useTypedEnd(kind.isFinal ? [license] : []);
  const { errors, isBusy, send, told } = useForm(kind.document, ["reason"], () => ({ ...kind.input(license), reason }), () => {
    say(kind.done());
    onDone();
    onClose();
  });
  return html`<${Dialog} title=${kind.title()} onClose=${onClose}><form onSubmit=${send}>
    ${told}
    <p><code class="mask">${lastGroups(license.keyMask)}</code></p>
    <p>${kind.text()}</p>
    <${Field} label=${t("Reason")} required maxlength="500" value=${reason} onInput=${(event) => setReason(event.target.value)} hint=${kind.hint()} error=${errors.reason?.text} />
    ${end}
    <div class="actions"><button class=${kind.isFinal ? "primary danger" : "primary"} aria-disabled=${isBusy} disabled=${!isTyped}>${kind.button()}</button>
      <button type="button" onClick=${onClose}>${t("Back")}</button></div></form><//>`;
}

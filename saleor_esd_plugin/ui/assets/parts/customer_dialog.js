// Creating or changing an end customer.
import { html, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { settings } from "../core/settings.js";
import { language, t } from "../core/words.js";
import { Dialog } from "./dialog.js";
import { Field } from "./fields.js";
import { useForm } from "./form.js";
import { languageName } from "./names.js";

const FIELDS = "id code name email language isArchived";
const CREATE = `mutation Create($input: LicenseEndCustomerCreateInput!) {
  licenseEndCustomerCreate(input: $input) { endCustomer { ${FIELDS} } ${ERRORS} } }`;
const UPDATE = `mutation Update($input: LicenseEndCustomerUpdateInput!) {
  licenseEndCustomerUpdate(input: $input) { endCustomer { ${FIELDS} } ${ERRORS} } }`;

// A new one is of `account`, or of whichever of `accounts` is chosen; `onDone(customer, account)`.
// Staff say why they change an address to which keys went (`licenses.sending`): the shop asks for it.
export function CustomerDialog({ account, accounts = [], customer, isStaff = false, onDone, onClose }) {
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState(customer || { account, code: "", name: "", email: "", language: language() });
  const input = () => {
    const { code, name, email, language: spoken } = typed;
    return { code, name, email, language: spoken, ...(reason && { reason }), ...(customer ? { id: customer.id } : { account: typed.account }) };
  };
  const { errors, isBusy, send, told } = useForm(customer ? UPDATE : CREATE, ["code", "name", "email", "reason"], input, ({ endCustomer }) => onDone(endCustomer, typed.account));
  const keep = (event) => setTyped({ ...typed, [event.target.name]: event.target.value });
  const field = (name, label, more) =>
    html`<${Field} label=${label} name=${name} required value=${typed[name]} onInput=${keep} error=${errors[name]?.text} ...${more} />`;

  return html`<${Dialog} title=${customer ? t("Change customer") : t("New customer")} onClose=${onClose}>
    <form onSubmit=${send}>
      ${told}
      ${!customer && accounts.length > 1 && html`<div class="field"><label for="account">${t("Account")}</label>
        <select id="account" name="account" value=${typed.account} onChange=${keep}>
          ${accounts.map(({ id, name }) => html`<option value=${id}>${name}</option>`)}
        </select></div>`}
      ${field("code", t("Code"), { maxlength: 64, hint: isStaff ? t("The account's own number for it.") : t("Your own number for this customer.") })}
      ${field("name", t("Name"), { maxlength: 128, hint: t("The legal name.") })}
      ${field("email", t("E-mail"), { type: "email", hint: t("Activation e-mails go there.") })}
      ${errors.reason && html`<${Field} label=${t("Reason")} maxlength="500" value=${reason} onInput=${(event) => setReason(event.target.value)} error=${errors.reason.text}
        hint=${t("The account is told.")} />`}
      <div class="field"><label for="language">${t("Language of the e-mails")}</label>
        <select id="language" name="language" value=${typed.language} onChange=${keep}>
          ${[...new Set([...settings.languages, typed.language])].map((each) => html`<option value=${each}>${languageName(each) || t("As the account")}</option>`)}
        </select></div>
      <div class="actions"><button class="primary" aria-disabled=${isBusy}>${t("Save")}</button>
        <button type="button" onClick=${onClose}>${t("Cancel")}</button></div>
    </form><//>`;
}

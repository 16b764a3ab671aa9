// Creating or changing an end customer.
import { html, useState } from "../core/dom.js";
import { change, ERRORS, unplaced } from "../core/change.js";
import { settings } from "../core/settings.js";
import { language, t } from "../core/words.js";
import { Dialog } from "../parts/dialog.js";
import { Field, useOnce } from "../parts/fields.js";
import { Trouble } from "../parts/frame.js";

const FIELDS = "id code name email language isArchived";
const CREATE = `mutation Create($input: LicenseEndCustomerCreateInput!) {
  licenseEndCustomerCreate(input: $input) { endCustomer { ${FIELDS} } ${ERRORS} } }`;
const UPDATE = `mutation Update($input: LicenseEndCustomerUpdateInput!) {
  licenseEndCustomerUpdate(input: $input) { endCustomer { ${FIELDS} } ${ERRORS} } }`;
const NAMES = { en: "English", es: "Español", "pt-br": "Português" };

export function CustomerDialog({ account, customer, onDone, onClose }) {
  const [typed, setTyped] = useState(customer || { code: "", name: "", email: "", language: language() });
  const [errors, setErrors] = useState({});
  const [trouble, setTrouble] = useState(null);
  const { isBusy, send } = useOnce(async () => {
    setTrouble(null);
    const { code, name, email, language: spoken } = typed;
    const input = { code, name, email, language: spoken, ...(customer ? { id: customer.id } : { account }) };
    try {
      const { result, errors: refused } = await change(customer ? UPDATE : CREATE, { input });
      if (refused) setErrors(refused);
      else onDone(result.endCustomer);
    } catch (error) {
      setTrouble(error);
    }
  });
  const keep = (event) => setTyped({ ...typed, [event.target.name]: event.target.value });
  const field = (name, label, more) =>
    html`<${Field} label=${label} name=${name} required value=${typed[name]} onInput=${keep} error=${errors[name]?.text} ...${more} />`;

  const refusal = unplaced(errors, "code", "name", "email");
  return html`<${Dialog} title=${customer ? t("Change customer") : t("New customer")} onClose=${onClose}>
    <form onSubmit=${send}>
      ${trouble && html`<${Trouble} error=${trouble} />`}
      ${refusal && html`<p class="wrong" role="alert">${refusal.text}</p>`}
      ${field("code", t("Code"), { maxlength: 64, hint: t("Your own number for this customer.") })}
      ${field("name", t("Name"), { maxlength: 128, hint: t("The legal name.") })}
      ${field("email", t("E-mail"), { type: "email", hint: t("Activation e-mails go there.") })}
      <div class="field"><label for="language">${t("Language of the e-mails")}</label>
        <select id="language" name="language" value=${typed.language} onChange=${keep}>
          ${[...new Set([...settings.languages, typed.language])].map((each) => html`<option value=${each}>${NAMES[each] || each || t("As the account")}</option>`)}
        </select></div>
      <div class="actions"><button class="primary" aria-disabled=${isBusy}>${t("Save")}</button>
        <button type="button" onClick=${onClose}>${t("Cancel")}</button></div>
    </form><//>`;
}

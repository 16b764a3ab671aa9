// A new pool, or another name and other alerts of one.
import { html, useId, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { useAsk } from "../core/load.js";
import { t } from "../core/words.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/fields.js";
import { useForm } from "../parts/form.js";
import { NotYet } from "../parts/frame.js";
import { ANY, formatName } from "./key_formats.js";

const FORMATS = `query Formats { licenseKeyFormats { name example } }`;
const CREATE = `mutation CreatePool($input: LicenseKeyPoolCreateInput!) { licenseKeyPoolCreate(input: $input) { pool { id name } ${ERRORS} } }`;
const UPDATE = `mutation UpdatePool($input: LicenseKeyPoolUpdateInput!) { licenseKeyPoolUpdate(input: $input) { pool { id name } ${ERRORS} } }`;

export function PoolDialog({ pool, onDone, onClose }) {
  const { data, error, reload } = useAsk(FORMATS, {});
  return html`<${Dialog} title=${pool ? t("Change pool") : t("New pool")} onClose=${onClose}>
    ${data ? html`<${Form} pool=${pool} formats=${data.licenseKeyFormats} onDone=${onDone} onClose=${onClose} />` : html`<div class="body"><${NotYet} error=${error} onRetry=${reload} /></div>`}<//>`;
}

function Form({ pool, formats, onDone, onClose }) {
  const id = useId();
  const [typed, setTyped] = useState({
    name: pool?.name || "",
    format: (formats.find(({ name }) => name === ANY) || formats[0]).name,
    lowStockThreshold: String(pool?.lowStockThreshold ?? 5),
    runwayAlertDays: String(pool?.runwayAlertDays ?? 0),
    staffAddresses: (pool?.staffAddresses || []).join(", "),
  });
  const input = () => ({
    name: typed.name,
    lowStockThreshold: Number(typed.lowStockThreshold),
    runwayAlertDays: Number(typed.runwayAlertDays),
    staffAddresses: typed.staffAddresses,
    ...(pool ? { id: pool.id } : { format: typed.format }),
  });
  const { errors, isBusy, send, told } = useForm(pool ? UPDATE : CREATE, ["name", "format", "lowStockThreshold", "runwayAlertDays", "staffAddresses"], input, ({ pool: saved }) => onDone(saved));
  const keep = (event) => setTyped({ ...typed, [event.target.name]: event.target.value });
  const field = (name, label, more) => html`<${Field} label=${label} name=${name} value=${typed[name]} onInput=${keep} error=${errors[name]?.text} ...${more} />`;
  const number = { type: "number", min: 0, step: 1, required: true };

  return html`<form onSubmit=${send}>${told}
    ${field("name", t("Name of the pool"), { required: true, maxlength: 128, hint: pool ? null : t("Such as the name of the product.") })}
    ${!pool && html`<div class="field"><label for=${id}>${t("Format of the keys")}</label>
      <select id=${id} name="format" value=${typed.format} onChange=${keep}>
        ${formats.map((each) => html`<option value=${each.name}>${formatName(each)}</option>`)}</select>
      <p class="muted">${t("What does not fit is refused when keys come in. It stays so.")}</p></div>`}
    ${field("lowStockThreshold", t("Warn at so many free keys"), { ...number, hint: t("0 for never.") })}
    ${field("runwayAlertDays", t("Warn when they last so many days"), { ...number, hint: t("0 for never.") })}
    ${field("staffAddresses", t("Who is told by e-mail"), { hint: t("Commas between addresses. Without any, the staff address of the plugin's settings.") })}
    <div class="actions"><button class="primary" aria-disabled=${isBusy}>${t("Save")}</button>
      <button type="button" onClick=${onClose}>${t("Cancel")}</button></div></form>`;
}

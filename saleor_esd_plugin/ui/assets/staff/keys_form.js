// The first step of an import: the keys, and where they came from.
import { html, useId } from "../core/dom.js";
import { t } from "../core/words.js";
import { Field } from "../parts/fields.js";

// What is sent: the chosen file, else what was pasted as one.
export const fileOf = ({ file, text }) => file || new File([text], "pasted.txt", { type: "text/plain" });

export function KeysForm({ given, errors, isBusy, onChange, onSend }) {
  const id = useId();
  const { file, text } = given;
  const keep = ({ target }) => onChange({ ...given, [target.name]: target.value });
  const field = (name, label, more) => html`<${Field} label=${label} name=${name} maxlength="128" value=${given[name]} onInput=${keep} error=${errors[name]?.text} ...${more} />`;
  return html`<section class="card"><form class="body" onSubmit=${onSend}>
    <div class="field"><label for=${`${id}-text`}>${t("Keys")}</label>
      <textarea id=${`${id}-text`} name="text" rows="8" spellcheck="false" autocomplete="off" required=${!file} disabled=${Boolean(file)} value=${text} onInput=${keep} aria-describedby=${`${id}-hint`}></textarea>
      <p id=${`${id}-hint`} class="muted">${t("A key per line, or a table whose first line names the columns: key, use_by, cost.")}</p></div>
    <div class="field"><label for=${`${id}-file`}>${t("Or a file")}</label>
      <input id=${`${id}-file`} type="file" accept=".csv,.txt,text/csv,text/plain" aria-invalid=${errors.file ? "true" : null} aria-describedby=${`${id}-note`}
        onChange=${({ target }) => onChange({ ...given, file: target.files[0] || null })} />
      <p id=${`${id}-note`} class=${errors.file ? "wrong" : "muted"}>${errors.file?.text || (file ? t("Chosen: {name}", file) : t("Text or CSV in UTF-8, up to 32 MiB."))}</p></div>
    ${field("supplier", t("Supplier"))}
    ${field("purchaseReference", t("Purchase"), { hint: t("Such as the number of the supplier's invoice.") })}
    ${field("cost", t("Cost of a key"), { inputmode: "decimal", pattern: "[0-9]{1,9}([.,][0-9]{1,4})?", hint: t("Such as 12.50, for keys whose row names none.") })}
    <div class="actions"><button class="primary" aria-disabled=${isBusy}>${t("Check")}</button>
      <span class="muted">${t("Nothing is stored yet.")}</span></div></form></section>`;
}

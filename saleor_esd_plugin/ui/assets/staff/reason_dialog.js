// A new reason, other words of one, and taking one out of use.
import { html, useId, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { settings } from "../core/settings.js";
import { t } from "../core/words.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/fields.js";
import { useForm } from "../parts/form.js";
import { languageName } from "../parts/names.js";
import { textOfReason } from "./license_filter.js";

const CREATE = `mutation CreateReason($input: LicenseReasonCreateInput!) { licenseReasonCreate(input: $input) { licenseReason { id code } ${ERRORS} } }`;
const UPDATE = `mutation UpdateReason($input: LicenseReasonUpdateInput!) { licenseReasonUpdate(input: $input) { licenseReason { id code } ${ERRORS} } }`;
const ARCHIVE = `mutation ArchiveReason($input: LicenseReasonDeleteInput!) { licenseReasonDelete(input: $input) { licenseReason { id } ${ERRORS} } }`;
const ACTIONS = { SUSPEND: () => t("Suspend"), REINSTATE: () => t("Reinstate"), CANCEL: () => t("Cancel for good") };

export const wordOfAction = (action) => ACTIONS[action]();

export function ReasonDialog({ reason, onDone, onClose }) {
  const [code, setCode] = useState(reason?.code || "");
  const [actions, setActions] = useState(reason?.actions || []);
  const [needsNote, setNeedsNote] = useState(reason?.needsNote || false);
  const [texts, setTexts] = useState(Object.fromEntries((reason?.texts || []).map(({ language, text }) => [language, text])));
  const input = () => ({
    ...(reason ? { id: reason.id } : { code: code.trim() }),
    actions,
    needsNote,
    texts: Object.entries(texts).filter(([, text]) => text.trim()).map(([language, text]) => ({ language, text })),
  });
  const saved = ({ licenseReason }) => onDone(t("{name} is saved.", { name: licenseReason.code }));
  const { errors, isBusy, send, told } = useForm(reason ? UPDATE : CREATE, ["code", "actions", "texts"], input, saved);
  const note = useId();
  const toggle = (action) => setActions(actions.includes(action) ? actions.filter((each) => each !== action) : [...actions, action]);
  const languages = [...new Set([...settings.languages, ...Object.keys(texts)])];

  return html`<${Dialog} title=${reason ? t("Change reason") : t("New reason")} onClose=${onClose}><form onSubmit=${send}>${told}
    ${reason ? html`<p><code>${code}</code></p>` : html`<${Field} label=${t("Code")} required maxlength="40" autocomplete="off" spellcheck="false" value=${code} onInput=${(event) => setCode(event.target.value.toUpperCase())}
      hint=${t("Capital letters, digits and _. It stays so.")} error=${errors.code?.text} />`}
    <fieldset aria-describedby=${errors.actions ? note : null}><legend>${t("Given for")}</legend>${Object.keys(ACTIONS).map((action) => html`<label class="tick" key=${action}><input type="checkbox" checked=${actions.includes(action)} onChange=${() => toggle(action)} /><span>${wordOfAction(action)}</span></label>`)}
      ${errors.actions && html`<p id=${note} class="wrong">${errors.actions.text}</p>`}</fieldset>
    <label class="tick"><input type="checkbox" checked=${needsNote} onChange=${() => setNeedsNote(!needsNote)} /><span>${t("Whoever gives it has to write a note")}</span></label>
    ${languages.map((each) => html`<${Field} key=${each} label=${languageName(each)} maxlength="250" lang=${each} value=${texts[each] || ""} onInput=${(event) => setTexts({ ...texts, [each]: event.target.value })} />`)}
    ${errors.texts ? html`<p class="wrong" role="alert">${errors.texts.text}</p>` : html`<p class="muted">${t("A sentence for the customer, in one language at least.")}</p>`}
    <div class="actions"><button class="primary" aria-disabled=${isBusy}>${t("Save")}</button><button type="button" onClick=${onClose}>${t("Cancel")}</button></div></form><//>`;
}

export function Archive({ reason, onDone, onClose }) {
  const { isBusy, send, told } = useForm(ARCHIVE, [], () => ({ id: reason.id }), () => onDone(t("{name} is archived.", { name: reason.code })));
  return html`<${Dialog} title=${t("Archive this reason?")} onClose=${onClose}><form onSubmit=${send}>${told}
    <p><strong>${textOfReason(reason)}</strong></p><p>${t("It is offered no more. Where it was given it stays.")}</p>
    <div class="actions"><button class="primary danger" aria-disabled=${isBusy}>${t("Archive")}</button><button type="button" onClick=${onClose}>${t("Cancel")}</button></div></form><//>`;
}

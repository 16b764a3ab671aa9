// Views of the list of licenses that one keeps: a name for what stands in the address. Each of the staff has their own.
import { html, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { useAsk } from "../core/load.js";
import { Link } from "../core/router.js";
import { t } from "../core/words.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/fields.js";
import { useForm } from "../parts/form.js";
import { NotYet } from "../parts/frame.js";
import { say } from "../parts/toast.js";

const VIEWS = `query Views { licenseViews { id name query } }`;
const SAVE = `mutation SaveView($input: LicenseViewSaveInput!) { licenseViewSave(input: $input) { licenseView { id name } ${ERRORS} } }`;
const DELETE = `mutation DeleteView($input: LicenseViewDeleteInput!) { licenseViewDelete(input: $input) { licenseView { name } ${ERRORS} } }`;

// `query` is what the list shows now.
export function SavedViews({ query, onClose }) {
  const { data, error, reload } = useAsk(VIEWS, {});
  const views = data?.licenseViews;
  return html`<${Dialog} title=${t("Views")} onClose=${onClose}><div class="body">
    ${!views && html`<${NotYet} error=${error} onRetry=${reload} />`}
    ${views && !views.length && html`<p class="muted">${t("None yet. Filter the list, and keep it under a name of yours.")}</p>`}
    ${views && views.length > 0 && html`<ul class="results">${views.map((view) => html`<${View} key=${view.id} view=${view} onOpen=${onClose} onDone=${reload} />`)}</ul>`}
    <${Save} query=${query} names=${(views || []).map(({ name }) => name)} onDone=${reload} /></div><//>`;
}

function View({ view, onOpen, onDone }) {
  const { isBusy, send, told } = useForm(DELETE, [], () => ({ id: view.id }), () => {
    say(t("{name} is deleted.", view));
    onDone();
  }, onDone);
  const query = Object.fromEntries(new URLSearchParams(view.query));
  return html`<li class="head"><span class="name" onClick=${onOpen}><${Link} to="/licenses" query=${query}>${view.name}<//></span>
    <button class="quiet" aria-disabled=${isBusy} aria-label=${t("Delete {name}", view)} onClick=${send}>✕</button>${told}</li>`;
}

function Save({ query, names, onDone }) {
  const [name, setName] = useState("");
  const input = () => ({ name, query: new URLSearchParams(query).toString() });
  const { errors, isBusy, send, told } = useForm(SAVE, ["name"], input, ({ licenseView }) => {
    setName("");
    say(t("{name} is saved.", licenseView));
    onDone();
  });
  return html`<form class="list" onSubmit=${send}>${told}
    <${Field} label=${t("Keep what is shown as")} required maxlength="64" autocomplete="off" value=${name} onInput=${(event) => setName(event.target.value)} error=${errors.name?.text}
      hint=${names.includes(name.trim()) ? t("This replaces the view of that name.") : null} />
    <p><button class="primary" aria-disabled=${isBusy}>${t("Save")}</button></p></form>`;
}

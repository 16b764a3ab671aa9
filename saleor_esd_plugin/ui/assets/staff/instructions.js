// What to do with the key, in each language: it stands in the e-mail that brings it, and in the portal (I18).
import { html, useId, useState } from "../core/dom.js";
import { settings } from "../core/settings.js";
import { t } from "../core/words.js";
import { languageName } from "../parts/names.js";

const LONGEST = 10_000;

export function Instructions({ texts, error, onChange }) {
  const id = useId();
  const put = (language, text) => onChange(texts.map((each) => (each.language === language ? { language, text } : each)));
  return html`<p class="muted" id=${`${id}-hint`}>${t("How to activate the product, as plain text; addresses become links. Customers get their language, else English, else what there is; without any, a sentence of ours.")}</p>
    ${error && html`<p class="wrong" role="alert">${error}</p>`}
    ${texts.map(({ language, text }) => html`<div class="field" key=${language}><label for=${`${id}-${language}`}>${languageName(language)} <small>${language}</small></label>
      <textarea id=${`${id}-${language}`} rows="5" required maxlength=${LONGEST} lang=${language} value=${text} aria-describedby=${`${id}-hint`} onInput=${({ target }) => put(language, target.value)}></textarea>
      <div class="actions"><button type="button" class="quiet" onClick=${() => onChange(texts.filter((each) => each.language !== language))}>${t("Remove {name}", { name: languageName(language) })}</button></div></div>`)}
    <${Add} known=${texts.map(({ language }) => language)} onAdd=${(language) => onChange([...texts, { language, text: "" }])} />`;
}

function Add({ known, onAdd }) {
  const id = useId();
  const [typed, setTyped] = useState("");
  const language = typed.trim().toLowerCase().replace(/_/g, "-");
  const isPossible = /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/.test(language) && !known.includes(language);
  const add = () => {
    onAdd(language);
    setTyped("");
  };
  return html`<div class="field"><label for=${id}>${t("Another language")}</label><div class="pair">
    <input id=${id} list="${id}-list" autocomplete="off" spellcheck="false" value=${typed} onInput=${({ target }) => setTyped(target.value)} aria-describedby="${id}-note" />
    <button type="button" disabled=${!isPossible} onClick=${add}>${t("Add")}</button></div>
    <datalist id="${id}-list">${settings.languages.filter((each) => !known.includes(each)).map((each) => html`<option key=${each} value=${each}>${languageName(each)}</option>`)}</datalist>
    <p id="${id}-note" class="muted">${t("Its code, such as es or pt-br.")}</p></div>`;
}

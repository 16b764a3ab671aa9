// The search of the list of licenses. What is, or looks like, a key is not for the address.
import { html, useState } from "../core/dom.js";
import { t } from "../core/words.js";

// Groups of letters and digits of one length each, or many in one piece with digits among them.
const KEY = /^(?=.*\d)([a-z\d•]{4,6}([ -]|$)){3,}$|^(?=.*\d)[a-z\d•-]{12,}$/i;

export function Search({ text, onSearch }) {
  const [typed, setTyped] = useState(text);
  const [isKey, setKey] = useState(false);
  const send = (event) => {
    event.preventDefault();
    const wanted = typed.trim();
    onSearch({ text: wanted, isKey: isKey && wanted !== "", mayBeKey: KEY.test(wanted) });
  };
  return html`<form class="filters" role="search" onSubmit=${send}>
    <label><span class="hidden">${t("Search by")}</span>
      <select value=${isKey ? "key" : ""} onChange=${(event) => setKey(event.target.value === "key")}>
        <option value="">${t("Customer, order or product")}</option><option value="key">${t("Key")}</option></select></label>
    <label class="grow"><span class="hidden">${t("Search")}</span>
      <input type="search" autocomplete="off" spellcheck="false" maxlength="500" value=${typed} onInput=${(event) => setTyped(event.target.value)}
        placeholder=${isKey ? t("The whole key, or its end") : t("Name, code, number, reference, e-mail…")} /></label>
    <button class="primary">${t("Search")}</button></form>`;
}

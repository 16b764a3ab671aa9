// Choosing one of many by typing part of its name: what is typed is looked for at the shop.
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "../core/dom.js";
import { t } from "../core/words.js";
import { Trouble } from "./frame.js";

const PAUSE = 250;

// `find(text)` resolves to what matches, `nameOf(one)` is how each reads. `value` is the chosen one, or null.
export function FindField({ label, hint, error, value, find, nameOf, onChoose, required = true }) {
  const id = useId();
  const input = useRef(null);
  const [typed, setTyped] = useState(value ? nameOf(value) : "");
  const [found, setFound] = useState([]);
  const [trouble, setTrouble] = useState(null);
  const [isWanted, setWanted] = useState(false);
  const text = typed.trim();
  const isExact = Boolean(value) && nameOf(value) === text;
  const note = error || hint;

  // Chosen from elsewhere.
  useEffect(() => {
    if (value) setTyped(nameOf(value));
  }, [value?.id]);
  useEffect(() => {
    if (isExact || !isWanted) return undefined;
    let isLatest = true;
    const timer = setTimeout(async () => {
      const [rows, refused] = await find(text).then((answer) => [answer, null], (failure) => [[], failure]);
      if (!isLatest) return;
      setTrouble(refused);
      setFound(rows);
      choose(text, rows);
    }, PAUSE);
    return () => {
      isLatest = false;
      clearTimeout(timer);
    };
  }, [text, isExact, isWanted]);
  // Before anything is drawn: Enter may follow at once.
  useLayoutEffect(() => {
    input.current.setCustomValidity(text && !isExact ? t("Choose one of the list.") : "");
  }, [text, isExact]);

  const choose = (wanted, rows) => {
    const one = rows.find((each) => nameOf(each) === wanted) || null;
    if (one?.id !== value?.id) onChoose(one);
  };
  const onInput = ({ target }) => {
    setTyped(target.value);
    setWanted(true);
    choose(target.value.trim(), value ? [...found, value] : found);
  };
  return html`<div class="field"><label for=${id}>${label}</label>
    <input id=${id} ref=${input} list="${id}-list" required=${required} autocomplete="off" value=${typed} onInput=${onInput} onFocus=${() => setWanted(true)}
      aria-invalid=${error ? "true" : null} aria-describedby=${note ? `${id}-note` : null} />
    <datalist id="${id}-list">${found.map((each) => html`<option key=${each.id} value=${nameOf(each)}></option>`)}</datalist>
    ${note && html`<p id="${id}-note" class=${error ? "wrong" : "muted"}>${note}</p>`}
    ${trouble && html`<${Trouble} error=${trouble} />`}</div>`;
}

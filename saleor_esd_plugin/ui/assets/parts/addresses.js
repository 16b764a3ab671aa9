// Several e-mail addresses in one field: each becomes a chip once a comma, a semicolon or Enter follows it.
import { html, useId } from "../core/dom.js";
import { t } from "../core/words.js";

const SEPARATORS = /[,;\s]+/;
// What the shop refuses for certain; it looks more closely itself.
const isAddress = (text) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text);

// `typed` is what follows the last chip. It is no chip when the field is left: the button below would move away from the mouse.
export function Addresses({ label, error, value, onChange, typed, onType }) {
  const id = useId();
  const wrong = value.filter((each) => !isAddress(each));
  const note = error || (wrong.length ? t("Not an e-mail address: {email}", { email: wrong.join(", ") }) : t("Separate addresses with commas."));

  const take = (text) => {
    const found = text.split(SEPARATORS).filter(Boolean);
    if (found.length) onChange([...new Set([...value, ...found])]);
    onType("");
  };
  const onInput = ({ target }) => {
    onType(target.value);
    const last = target.value.split(SEPARATORS).pop();
    if (last.length < target.value.length) {
      take(target.value.slice(0, target.value.length - last.length));
      onType(last);
    }
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && typed) {
      event.preventDefault();
      take(typed);
    }
    if (event.key === "Backspace" && !typed) onChange(value.slice(0, -1));
  };

  return html`<div class="field"><label for=${id}>${label}</label>
    <div class="chips" aria-invalid=${error || wrong.length ? "true" : null}>
      ${value.map((each) => html`<span class=${isAddress(each) ? "chip" : "chip bad"} key=${each}>${each}
        <button type="button" aria-label=${t("Remove {email}", { email: each })} onClick=${() => onChange(value.filter((one) => one !== each))}>✕</button></span>`)}
      <input id=${id} type="text" inputmode="email" autocomplete="off" aria-describedby=${`${id}-note`} value=${typed}
        onInput=${onInput} onKeyDown=${onKeyDown} /></div>
    <p id=${`${id}-note`} class=${error || wrong.length ? "wrong" : "muted"}>${note}</p></div>`;
}

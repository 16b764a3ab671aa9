// A field with its label and what is wrong with it; a form that is sent once.
import { html, useId, useRef, useState } from "../core/dom.js";

export function Field({ label, error, hint, ...more }) {
  const id = useId();
  const note = error || hint;
  return html`<div class="field"><label for=${id}>${label}</label>
    <input id=${id} ...${more} aria-invalid=${error ? "true" : null} aria-describedby=${note ? `${id}-note` : null} />
    ${note && html`<p id=${`${id}-note`} class=${error ? "wrong" : "muted"}>${note}</p>`}</div>`;
}

// The second press of a double click is the first one's, however fast the shop answered: milliseconds.
const SAME_PRESS = 500;

// {isBusy, send}: while `action` runs, another press does nothing.
export function useOnce(action) {
  const [isBusy, setBusy] = useState(false);
  // Known at once: the second press may come before the page is drawn again.
  const isSent = useRef(false);
  const send = async (event) => {
    event?.preventDefault();
    if (isSent.current) return;
    isSent.current = true;
    setBusy(true);
    try {
      await Promise.all([action(), new Promise((pass) => setTimeout(pass, SAME_PRESS))]);
    } finally {
      isSent.current = false;
      setBusy(false);
    }
  };
  return { isBusy, send };
}

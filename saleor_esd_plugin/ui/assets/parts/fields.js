// A field with its label and what is wrong with it; a form that is sent once.
import { html, useId, useState } from "../core/dom.js";

export function Field({ label, error, hint, ...more }) {
  const id = useId();
  const note = error || hint;
  return html`<div class="field"><label for=${id}>${label}</label>
    <input id=${id} ...${more} aria-invalid=${error ? "true" : null} aria-describedby=${note ? `${id}-note` : null} />
    ${note && html`<p id=${`${id}-note`} class=${error ? "wrong" : "muted"}>${note}</p>`}</div>`;
}

// {isBusy, send}: while `action` runs, another press does nothing.
export function useOnce(action) {
  const [isBusy, setBusy] = useState(false);
  const send = async (event) => {
    event?.preventDefault();
    if (isBusy) return;
    setBusy(true);
    try {
      await action();
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, send };
}

// A native dialog: it keeps the focus, Escape closes it, and the focus goes back to what opened it.
import { html, useEffect, useId, useRef } from "../core/dom.js";
import { t } from "../core/words.js";

export function Dialog({ title, onClose, children }) {
  const frame = useRef(null);
  const id = useId();
  useEffect(() => {
    const opener = document.activeElement;
    frame.current.showModal();
    return () => opener?.isConnected && opener.focus();
  }, []);
  const closed = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog ref=${frame} aria-labelledby=${id} onCancel=${closed}>
    <header><h2 id=${id}>${title}</h2><button type="button" class="quiet" aria-label=${t("Close")} onClick=${onClose}>✕</button></header>
    ${children}</dialog>`;
}

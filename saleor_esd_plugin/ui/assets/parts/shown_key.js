// A key in clear, which can be copied, and is hidden again after a while.
import { html, useEffect, useRef } from "../core/dom.js";
import { t } from "../core/words.js";
import { say } from "./toast.js";

// Seconds.
const SHOWN_FOR = 30;

export function ShownKey({ text, onHide }) {
  const shown = useRef(null);
  useEffect(() => {
    const timer = setTimeout(onHide, SHOWN_FOR * 1000);
    return () => clearTimeout(timer);
  }, [text]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Not allowed in a frame of another site; the old way is.
      getSelection().selectAllChildren(shown.current);
      document.execCommand("copy");
    }
    say(t("Copied."));
  };
  return html`<span class="actions"><code ref=${shown}>${text}</code>
    <button type="button" class="quiet" onClick=${copy}>${t("Copy")}</button><button type="button" class="quiet" onClick=${onHide}>${t("Hide")}</button></span>`;
}

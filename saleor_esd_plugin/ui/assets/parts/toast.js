// What was done, said once; read out by screen readers.
import { html, useEffect, useState } from "../core/dom.js";

const SAID = "esd:said";

export const say = (text) => dispatchEvent(new CustomEvent(SAID, { detail: text }));

export function Toast() {
  const [text, setText] = useState("");
  useEffect(() => {
    let timer;
    const show = (event) => {
      setText(event.detail);
      clearTimeout(timer);
      timer = setTimeout(() => setText(""), 8000);
    };
    addEventListener(SAID, show);
    return () => removeEventListener(SAID, show);
  }, []);
  return html`<div class="toast" role="status" data-shown=${text ? "" : null}>${text}</div>`;
}

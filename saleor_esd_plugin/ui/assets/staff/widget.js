// On Saleor's own order page: where its licenses stand, and the one button that is needed most.
import { html, useEffect, useRef, useState } from "../core/dom.js";
import { refreshOrder, resizeWidget } from "../core/bridge.js";
import { useAsk } from "../core/load.js";
import { t, tn } from "../core/words.js";
import { Trouble } from "../parts/frame.js";
import { productOf } from "../parts/names.js";
import { OrderState, waitsFor } from "../parts/state.js";
import { Decide } from "./decide.js";

const ORDER = `query Widget($order: ID!) {
  licenseOrder(order: $order) { id number status approval isPaid availability { available of }
    waiting { reason quantity } lines { id productName variantName sku isRenewal availability { available assigned of } } } }`;

export function Widget({ order: shopOrder }) {
  const [isDeciding, setDeciding] = useState(false);
  const frame = useRef(null);
  const { data, error, reload } = useAsk(ORDER, { order: shopOrder || "" }, { every: isDeciding ? 0 : 30 });
  useEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => resizeWidget(Math.ceil(contentRect.height) + 24));
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  const order = data?.licenseOrder;
  const decided = () => {
    setDeciding(false);
    reload();
    refreshOrder();
  };

  return html`<div ref=${frame} class="widget">
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${data && !order && html`<p class="muted">${t("No licenses in this order.")}</p>`}
    ${order && html`<p><${OrderState} status=${order.status} /> <span class="muted">${order.waiting.map(({ reason }) => waitsFor(reason)).join(", ")}</span></p>
      ${order.lines.map((line) => html`<p key=${line.id}>${productOf(line)}<br /><small>${t("{available} of {of} available", line.availability)}${line.availability.assigned > 0 && !line.isRenewal && html`, ${tn("{count} assigned", "{count} assigned", line.availability.assigned)}`}</small></p>`)}
      ${["PENDING", "PARTIALLY_APPROVED"].includes(order.approval) && html`<p><button class="primary" onClick=${() => setDeciding(true)}>${t("Approve")}</button></p>`}`}
    ${isDeciding && html`<${Decide} kind="approve" orders=${[order]} onDone=${decided} onClose=${() => setDeciding(false)} />`}</div>`;
}

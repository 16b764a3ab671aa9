// Approving or rejecting orders, one after the other, with a result for each: one that is refused keeps none of the others.
import { html, useState } from "../core/dom.js";
import { change, ERRORS } from "../core/change.js";
import { notify } from "../core/bridge.js";
import { t, tn } from "../core/words.js";
import { Dialog } from "../parts/dialog.js";
import { useOnce } from "../parts/fields.js";
import { Trouble } from "../parts/frame.js";
import { say } from "../parts/toast.js";

const ANSWER = `{ licenseOrder { id status approval } ${ERRORS} }`;
const DOCUMENTS = {
  approve: `mutation Approve($input: LicenseOrderApproveInput!) { licenseOrderApprove(input: $input) ${ANSWER} }`,
  reject: `mutation Reject($input: LicenseOrderRejectInput!) { licenseOrderReject(input: $input) ${ANSWER} }`,
};

export function Decide({ kind, orders, onDone, onClose }) {
  const isApproval = kind === "approve";
  const unpaid = orders.filter(({ isPaid }) => !isPaid);
  const [reason, setReason] = useState("");
  const [releases, setReleases] = useState(false);
  const [results, setResults] = useState({});
  const [trouble, setTrouble] = useState(null);
  const units = orders.reduce((sum, { availability }) => sum + availability.of - availability.available, 0);
  const { isBusy, send } = useOnce(async () => {
    setTrouble(null);
    const told = { ...results };
    for (const order of orders) {
      if (told[order.id] === null) continue;
      const input = { id: order.id, ...(reason && { reason }), ...(isApproval && releases && !order.isPaid && { releaseUnpaid: true }) };
      try {
        const { errors } = await change(DOCUMENTS[kind], { input });
        told[order.id] = errors && Object.values(errors)[0];
      } catch (error) {
        setTrouble(error);
        break;
      } finally {
        setResults({ ...told });
      }
    }
    const done = orders.filter(({ id }) => told[id] === null).length;
    const text = isApproval ? tn("{count} order approved.", "{count} orders approved.", done) : tn("{count} order rejected.", "{count} orders rejected.", done);
    if (done < orders.length) return;
    say(text);
    notify(text);
    onDone();
  });
  const title = isApproval ? tn("Approve {count} order?", "Approve {count} orders?", orders.length) : tn("Reject {count} order?", "Reject {count} orders?", orders.length);

  return html`<${Dialog} title=${title} onClose=${() => (Object.values(results).includes(null) ? onDone() : onClose())}><form onSubmit=${send}>
    ${trouble && html`<${Trouble} error=${trouble} />`}
    <p>${tn("{count} license", "{count} licenses", units)}</p>
    <ul class="results">${orders.map(({ id, number }) => html`<li key=${id}>${t("Order {number}", { number })}
      ${results[id] === null && html` <span class="state good"><span aria-hidden="true">✓</span> ${t("Done")}</span>`}
      ${results[id] && html` <span class="wrong" role="alert">${results[id].text}</span>`}</li>`)}</ul>
    ${isApproval && unpaid.length > 0 && html`<label class="tick"><input type="checkbox" checked=${releases} onChange=${() => setReleases(!releases)} />
      <span>${tn("Release {count} order although it is not paid", "Release {count} orders although they are not paid", unpaid.length)}</span></label>`}
    ${(!isApproval || releases) && html`<div class="field"><label for="reason">${t("Reason")}</label>
      <textarea id="reason" required maxlength="500" rows="3" value=${reason} onInput=${(event) => setReason(event.target.value)}></textarea>
      <p class="muted">${isApproval ? t("It is kept with the order.") : t("The buyer reads it in the e-mail.")}</p></div>`}
    <div class="actions"><button class=${isApproval ? "primary" : "primary danger"} aria-disabled=${isBusy}>${isApproval ? t("Approve") : t("Reject")}</button>
      <button type="button" onClick=${onClose}>${t("Cancel")}</button></div></form><//>`;
}

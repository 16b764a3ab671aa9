// Approving or rejecting orders, one after the other, with a result for each: one that is refused keeps none of the others.
import { html, useState } from "../core/dom.js";
import { change, ERRORS } from "../core/change.js";
import { notify } from "../core/bridge.js";
import { t, tn } from "../core/words.js";
import { Dialog } from "../parts/dialog.js";
import { Field, useOnce } from "../parts/fields.js";
import { Trouble } from "../parts/frame.js";
import { productOf } from "../parts/names.js";
import { say } from "../parts/toast.js";

const ANSWER = `{ licenseOrder { id status approval } ${ERRORS} }`;
const DOCUMENTS = {
  approve: `mutation Approve($input: LicenseOrderApproveInput!) { licenseOrderApprove(input: $input) ${ANSWER} }`,
  reject: `mutation Reject($input: LicenseOrderRejectInput!) { licenseOrderReject(input: $input) ${ANSWER} }`,
};

// With the `lines` of its one order, an approval may be of some units only.
export function Decide({ kind, orders, lines = [], onDone, onClose }) {
  const isApproval = kind === "approve";
  const open = isApproval ? lines.filter((line) => undecided(line) > 0) : [];
  const unpaid = orders.filter(({ isPaid }) => !isPaid);
  const [reason, setReason] = useState("");
  const [releases, setReleases] = useState(false);
  const [typed, setTyped] = useState({});
  const [wrong, setWrong] = useState({});
  const [results, setResults] = useState({});
  const [trouble, setTrouble] = useState(null);
  const units = orders.reduce((sum, { availability }) => sum + availability.of - availability.available, 0);
  const amountOf = (line) => typed[line.id] ?? String(undecided(line));
  const isPart = open.some((line) => Number(amountOf(line)) !== undecided(line));
  const { isBusy, send } = useOnce(async () => {
    setTrouble(null);
    const refused = isPart ? refusals(open, amountOf, releases) : {};
    setWrong(refused);
    if (Object.keys(refused).length) return;
    const told = { ...results };
    for (const order of orders) {
      if (told[order.id] === null) continue;
      const input = { id: order.id, ...(reason && { reason }), ...(isApproval && releases && !order.isPaid && { releaseUnpaid: true }),
        ...(isPart && { lines: open.map((line) => ({ id: line.id, quantity: line.approved + Number(amountOf(line)) })) }) };
      try {
        const { errors } = await change(DOCUMENTS[kind], { input });
        told[order.id] = errors && Object.values(errors)[0];
        // Somebody else approved or rejected some of them meanwhile.
        if (errors?.lines?.params.orderLine) setWrong({ [errors.lines.params.orderLine]: errors.lines.text });
      } catch (error) {
        setTrouble(error);
        break;
      } finally {
        setResults({ ...told });
      }
    }
    const done = orders.filter(({ id }) => told[id] === null).length;
    if (done < orders.length) return;
    const approved = isPart ? open.reduce((sum, line) => sum + Number(amountOf(line)), 0) : 0;
    let text = tn("{count} order rejected.", "{count} orders rejected.", done);
    if (isApproval) text = tn("{count} order approved.", "{count} orders approved.", done);
    if (approved) text = tn("{count} license approved.", "{count} licenses approved.", approved);
    say(text);
    notify(text);
    onDone();
  });
  const title = isApproval ? tn("Approve {count} order?", "Approve {count} orders?", orders.length) : tn("Reject {count} order?", "Reject {count} orders?", orders.length);

  return html`<${Dialog} title=${title} onClose=${() => (Object.values(results).includes(null) ? onDone() : onClose())}><form onSubmit=${send}>
    ${trouble && html`<${Trouble} error=${trouble} />`}
    ${open.map((line) => html`<${Field} key=${line.id} label=${t("Approve of {product}", { product: productOf(line) })} inputmode="numeric" value=${amountOf(line)}
      hint=${t("{undecided} of {quantity} wait for approval", { undecided: undecided(line), quantity: line.quantity })} error=${wrong[line.id]}
      onInput=${({ target }) => setTyped({ ...typed, [line.id]: target.value })} />`)}
    ${!open.length && html`<p>${tn("{count} license", "{count} licenses", units)}</p>`}
    <ul class="results">${orders.map(({ id, number }) => html`<li key=${id}>${t("Order {number}", { number })}
      ${results[id] === null && html` <span class="state good"><span aria-hidden="true">✓</span> ${t("Done")}</span>`}
      ${results[id] && !Object.keys(wrong).length && html` <span class="wrong" role="alert">${results[id].text}</span>`}</li>`)}</ul>
    ${isApproval && unpaid.length > 0 && html`<label class="tick"><input type="checkbox" checked=${releases} onChange=${() => setReleases(!releases)} />
      <span>${tn("Release {count} order although it is not paid", "Release {count} orders although they are not paid", unpaid.length)}</span></label>`}
    ${(!isApproval || releases) && html`<div class="field"><label for="reason">${t("Reason")}</label>
      <textarea id="reason" required maxlength="500" rows="3" value=${reason} onInput=${(event) => setReason(event.target.value)}></textarea>
      <p class="muted">${isApproval ? t("It is kept with the order.") : t("The buyer reads it in the e-mail.")}</p></div>`}
    <div class="actions"><button class=${isApproval ? "primary" : "primary danger"} aria-disabled=${isBusy}>${isApproval ? t("Approve") : t("Reject")}</button>
      <button type="button" onClick=${onClose}>${t("Cancel")}</button></div></form><//>`;
}

export const undecided = ({ quantity, approved, withdrawn }) => quantity - approved - withdrawn;

// Line -> what is wrong with its number. None at all is a decision too if what was approved before is to be released.
function refusals(lines, amountOf, releases) {
  const found = {};
  for (const line of lines) {
    const isNumber = /^\d{1,9}$/.test(amountOf(line).trim()) && Number(amountOf(line)) <= undecided(line);
    if (!isNumber) found[line.id] = t("A whole number from 0 to {most}.", { most: undecided(line) });
  }
  const isNone = lines.every((line) => Number(amountOf(line)) === 0);
  if (isNone && !releases && !Object.keys(found).length) found[lines[0].id] = t("Approve one license at least, or reject the order.");
  return found;
}

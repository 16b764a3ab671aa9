// All keys of an order that the reader may see, as a file.
import { html, useId, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { save } from "../core/download.js";
import { useAsk } from "../core/load.js";
import { formatNumber, t, tn } from "../core/words.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/fields.js";
import { useForm } from "../parts/form.js";
import { NotYet } from "../parts/frame.js";
import { say } from "../parts/toast.js";

const COUNT = `query Count($filter: LicenseFilterInput) { licenses(filter: $filter, first: 1) { totalCount } }`;
const EXPORT = `mutation Export($input: LicensesExportInput!) { licensesExport(input: $input) { url ${ERRORS} } }`;
const COLUMNS = ["PRODUCT_NAME", "VARIANT_NAME", "SKU", "END_CUSTOMER_CODE", "END_CUSTOMER_NAME", "EXPIRES_AT"];
// Whose key can be shown one by one: released, and not suspended.
const USABLE = { fulfillment: ["RELEASED", "ASSIGNED"], lifecycle: ["PENDING", "ACTIVE", "GRACE", "EXPIRED"] };

export function KeysFile({ order, onDone }) {
  const [isOpen, setOpen] = useState(false);
  return html`<button class="push" onClick=${() => setOpen(true)}>${t("Download keys")}</button>
    ${isOpen && html`<${KeysDialog} order=${order} onDone=${onDone} onClose=${() => setOpen(false)} />`}`;
}

function KeysDialog({ order, onDone, onClose }) {
  const id = useId();
  const [format, setFormat] = useState("CSV");
  const [reason, setReason] = useState("");
  const [isLost, setLost] = useState(false);
  const { data, error, reload } = useAsk(COUNT, { filter: { order: order.id, ...USABLE } });
  const input = () => ({
    filter: { order: order.id },
    clear: true,
    format,
    ...(format === "CSV" && { columns: COLUMNS }),
    ...(reason && { reason }),
  });
  const { errors, isBusy, send, told } = useForm(EXPORT, ["filter", "reason"], input, async ({ url }) => {
    try {
      await save(url, `keys-${order.number}.${format.toLowerCase()}`);
    } catch {
      setLost(true);
      return;
    }
    say(t("The file was saved. Its keys count as read."));
    onDone();
    onClose();
  });
  const count = data?.licenses.totalCount;
  const most = errors.filter?.params.most;

  return html`<${Dialog} title=${t("Download the keys of order {number}", order)} onClose=${onClose}>
    ${!data ? html`<div class="body"><${NotYet} error=${error} onRetry=${reload} /></div>` : html`<form onSubmit=${send}>
      ${told}
      ${errors.filter && html`<p class="wrong" role="alert">${most ? t("A file holds at most {most} keys.", { most: formatNumber(most) }) : errors.filter.text}</p>`}
      ${isLost && html`<p class="wrong" role="alert">${t("The file did not arrive. Try again; its keys may count as read.")}</p>`}
      <p>${tn("The file has {count} key. It counts as read from then on.", "The file has {count} keys. They count as read from then on.", count)}
        ${" "}${t("Once a key was read, only the shop can take it back from a customer. Keep the file where nobody else reads it.")}</p>
      <div class="field"><label for=${id}>${t("Format")}</label>
        <select id=${id} value=${format} onChange=${(event) => setFormat(event.target.value)}>
          <option value="CSV">${t("Table (CSV), for a spreadsheet")}</option>
          <option value="TXT">${t("Text (TXT), a key per line")}</option></select></div>
      ${errors.reason && html`<${Field} label=${t("Reason")} maxlength="500" value=${reason} onInput=${(event) => setReason(event.target.value)} error=${errors.reason.text} />`}
      <div class="actions"><button class="primary" aria-disabled=${isBusy}>${t("Download")}</button>
        <button type="button" onClick=${onClose}>${t("Cancel")}</button></div></form>`}<//>`;
}

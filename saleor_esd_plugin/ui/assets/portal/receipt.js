// The receipt by e-mail, to several addresses, once all keys are issued (K16, K17).
import { html, useState } from "../core/dom.js";
import { change, ERRORS, unplaced } from "../core/change.js";
import { t, tn } from "../core/words.js";
import { Field, useOnce } from "../parts/fields.js";
import { Trouble } from "../parts/frame.js";
import { say } from "../parts/toast.js";

const SEND = `mutation Send($input: LicenseOrderReceiptSendInput!) { licenseOrderReceiptSend(input: $input) { emails ${ERRORS} } }`;

export function Receipt({ order }) {
  const { available, of } = order.availability;
  const [emails, setEmails] = useState(order.buyerEmail || "");
  const [errors, setErrors] = useState({});
  const [trouble, setTrouble] = useState(null);
  const { isBusy, send } = useOnce(async () => {
    setTrouble(null);
    try {
      const { result, errors: refused } = await change(SEND, { input: { order: order.id, emails } });
      setErrors(refused || {});
      if (!refused) say(tn("The receipt goes to {count} address.", "The receipt goes to {count} addresses.", result.emails.length));
    } catch (error) {
      setTrouble(error);
    }
  });

  const refusal = unplaced(errors, "emails");
  return html`<section class="card"><header><h2>${t("Receipt")}</h2></header>
    ${available < of || !of
      ? html`<p class="body muted">${t("Possible when all keys are issued ({issued} of {of}).", { issued: available, of })}</p>`
      : html`<form class="body" onSubmit=${send}>
          ${trouble && html`<${Trouble} error=${trouble} />`}
          ${refusal && html`<p class="wrong" role="alert">${refusal.text}</p>`}
          <${Field} label=${t("Send to")} required value=${emails} onInput=${(event) => setEmails(event.target.value)}
            error=${errors.emails?.text} hint=${t("Separate addresses with commas.")} />
          <p class="actions"><button class="primary" aria-disabled=${isBusy}>${t("Send receipt")}</button></p></form>`}</section>`;
}

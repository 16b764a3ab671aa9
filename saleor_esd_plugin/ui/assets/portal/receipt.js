// The receipt by e-mail, to several addresses, once all keys are issued (K16, K17).
import { html, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { Link } from "../core/router.js";
import { t, tn } from "../core/words.js";
import { Addresses } from "../parts/addresses.js";
import { useForm } from "../parts/form.js";
import { say } from "../parts/toast.js";

const SEND = `mutation Send($input: LicenseOrderReceiptSendInput!) { licenseOrderReceiptSend(input: $input) { emails ${ERRORS} } }`;

export function Receipt({ order }) {
  const { available, of } = order.availability;
  const [emails, setEmails] = useState(order.buyerEmail ? [order.buyerEmail] : []);
  const [typed, setTyped] = useState("");
  const { errors, isBusy, send, told } = useForm(SEND, ["emails"], () => ({ order: order.id, emails: [...emails, typed].filter(Boolean).join(", ") }), (result) => {
    say(tn("The receipt goes to {count} address.", "The receipt goes to {count} addresses.", result.emails.length));
  });

  return html`<section class="card"><header><h2>${t("Receipt")}</h2>
      ${available > 0 && available === of && html`<${Link} class="push" to=${`/receipts/${order.id}`}>${t("Show and print")}<//>`}</header>
    ${available < of || !of
      ? html`<p class="body muted">${t("Possible when all licenses are issued or renewed ({issued} of {of}).", { issued: available, of })}</p>`
      : html`<form class="body" onSubmit=${send}>
          ${told}
          <${Addresses} label=${t("Send to")} value=${emails} onChange=${setEmails} typed=${typed} onType=${setTyped} error=${errors.emails?.text} />
          <p class="actions"><button class="primary" aria-disabled=${isBusy}>${t("Send receipt")}</button></p></form>`}</section>`;
}

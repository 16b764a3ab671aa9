// Giving a license to an end customer of its account: for the first time, or on from another one.
import { html, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { useAsk } from "../core/load.js";
import { t } from "../core/words.js";
import { useCustomer } from "../parts/customer_field.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/fields.js";
import { useForm } from "../parts/form.js";
import { NotYet } from "../parts/frame.js";
import { say } from "../parts/toast.js";

const CUSTOMERS = `query Holders($account: ID!) { licenseAccount(id: $account) {
  id endCustomers(first: 100, sortBy: {field: CODE, direction: ASC}) { pageInfo { hasNextPage } edges { node { id code name email } } } } }`;
const ASSIGN = `mutation Assign($input: LicenseAssignInput!) { licenseAssign(input: $input) { licenses { id } ${ERRORS} } }`;
const TRANSFER = `mutation Transfer($input: LicenseTransferInput!) { licenseTransfer(input: $input) { licenses { id } ${ERRORS} } }`;

export function Give({ license, onDone }) {
  const [isOpen, setOpen] = useState(false);
  return html`<button class="quiet" onClick=${() => setOpen(true)}>${license.endCustomer ? t("Give on…") : t("Assign…")}</button>
    ${isOpen && html`<${GiveDialog} license=${license} onDone=${onDone} onClose=${() => setOpen(false)} />`}`;
}

function GiveDialog({ license, onClose, ...more }) {
  const { data, error, reload } = useAsk(CUSTOMERS, { account: license.account.id });
  const title = license.endCustomer ? t("Give the license on from {name}", license.endCustomer) : t("Assign the license");
  return html`<${Dialog} title=${title} onClose=${onClose}>
    ${data ? html`<${Form} license=${license} account=${data.licenseAccount} onClose=${onClose} ...${more} />`
      : html`<div class="body"><${NotYet} error=${error} onRetry=${reload} /></div>`}<//>`;
}

function Form({ license, account, onDone, onClose }) {
  const { customer, field } = useCustomer(account);
  const [reason, setReason] = useState("");
  const input = (errors) => ({
    licenses: [license.id],
    endCustomer: customer.id,
    // Pressed again after the shop has said so.
    acceptRevealedKey: errors.acceptRevealedKey?.code === "KEY_REVEALED",
    ...(reason && { reason }),
  });
  const { errors, isBusy, send, told } = useForm(license.endCustomer ? TRANSFER : ASSIGN, ["reason", "licenses"], input, () => {
    say(t("It is {name}'s now; an e-mail goes to {email}.", customer));
    onDone();
    onClose();
  });
  const refused = errors.licenses;

  return html`<form onSubmit=${send}>
    ${told}
    ${refused && html`<p class="wrong" role="alert">${refused.code === "RATE_LIMITED" ? t("It was given on as often within 30 days as is allowed.") : refused.text}</p>`}
    ${field}
    <${Field} label=${t("Reason")} maxlength="500" value=${reason} onInput=${(event) => setReason(event.target.value)}
      hint=${t("Needed if the account did not give the customer's address itself; it is told then.")} error=${errors.reason?.text} />
    <div class="actions"><button class="primary" aria-disabled=${isBusy}>${license.endCustomer ? t("Give on") : t("Assign")}</button>
      <button type="button" onClick=${onClose}>${t("Back")}</button></div></form>`;
}

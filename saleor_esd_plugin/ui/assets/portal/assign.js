// "Quantity, customer, assign": the activation e-mail follows (I12).
import { html, useState } from "../core/dom.js";
import { ERRORS, unplaced } from "../core/change.js";
import { t, tn } from "../core/words.js";
import { useCustomer } from "../parts/customer_field.js";
import { Field } from "../parts/fields.js";
import { useForm } from "../parts/form.js";
import { later } from "../parts/later.js";
import { say } from "../parts/toast.js";
import { productOf } from "../parts/names.js";

const ASSIGN = `mutation Assign($input: LicenseAssignInput!) {
  licenseAssign(input: $input) { licenses { id } mailsToCome ${ERRORS} } }`;

const CustomerDialog = later(() => import("../parts/customer_dialog.js").then((file) => file.CustomerDialog));

export function AssignCard({ line, account, onDone }) {
  const rest = line.availability.available - line.availability.assigned;
  const [quantity, setQuantity] = useState("1");
  const [isCreating, setCreating] = useState(false);
  const { customer, choose, field } = useCustomer(account);
  const input = (errors) => ({
    orderLine: line.id,
    quantity: Number(quantity),
    endCustomer: customer.id,
    acceptRevealedKey: unplaced(errors)?.code === "KEY_REVEALED",
  });
  const { errors, isBusy, send, told } = useForm(ASSIGN, ["quantity"], input, ({ licenses }) => {
    say(tn("{count} license assigned to {name}; an e-mail goes to {email}.", "{count} licenses assigned to {name}; an e-mail goes to {email}.", licenses.length, customer));
    setQuantity("1");
    onDone();
  }, ({ quantity: refused }) => {
    // Somebody else was quicker: what is left is offered, and if it is nothing this card goes.
    if (refused?.code !== "NOT_ENOUGH_LICENSES") return;
    say(refused.text);
    setQuantity(String(refused.params.available));
    onDone();
  });
  const created = (end) => {
    choose(end);
    setCreating(false);
  };

  return html`<section class="card"><header><h2>${productOf(line)}</h2>
      <span class="push muted">${tn("{count} to assign", "{count} to assign", rest)}</span></header>
    <form class="body" onSubmit=${send}>
      ${told}
      <div class="fields">
        <${Field} label=${t("Quantity")} type="number" inputmode="numeric" required min="1" max=${rest} value=${quantity}
          onInput=${(event) => setQuantity(event.target.value)} error=${errors.quantity?.text} />
        ${field}
        <button type="button" onClick=${() => setCreating(true)}>${t("+ New customer…")}</button>
        <button class="primary" aria-disabled=${isBusy}>${t("Assign")}</button></div>
      <p class="muted">${customer ? t("The activation e-mail goes to {email}.", customer) : t("The activation e-mail goes to the customer.")}</p>
    </form>
    ${isCreating && html`<${CustomerDialog} account=${account.id} onDone=${created} onClose=${() => setCreating(false)} />`}</section>`;
}

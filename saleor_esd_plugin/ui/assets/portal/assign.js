// "Quantity, customer, assign": the activation e-mail follows (I12).
import { html, useState } from "../core/dom.js";
import { ERRORS, unplaced } from "../core/change.js";
import { t, tn } from "../core/words.js";
import { Field } from "../parts/fields.js";
import { useForm } from "../parts/form.js";
import { say } from "../parts/toast.js";
import { productOf } from "../parts/names.js";
import { CustomerDialog } from "./customer_dialog.js";

const ASSIGN = `mutation Assign($input: LicenseAssignInput!) {
  licenseAssign(input: $input) { licenses { id } mailsToCome ${ERRORS} } }`;
const NEW = "new";

export function AssignCard({ line, account, customers, onDone }) {
  const rest = line.availability.available - line.availability.assigned;
  const [quantity, setQuantity] = useState("1");
  const [made, setMade] = useState([]);
  const [chosen, setChosen] = useState("");
  const [isCreating, setCreating] = useState(false);
  const offered = [...customers, ...made.filter(({ id }) => !customers.some((each) => each.id === id))];
  const customer = offered.find(({ id }) => id === chosen);
  const input = (errors) => ({
    orderLine: line.id,
    quantity: Number(quantity),
    endCustomer: chosen,
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
    setMade([...made, end]);
    setChosen(end.id);
    setCreating(false);
  };
  const choose = (event) => (event.target.value === NEW ? setCreating(true) : setChosen(event.target.value));

  return html`<section class="card"><header><h2>${productOf(line)}</h2>
      <span class="push muted">${tn("{count} to assign", "{count} to assign", rest)}</span></header>
    <form class="body" onSubmit=${send}>
      ${told}
      <div class="fields">
        <${Field} label=${t("Quantity")} type="number" inputmode="numeric" required min="1" max=${rest} value=${quantity}
          onInput=${(event) => setQuantity(event.target.value)} error=${errors.quantity?.text} />
        <div class="field"><label for=${`customer-${line.id}`}>${t("Customer")}</label>
          <select id=${`customer-${line.id}`} required value=${chosen} onChange=${choose}>
            <option value="">${t("Choose…")}</option>
            ${offered.map((each) => html`<option value=${each.id}>${each.code} · ${each.name} – ${each.email}</option>`)}
            <option value=${NEW}>${t("+ New customer…")}</option>
          </select></div>
        <button class="primary" aria-disabled=${isBusy}>${t("Assign")}</button></div>
      <p class="muted">${customer ? t("The activation e-mail goes to {email}.", customer) : t("The activation e-mail goes to the customer.")}</p>
    </form>
    ${isCreating && html`<${CustomerDialog} account=${account} onDone=${created} onClose=${() => setCreating(false)} />`}</section>`;
}

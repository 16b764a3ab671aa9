// "Quantity, customer, assign": the activation e-mail follows (I12).
import { html, useState } from "../core/dom.js";
import { change, ERRORS, unplaced } from "../core/change.js";
import { t, tn } from "../core/words.js";
import { Field, useOnce } from "../parts/fields.js";
import { Trouble } from "../parts/frame.js";
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
  const [errors, setErrors] = useState({});
  const [trouble, setTrouble] = useState(null);
  const offered = [...customers, ...made.filter(({ id }) => !customers.some((each) => each.id === id))];
  const customer = offered.find(({ id }) => id === chosen);
  const { isBusy, send } = useOnce(async () => {
    setTrouble(null);
    const input = { orderLine: line.id, quantity: Number(quantity), endCustomer: chosen, acceptRevealedKey: unplaced(errors)?.code === "KEY_REVEALED" };
    try {
      const { result, errors: refused } = await change(ASSIGN, { input });
      setErrors(refused || {});
      if (refused) return;
      say(tn("{count} license assigned to {name}; an e-mail goes to {email}.", "{count} licenses assigned to {name}; an e-mail goes to {email}.", result.licenses.length, customer));
      setQuantity("1");
      onDone();
    } catch (error) {
      setTrouble(error);
    }
  });
  const created = (end) => {
    setMade([...made, end]);
    setChosen(end.id);
    setCreating(false);
  };
  const choose = (event) => (event.target.value === NEW ? setCreating(true) : setChosen(event.target.value));

  const refusal = unplaced(errors, "quantity");
  return html`<section class="card"><header><h2>${productOf(line)}</h2>
      <span class="push muted">${tn("{count} to assign", "{count} to assign", rest)}</span></header>
    <form class="body" onSubmit=${send}>
      ${trouble && html`<${Trouble} error=${trouble} />`}
      ${refusal && html`<p class="wrong" role="alert">${refusal.text}</p>`}
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

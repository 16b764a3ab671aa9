// A product is not licensed any more. What was sold stays; whether the shop still sells it is the shop's.
import { html, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { go } from "../core/router.js";
import { t } from "../core/words.js";
import { Dialog } from "../parts/dialog.js";
import { useForm } from "../parts/form.js";
import { say } from "../parts/toast.js";
import { soldAs } from "./stock_figures.js";

const DELETE = `mutation StopSelling($input: LicensePolicyDeleteInput!) { licensePolicyDelete(input: $input) { licensePolicy { id isArchived } warnings ${ERRORS} } }`;

export function StopSelling({ policy, onDone, onClose }) {
  const name = soldAs(policy);
  const [after, setAfter] = useState(null);
  const leave = (isArchived) => (isArchived ? onDone() : go("/products"));
  const { isBusy, send, told } = useForm(DELETE, [], () => ({ id: policy.id }), ({ licensePolicy, warnings }) => {
    say(t("{name} is not licensed any more.", { name }));
    if (warnings.length) setAfter(licensePolicy);
    else leave(licensePolicy.isArchived);
  });
  if (after) {
    return html`<${Dialog} title=${t("Still on sale")} onClose=${() => leave(after.isArchived)}><div class="body">
      <p class="band wait">${t("The shop still sells {name}: who buys it gets no license. Take it off sale there, or license it again.", { name })}</p>
      <div class="actions"><button class="primary" onClick=${() => leave(after.isArchived)}>${t("Understood")}</button></div></div><//>`;
  }
  return html`<${Dialog} title=${t("Stop licensing {name}?", { name })} onClose=${onClose}><form onSubmit=${send}>${told}
    <p>${t("Orders from now on get no licenses. Licenses and orders that exist stay as they are, and so do the keys in stock.")}</p>
    <p>${t("This policy is archived if something was ordered by it, else it is deleted. The product can be licensed again, by a new policy.")}</p>
    <div class="actions"><button class="primary danger" aria-disabled=${isBusy}>${t("Stop licensing")}</button>
      <button type="button" onClick=${onClose}>${t("Cancel")}</button></div></form><//>`;
}

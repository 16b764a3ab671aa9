// The editor of a policy: every field in a sentence, what is refused beside it, and from when a change counts.
import { html, useEffect, useRef, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { t } from "../core/words.js";
import { Choice } from "../parts/choice.js";
import { Field } from "../parts/fields.js";
import { useForm } from "../parts/form.js";
import { say } from "../parts/toast.js";
import { Instructions } from "./instructions.js";
import { MailPreview } from "./mail_preview.js";
import { approvals, deliveries } from "./policy_choices.js";
import { PolicyTerm } from "./policy_term.js";
import { changesOf, typedOf } from "./policy_values.js";
import { RankedPools } from "./ranked_pools.js";
import { RenewedVariants } from "./renewed_variants.js";
import { Section } from "./section.js";
import { soldAs } from "./stock_figures.js";
import { PoolField } from "./variant_field.js";

const UPDATE = `mutation ChangePolicy($input: LicensePolicyUpdateInput!) { licensePolicyUpdate(input: $input) { licensePolicy { id } ${ERRORS} } }`;
const RANKED = ["rankedPools", "rankedPools.pool", "rankedPools.channels", "rankedPools.countries", "rankedPools.accounts"];

export function PolicyForm({ policy, onDone }) {
  const [typed, setTyped] = useState(() => typedOf(policy));
  const [isPreviewing, setPreviewing] = useState(false);
  const put = (change) => setTyped((before) => ({ ...before, ...change }));
  const changes = changesOf(policy, typed);
  const { errors, isBusy, send, told } = useForm(UPDATE, [...Object.keys(typed), ...RANKED], () => ({ id: policy.id, ...changes }), async () => {
    say(t("{name} is saved.", { name: soldAs(policy) }));
    await onDone();
  });
  const form = useRef(null);
  // What is refused may be far above the button.
  useEffect(() => {
    const wrong = form.current.querySelector('[aria-invalid="true"], [role="alert"]');
    wrong?.scrollIntoView({ block: "center" });
    wrong?.focus();
  }, [errors]);
  const isRenewal = policy.kind === "RENEWAL";
  const isChanged = Object.keys(changes).length > 0;
  const parts = { typed, errors, put };

  return html`<div><form ref=${form} onSubmit=${send}><fieldset class="bare" disabled=${policy.isArchived}>${told}
    <${Section} title=${t("Name for staff")}>
      <${Field} label=${t("Name for staff")} maxlength="250" value=${typed.name} onInput=${({ target }) => put({ name: target.value })} error=${errors.name?.text}
        hint=${t("Customers do not see it.")} /><//>
    ${isRenewal ? html`<${Section} title=${t("What it renews")} from=${t("For orders from now on.")}>
      <${RenewedVariants} chosen=${typed.renews} onChange=${(renews) => put({ renews })} error=${errors.renews?.text} /><//>`
    : html`<${Section} title=${t("Keys")} from=${t("For keys from now on, of orders that wait for keys too.")}>
      <${PoolField} label=${t("Pool")} value=${typed.pool} onChoose=${(pool) => put({ pool })} error=${errors.pool?.text} hint=${t("Where the keys come from, unless a pool for some buyers has them.")} />
      <${RankedPools} ranks=${typed.rankedPools} errors=${errors} onChange=${(rankedPools) => put({ rankedPools })} />
      ${typed.rankedPools.length > 0 && html`<${Tick} label=${t("Go on to the next pool")} isOn=${typed.fallsBack} onChange=${(fallsBack) => put({ fallsBack })} error=${errors.fallsBack?.text}
        hint=${t("What the first pool that is meant for the buyer lacks comes from the next one; else the order waits for it.")} />`}<//>`}
    <${Section} title=${t("Approval")} from=${t("For orders from now on.")}>
      <${Choice} label=${t("Approval")} value=${typed.approval} options=${approvals()} onChoose=${(approval) => put({ approval })} error=${errors.approval?.text} hint=${t("When ordered licenses may be released.")} />
      ${typed.approval === "RULES" && html`<${Field} label=${t("Most units without staff")} type="number" min="1" value=${typed.approvalQuantity} onInput=${({ target }) => put({ approvalQuantity: target.value })}
          error=${errors.approvalQuantity?.text} hint=${t("More units than this wait for staff; empty: any number is approved.")} />
        <${Tick} label=${t("First order by staff")} isOn=${typed.approvesFirstOrderManually} onChange=${(approvesFirstOrderManually) => put({ approvesFirstOrderManually })}
          error=${errors.approvesFirstOrderManually?.text} hint=${t("The first order of each buyer waits for staff.")} />`}<//>
    <${PolicyTerm} ...${parts} isRenewal=${isRenewal} />
    ${!isRenewal && html`<${Section} title=${t("Delivery")} from=${t("For e-mails from now on, and for transfers of all licenses.")}>
      <${Choice} label=${t("How the key arrives")} value=${typed.delivery} options=${deliveries()} onChoose=${(delivery) => put({ delivery })} error=${errors.delivery?.text} hint=${t("A link that works once tells you whether somebody has seen the key.")} />
      <${Tick} label=${t("Send keys to the buyer")} isOn=${typed.sendsKeyToBuyer} onChange=${(sendsKeyToBuyer) => put({ sendsKeyToBuyer })} error=${errors.sendsKeyToBuyer?.text}
        hint=${t("On release, unless the buyer is a reseller, who assigns licenses to end customers.")} />
      <${Field} label=${t("Transfers in 30 days")} type="number" min="0" max="1000" value=${typed.transfersPer30Days} onInput=${({ target }) => put({ transfersPer30Days: target.value })}
        error=${errors.transfersPer30Days?.text} hint=${t("How often a license may go from one end customer to another; empty: without limit.")} /><//>
    <${Section} title=${t("Instructions")} from=${t("For e-mails from now on, and in the portal at once.")}>
      <${Instructions} texts=${typed.instructions} error=${errors.instructions?.text} onChange=${(instructions) => put({ instructions })} />
      <div class="actions"><button type="button" onClick=${() => setPreviewing(true)}>${t("Preview of the e-mail…")}</button></div><//>`}
    ${!policy.isArchived && html`<div class="card actions body saving"><button class="primary" disabled=${!isChanged} aria-disabled=${isBusy}>${t("Save")}</button>
      <span class="muted" role="status">${isChanged ? t("Not saved yet.") : ""}</span></div>`}</fieldset></form>
    ${isPreviewing && html`<${MailPreview} policy=${policy.id} instructions=${typed.instructions} onClose=${() => setPreviewing(false)} />`}</div>`;
}

function Tick({ label, hint, error, isOn, onChange }) {
  return html`<div class="field"><label class="tick"><input type="checkbox" checked=${isOn} onChange=${() => onChange(!isOn)} /><span>${label}<br /><small>${hint}</small></span></label>
    ${error && html`<p class="wrong" role="alert">${error}</p>`}</div>`;
}

// A variant becomes licensed: its policy, and if need be a pool, in one step (both are made, or neither is).
import { html, useEffect, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { useAsk } from "../core/load.js";
import { t } from "../core/words.js";
import { Choice } from "../parts/choice.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/fields.js";
import { useForm } from "../parts/form.js";
import { NotYet } from "../parts/frame.js";
import { productOf } from "../parts/names.js";
import { ANY, formatName } from "./key_formats.js";
import { approvals, keyKinds } from "./policy_choices.js";
import { RenewedVariants } from "./renewed_variants.js";
import { TermField } from "./term_field.js";
import { findVariants, PoolField, VariantField } from "./variant_field.js";

const FORMATS = `query FormatsToSell { licenseKeyFormats { name example isGeneratable } }`;
const CREATE = `mutation SellAsLicensed($input: LicensePolicyCreateInput!) { licensePolicyCreate(input: $input) {
  licensePolicy { id kind pool { id isGenerated } } ${ERRORS} } }`;
const FIELDS = ["variant", "pool", "newPool", "newPool.name", "newPool.format", "newPool.kind", "approval", "term", "renews"];
const KEYS = [
  ["IMPORTED", () => t("Into a new pool, imported")],
  ["GENERATED", () => t("Made as they are sold")],
  ["POOL", () => t("From a pool that there is")],
  ["NONE", () => t("None: it renews licenses")],
];

// `variant` (an id) of `product`, if it is known already: what the product's own page in the Dashboard leads to.
export function Sell({ variant, product, onDone, onClose }) {
  const { data, error, reload } = useAsk(FORMATS, {});
  return html`<${Dialog} title=${t("Sell as licensed")} onClose=${onClose}>
    ${data ? html`<${Form} formats=${data.licenseKeyFormats} wanted=${variant} product=${product} onDone=${onDone} onClose=${onClose} />`
      : html`<div class="body"><${NotYet} error=${error} onRetry=${reload} /></div>`}<//>`;
}

function Form({ formats, wanted, product, onDone, onClose }) {
  const [variant, setVariant] = useState(null);
  const [pool, setPool] = useState(null);
  const [renews, setRenews] = useState([]);
  const [typed, setTyped] = useState({ keys: "IMPORTED", name: null, format: ANY, kind: "PRODUCT_KEY", approval: "MANUAL", term: "" });
  const put = (change) => setTyped({ ...typed, ...change });
  const isRenewal = typed.keys === "NONE";
  const isNew = ["IMPORTED", "GENERATED"].includes(typed.keys);
  const possible = formats.filter(({ isGeneratable }) => isGeneratable || typed.keys !== "GENERATED");
  const format = possible.some(({ name }) => name === typed.format) ? typed.format : possible[0].name;
  // The pool is called as the product until somebody says otherwise.
  const name = typed.name ?? (variant ? productOf(variant).slice(0, 128) : "");
  useEffect(() => {
    // The field says by itself if the shop does not answer.
    if (product) findVariants({ product, isLicensed: false }).then((found) => setVariant(found.find(({ id }) => id === wanted) || null), () => {});
  }, []);
  const input = () => ({
    variant: variant.id,
    approval: typed.approval,
    ...(typed.term && { term: typed.term }),
    ...(isRenewal && { kind: "RENEWAL", renews: renews.map(({ id }) => id) }),
    ...(isNew && { newPool: { name, format, kind: typed.kind, isGenerated: typed.keys === "GENERATED" } }),
    ...(typed.keys === "POOL" && { pool: pool.id }),
  });
  const { errors, isBusy, send, told } = useForm(CREATE, FIELDS, input, ({ licensePolicy }) => onDone(licensePolicy, variant));

  return html`<form onSubmit=${send}>${told}
    <${VariantField} label=${t("Product")} filter=${{ isLicensed: false, product: product || null }} value=${variant} onChoose=${setVariant} error=${errors.variant?.text}
      hint=${t("A variant of the shop that is not licensed yet, by name or SKU.")} />
    <${Choice} label=${t("Keys")} value=${typed.keys} options=${KEYS.map(([value, word]) => [value, word()])} error=${errors.newPool?.text}
      onChoose=${(keys) => put({ keys, term: keys === "NONE" && !typed.term ? "P1Y" : typed.term })} />
    ${isNew && html`<${Field} label=${t("Name of the pool")} required maxlength="128" value=${name} onInput=${({ target }) => put({ name: target.value })} error=${errors["newPool.name"]?.text} />
      <${Choice} label=${t("Format of the keys")} value=${format} options=${possible.map((each) => [each.name, formatName(each)])} onChoose=${(chosen) => put({ format: chosen })}
        hint=${t("What does not fit is refused when keys come in. It stays so.")} error=${errors["newPool.format"]?.text} />
      <${Choice} label=${t("What customers call it")} value=${typed.kind} options=${keyKinds()} onChoose=${(kind) => put({ kind })}
        hint=${t("In e-mails and on pages. It stays so.")} error=${errors["newPool.kind"]?.text} />`}
    ${typed.keys === "POOL" && html`<${PoolField} label=${t("Pool")} value=${pool} onChoose=${setPool} error=${errors.pool?.text} />`}
    ${isRenewal && html`<${RenewedVariants} chosen=${renews} onChange=${setRenews} error=${errors.renews?.text || errors.pool?.text} />`}
    <${Choice} label=${t("Approval")} value=${typed.approval} options=${approvals()} onChoose=${(approval) => put({ approval })} error=${errors.approval?.text}
      hint=${t("When ordered licenses may be released.")} />
    <${TermField} label=${t("Term")} value=${typed.term} canLast=${!isRenewal} onChange=${(term) => put({ term })} error=${errors.term?.text}
      hint=${isRenewal ? t("By how long it renews a license.") : t("How long a license can be used.")} />
    <p class="muted">${t("Orders of it are licensed from now on. All else can be set afterwards.")}</p>
    <div class="actions"><button class="primary" aria-disabled=${isBusy}>${t("Sell as licensed")}</button>
      <button type="button" onClick=${onClose}>${t("Cancel")}</button></div></form>`;
}

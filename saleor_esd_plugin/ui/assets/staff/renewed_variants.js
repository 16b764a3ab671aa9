// The variants whose licenses a renewal renews.
import { html, useState } from "../core/dom.js";
import { t } from "../core/words.js";
import { Chosen } from "../parts/chosen.js";
import { VariantField, variantName } from "./variant_field.js";

export function RenewedVariants({ chosen, onChange, error }) {
  const [round, setRound] = useState(0);
  const add = (variant) => {
    if (!variant) return;
    if (!chosen.some(({ id }) => id === variant.id)) onChange([...chosen, variant]);
    setRound(round + 1);
  };
  return html`<div class="field"><${Chosen} items=${chosen} nameOf=${variantName} onChange=${onChange} />
    <${VariantField} key=${round} label=${t("Renews licenses of")} filter=${{ isLicensed: true }} value=${null} onChoose=${add} required=${!chosen.length}
      error=${error} hint=${t("Licensed variants, by name or SKU: a unit renews a license of one of them.")} /></div>`;
}

// Variants of the shop that are not licensed, of which some could be.
import { html } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { t, tn } from "../core/words.js";
import { Empty, NotYet } from "../parts/frame.js";
import { productOf } from "../parts/names.js";

const MOST = 50;
const UNLICENSED = `query Unlicensed($filter: LicenseVariantFilterInput) { licenseVariants(filter: $filter, first: 50) { id productId productName variantName sku } }`;

export function Unlicensed({ text, onSell, onSignedOut }) {
  const { data, error, isLoading, reload } = useAsk(UNLICENSED, { filter: { isLicensed: false, text: text || null } }, { onSignedOut });
  if (!data || error) return html`<${NotYet} error=${error} onRetry=${reload} />`;
  const found = data.licenseVariants;
  return html`<p class="hidden" role="status">${isLoading ? "" : tn("{count} product", "{count} products", found.length)}</p>
    ${found.length ? html`<div class="card"><table><caption class="hidden">${t("Not licensed")}</caption>
      <thead><tr><th scope="col">${t("Product")}</th><th scope="col">SKU</th><th><span class="hidden">${t("Sell as licensed")}</span></th></tr></thead>
      <tbody>${found.map((variant) => html`<tr key=${variant.id}><td class="name" data-label=${t("Product")}>${productOf(variant)}</td><td class="name" data-label="SKU">${variant.sku || "—"}</td>
        <td><button onClick=${() => onSell(variant)}>${t("Sell as licensed…")}<span class="hidden"> ${productOf(variant)}</span></button></td></tr>`)}</tbody></table></div>
      ${found.length === MOST && html`<p class="muted">${t("There are more: type what tells it apart.")}</p>`}`
    : html`<${Empty}><p>${text ? t("No product matches.") : t("All products of the shop are licensed.")}</p><//>`}`;
}

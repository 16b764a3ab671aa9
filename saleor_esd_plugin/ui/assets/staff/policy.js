// How one product is licensed: every field with what it does; and taking it out of licensing.
import { html, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { Link } from "../core/router.js";
import { formatTime, t } from "../core/words.js";
import { Empty, NotYet, Trouble, useTitle } from "../parts/frame.js";
import { PolicyForm } from "./policy_form.js";
import { RANKS } from "./ranked_pools.js";
import { StopSelling } from "./stop_selling.js";
import { HEALTH, inWords, PoolState, SOLD_AS, soldAs } from "./stock_figures.js";

const POLICY = `query Policy($id: ID!) { licensePolicy(id: $id) { ${SOLD_AS} kind isArchived createdAt
  renewedVariants { id productName variantName sku } pool { id name isGenerated isArchived lowStockAt ${HEALTH} } ${RANKS} fallsBack
  approval approvalQuantity approvesFirstOrderManually delivery sendsKeyToBuyer term expiryBasis graceDays retentionDays renewalBasis
  suspensionClock transfersPer30Days reminderOffsets instructions { language text } } }`;

export function Policy({ id, onSignedOut }) {
  const [isStopping, setStopping] = useState(false);
  const [saves, setSaves] = useState(0);
  const { data, error, reload } = useAsk(POLICY, { id }, { onSignedOut });
  const policy = data?.licensePolicy;
  useTitle(policy ? soldAs(policy) : t("Products"));
  if (!data) return html`<${NotYet} error=${error} onRetry=${reload} />`;
  if (!policy) return html`<${Empty}><h1>${t("Not found")}</h1><p>${t("There is no such product.")}</p><${Link} to="/products">${t("Products")}<//><//>`;
  const saved = async () => {
    await reload();
    setSaves(saves + 1);
  };
  const stopped = () => {
    setStopping(false);
    reload();
  };

  return html`<p><${Link} to="/products">‹ ${t("Products")}<//></p>
    <div class="head"><h1>${soldAs(policy)}</h1>${!policy.isArchived && html`<div class="actions"><button onClick=${() => setStopping(true)}>${t("Stop licensing…")}</button></div>`}</div>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${policy.isArchived && html`<p class="band info">${t("Archived: new orders of this product get no licenses by this policy. It stays for the licenses that were sold by it.")}</p>`}
    <div class="split"><${PolicyForm} key=${saves} policy=${policy} onDone=${saved} /><aside>
      <section class="card"><header><h2>${t("Product")}</h2></header><dl class="facts body"><dt>SKU</dt><dd>${policy.licensedVariant?.sku || "—"}</dd>
        <dt>${t("Since")}</dt><dd>${formatTime(policy.createdAt)}</dd></dl></section>
      ${policy.pool && html`<${Stock} pool=${policy.pool} />`}</aside></div>
    ${isStopping && html`<${StopSelling} policy=${policy} onDone=${stopped} onClose=${() => setStopping(false)} />`}`;
}

function Stock({ pool }) {
  const to = `/stock/${encodeURIComponent(pool.id)}`;
  return html`<section class="card"><header><h2>${t("Stock")}</h2><${PoolState} pool=${pool} /></header><div class="body list">
    <p><${Link} to=${to}>${pool.name}<//></p><p>${inWords(pool)}</p>
    ${!pool.isGenerated && !pool.isArchived && html`<p><${Link} class="button" to=${`${to}/import`}>${t("Add keys")}<//></p>`}</div></section>`;
}

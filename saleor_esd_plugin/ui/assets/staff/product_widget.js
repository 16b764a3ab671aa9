// On Saleor's own product page: the keys of its variants, how long they last, and what is not licensed yet.
import { html, useEffect, useRef } from "../core/dom.js";
import { isFramed, openPage, resizeWidget } from "../core/bridge.js";
import { useAsk } from "../core/load.js";
import { go } from "../core/router.js";
import { formatNumber, t, tn } from "../core/words.js";
import { Trouble } from "../parts/frame.js";
import { HEALTH, PoolState, runsOut, waiting } from "./stock_figures.js";

const POOL = `id name isGenerated isArchived lowStockAt ${HEALTH}`;
const VARIANTS = `query ProductWidget($filter: LicenseVariantFilterInput) { licenseVariants(filter: $filter, first: 50) { id productId variantName
  licensePolicy { id kind pool { ${POOL} } rankedPools { pool { ${POOL} } } } } }`;
const SHOWN = 3;

// `app` is the id that our app has in the Dashboard, which shows the page that is opened in place of the product's.
export function ProductWidget({ product, app }) {
  const frame = useRef(null);
  const { data, error, reload } = useAsk(VARIANTS, { filter: { product: product || "" } }, { every: 60 });
  useEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => resizeWidget(Math.ceil(contentRect.height) + 24));
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  const open = (path, query = {}) => (isFramed && app ? openPage(app, path, query) : go(path, query));
  const variants = data?.licenseVariants || [];
  const pools = poolsOf(variants);
  const others = variants.filter(({ licensePolicy }) => !licensePolicy);
  const renewals = variants.filter(({ licensePolicy }) => licensePolicy?.kind === "RENEWAL");

  return html`<div ref=${frame} class="widget">
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${data && !variants.length && html`<p class="muted">${t("This product has no variants yet.")}</p>`}
    ${pools.map((each) => html`<${Pool} key=${each.pool.id} pool=${each.pool} names=${variants.length > 1 ? each.names : []} onOpen=${open} />`)}
    ${renewals.map(({ id, variantName, licensePolicy }) => html`<p key=${id}>${t("{name} renews licenses.", { name: variantName })} <button class="quiet" onClick=${() => open(`/products/${encodeURIComponent(licensePolicy.id)}`)}>${t("Open")}</button></p>`)}
    ${others.slice(0, SHOWN).map(({ id, productId, variantName }) => html`<p key=${id}>${t("{name} is not licensed.", { name: variantName })}<br />
      <button onClick=${() => open("/products", { sell: id, product: productId })}>${t("Sell as licensed…")}<span class="hidden"> ${variantName}</span></button></p>`)}
    ${others.length > SHOWN && html`<p><button class="quiet" onClick=${() => open("/products", { shown: "others" })}>${tn("{count} more variant is not licensed", "{count} more variants are not licensed", others.length - SHOWN)}</button></p>`}</div>`;
}

function Pool({ pool, names, onOpen }) {
  const { name, isGenerated, health } = pool;
  const to = `/stock/${encodeURIComponent(pool.id)}`;
  const figures = [[t("Free"), isGenerated ? "—" : formatNumber(health.available)], [t("Reserved"), formatNumber(health.reserved)], [t("Sold"), formatNumber(health.taken)], [t("Runs out"), runsOut(pool)]];
  return html`<section><p><strong>${name}</strong> <${PoolState} pool=${pool} /></p>
    ${names.length > 0 && html`<p><small>${names.join(", ")}</small></p>`}
    <dl class="figures">${figures.map(([title, figure]) => html`<div key=${title}><dt>${title}</dt><dd>${figure}</dd></div>`)}</dl>
    ${health.backordered > 0 && html`<p>${waiting(health.backordered)}</p>`}
    <p class="actions">${!isGenerated && !pool.isArchived && html`<button class="primary" onClick=${() => onOpen(`${to}/import`)}>${t("Add keys")}<span class="hidden"> ${name}</span></button>`}
      <button onClick=${() => onOpen(to)}>${t("Open pool")}<span class="hidden"> ${name}</span></button></p></section>`;
}

// Each pool once, with the names of the variants that draw on it.
function poolsOf(variants) {
  const found = new Map();
  for (const { variantName, licensePolicy } of variants) {
    const own = licensePolicy?.pool ? [...licensePolicy.rankedPools.map(({ pool }) => pool), licensePolicy.pool] : [];
    for (const pool of own) {
      const known = found.get(pool.id) || { pool, names: [] };
      if (!known.names.includes(variantName)) known.names.push(variantName);
      found.set(pool.id, known);
    }
  }
  return [...found.values()];
}

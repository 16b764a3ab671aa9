// What is licensed, and how: `/products` lists it, `/products/:id` is one policy. `?sell=` is a variant to license, of `?product=`.
import { html, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { go, Link } from "../core/router.js";
import { t, tn } from "../core/words.js";
import { Empty, Trouble, useTitle } from "../parts/frame.js";
import { later } from "../parts/later.js";
import { pageAt, Pager } from "../parts/pager.js";
import { say } from "../parts/toast.js";
import { approvalText, termText } from "./policy_choices.js";
import { SOLD_AS, soldAs } from "./stock_figures.js";

const Policy = later(() => import("./policy.js").then((file) => file.Policy));
const Sell = later(() => import("./sell.js").then((file) => file.Sell));
const Unlicensed = later(() => import("./unlicensed.js").then((file) => file.Unlicensed));
const POLICIES = `query Policies($filter: LicensePolicyFilterInput, $first: Int, $after: String, $last: Int, $before: String) {
  licensePolicies(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { node { ${SOLD_AS} kind approval term isArchived pool { id name } renewedVariants { productName variantName sku } } } } }`;
const PAGE = 25;
const SHOWN = [["", () => t("Licensed")], ["archived", () => t("Archived")], ["others", () => t("Not licensed")]];

export const Products = ({ id, ...more }) => (id ? html`<${Policy} id=${id} ...${more} />` : html`<${List} ...${more} />`);

function List({ query, onSignedOut }) {
  useTitle(t("Products"));
  const [isSelling, setSelling] = useState(false);
  const shown = query.shown || "";
  const filter = (change) => go("/products", { text: query.text, shown, ...change }, { replace: true });
  const sell = (variant, product) => go("/products", { text: query.text, shown, sell: variant, product }, { replace: true });
  const close = () => {
    setSelling(false);
    sell();
  };
  const sold = ({ id, pool }, variant) => {
    say(t("{name} is sold as licensed.", { name: variant.productName }));
    const needsKeys = pool && !pool.isGenerated;
    go(needsKeys ? `/stock/${encodeURIComponent(pool.id)}/import` : `/products/${encodeURIComponent(id)}`);
  };

  return html`<div class="head"><h1>${t("Products")}</h1><button class="primary" onClick=${() => setSelling(true)}>${t("Sell as licensed…")}</button></div>
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <label class="grow"><span class="hidden">${t("Search")}</span><input type="search" placeholder=${t("Name or SKU")}
        value=${query.text || ""} onChange=${(event) => filter({ text: event.target.value.trim() })} /></label>
      ${SHOWN.map(([each, name]) => html`<button type="button" class="pill" aria-pressed=${shown === each} onClick=${() => filter({ shown: each })}>${name()}</button>`)}
    </form>
    ${shown === "others" ? html`<${Unlicensed} text=${query.text} onSell=${({ id, productId }) => sell(id, productId)} onSignedOut=${onSignedOut} />`
      : html`<${Policies} query=${query} isArchived=${shown === "archived"} onSell=${() => setSelling(true)} onSignedOut=${onSignedOut} />`}
    ${(isSelling || query.sell) && html`<${Sell} variant=${query.sell} product=${query.product} onDone=${sold} onClose=${close} />`}`;
}

function Policies({ query, isArchived, onSell, onSignedOut }) {
  const { data, error, isLoading, reload } = useAsk(POLICIES, { filter: { isArchived, text: query.text || null }, ...pageAt(query, PAGE) }, { onSignedOut });
  const found = data?.licensePolicies;
  const turn = (place) => go("/products", { text: query.text, shown: query.shown, ...place });
  const isFiltered = query.text || isArchived;
  return html`<p class="hidden" role="status">${found && !isLoading ? tn("{count} product", "{count} products", found.totalCount) : ""}</p>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${!found && isLoading && html`<p class="muted late">${t("Loading…")}</p>`}
    ${found && (found.edges.length ? html`<div class="card"><table><caption class="hidden">${t("Products")}</caption>
      <thead><tr><th scope="col">${t("Product")}</th><th scope="col">SKU</th><th scope="col">${t("Keys")}</th><th scope="col">${t("Approval")}</th><th scope="col">${t("Term")}</th></tr></thead>
      <tbody>${found.edges.map(({ node }) => html`<${Row} key=${node.id} policy=${node} />`)}</tbody></table><${Pager} info=${found.pageInfo} onTurn=${turn} /></div>`
    : html`<${Empty}><p>${isFiltered ? t("No product matches.") : t("Nothing is licensed yet. Choose a product of the shop, and where its keys come from.")}</p>
      ${isFiltered ? html`<button onClick=${() => go("/products")}>${t("Show all")}</button>` : html`<button class="primary" onClick=${onSell}>${t("Sell as licensed…")}</button>`}<//>`)}`;
}

function Row({ policy }) {
  const { id, name, kind, licensedVariant, pool, renewedVariants } = policy;
  const product = soldAs(policy);
  const keys = kind === "RENEWAL" ? t("Renews {names}", { names: renewedVariants.map((variant) => soldAs({ licensedVariant: variant })).join(", ") })
    : html`<${Link} to=${`/stock/${encodeURIComponent(pool.id)}`}>${pool.name}<//>`;
  return html`<tr><td class="name" data-label=${t("Product")}><${Link} to=${`/products/${encodeURIComponent(id)}`}>${product}<//>
      ${name && name !== product && html`<br /><small>${name}</small>`}${!licensedVariant && html`<br /><small>${t("Deleted in the shop")}</small>`}</td>
    <td class="name" data-label="SKU">${licensedVariant?.sku || "—"}</td><td class="name" data-label=${t("Keys")}>${keys}</td>
    <td data-label=${t("Approval")}>${approvalText(policy.approval)}</td><td data-label=${t("Term")}>${termText(policy.term)}</td></tr>`;
}

// All pools of keys: what they hold, how long it lasts, who waits.
import { html, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { go, Link } from "../core/router.js";
import { formatNumber, t, tn } from "../core/words.js";
import { Empty, Trouble, useTitle } from "../parts/frame.js";
import { pageAt, Pager } from "../parts/pager.js";
import { say } from "../parts/toast.js";
import { PoolDialog } from "./pool_dialog.js";
import { HEALTH, PoolState, runsOut, SOLD_AS, soldAs, rateText, waiting } from "./stock_figures.js";

const POOLS = `query Pools($filter: LicenseKeyPoolFilterInput, $first: Int, $after: String, $last: Int, $before: String) {
  licenseKeyPools(filter: $filter, sortBy: {field: NAME, direction: ASC}, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { node { id name isGenerated isArchived lowStockAt ${HEALTH} } } }
  licensePolicies(filter: {isArchived: false}, first: 100) { pageInfo { hasNextPage } edges { node { ${SOLD_AS} pool { id } rankedPools { pool { id } } } } } }`;
const PAGE = 25;
const SHOWN = [["", () => t("All")], ["low", () => t("Only low")]];

export function Pools({ query, onSignedOut }) {
  useTitle(t("Stock"));
  const [isCreating, setCreating] = useState(false);
  const { data, error, isLoading, reload } = useAsk(POOLS, {
    filter: { isArchived: false, text: query.text || null, lowStock: query.shown === "low" || null },
    ...pageAt(query, PAGE),
  }, { every: 60, onSignedOut });
  const found = data?.licenseKeyPools;
  const isFiltered = query.text || query.shown;
  const filter = (change) => go("/stock", { text: query.text, shown: query.shown, ...change }, { replace: true });
  const created = ({ id, name }) => {
    say(t("{name} is saved.", { name }));
    go(`/stock/${encodeURIComponent(id)}`);
  };

  return html`<div class="head"><h1>${t("Stock")}</h1><button class="primary" onClick=${() => setCreating(true)}>${t("New pool")}</button></div>
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <label class="grow"><span class="hidden">${t("Search")}</span><input type="search" placeholder=${t("Name of the pool")}
        value=${query.text || ""} onChange=${(event) => filter({ text: event.target.value.trim() })} /></label>
      ${SHOWN.map(([shown, name]) => html`<button type="button" class="pill" aria-pressed=${(query.shown || "") === shown} onClick=${() => filter({ shown })}>${name()}</button>`)}
    </form>
    <p class="hidden" role="status">${found && !isLoading ? tn("{count} pool", "{count} pools", found.totalCount) : ""}</p>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${!found && isLoading && html`<p class="muted late">${t("Loading…")}</p>`}
    ${found && (found.edges.length ? html`<${List} found=${found} policies=${data.licensePolicies} query=${query} />` : html`<${Empty}>
      <p>${isFiltered ? t("No pool matches.") : t("A pool holds the keys of one product. Make the first one, then put keys into it.")}</p>
      ${isFiltered ? html`<button onClick=${() => go("/stock")}>${t("Show all")}</button>` : html`<button class="primary" onClick=${() => setCreating(true)}>${t("New pool")}</button>`}<//>`)}
    ${isCreating && html`<${PoolDialog} onDone=${created} onClose=${() => setCreating(false)} />`}`;
}

function List({ found, policies, query }) {
  const turn = (place) => go("/stock", { text: query.text, shown: query.shown, ...place });
  return html`<div class="card"><table><caption class="hidden">${t("Stock")}</caption>
    <thead><tr><th scope="col">${t("Pool")}</th><th scope="col">${t("State")}</th><th scope="col">${t("Sold as")}</th><th scope="col">${t("Free")}</th>
      <th scope="col">${t("Reserved")}</th><th scope="col">${t("Sold")}</th><th scope="col">${t("Use")}</th><th scope="col">${t("Runs out")}</th>
      <th><span class="hidden">${t("Add keys")}</span></th></tr></thead>
    <tbody>${found.edges.map(({ node }) => html`<${Row} key=${node.id} pool=${node} products=${productsOf(node, policies)} />`)}</tbody></table>
    <${Pager} info=${found.pageInfo} onTurn=${turn} /></div>`;
}

function Row({ pool, products }) {
  const { id, name, isGenerated, health } = pool;
  const to = `/stock/${encodeURIComponent(id)}`;
  return html`<tr><td class="name" data-label=${t("Pool")}><${Link} to=${to}>${name}<//></td>
    <td data-label=${t("State")}><${PoolState} pool=${pool} /></td>
    <td class="name" data-label=${t("Sold as")}>${products}</td>
    <td data-label=${t("Free")}>${isGenerated ? "—" : formatNumber(health.available)}${health.backordered > 0 && html`<br /><small>${waiting(health.backordered)}</small>`}</td>
    <td data-label=${t("Reserved")}>${formatNumber(health.reserved)}</td><td data-label=${t("Sold")}>${formatNumber(health.taken)}</td>
    <td data-label=${t("Use")}>${rateText(health)}</td><td data-label=${t("Runs out")}>${runsOut(pool)}</td>
    <td>${!isGenerated && html`<${Link} class="button" to=${`${to}/import`}>${t("Add keys")}<span class="hidden"> ${name}</span><//>`}</td></tr>`;
}

// The first two, and how many more. With so many policies that not all are here, none is claimed to be all.
function productsOf({ id }, { pageInfo, edges }) {
  const draws = ({ pool, rankedPools }) => [{ pool }, ...(rankedPools || [])].some((each) => each.pool?.id === id);
  const names = [...new Set(edges.filter(({ node }) => draws(node)).map(({ node }) => soldAs(node)))];
  if (pageInfo.hasNextPage && !names.length) return "—";
  const more = names.length > 2 ? ` +${formatNumber(names.length - 2)}` : "";
  return names.slice(0, 2).join(", ") + more || t("Nothing yet");
}

// What was bought, and how much of it can be used: "0 of 6", later "6 of 6" (I09, I11).
import { html, useEffect, useRef, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { go, Link } from "../core/router.js";
import { settings } from "../core/settings.js";
import { formatDate, t, tn } from "../core/words.js";
import { Empty, Trouble, useTitle } from "../parts/frame.js";
import { pageAt, Pager } from "../parts/pager.js";
import { OrderState } from "../parts/state.js";
import { productOf } from "../parts/names.js";

const PURCHASES = `query Purchases($filter: LicenseOrderFilterInput, $first: Int, $after: String, $last: Int, $before: String) {
  licenseOrders(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { node { id number orderedAt status purchaseOrderReference account { id name }
      lines { id productName variantName sku isRenewal availability { available assigned of } } } } }
  licenseAccounts(first: 2) { edges { node { id } } } }`;
const PAGE = 25;
const STATES = [["", () => t("All")], ["PENDING", () => t("Pending")], ["PARTIALLY_RELEASED", () => t("Partly done")], ["DONE", () => t("Done")]];

export function Purchases({ query, onSignedOut }) {
  useTitle(t("Purchases"));
  const variables = {
    filter: { text: query.text || null, status: query.status ? [query.status] : null },
    ...pageAt(query, PAGE),
  };
  const { data, error, isLoading, reload } = useAsk(PURCHASES, variables, { every: 30, onSignedOut });
  const found = data?.licenseOrders;
  const news = useNews(found);
  const filter = (change) => go("/", { text: query.text, status: query.status, ...change }, { replace: true });

  return html`<h1>${t("Purchases")}</h1>
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <label class="grow"><span class="hidden">${t("Search")}</span>
        <input type="search" placeholder=${t("Order, product or your reference")} value=${query.text || ""}
          onChange=${(event) => filter({ text: event.target.value.trim() })} /></label>
      ${STATES.map(([status, name]) => html`<button type="button" class="pill" aria-pressed=${(query.status || "") === status}
        onClick=${() => filter({ status })}>${name()}</button>`)}
    </form>
    <p class="hidden" role="status">${news || (found && !isLoading ? tn("{count} order", "{count} orders", found.totalCount) : "")}</p>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${found && (found.edges.length ? html`<${List} found=${found} query=${query} isSeveral=${data.licenseAccounts.edges.length > 1} />` : html`<${Nothing} isFiltered=${query.text || query.status} />`)}
    ${!found && isLoading && html`<p class="muted late">${t("Loading…")}</p>`}`;
}

// What has become available since the list was shown, as one sentence for everybody who does not see it change.
function useNews(found) {
  const known = useRef(null);
  const [news, setNews] = useState("");
  useEffect(() => {
    if (!found) return;
    const now = new Map(found.edges.flatMap(({ node }) => node.lines.map((line) => [line.id, [node, line]])));
    const before = known.current;
    known.current = now;
    if (!before) return;
    const changed = [...now].filter(([id, [, line]]) => before.has(id) && before.get(id)[1].availability.available !== line.availability.available);
    setNews(changed.map(([, [order, line]]) => t("Order {number}: {available} of {of} available.", { number: order.number, ...line.availability })).join(" "));
  }, [found]);
  return news;
}

function List({ found, query, isSeveral }) {
  const turn = (place) => go("/", { text: query.text, status: query.status, ...place });
  return html`<div class="card"><table><caption class="hidden">${t("Purchases")}</caption>
    <thead><tr><th scope="col">${t("Order")}</th><th scope="col">${t("Date")}</th><th scope="col">${t("Product")}</th>
      <th scope="col">${t("Availability")}</th><th scope="col">${t("State")}</th><th><span class="hidden">${t("Manage")}</span></th></tr></thead>
    <tbody>${found.edges.flatMap(({ node }) => node.lines.map((line) => html`<${Row} key=${line.id} order=${node} line=${line} isSeveral=${isSeveral} />`))}</tbody></table>
    <${Pager} info=${found.pageInfo} onTurn=${turn} back=${t("Newer")} next=${t("Older")} /></div>`;
}

function Row({ order, line, isSeveral }) {
  const { available, of } = line.availability;
  const manage = `/purchases/${encodeURIComponent(order.id)}`;
  return html`<tr>
    <td data-label=${t("Order")}><span><${Link} to=${manage}>${order.number}<//>${order.purchaseOrderReference && html` <small>${order.purchaseOrderReference}</small>`}
      ${isSeveral && order.account && html` <small>${order.account.name}</small>`}</span></td>
    <td data-label=${t("Date")}>${formatDate(order.orderedAt)}</td>
    <td data-label=${t("Product")}>${productOf(line)}</td>
    <td data-label=${t("Availability")}><${Available} line=${line} /></td>
    <td data-label=${t("State")}><${OrderState} status=${order.status} /></td>
    <td><${Link} class="button" to=${manage} aria-label=${t("Manage {product} of order {number}", { product: productOf(line), number: order.number, available, of })}>${t("Manage")}<//></td></tr>`;
}

export function Available({ line }) {
  const { available, assigned, of } = line.availability;
  const rest = available - assigned;
  return html`<span class="available"><span class="measure" aria-hidden="true"><span ref=${(bar) => bar && bar.style.setProperty("--part", of ? available / of : 0)}></span></span>
    <span>${t("{available} of {of}", { available, of })}
      ${assigned > 0 && !line.isRenewal && html` <small>${tn("{count} assigned", "{count} assigned", assigned)}, ${tn("{count} to assign", "{count} to assign", rest)}</small>`}</span></span>`;
}

function Nothing({ isFiltered }) {
  if (isFiltered) {
    return html`<${Empty}><p>${t("No purchase matches.")}</p><button onClick=${() => go("/")}>${t("Show all")}</button><//>`;
  }
  return html`<${Empty}><p>${t("You have not bought licenses yet.")}</p>
    ${settings.shopAddress && html`<a class="button primary" href=${settings.shopAddress}>${t("Go to the shop")}</a>`}<//>`;
}

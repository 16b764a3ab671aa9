// Looking for one license among all. What is typed may be a key: it stays in memory, and stands in no address.
import { html, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { Link } from "../core/router.js";
import { language, t, tn } from "../core/words.js";
import { Empty, Trouble, useTitle } from "../parts/frame.js";
import { keyFilter } from "../parts/key_search.js";
import { pageAt, Pager } from "../parts/pager.js";
import { LicenseState } from "../parts/state.js";
import { lastGroups, productOf } from "../parts/names.js";
import { Renew } from "./renew.js";
import { States, TERM, Term } from "./term.js";

const LICENSES = `query Licenses($filter: LicenseFilterInput, $first: Int, $after: String, $last: Int, $before: String, $language: String) {
  licenses(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { node { id keyMask fulfillment lifecycle reason ${TERM} productName variantName sku account { id name }
      endCustomer { id code name } licenseOrder { id number purchaseOrderReference } } } }
  licenseAccounts(first: 2) { edges { node { id } } } }`;
const PAGE = 25;
const ALL = { text: "", isKey: false, place: {} };

function filterOf({ text, isKey }) {
  if (!isKey) return text ? { text } : null;
  return keyFilter(text);
}

// `kept` is what a search is found again in after a look at an order; what was typed as a key is not kept.
export function Licenses({ kept, onSignedOut }) {
  useTitle(t("Find a license"));
  const [asked, setAsked] = useState(kept.search || ALL);
  const [typed, setTyped] = useState(asked.text);
  const [isKey, setKey] = useState(false);
  const { data, error, isLoading, reload } = useAsk(LICENSES, { filter: filterOf(asked), language: language(), ...pageAt(asked.place, PAGE) }, { onSignedOut });
  const look = (search) => {
    kept.search = search.isKey ? ALL : search;
    setAsked(search);
  };
  const send = (event) => {
    event.preventDefault();
    const text = typed.trim();
    look({ text, isKey: isKey && text !== "", place: {} });
  };
  const found = !error && data?.licenses;

  return html`<h1>${t("Find a license")}</h1>
    <form class="filters" role="search" onSubmit=${send}>
      <label><span class="hidden">${t("Search by")}</span>
        <select value=${isKey ? "key" : ""} onChange=${(event) => setKey(event.target.value === "key")}>
          <option value="">${t("Customer, order or product")}</option><option value="key">${t("Key")}</option></select></label>
      <label class="grow"><span class="hidden">${t("Search")}</span>
        <input type="search" autocomplete="off" spellcheck="false" maxlength="500" value=${typed} onInput=${(event) => setTyped(event.target.value)}
          placeholder=${isKey ? t("The whole key, or its end") : t("Name, code, number, your reference…")} /></label>
      <button class="primary">${t("Search")}</button></form>
    <p class="hidden" role="status">${found && !isLoading ? tn("{count} license", "{count} licenses", found.totalCount) : ""}</p>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${!data && isLoading && html`<p class="muted late">${t("Loading…")}</p>`}
    ${found && (found.edges.length
      ? html`<${List} found=${found} isSeveral=${data.licenseAccounts.edges.length > 1} onTurn=${(place) => look({ ...asked, place })} />`
      : html`<${Empty}><p>${asked.text ? t("No license matches.") : t("You have no licenses yet.")}</p><//>`)}`;
}

function List({ found, isSeveral, onTurn }) {
  return html`<div class="card"><table><caption class="hidden">${t("Licenses")}</caption>
    <thead><tr><th scope="col">${t("Key")}</th><th scope="col">${t("Product")}</th><th scope="col">${t("Customer")}</th>
      <th scope="col">${t("State")} <${States} /></th><th scope="col">${t("Order")}</th></tr></thead>
    <tbody>${found.edges.map(({ node }) => html`<${Row} key=${node.id} license=${node} isSeveral=${isSeveral} />`)}</tbody></table>
    <${Pager} info=${found.pageInfo} onTurn=${onTurn} /></div>`;
}

function Row({ license, isSeveral }) {
  const { endCustomer, licenseOrder: order, account } = license;
  return html`<tr>
    <td data-label=${t("Key")}><code class="mask">${lastGroups(license.keyMask)}</code></td>
    <td data-label=${t("Product")}>${productOf(license)}</td>
    <td data-label=${t("Customer")}>${endCustomer ? `${endCustomer.code} ${endCustomer.name}` : "—"}</td>
    <td data-label=${t("State")}><${LicenseState} license=${license} /><${Term} license=${license} /><${Renew} license=${license} /></td>
    <td data-label=${t("Order")}><span><${Link} to=${`/purchases/${encodeURIComponent(order.id)}`}>${order.number}<//>
      ${order.purchaseOrderReference && html` <small>${order.purchaseOrderReference}</small>`}${isSeveral && account && html` <small>${account.name}</small>`}</span></td></tr>`;
}

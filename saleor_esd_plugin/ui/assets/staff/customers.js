// Accounts, which own licenses, and their end customers, who hold them. Filters stand in the address.
import { html, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { go, Link } from "../core/router.js";
import { formatDate, t, tn } from "../core/words.js";
import { CustomerDialog } from "../parts/customer_dialog.js";
import { Empty, Trouble, useTitle } from "../parts/frame.js";
import { later } from "../parts/later.js";
import { pageAt, Pager } from "../parts/pager.js";
import { StateCounts } from "../parts/state.js";
import { say } from "../parts/toast.js";
import { CUSTOMER, EndCustomers } from "./end_customers.js";

const Account = later(() => import("./account.js").then((file) => file.Account));
const VARIABLES = "$first: Int, $after: String, $last: Int, $before: String";
const PAGING = "first: $first, after: $after, last: $last, before: $before";
const PAGE_INFO = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
const ACCOUNTS = `query Accounts($filter: LicenseAccountFilterInput, ${VARIABLES}) { licenseAccounts(filter: $filter, ${PAGING}) {
  ${PAGE_INFO} edges { node { id name email isReseller createdAt licenseCounts { lifecycle count } } } } }`;
const END_CUSTOMERS = `query EndCustomers($filter: LicenseEndCustomerFilterInput, ${VARIABLES}) {
  licenseEndCustomers(filter: $filter, sortBy: {field: NAME, direction: ASC}, ${PAGING}) {
  ${PAGE_INFO} edges { node { ${CUSTOMER} account { id name } } } } }`;
const PAGE = 25;
const SHOWN = [["", () => t("Accounts")], ["resellers", () => t("Resellers")], ["customers", () => t("End customers")]];

// How the list was left: the way back from an account leads there.
let left = {};

export const Customers = ({ id, ...more }) => (id ? html`<${Account} id=${id} list=${left} ...${more} />` : html`<${List} ...${more} />`);

function List({ query, onSignedOut }) {
  useTitle(t("Customers"));
  const [opened, setOpened] = useState(null);
  const shown = query.shown || "";
  const areEnd = shown === "customers";
  const filter = { ...(query.text && { text: query.text }), ...(shown === "resellers" && { isReseller: true }) };
  const { data, error, isLoading, reload } = useAsk(areEnd ? END_CUSTOMERS : ACCOUNTS, { filter, ...pageAt(query, PAGE) }, { onSignedOut });
  const found = !error && (areEnd ? data?.licenseEndCustomers : data?.licenseAccounts);
  left = query;
  const change = (to, replace = true) => go("/customers", { text: query.text, shown: query.shown, ...to }, { replace });
  const turn = (place) => change(place, false);
  const saved = (customer) => {
    setOpened(null);
    say(t("{name} is saved.", customer));
    reload();
  };

  return html`<h1>${t("Customers")}</h1>
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <label class="grow"><span class="hidden">${t("Search")}</span><input type="search" maxlength="200" value=${query.text || ""} placeholder=${areEnd ? t("Code, name or e-mail") : t("Name or e-mail")}
        onChange=${(event) => change({ text: event.target.value.trim() })} /></label>
      ${SHOWN.map(([each, name]) => html`<button type="button" class="pill" key=${each} aria-pressed=${shown === each} onClick=${() => change({ shown: each })}>${name()}</button>`)}</form>
    <p class="hidden" role="status">${found && !isLoading ? tn("{count} found", "{count} found", found.totalCount) : ""}</p>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${!found && isLoading && html`<p class="muted late">${t("Loading…")}</p>`}
    ${found && !found.edges.length && html`<${Empty}><p>${query.text || shown ? t("No customer matches.") : t("An account is made with the first purchase of its buyer.")}</p>
      ${(query.text || shown) && html`<button onClick=${() => go("/customers")}>${t("Show all")}</button>`}<//>`}
    ${found && found.edges.length > 0 && html`<div class="card">${areEnd ? html`<${EndCustomers} rows=${found.edges} hasAccount onChange=${setOpened} />` : html`<${Accounts} rows=${found.edges} />`}
      <${Pager} info=${found.pageInfo} onTurn=${turn} /></div>`}
    ${opened && html`<${CustomerDialog} isStaff customer=${opened} onDone=${saved} onClose=${() => setOpened(null)} />`}`;
}

function Accounts({ rows }) {
  return html`<table><caption class="hidden">${t("Accounts")}</caption>
    <thead><tr><th scope="col">${t("Name")}</th><th scope="col">${t("E-mail")}</th><th scope="col">${t("Kind")}</th><th scope="col">${t("Licenses")}</th><th scope="col">${t("Since")}</th></tr></thead>
    <tbody>${rows.map(({ node }) => html`<tr key=${node.id}>
      <td class="name" data-label=${t("Name")}><${Link} to=${`/customers/${encodeURIComponent(node.id)}`}>${node.name}<//></td>
      <td class="name" data-label=${t("E-mail")}>${node.email}</td>
      <td data-label=${t("Kind")}>${node.isReseller ? t("Reseller") : t("Buyer")}</td>
      <td data-label=${t("Licenses")}>${node.licenseCounts.length ? html`<${StateCounts} counts=${node.licenseCounts} />` : "—"}</td>
      <td data-label=${t("Since")}>${formatDate(node.createdAt)}</td></tr>`)}</tbody></table>`;
}

// The list of licenses grouped under their buyers or end customers, with counts by state (P05). A group leads to its licenses.
import { html } from "../core/dom.js";
import { Link } from "../core/router.js";
import { t, tn } from "../core/words.js";
import { Pager } from "../parts/pager.js";
import { StateCounts } from "../parts/state.js";

const PAGING = "first: $first, after: $after, last: $last, before: $before";
const PAGE_INFO = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
const VARIABLES = "$filter: LicenseFilterInput, $first: Int, $after: String, $last: Int, $before: String";
const COUNTS = "licenseCounts(filter: $filter) { lifecycle count }";

// What `group` in the address says: `field` of the answer, `filter` of the list of licenses.
export const GROUPS = {
  buyer: {
    document: `query LicensesByBuyer(${VARIABLES}) { licenseAccounts(filter: {licenses: $filter}, sortBy: {field: NAME, direction: ASC}, ${PAGING}) {
      ${PAGE_INFO} edges { node { id name email ${COUNTS} } } } }`,
    field: "licenseAccounts",
    filter: "account",
    title: () => t("By buyer"),
    head: () => t("Buyer"),
    count: (count) => tn("{count} buyer", "{count} buyers", count),
    nameOf: ({ name, email }) => [name, name === email ? "" : email],
  },
  customer: {
    document: `query LicensesByCustomer(${VARIABLES}) { licenseEndCustomers(filter: {licenses: $filter}, sortBy: {field: NAME, direction: ASC}, ${PAGING}) {
      ${PAGE_INFO} edges { node { id code name account { name } ${COUNTS} } } } }`,
    field: "licenseEndCustomers",
    filter: "endCustomer",
    title: () => t("By end customer"),
    head: () => t("End customer"),
    count: (count) => tn("{count} end customer", "{count} end customers", count),
    nameOf: ({ code, name, account }) => [`${code} ${name}`, account.name],
  },
};

// `query` is what filters the list already.
export function Groups({ by, rows, info, query, onTurn }) {
  return html`<div class="card"><table><caption class="hidden">${by.title()}</caption>
    <thead><tr><th scope="col">${by.head()}</th><th scope="col">${t("Licenses")}</th></tr></thead>
    <tbody>${rows.map((row) => {
      const [name, more] = by.nameOf(row);
      return html`<tr key=${row.id}><td class="name" data-label=${by.head()}><${Link} to="/licenses" query=${{ ...query, [by.filter]: row.id }}>${name}<//>${more && html`<br /><small>${more}</small>`}</td>
        <td data-label=${t("Licenses")}><${StateCounts} counts=${row.licenseCounts} /></td></tr>`;
    })}</tbody></table><${Pager} info=${info} onTurn=${onTurn} /></div>`;
}

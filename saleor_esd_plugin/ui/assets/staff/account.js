// One account: what it has, who may act in it, its end customers and its latest orders.
import { html, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { go, Link } from "../core/router.js";
import { formatDate, t } from "../core/words.js";
import { CustomerDialog } from "../parts/customer_dialog.js";
import { Empty, NotYet, Trouble, useTitle } from "../parts/frame.js";
import { languageName } from "../parts/names.js";
import { pageAt, Pager } from "../parts/pager.js";
import { OrderState, StateCounts } from "../parts/state.js";
import { say } from "../parts/toast.js";
import { CUSTOMER, EndCustomers } from "./end_customers.js";

const PAGE_INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
const ACCOUNT = `query Account($id: ID!, $filter: LicenseEndCustomerFilterInput, $first: Int, $after: String, $last: Int, $before: String) {
  licenseAccount(id: $id) { id name email language isReseller isActive createdAt licenseCounts { lifecycle count }
    members { id name email role createdAt }
    endCustomers(filter: $filter, first: $first, after: $after, last: $last, before: $before) { ${PAGE_INFO} edges { node { ${CUSTOMER} } } } } }`;
// In a request of its own: who may see accounts need not be the one who sees orders.
const ORDERS = `query OrdersOf($id: ID!, $after: String) { licenseOrders(filter: {account: $id}, first: 10, after: $after) {
  pageInfo { hasNextPage endCursor } edges { node { id number orderedAt status purchaseOrderReference } } } }`;
const PAGE = 25;
const ROLES = {
  MASTER: () => t("Master"),
  ADMINISTRATOR: () => t("Administrator"),
  BILLING: () => t("Billing"),
  SUPPORT: () => t("Support"),
};

// `list` is how the list of accounts was left.
export function Account({ id, list, query, onSignedOut }) {
  const [opened, setOpened] = useState(null);
  const { data, error, reload } = useAsk(ACCOUNT, { id, filter: query.text ? { text: query.text } : null, ...pageAt(query, PAGE) }, { onSignedOut });
  const account = data?.licenseAccount;
  useTitle(account ? account.name : t("Customers"));
  const back = html`<p><${Link} to="/customers" query=${list}>‹ ${t("Customers")}<//></p>`;
  if (!data) return html`<${NotYet} error=${error} onRetry=${reload} />`;
  if (!account) return html`${back}<${Empty}><h1>${t("Not found")}</h1><p>${t("There is no such account, or you may not see it.")}</p><//>`;
  const here = `/customers/${encodeURIComponent(id)}`;
  const saved = (customer) => {
    setOpened(null);
    say(t("{name} is saved.", customer));
    reload();
  };
  const { edges, pageInfo } = account.endCustomers;

  return html`${back}<div class="head"><h1>${account.name}</h1></div>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${!account.isActive && html`<p class="band bad">${t("This account is switched off: its members may do nothing in it.")}</p>`}
    <div class="split"><${Licenses} account=${account} /><${Facts} account=${account} /></div>
    <section class="card"><header><h2>${t("End customers")}</h2><label class="push"><span class="hidden">${t("Search")}</span>
        <input type="search" maxlength="200" placeholder=${t("Code, name or e-mail")} value=${query.text || ""} onChange=${(event) => go(here, { text: event.target.value.trim() }, { replace: true })} /></label></header>
      ${edges.length ? html`<${EndCustomers} rows=${edges} onChange=${setOpened} /><${Pager} info=${pageInfo} onTurn=${(place) => go(here, { text: query.text, ...place })} />`
        : html`<p class="body muted">${query.text ? t("No customer matches.") : t("It has none.")}</p>`}</section>
    <div class="split"><${Orders} id=${id} /><${Members} members=${account.members} /></div>
    ${opened && html`<${CustomerDialog} isStaff customer=${opened} onDone=${saved} onClose=${() => setOpened(null)} />`}`;
}

function Licenses({ account }) {
  const { id, licenseCounts: counts } = account;
  return html`<section class="card"><header><h2>${t("Licenses")}</h2></header><div class="body list">
    ${counts.length ? html`<${StateCounts} counts=${counts} />
      <p class="links"><${Link} to="/licenses" query=${{ account: id }}>${t("Show its licenses")}<//><${Link} to="/licenses" query=${{ account: id, group: "customer" }}>${t("By end customer")}<//></p>`
      : html`<p class="muted">${t("It has none.")}</p>`}</div></section>`;
}

function Facts({ account }) {
  const { email, language, isReseller, createdAt } = account;
  return html`<section class="card"><header><h2>${t("Account")}</h2></header><dl class="facts body">
    <dt>${t("E-mail")}</dt><dd>${email}</dd>
    <dt>${t("Kind")}</dt><dd>${isReseller ? t("Reseller") : t("Buyer")}</dd>
    ${language && html`<dt>${t("Language")}</dt><dd>${languageName(language)}</dd>`}
    <dt>${t("Since")}</dt><dd>${formatDate(createdAt)}</dd></dl></section>`;
}

function Members({ members }) {
  return html`<section class="card"><header><h2>${t("Members")}</h2></header><div class="body list">
    ${members.map(({ id, name, email, role, createdAt }) => html`<p class="text" key=${id}>${name || email}<br /><small class="dotted">${name && html`<span>${email}</span>`}<span>${ROLES[role]()}</span><span>${t("since {when}", { when: formatDate(createdAt) })}</span></small></p>`)}
    ${!members.length && html`<p class="muted">${t("Nobody yet: a guest's account, until the invitation is accepted.")}</p>`}</div></section>`;
}

function Orders({ id }) {
  const [starts, setStarts] = useState([null]);
  const { data, error, reload } = useAsk(ORDERS, { id, after: starts[starts.length - 1] });
  const found = data?.licenseOrders;
  const info = found && { ...found.pageInfo, hasPreviousPage: starts.length > 1 };
  const turn = ({ after }) => setStarts(after ? [...starts, after] : starts.slice(0, -1));
  return html`<section class="card"><header><h2>${t("Orders")}</h2></header>
    ${!found && html`<div class="body"><${NotYet} error=${error} onRetry=${reload} /></div>`}
    ${found && !found.edges.length && html`<p class="body muted">${t("It has none.")}</p>`}
    ${found && found.edges.length > 0 && html`<table><thead><tr><th scope="col">${t("Order")}</th><th scope="col">${t("Date")}</th><th scope="col">${t("State")}</th></tr></thead>
      <tbody>${found.edges.map(({ node }) => html`<tr key=${node.id}>
        <td data-label=${t("Order")}><${Link} to=${`/orders/${encodeURIComponent(node.id)}`}>${node.number}<//> <small>${node.purchaseOrderReference}</small></td>
        <td data-label=${t("Date")}>${formatDate(node.orderedAt)}</td><td data-label=${t("State")}><${OrderState} status=${node.status} /></td></tr>`)}</tbody></table>
      ${(info.hasPreviousPage || info.hasNextPage) && html`<${Pager} info=${info} onTurn=${turn} />`}`}</section>`;
}

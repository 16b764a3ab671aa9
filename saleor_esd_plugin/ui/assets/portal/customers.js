// The end customers of an account: who licenses are assigned to (I12).
import { html, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { go } from "../core/router.js";
import { t, tn } from "../core/words.js";
import { Empty, Trouble, useTitle } from "../parts/frame.js";
import { pageAt, Pager } from "../parts/pager.js";
import { say } from "../parts/toast.js";
import { CustomerDialog } from "./customer_dialog.js";

const CUSTOMERS = `query Customers($filter: LicenseEndCustomerFilterInput, $first: Int, $after: String, $last: Int, $before: String) {
  licenseAccounts(first: 20) { edges { node { id name
    endCustomers(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      edges { node { id code name email language isArchived licenses(first: 1) { totalCount } } } } } } } }`;
const PAGE = 25;

export function Customers({ query, onSignedOut }) {
  useTitle(t("Customers"));
  const [opened, setOpened] = useState(null);
  const { data, error, isLoading, reload } = useAsk(CUSTOMERS, {
    filter: query.text ? { text: query.text } : null,
    ...pageAt(query, PAGE),
  }, { onSignedOut });
  const accounts = data?.licenseAccounts.edges.map(({ node }) => node) || [];
  const account = accounts.find(({ id }) => id === query.account) || accounts[0];
  const saved = (customer) => {
    setOpened(null);
    say(t("{name} is saved.", customer));
    reload();
  };

  return html`<h1>${t("Customers")}</h1>
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <label class="grow"><span class="hidden">${t("Search")}</span>
        <input type="search" placeholder=${t("Code, name or e-mail")} value=${query.text || ""}
          onChange=${(event) => go("/customers", { text: event.target.value.trim() }, { replace: true })} /></label>
      ${account && html`<button type="button" class="primary" onClick=${() => setOpened({})}>${t("New customer")}</button>`}
    </form>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${!data && isLoading && html`<p class="muted late">${t("Loading…")}</p>`}
    ${data && !account && html`<${Empty}><p>${t("With your first purchase you can enter customers.")}</p><//>`}
    ${account && (account.endCustomers.edges.length
      ? html`<${List} found=${account.endCustomers} query=${query} onChange=${setOpened} />`
      : html`<${Empty}><p>${query.text ? t("No customer matches.") : t("Enter your first customer to assign licenses.")}</p><//>`)}
    ${opened && html`<${CustomerDialog} account=${account.id} customer=${opened.id && opened} onDone=${saved} onClose=${() => setOpened(null)} />`}`;
}

function List({ found, query, onChange }) {
  const turn = (place) => go("/customers", { text: query.text, ...place });
  return html`<div class="card"><table><caption class="hidden">${t("Customers")}</caption>
    <thead><tr><th scope="col">${t("Code")}</th><th scope="col">${t("Name")}</th><th scope="col">${t("E-mail")}</th>
      <th scope="col">${t("Licenses")}</th><th><span class="hidden">${t("Change")}</span></th></tr></thead>
    <tbody>${found.edges.map(({ node }) => html`<tr key=${node.id}>
      <td data-label=${t("Code")}>${node.code}</td><td data-label=${t("Name")}>${node.name}</td>
      <td data-label=${t("E-mail")}>${node.email}</td>
      <td data-label=${t("Licenses")}>${tn("{count} license", "{count} licenses", node.licenses.totalCount)}</td>
      <td>${!node.isArchived && html`<button class="quiet" onClick=${() => onChange(node)}>${t("Change")}<span class="hidden"> ${node.name}</span></button>`}</td></tr>`)}</tbody></table>
    <${Pager} info=${found.pageInfo} onTurn=${turn} /></div>`;
}

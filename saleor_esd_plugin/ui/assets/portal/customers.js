// The end customers of an account: who licenses are assigned to (I12).
import { html, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { go } from "../core/router.js";
import { t, tn } from "../core/words.js";
import { Empty, Trouble, useTitle } from "../parts/frame.js";
import { pageAt, Pager } from "../parts/pager.js";
import { say } from "../parts/toast.js";
import { CustomerDialog } from "../parts/customer_dialog.js";

const CUSTOMERS = `query Customers($account: ID!, $isChosen: Boolean!, $filter: LicenseEndCustomerFilterInput, $first: Int, $after: String, $last: Int, $before: String) {
  licenseAccounts(first: 100) { edges { node { id name } } }
  chosen: licenseAccount(id: $account) @include(if: $isChosen) { ...Listed }
  latest: licenseAccounts(first: 1) @skip(if: $isChosen) { edges { node { ...Listed } } } }
  fragment Listed on LicenseAccount { id endCustomers(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { node { id code name email language isArchived licenses(first: 1) { totalCount } } } } }`;
const PAGE = 25;

export function Customers({ query, onSignedOut }) {
  useTitle(t("Customers"));
  const [opened, setOpened] = useState(null);
  const { data, error, isLoading, reload } = useAsk(CUSTOMERS, {
    account: query.account || "",
    isChosen: Boolean(query.account),
    filter: query.text ? { text: query.text } : null,
    ...pageAt(query, PAGE),
  }, { onSignedOut });
  const accounts = data?.licenseAccounts.edges.map(({ node }) => node) || [];
  const account = data?.chosen || data?.latest?.edges[0]?.node;
  const saved = (customer, owner = account.id) => {
    setOpened(null);
    say(t("{name} is saved.", customer));
    if (owner === account.id) reload();
    else go("/customers", { account: owner });
  };
  const filter = (change) => go("/customers", { account: query.account, text: query.text, ...change }, { replace: true });

  return html`<h1>${t("Customers")}</h1>
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      ${accounts.length > 1 && html`<label><span class="hidden">${t("Account")}</span>
        <select value=${account?.id} onChange=${(event) => filter({ account: event.target.value })}>
          ${accounts.map(({ id, name }) => html`<option value=${id}>${name}</option>`)}</select></label>`}
      <label class="grow"><span class="hidden">${t("Search")}</span>
        <input type="search" placeholder=${t("Code, name or e-mail")} value=${query.text || ""}
          onChange=${(event) => filter({ text: event.target.value.trim() })} /></label>
      ${account && html`<button type="button" class="primary" onClick=${() => setOpened({})}>${t("New customer")}</button>`}
    </form>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${!data && isLoading && html`<p class="muted late">${t("Loading…")}</p>`}
    ${data && !account && html`<${Empty}><p>${accounts.length ? t("Not found") : t("With your first purchase you can enter customers.")}</p><//>`}
    ${account && (account.endCustomers.edges.length
      ? html`<${List} found=${account.endCustomers} query=${query} onChange=${setOpened} />`
      : html`<${Empty}><p>${query.text ? t("No customer matches.") : t("Enter your first customer to assign licenses.")}</p><//>`)}
    ${opened && html`<${CustomerDialog} account=${account.id} accounts=${accounts} customer=${opened.id && opened} onDone=${saved} onClose=${() => setOpened(null)} />`}`;
}

function List({ found, query, onChange }) {
  const turn = (place) => go("/customers", { account: query.account, text: query.text, ...place });
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

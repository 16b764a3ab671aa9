// A table of end customers: what each has, and changing one.
import { html } from "../core/dom.js";
import { Link } from "../core/router.js";
import { t } from "../core/words.js";
import { StateCounts } from "../parts/state.js";

export const CUSTOMER = "id code name email emailByStaff language isArchived licenseCounts { lifecycle count }";

export function EndCustomers({ rows, hasAccount = false, onChange }) {
  return html`<table><caption class="hidden">${t("End customers")}</caption>
    <thead><tr><th scope="col">${t("Code")}</th><th scope="col">${t("Name")}</th><th scope="col">${t("E-mail")}</th>${hasAccount && html`<th scope="col">${t("Account")}</th>`}
      <th scope="col">${t("Licenses")}</th><th><span class="hidden">${t("Change")}</span></th></tr></thead>
    <tbody>${rows.map(({ node }) => html`<${Row} key=${node.id} customer=${node} hasAccount=${hasAccount} onChange=${onChange} />`)}</tbody></table>`;
}

function Row({ customer, hasAccount, onChange }) {
  const { id, code, name, email, emailByStaff, account, licenseCounts: counts } = customer;
  return html`<tr><td class="name" data-label=${t("Code")}>${code}</td><td class="name" data-label=${t("Name")}>${name}</td>
    <td class="name" data-label=${t("E-mail")}>${email}${emailByStaff && html`<br /><small>${t("Entered by staff; not confirmed by the account")}</small>`}</td>
    ${hasAccount && html`<td class="name" data-label=${t("Account")}><${Link} to=${`/customers/${encodeURIComponent(account.id)}`}>${account.name}<//></td>`}
    <td data-label=${t("Licenses")}>${counts.length ? html`<${Link} to="/licenses" query=${{ endCustomer: id }}><${StateCounts} counts=${counts} /><span class="hidden"> ${name}</span><//>` : "—"}</td>
    <td><button class="quiet" onClick=${() => onChange(customer)}>${t("Change")}<span class="hidden"> ${name}</span></button></td></tr>`;
}

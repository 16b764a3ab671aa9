// The rows of the list of licenses. Choices stay when the page is turned.
import { html } from "../core/dom.js";
import { Link } from "../core/router.js";
import { formatDate, t } from "../core/words.js";
import { lastGroups, productOf } from "../parts/names.js";
import { Pager } from "../parts/pager.js";
import { LicenseState } from "../parts/state.js";
import { whyRed } from "./license_why.js";

export const ROW = `id keyMask fulfillment lifecycle expiresAt suspensionCauses reason stateReason { text(language: $language) note }
  productName variantName sku account { id name } endCustomer { id code name } licenseOrder { id number buyerEmail }`;

// `chosen` is a Map of id -> license.
export function Table({ rows, info, chosen, onChoose, onTurn }) {
  const areAll = rows.every(({ id }) => chosen.has(id));
  const choose = (licenses, isChosen) => {
    const next = new Map(chosen);
    for (const license of licenses) isChosen ? next.set(license.id, license) : next.delete(license.id);
    onChoose(next);
  };
  return html`<div class="card"><table><caption class="hidden">${t("Licenses")}</caption>
    <thead><tr><th class="check"><input type="checkbox" aria-label=${t("Choose all on this page")} checked=${areAll} onChange=${() => choose(rows, !areAll)} /></th>
      <th scope="col">${t("Key")}</th><th scope="col">${t("State")}</th><th scope="col">${t("Product")}</th><th scope="col">${t("Order")}</th>
      <th scope="col">${t("Buyer")}</th><th scope="col">${t("End customer")}</th><th scope="col">${t("Valid until")}</th></tr></thead>
    <tbody>${rows.map((license) => html`<${Row} key=${license.id} license=${license} isChosen=${chosen.has(license.id)} onToggle=${() => choose([license], !chosen.has(license.id))} />`)}</tbody></table>
    <${Pager} info=${info} onTurn=${onTurn} /></div>`;
}

function Row({ license, isChosen, onToggle }) {
  const { id, keyMask, endCustomer, licenseOrder: order, account, expiresAt } = license;
  const key = lastGroups(keyMask);
  return html`<tr>
    <td class="check"><input type="checkbox" aria-label=${t("Choose license {key}", { key })} checked=${isChosen} onChange=${onToggle} /></td>
    <td data-label=${t("Key")}><${Link} to=${`/licenses/${encodeURIComponent(id)}`}><code class="mask">${key}</code><//></td>
    <td data-label=${t("State")}><${LicenseState} license=${license} />${whyRed(license).map((text) => html`<br /><small>${text}</small>`)}</td>
    <td data-label=${t("Product")}>${productOf(license)}</td>
    <td data-label=${t("Order")}><${Link} to=${`/orders/${encodeURIComponent(order.id)}`}>${order.number}<//></td>
    <td data-label=${t("Buyer")}>${account?.name || order.buyerEmail || "—"}</td>
    <td data-label=${t("End customer")}>${endCustomer ? `${endCustomer.code} ${endCustomer.name}` : "—"}</td>
    <td data-label=${t("Valid until")}>${expiresAt ? formatDate(expiresAt) : "—"}</td></tr>`;
}

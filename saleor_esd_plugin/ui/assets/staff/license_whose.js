// Whose licenses alone are listed, and the way back to all.
import { html } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { Link } from "../core/router.js";
import { t } from "../core/words.js";

const WHOSE = `query Whose($account: ID!, $endCustomer: ID!) { licenseAccount(id: $account) { id name }
  licenseEndCustomer(id: $endCustomer) { code name account { id name } } }`;

export function Whose({ account = "", endCustomer = "", onClear }) {
  const { data } = useAsk(WHOSE, { account, endCustomer });
  const holder = data?.licenseEndCustomer;
  const owner = holder?.account || data?.licenseAccount;
  return html`<p class="filters"><span class="chip"><span class="dotted">${holder && html`<span>${holder.code} ${holder.name}</span>`}
      ${owner && html`<span><${Link} to=${`/customers/${encodeURIComponent(owner.id)}`}>${owner.name}<//></span>`}
      ${data && !owner && html`<span>${t("Not found")}</span>`}</span><button aria-label=${t("Show all")} onClick=${onClear}>✕</button></span></p>`;
}

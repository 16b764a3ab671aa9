// The pools that come before a policy's own, for some buyers: the best first.
import { html } from "../core/dom.js";
import { ask } from "../core/api.js";
import { t } from "../core/words.js";
import { Chosen } from "../parts/chosen.js";
import { Field } from "../parts/fields.js";
import { FindField } from "../parts/find_field.js";
import { PoolField } from "./variant_field.js";

export const RANKS = "rankedPools { pool { id name } channels countries accounts { id name email } }";
const ACCOUNTS = `query AccountsToChoose($filter: LicenseAccountFilterInput) { licenseAccounts(filter: $filter, first: 50) { edges { node { id name email } } } }`;
const findAccounts = (text) => ask(ACCOUNTS, { filter: { text } }).then(({ licenseAccounts }) => licenseAccounts.edges.map(({ node }) => node));
// Names may be equal, addresses are not.
const accountName = ({ name, email }) => (email && email !== name ? `${name} – ${email}` : name);
const NOTHING = { pool: null, channels: "", countries: "", accounts: [] };

export function RankedPools({ ranks, errors, onChange }) {
  const put = (place, change) => onChange(ranks.map((rank, at) => (at === place ? { ...rank, ...change } : rank)));
  const move = (place, to) => {
    const moved = [...ranks];
    moved.splice(to, 0, ...moved.splice(place, 1));
    onChange(moved);
  };
  return html`${errors.rankedPools && html`<p class="wrong" role="alert">${errors.rankedPools.text}</p>`}
    ${ranks.map((rank, place) => html`<${Rank} key=${place} rank=${rank} number=${place + 1} errors=${errors} onChange=${(change) => put(place, change)}
      onUp=${place > 0 && (() => move(place, place - 1))} onDown=${place < ranks.length - 1 && (() => move(place, place + 1))} onRemove=${() => onChange(ranks.filter((_, at) => at !== place))} />`)}
    <div class="actions"><button type="button" onClick=${() => onChange([...ranks, NOTHING])}>${t("Add a pool for some buyers")}</button></div>`;
}

function Rank({ rank, number, errors, onChange, onUp, onDown, onRemove }) {
  const of = (name) => errors[`rankedPools.${name}`]?.text;
  const text = (name, label, hint) => html`<${Field} label=${label} value=${rank[name]} spellcheck="false" onInput=${({ target }) => onChange({ [name]: target.value })} error=${of(name)} hint=${hint} />`;
  const add = (account) => account && !rank.accounts.some(({ id }) => id === account.id) && onChange({ accounts: [...rank.accounts, account] });
  return html`<fieldset class="form"><legend>${t("Before it: pool {number}", { number })}</legend>
    <${PoolField} label=${t("Pool")} value=${rank.pool} onChoose=${(pool) => onChange({ pool })} error=${of("pool")} hint=${t("Buyers who meet all that is said here get their keys from it.")} />
    ${text("countries", t("Countries"), t("Of the billing address, such as UY, BR; empty: any."))}
    ${text("channels", t("Channels"), t("Slugs of the shop's channels, with commas between them; empty: any. Saleor 2.10 has none."))}
    <div class="field"><${Chosen} items=${rank.accounts} nameOf=${accountName} onChange=${(accounts) => onChange({ accounts })} />
      <${FindField} key=${rank.accounts.length} label=${t("Accounts")} required=${false} value=${null} nameOf=${accountName} find=${findAccounts} onChoose=${add} error=${of("accounts")}
        hint=${t("Of these buyers, by name or e-mail; none: any. Finding accounts takes the right to manage licenses.")} /></div>
    <div class="actions">${onUp && html`<button type="button" onClick=${onUp}>${t("Up")}</button>`}${onDown && html`<button type="button" onClick=${onDown}>${t("Down")}</button>`}
      <button type="button" onClick=${onRemove}>${t("Remove")}</button></div></fieldset>`;
}

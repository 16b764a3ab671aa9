// What came into a pool, delivery by delivery; a bad one is taken out of sale.
import { html, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { go } from "../core/router.js";
import { formatNumber, formatTime, t } from "../core/words.js";
import { NotYet } from "../parts/frame.js";
import { later } from "../parts/later.js";
import { pageAt, Pager } from "../parts/pager.js";
import { CLAIM, PoolFile } from "./pool_file.js";

const Quarantine = later(() => import("./quarantine.js").then((file) => file.Quarantine));
// Apart from the pool's own figures: of a large delivery the keys are counted.
const BATCHES = `query Batches($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  licenseKeyPool(id: $id) { batches(first: $first, after: $after, last: $last, before: $before) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { node { id createdAt fileName supplier purchaseReference averageCost accepted refused available quarantined quarantinedAt quarantineReason soldLicenses(first: 1) { totalCount } } } } } }`;
const PAGE = 10;

export function Batches({ pool, query, onChange }) {
  const [chosen, setChosen] = useState(null);
  const { data, error, reload } = useAsk(BATCHES, { id: pool, ...pageAt(query, PAGE) });
  const batches = data?.licenseKeyPool?.batches;
  const done = () => {
    setChosen(null);
    reload();
    onChange();
  };
  return html`<section class="card"><header><h2>${t("Deliveries")}</h2></header>
    ${!batches && html`<div class="body"><${NotYet} error=${error} onRetry=${reload} /></div>`}
    ${batches?.edges.length === 0 && html`<p class="body muted">${t("No keys came in yet.")}</p>`}
    ${batches?.edges.length > 0 && html`<div class="wide" tabindex="0" role="region" aria-label=${t("Deliveries")}><table>
      <thead><tr><th scope="col">${t("Delivery")}</th><th scope="col">${t("Cost")}</th><th scope="col">${t("Keys")}</th><th scope="col">${t("Refused")}</th>
        <th scope="col">${t("Free")}</th><th scope="col">${t("Sold")}</th><th><span class="hidden">${t("Quarantine…")}</span></th></tr></thead>
      <tbody>${batches.edges.map(({ node }) => html`<${Row} key=${node.id} pool=${pool} batch=${node} onQuarantine=${() => setChosen(node)} />`)}</tbody></table></div>
    <${Pager} info=${batches.pageInfo} onTurn=${(place) => go(`/stock/${encodeURIComponent(pool)}`, place)} />`}
    ${chosen && html`<${Quarantine} batch=${chosen} onDone=${done} onClose=${() => setChosen(null)} />`}</section>`;
}

function Row({ pool, batch, onQuarantine }) {
  const from = [batch.supplier, batch.purchaseReference, batch.fileName].filter(Boolean);
  const when = formatTime(batch.createdAt);
  return html`<tr><td data-label=${t("Delivery")}><span>${when}${from.length > 0 && html`<br /><small class="dotted">${from.map((text) => html`<span>${text}</span>`)}</small>`}
      ${batch.quarantinedAt && html`<br /><span class="state bad"><span aria-hidden="true">✕</span> ${t("Quarantined")}</span><br /><small>${formatTime(batch.quarantinedAt)}: ${batch.quarantineReason}</small>`}</span></td>
    <td data-label=${t("Cost")}>${batch.averageCost === null ? "—" : formatNumber(Number(batch.averageCost))}</td>
    <td data-label=${t("Keys")}>${formatNumber(batch.accepted)}</td><td data-label=${t("Refused")}>${formatNumber(batch.refused)}</td>
    <td data-label=${t("Free")}>${formatNumber(batch.available)}</td><td data-label=${t("Sold")}>${formatNumber(batch.soldLicenses.totalCount)}</td>
    <td>${batch.quarantinedAt
      ? batch.quarantined > 0 && html`<${PoolFile} class="quiet" input=${{ pool, batch: batch.id, ...CLAIM }} name="claim.csv">${t("Claim")}<span class="hidden"> ${when}</span><//>`
      : html`<button class="quiet" onClick=${onQuarantine}>${t("Quarantine…")}<span class="hidden"> ${when}</span></button>`}</td></tr>`;
}

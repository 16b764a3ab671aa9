// One pool of keys: how many, how long they last, what is sold from it, what came in.
import { html, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { Link } from "../core/router.js";
import { formatNumber, formatTime, t, tn } from "../core/words.js";
import { Empty, NotYet, Trouble, useTitle } from "../parts/frame.js";
import { later } from "../parts/later.js";
import { say } from "../parts/toast.js";
import { Batches } from "./batches.js";
import { ImportProgress, PROGRESS } from "./import_progress.js";
import { restocked } from "./low_stock.js";
import { CLAIM, PoolFile } from "./pool_file.js";
import { StockChart } from "./stock_chart.js";
import { HEALTH, inWords, PoolState, SOLD_AS, soldAs } from "./stock_figures.js";

const PoolDialog = later(() => import("./pool_dialog.js").then((file) => file.PoolDialog));
const POOL = `query Pool($id: ID!) {
  licenseKeyPool(id: $id) { id name format isGenerated isArchived lowStockThreshold runwayAlertDays staffAddresses lowStockAt ${HEALTH} health { averageCost } stockHistory { day available imported sold } }
  licensePolicies(filter: {pool: $id, isArchived: false}, first: 50) { edges { node { ${SOLD_AS} } } }
  licenseKeyImports(filter: {pool: $id, state: [CHECKING, LOADING, STOPPED]}, first: 5) { edges { node { ${PROGRESS} } } } }`;

export function Pool({ id, query, onSignedOut }) {
  const [isChanging, setChanging] = useState(false);
  const { data, error, reload } = useAsk(POOL, { id }, { every: isChanging ? 0 : 30, onSignedOut });
  const pool = data?.licenseKeyPool;
  useTitle(pool ? pool.name : t("Stock"));
  if (!data) return html`<${NotYet} error=${error} onRetry=${reload} />`;
  if (!pool) return html`<${Empty}><h1>${t("Not found")}</h1><p>${t("There is no such pool.")}</p><${Link} to="/stock">${t("Stock")}<//><//>`;
  const changed = () => {
    setChanging(false);
    say(t("{name} is saved.", pool));
    changedStock();
  };
  const changedStock = () => {
    reload();
    restocked();
  };

  return html`<p><${Link} to="/stock">‹ ${t("Stock")}<//></p>
    <div class="head"><h1>${pool.name} <${PoolState} pool=${pool} /></h1><div class="actions">
      <button onClick=${() => setChanging(true)}>${t("Change")}</button>
      <${PoolFile} input=${{ pool: id }} name="keys.csv">${t("Save as CSV")}<//>
      ${!pool.isGenerated && !pool.isArchived && html`<${Link} class="button primary" to=${`/stock/${encodeURIComponent(id)}/import`}>${t("Add keys")}<//>`}</div></div>
    <p>${inWords(pool)}</p>
    ${pool.lowStockAt && html`<p class="band wait">${t("Low since {when}.", { when: formatTime(pool.lowStockAt) })}</p>`}
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${data.licenseKeyImports.edges.map(({ node }) => html`<${ImportProgress} key=${node.id} keyImport=${node} onChange=${reload} />`)}
    <${Figures} health=${pool.health} />
    ${pool.stockHistory && pool.health.imported > 0 && html`<${StockChart} pool=${pool} />`}
    <div class="split"><${Batches} pool=${id} query=${query} onChange=${changedStock} />
      <aside><${Alerts} pool=${pool} /><${Products} policies=${data.licensePolicies.edges.map(({ node }) => node)} />
        ${pool.health.quarantined > 0 && html`<section class="card"><header><h2>${t("Out of sale")}</h2></header><div class="body list">
          <p>${tn("{count} key was quarantined.", "{count} keys were quarantined.", pool.health.quarantined)}</p>
          <p><${PoolFile} input=${{ pool: id, ...CLAIM }} name="claim.csv">${t("Claim for the supplier")}<//></p></div></section>`}</aside></div>
    ${isChanging && html`<${PoolDialog} pool=${pool} onDone=${changed} onClose=${() => setChanging(false)} />`}`;
}

function Figures({ health }) {
  const figures = [
    [t("Free"), health.available],
    [t("Reserved"), health.reserved],
    [t("Sold"), health.taken],
    [t("Waiting for keys"), health.backordered],
    [t("Too old to sell"), health.withheld],
    [t("Quarantined"), health.quarantined],
    [t("Revoked"), health.revoked],
  ].filter(([, count], place) => count > 0 || place < 3);
  return html`<section class="card"><dl class="figures body">${figures.map(([name, count]) => html`<div key=${name}><dt>${name}</dt><dd class="figure">${formatNumber(count)}</dd></div>`)}
    ${health.averageCost !== null && html`<div><dt>${t("Average cost")}</dt><dd class="figure">${formatNumber(Number(health.averageCost))}</dd></div>`}</dl></section>`;
}

function Alerts({ pool }) {
  const { lowStockThreshold: least, runwayAlertDays: days, staffAddresses: addresses } = pool;
  return html`<section class="card"><header><h2>${t("Warning")}</h2></header><div class="body list">
    <p>${least ? tn("At {count} free key", "At {count} free keys", least) : t("At no number of keys")}</p>
    ${days > 0 && html`<p>${tn("When they last {count} day", "When they last {count} days", days)}</p>`}
    <p class="muted text">${addresses.length ? addresses.join(", ") : t("To the staff address of the plugin's settings")}</p></div></section>`;
}

function Products({ policies }) {
  return html`<section class="card"><header><h2>${t("Sold as")}</h2></header><div class="body list">
    ${policies.map((policy) => html`<p key=${policy.id}><${Link} to=${`/products/${encodeURIComponent(policy.id)}`}>${soldAs(policy)}<//></p>`)}
    ${!policies.length && html`<p class="muted">${t("No product takes keys from it yet.")}</p>`}</div></section>`;
}

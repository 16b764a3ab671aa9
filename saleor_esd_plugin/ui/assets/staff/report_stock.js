// Which pools run out first: how long the free keys of each last.
import { html } from "../core/dom.js";
import { Link } from "../core/router.js";
import { formatNumber, t, tn } from "../core/words.js";
import { Empty } from "../parts/frame.js";
import { ReportCard } from "./report_card.js";
import { HEALTH, runsOut, runwayOf } from "./stock_figures.js";

export const KEYS_LEFT = `query KeysLeft { licenseStockReport(first: 50) { id name isGenerated isArchived lowStockAt ${HEALTH} } }`;
const SOON = 7;
const MONTH = 30;
// A bar of the whole width.
const LONGEST = 90;

const daysOf = ({ health }) => (health.available ? runwayOf(health) : [0, 0]);

export function KeysLeft({ data, title }) {
  const pools = data.licenseStockReport;
  if (!pools.length) return html`<${Empty}><p>${t("No keys came in yet, so none run out.")}</p><${Link} class="button" to="/stock">${t("Stock")}<//><//>`;
  const short = pools.filter((pool) => daysOf(pool)[0] !== null && daysOf(pool)[0] < MONTH).length;
  const columns = [[t("Pool")], [t("Free"), formatNumber], [t("Waiting for keys"), formatNumber], [t("Sold in 30 days"), formatNumber], [t("Days at least"), formatNumber], [t("Days at most"), formatNumber]];
  const rows = pools.map((pool) => [pool.name, pool.health.available, pool.health.backordered, pool.health.soldLast30Days, ...daysOf(pool)]);
  const plot = html`<ul class="lengths">${pools.map((pool) => html`<${Bar} key=${pool.id} pool=${pool} />`)}</ul>`;
  return html`<${ReportCard} title=${title} sentence=${tn("{count} pool lasts less than 30 days at its present sales.", "{count} pools last less than 30 days at their present sales.", short)} plot=${plot} columns=${columns} rows=${rows} file="keys-left.csv" />`;
}

function Bar({ pool }) {
  const [least] = daysOf(pool);
  const part = least === null ? 1 : Math.min(1, least / LONGEST);
  const isSoon = least !== null && least < SOON;
  return html`<li><${Link} to=${`/stock/${encodeURIComponent(pool.id)}`}>${pool.name}<//>
    <span class="measure ${isSoon ? "soon" : ""}" aria-hidden="true"><span ref=${(bar) => bar && bar.style.setProperty("--part", part)}></span></span>
    <span>${isSoon && html`<span aria-hidden="true">⚠ </span>`}${runsOut(pool)} <small>· ${tn("{count} key left", "{count} keys left", pool.health.available)}</small></span></li>`;
}

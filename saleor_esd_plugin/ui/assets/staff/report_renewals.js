// How many licenses have to be renewed, and by when.
import { html } from "../core/dom.js";
import { Link } from "../core/router.js";
import { formatDay, formatNumber, t, tn } from "../core/words.js";
import { Empty } from "../parts/frame.js";
import { later } from "../parts/later.js";
import { ReportCard } from "./report_card.js";

const Plot = later(() => import("./plot.js").then((file) => file.Plot));
export const RENEWALS_DUE = `query RenewalsDue { licenseRenewalReport { inGrace expired weeks { week licenses } } }`;

export function RenewalsDue({ data, title }) {
  const { inGrace, expired, weeks } = data.licenseRenewalReport;
  const count = weeks.reduce((sum, { licenses }) => sum + licenses, 0);
  if (!count && !inGrace && !expired) return html`<${Empty}><p>${t("No license expires in the next 12 weeks, and none is overdue.")}</p><//>`;
  const sentence = `${tn("{count} license expires in the next 12 weeks.", "{count} licenses expire in the next 12 weeks.", count)} ${tn("{count} is overdue.", "{count} are overdue.", inGrace + expired)}`;
  const rows = [[t("Expired"), expired], [t("Grace period"), inGrace], ...weeks.map(({ week, licenses }) => [week, licenses])];
  const columns = [[t("Week from"), (value) => (/^\d/.test(value) ? formatDay(value) : value)], [t("Licenses"), formatNumber]];
  const plot = html`<${Plot} label=${sentence} days=${weeks.map(({ week }) => week)} lines=${[{ name: t("Licenses that expire in the week"), kind: "bars", ink: "main", values: weeks.map(({ licenses }) => licenses) }]} />`;
  return html`<${ReportCard} title=${title} sentence=${sentence} plot=${plot} columns=${columns} rows=${rows} file="renewals-due.csv">
    <dl class="figures"><${Overdue} state="EXPIRED" name=${t("Expired, can still be renewed")} count=${expired} /><${Overdue} state="GRACE" name=${t("In their grace period")} count=${inGrace} /></dl><//>`;
}

function Overdue({ state, name, count }) {
  return html`<div><dt>${name}</dt><dd><span class="figure">${formatNumber(count)}</span> ${count > 0 && html`<${Link} to="/licenses" query=${{ state }}>${t("Show them")}<span class="hidden">: ${name}</span><//>`}</dd></div>`;
}

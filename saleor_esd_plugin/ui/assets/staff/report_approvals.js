// How long orders wait until somebody decides on them.
import { html } from "../core/dom.js";
import { Link } from "../core/router.js";
import { formatDay, formatHours, formatNumber, t } from "../core/words.js";
import { Empty } from "../parts/frame.js";
import { later } from "../parts/later.js";
import { ReportCard } from "./report_card.js";

const Plot = later(() => import("./plot.js").then((file) => file.Plot));
export const APPROVALS = `query ApprovalTimes { licenseApprovalReport { week decisions median ninetiethPercentile } }`;

// Hours, to two digits that say something: six minutes are 0.1.
const hours = (seconds) => (seconds === null ? null : Number((seconds / 3600).toFixed(seconds < 36_000 ? 2 : 0)));

export function ApprovalTimes({ data, title }) {
  const weeks = data.licenseApprovalReport;
  const last = weeks.filter(({ decisions }) => decisions).pop();
  if (!last) return html`<${Empty}><p>${t("Nobody decided on an order in the last 12 weeks.")}</p><${Link} class="button" to="/approvals">${t("Approvals")}<//><//>`;
  const sentence = t("In the week from {week}, half of the decisions came within {median} and nine of ten within {most}.", {
    week: formatDay(last.week, "long"), median: formatHours(hours(last.median)), most: formatHours(hours(last.ninetiethPercentile)),
  });
  const rows = weeks.map(({ week, decisions, median, ninetiethPercentile }) => [week, decisions, hours(median), hours(ninetiethPercentile)]);
  const columns = [[t("Week from"), formatDay], [t("Decisions"), formatNumber], [t("Half within, hours"), formatNumber], [t("Nine of ten within, hours"), formatNumber]];
  const lines = [
    { name: t("Half within, hours"), kind: "line", ink: "main", values: rows.map((row) => row[2]) },
    { name: t("Nine of ten within, hours"), kind: "dashes", ink: "bad", values: rows.map((row) => row[3]) },
  ];
  const plot = html`<${Plot} label=${sentence} days=${weeks.map(({ week }) => week)} lines=${lines} isWhole=${false} />`;
  return html`<${ReportCard} title=${title} sentence=${sentence} plot=${plot} columns=${columns} rows=${rows} file="approval-time.csv" />`;
}

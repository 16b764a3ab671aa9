// How many e-mails failed, week by week and kind by kind.
import { html } from "../core/dom.js";
import { Link } from "../core/router.js";
import { formatDay, formatNumber, t, tn } from "../core/words.js";
import { Empty } from "../parts/frame.js";
import { later } from "../parts/later.js";
import { aboutMail } from "../parts/mails.js";
import { ReportCard } from "./report_card.js";

const Plot = later(() => import("./plot.js").then((file) => file.Plot));
export const MAILS = `query MailsFailed { licenseDeliveryReport { week sent failed kinds { kind sent failed } } }`;

export function MailsFailed({ data, title }) {
  const weeks = data.licenseDeliveryReport;
  const sum = (name) => weeks.reduce((total, week) => total + week[name], 0);
  const failed = sum("failed");
  const all = failed + sum("sent");
  if (!all) return html`<${Empty}><p>${t("No e-mail left in the last 12 weeks.")}</p><//>`;
  const sentence = tn("{count} of {all} e-mails failed in the last 12 weeks.", "{count} of {all} e-mails failed in the last 12 weeks.", failed, { all });
  const rows = [...weeks].reverse().flatMap(({ week, kinds }) => kinds.map(({ kind, ...counts }) => [week, aboutMail(kind), counts.sent, counts.failed]));
  const columns = [[t("Week from"), formatDay], [t("About")], [t("Sent"), formatNumber], [t("Failed"), formatNumber]];
  const plot = html`<${Plot} label=${sentence} days=${weeks.map(({ week }) => week)} lines=${[{ name: t("E-mails that failed"), kind: "bars", ink: "bad", values: weeks.map((week) => week.failed) }]} />`;
  return html`<${ReportCard} title=${title} sentence=${sentence} plot=${plot} columns=${columns} rows=${rows} file="e-mails.csv">
    ${failed > 0 && html`<p><${Link} to="/emails" query=${{ status: "FAILED" }}>${t("Open the e-mail log")}<//></p>`}<//>`;
}

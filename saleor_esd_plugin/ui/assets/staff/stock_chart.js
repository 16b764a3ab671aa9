// The free keys of a pool: what they were on each day, how they go on at both rates of sale, and when it warns.
import { html } from "../core/dom.js";
import { formatDay, formatNumber, t } from "../core/words.js";
import { later } from "../parts/later.js";
import { ReportCard } from "./report_card.js";
import { forecastOf, runwayOf } from "./stock_figures.js";

const Plot = later(() => import("./plot.js").then((file) => file.Plot));
const DAY = 86_400_000;

const dayAfter = (day, count) => new Date(Date.parse(day) + count * DAY).toISOString().slice(0, 10);

export function StockChart({ pool }) {
  const { stockHistory: history, health, lowStockThreshold: threshold } = pool;
  const forecast = forecastOf(health);
  const today = history[history.length - 1];
  const days = [...history.map(({ day }) => day), ...forecast.map((_, place) => dayAfter(today.day, place + 1))];
  const padded = (values) => [...Array(history.length - 1).fill(null), today.available, ...values];
  const lines = [{ name: t("Free"), kind: "line", ink: "main", values: [...history.map(({ available }) => available), ...forecast.map(() => null)] }];
  if (forecast.length) lines.push({ name: t("At the slower rate"), kind: "dashes", ink: "main", values: padded(forecast.map(([, most]) => most)) }, { name: t("At the faster rate"), kind: "dots", ink: "main", values: padded(forecast.map(([least]) => least)) });
  if (threshold > 0) lines.push({ name: t("Warning"), kind: "dashes", ink: "bad", values: days.map(() => threshold) });
  const rows = [
    ...history.map(({ day, available, imported, sold }) => [day, available, imported, sold, null, null]),
    ...forecast.map(([least, most], place) => [dayAfter(today.day, place + 1), null, null, null, least, most]),
  ].reverse();
  const columns = [[t("Day"), formatDay], [t("Free"), formatNumber], [t("Added"), formatNumber], [t("Sold"), formatNumber], [t("At least"), formatNumber], [t("At most"), formatNumber]];
  const sentence = endsOn(health, today.day);
  const plot = html`<${Plot} label=${`${pool.name}: ${sentence}`} days=${days} lines=${lines} band=${forecast.length ? [1, 2] : null} />`;
  return html`<${ReportCard} title=${t("Free keys by day")} sentence=${sentence} plot=${plot} columns=${columns} rows=${rows} file="stock.csv" />`;
}

// When the last key goes, by what is sold now.
function endsOn(health, today) {
  if (!health.available) return t("No key is free.");
  if (health.runwayDays === null) return t("None was sold in 30 days, so nothing is forecast.");
  const [first, last] = runwayOf(health).map((days) => days !== null && formatDay(dayAfter(today, days), "long"));
  if (!last) return t("As they are sold now, the last key goes on {first} or later.", { first });
  return first === last ? t("As they are sold now, the last key goes about {first}.", { first }) : t("As they are sold now, the last key goes between {first} and {last}.", { first, last });
}

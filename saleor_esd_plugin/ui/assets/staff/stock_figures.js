// What the figures of a pool say: how it stands, how fast it is used, how long it lasts.
import { html } from "../core/dom.js";
import { formatNumber, t, tn } from "../core/words.js";
import { productOf } from "../parts/names.js";

export const HEALTH = "health { imported available reserved withheld taken quarantined revoked backordered soldLast7Days soldLast30Days runwayDays }";
export const SOLD_AS = "id name licensedVariant { productName variantName sku }";

const STATES = {
  ARCHIVED: ["info", "⊘", () => t("Archived")],
  GENERATED: ["info", "∞", () => t("Made as they are sold")],
  EMPTY: ["bad", "✕", () => t("Empty")],
  LOW: ["wait", "!", () => t("Low")],
  ENOUGH: ["good", "✓", () => t("Enough")],
};

function stateOf({ isArchived, isGenerated, lowStockAt, health }) {
  if (isArchived) return "ARCHIVED";
  if (isGenerated) return "GENERATED";
  if (!health.available) return "EMPTY";
  return lowStockAt ? "LOW" : "ENOUGH";
}

export function PoolState({ pool }) {
  const [kind, sign, word] = STATES[stateOf(pool)];
  return html`<span class="state ${kind}"><span aria-hidden="true">${sign}</span> ${word()}</span>`;
}

// Keys a day, at the faster of both rates: the one that `runwayDays` counts with.
const rateOf = ({ soldLast7Days, soldLast30Days }) => Math.max(soldLast7Days / 7, soldLast30Days / 30);

export function rateText(health) {
  const rate = rateOf(health);
  return rate ? t("{rate} a day", { rate: formatNumber(rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate)) }) : "—";
}

const slowerRateOf = ({ soldLast7Days, soldLast30Days }) => Math.min(soldLast7Days / 7, soldLast30Days / 30);

// [least, most] days that the free keys last, at the faster and the slower rate; `most` is null without end.
export function runwayOf(health) {
  const slower = slowerRateOf(health);
  return [health.runwayDays, slower ? Math.floor(health.available / slower) : null];
}

const DAYS_AHEAD = 30;

// [least, most] free keys at the end of each of the next days, at the faster and the slower rate; none without sales.
export function forecastOf(health) {
  const { available, runwayDays } = health;
  if (runwayDays === null || !available) return [];
  const left = (rate, days) => Math.max(0, Math.round(available - rate * days));
  return Array.from({ length: DAYS_AHEAD }, (_, place) => [rateOf(health), slowerRateOf(health)].map((rate) => left(rate, place + 1)));
}

// In a word or two, for the list.
export function runsOut({ isGenerated, health }) {
  if (isGenerated) return t("Never");
  if (!health.available) return health.imported || health.backordered ? t("Now") : "—";
  if (health.runwayDays === null) return t("Not sold lately");
  const [least, most] = runwayOf(health);
  if (most === null) return t("{least} days or more", { least });
  return most > least ? t("{least} to {most} days", { least, most }) : tn("About {count} day", "About {count} days", least);
}

// In sentences, for the page of the pool.
export function inWords({ isGenerated, health }) {
  const { available, backordered, runwayDays } = health;
  const said = [isGenerated ? t("Its keys are made as they are sold: it never runs out.") : tn("{count} key left.", "{count} keys left.", available)];
  if (!isGenerated && available) said.push(runwayDays === null ? t("None was sold in 30 days.") : lasts(health));
  if (backordered) said.push(waiting(backordered));
  return said.join(" ");
}

function lasts(health) {
  const [least, most] = runwayOf(health);
  const said = tn("At {rate} they last about {count} day.", "At {rate} they last about {count} days.", least, { rate: rateText(health) });
  if (most === null || most === least) return said;
  return `${said} ${tn("At the slower of the rates of 7 and of 30 days it is {count} day.", "At the slower of the rates of 7 and of 30 days it is {count} days.", most)}`;
}

export const waiting = (backordered) => tn("{count} license waits for a key.", "{count} licenses wait for keys.", backordered);

// The product that a policy sells; staff's own name for it once that is deleted.
export const soldAs = ({ name, licensedVariant }) => (licensedVariant ? productOf(licensedVariant) : name || "—");

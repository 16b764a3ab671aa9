// The words of the chosen language. A text stands in English where it is used; values stand in braces.
import { settings } from "./settings.js";
import { remembered, remember } from "./memory.js";

let words = { language: "en", messages: {}, plurals: [] };

export const language = () => words.language;

export async function loadWords(wanted = remembered("language") || settings.language) {
  const known = settings.languages.includes(wanted) ? wanted : settings.language;
  const answer = await fetch(`${settings.words}${known}.json`, { credentials: "omit" });
  if (answer.ok) words = await answer.json();
  document.documentElement.lang = words.language;
}

export async function chooseLanguage(wanted) {
  remember("language", wanted);
  await loadWords(wanted);
}

export function t(text, values) {
  return filled(words.messages[text] || text, values);
}

export function tn(one, many, count, values) {
  const forms = words.messages[one] || [one, many];
  const place = count < 100 ? count : 100 + (count % 100);
  const form = forms[words.plurals[place] ?? Number(count !== 1)] || forms[0];
  return filled(form, { count, ...values });
}

function filled(text, values = {}) {
  const written = (value) => (typeof value === "number" ? formatNumber(value) : value);
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? written(values[name]) : whole));
}

// Regions in which the languages are read: dates of "es" as in Uruguay, not as in the United States.
const locale = () => ({ es: "es-UY", "pt-br": "pt-BR" })[words.language] || words.language;

export const formatNumber = (number) => new Intl.NumberFormat(locale()).format(number);

export const formatMoney = ({ amount, currency }) =>
  new Intl.NumberFormat(locale(), { style: "currency", currency }).format(amount);

// An ISO 8601 duration such as "P1Y6M": "1 year 6 months".
export function formatLength(duration) {
  const units = { Y: "year", M: "month", W: "week", D: "day" };
  const written = ([, number, unit]) => new Intl.NumberFormat(locale(), { style: "unit", unit: units[unit], unitDisplay: "long" }).format(number);
  return [...duration.matchAll(/(\d+)([YMWD])/g)].map(written).join(" ");
}

export const formatDate = (instant) =>
  new Intl.DateTimeFormat(locale(), { dateStyle: "medium" }).format(new Date(instant));

// A day such as "2026-11-30", which is one of UTC: "Nov 30"; in sentences "November 30", as short months end with a dot in some languages.
export const formatDay = (day, month = "short") => new Intl.DateTimeFormat(locale(), { day: "numeric", month, timeZone: "UTC" }).format(new Date(day));

export const formatHours = (hours) => new Intl.NumberFormat(locale(), { style: "unit", unit: "hour", unitDisplay: "long" }).format(hours);

export const formatTime = (instant) =>
  new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(instant));

export const formatClock = (instant) =>
  new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(instant));

// What the units of a renewal line renew: each license with its expiry before and after, or why it has no other yet.
import { html } from "../core/dom.js";
import { Link } from "../core/router.js";
import { formatDate, t } from "../core/words.js";
import { lastGroups, productOf } from "./names.js";

export const RENEWALS =
  "isRenewal renewals { license { id keyMask productName variantName sku licenseOrder { id } } problem renewedAt expiresBefore expiresAfter }";

const PROBLEMS = {
  CANCELLED: () => t("It was cancelled or returned."),
  LAPSED: () => t("It expired so long ago that it cannot be renewed."),
  NOT_BEGUN: () => t("Its term has not begun."),
  PERPETUAL: () => t("It never expires."),
  SHORT_TERM: () => t("It expired longer ago than what was bought lasts."),
  OTHER_ACCOUNT: () => t("It is of another account."),
};

// `at` is where the orders of the licenses stand; who may name licenses gives `onName`, which gets a line with units to renew.
export function Renewals({ lines, at, onName }) {
  return lines.filter(({ isRenewal, availability }) => isRenewal && availability.of > 0).map((line) => html`<${Card} key=${line.id} line=${line} at=${at} onName=${onName} />`);
}

function Card({ line, at, onName }) {
  const { renewals, availability } = line;
  const unnamed = availability.of - renewals.length;
  return html`<section class="card"><header><h2>${productOf(line)}</h2>
      <span class="push muted">${t("{available} of {of} renewed", availability)}</span></header>
    ${renewals.length > 0 && html`<table><thead><tr><th scope="col">${t("Key")}</th><th scope="col">${t("Product")}</th><th scope="col">${t("Valid until")}</th></tr></thead>
      <tbody>${renewals.map((renewal) => html`<${Row} renewal=${renewal} at=${at} />`)}</tbody></table>`}
    ${unnamed > 0 && html`<p class="body muted">${t("{count} without a license to renew yet", { count: unnamed })}</p>`}
    ${onName && availability.available < availability.of && html`<p class="body"><button onClick=${() => onName(line)}>${t("Name licenses…")}</button></p>`}</section>`;
}

function Row({ renewal, at }) {
  const { license } = renewal;
  const mask = html`<code class="mask">${lastGroups(license?.keyMask)}</code>`;
  return html`<tr>
    <td data-label=${t("Key")}>${license?.licenseOrder ? html`<${Link} to=${at + encodeURIComponent(license.licenseOrder.id)}>${mask}<//>` : mask}</td>
    <td data-label=${t("Product")}>${license ? productOf(license) : t("A license of another account")}</td>
    <td data-label=${t("Valid until")}><${Ends} renewal=${renewal} /></td></tr>`;
}

function Ends({ renewal: { problem, renewedAt, expiresBefore, expiresAfter } }) {
  if (renewedAt) return html`<span>${formatDate(expiresBefore)} → <strong>${formatDate(expiresAfter)}</strong></span>`;
  if (!problem) return html`<span class="state wait"><span aria-hidden="true">◔</span> ${t("Not renewed yet")}</span>`;
  return html`<span class="state wait"><span aria-hidden="true">!</span> ${t("Cannot be renewed")}</span><br /><small>${PROBLEMS[problem]()}</small>`;
}

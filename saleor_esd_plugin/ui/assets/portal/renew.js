// What renewing a license gives and costs, and the way to the shop's page for it (P12).
import { html, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { settings } from "../core/settings.js";
import { formatDate, formatLength, formatMoney, t, tn } from "../core/words.js";
import { Dialog } from "../parts/dialog.js";
import { NotYet } from "../parts/frame.js";
import { lastGroups, productOf } from "../parts/names.js";

const QUOTE = `query Quote($license: ID!) { licenseRenewalQuote(license: $license) {
  expiresAt lapsedDays price { amount currency } offers { term expiresAt price { amount currency } } } }`;

const isRenewable = ({ fulfillment, lifecycle, expiresAt }) =>
  ["RELEASED", "ASSIGNED"].includes(fulfillment) && ["ACTIVE", "GRACE", "EXPIRED"].includes(lifecycle) && expiresAt;

// Without a page of the shop it tells what it costs, and whom to ask.
export function Renew({ license }) {
  const [isOpen, setOpen] = useState(false);
  if (!isRenewable(license)) return null;
  return html`<br /><button class="quiet" onClick=${() => setOpen(true)}>${settings.renewalAddress ? t("Renew…") : t("Cost of renewing")}<span class="hidden"> ${license.keyMask}</span></button>
    ${isOpen && html`<${RenewDialog} license=${license} onClose=${() => setOpen(false)} />`}`;
}

function RenewDialog({ license, onClose }) {
  const { data, error, reload } = useAsk(QUOTE, { license: license.id });
  const quote = data?.licenseRenewalQuote;
  const day = formatDate(license.expiresAt);
  return html`<${Dialog} title=${t("Renew {product}", { product: productOf(license) })} onClose=${onClose}><div class="body">
    <p class="dotted"><span><code class="mask">${lastGroups(license.keyMask)}</code></span><span>${license.lifecycle === "ACTIVE" ? t("until {day}", { day }) : t("expired on {day}", { day })}</span></p>
    ${quote ? html`<${Offers} quote=${quote} />` : html`<${NotYet} error=${error} onRetry=${reload} />`}
    ${settings.renewalAddress ? html`<p class="actions"><a class="button primary" href=${addressFor(license)}>${t("Renew in the shop")}</a></p>`
      : html`<p>${t("To renew it, ask the shop.")}</p>`}</div><//>`;
}

// What the shop sells for it; if that is nothing, another term and the price of the license itself.
function Offers({ quote }) {
  const offers = quote.offers.length ? quote.offers : [quote];
  return html`<dl class="facts">${offers.map(({ term, expiresAt, price }) => html`<dt>${term ? formatLength(term) : t("Another term")}</dt>
      <dd class="dotted">${price && html`<strong>${formatMoney(price)}</strong>`}<span>${t("until {day}", { day: formatDate(expiresAt) })}</span></dd>`)}</dl>
    ${quote.lapsedDays > 0 && html`<p class="muted">${tn("{count} day of it is over already.", "{count} days of it are over already.", quote.lapsedDays)}</p>`}`;
}

const addressFor = ({ id }) => settings.renewalAddress.replace("{license}", encodeURIComponent(id));

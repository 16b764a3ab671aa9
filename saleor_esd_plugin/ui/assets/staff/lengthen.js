// Renewing licenses by terms of their policies: all of them or none (P12). For a single one it tells until when that lasts.
import { html, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { useAsk } from "../core/load.js";
import { formatDate, formatMoney, t, tn } from "../core/words.js";
import { Choice } from "../parts/choice.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/fields.js";
import { useForm } from "../parts/form.js";
import { lastGroups } from "../parts/names.js";
import { say } from "../parts/toast.js";
import { Refusal } from "./license_refusal.js";

const QUOTE = `query QuoteOfTerms($license: ID!, $terms: Int) { licenseRenewalQuote(license: $license, terms: $terms) { expiresAt lapsedDays price { amount currency } } }`;
const RENEW = `mutation Renew($input: LicenseRenewInput!) { licenseRenew(input: $input) { licenses { id } ${ERRORS} } }`;
const MOST = 10;

export function Lengthen({ licenses, onDone, onClose, children }) {
  const [terms, setTerms] = useState(1);
  const [reason, setReason] = useState("");
  const input = () => ({ licenses: licenses.map(({ id }) => id), terms, reason });
  const { errors, isBusy, send, told } = useForm(RENEW, ["terms", "reason", "licenses"], input, () => {
    say(tn("{count} license renewed.", "{count} licenses renewed.", licenses.length));
    onDone();
  });
  const close = () => onClose(Boolean(errors.licenses));
  const needed = errors.terms?.params.terms;

  return html`<${Dialog} title=${tn("Renew {count} license?", "Renew {count} licenses?", licenses.length)} onClose=${close}><form onSubmit=${send}>
    ${told}<${Refusal} error=${errors.licenses} licenses=${licenses} />
    ${children}
    <${Choice} label=${t("Terms")} value=${String(terms)} onChoose=${(value) => setTerms(Number(value))}
      options=${Array.from({ length: MOST }, (_, index) => [String(index + 1), tn("{count} term", "{count} terms", index + 1)])}
      error=${errors.terms && (needed ? t("So few would be over already. Renew by {terms} terms.", { terms: needed }) : errors.terms.text)} />
    ${licenses.length === 1 && html`<${Quote} license=${licenses[0]} terms=${terms} />`}
    <${Field} label=${t("Reason")} required maxlength="500" value=${reason} onInput=${(event) => setReason(event.target.value)} hint=${t("Members of the account may read it.")} error=${errors.reason?.text} />
    <div class="actions"><button class="primary" aria-disabled=${isBusy}>${t("Renew")}</button><button type="button" onClick=${close}>${t("Back")}</button></div></form><//>`;
}

function Quote({ license, terms }) {
  const { data, error } = useAsk(QUOTE, { license: license.id, terms });
  const quote = data?.licenseRenewalQuote;
  return html`<p><code class="mask">${lastGroups(license.keyMask)}</code></p>
    <p class="dotted" aria-live="polite">${error ? html`<span class="wrong">${error.message}</span>` : quote && html`<span>${formatDate(license.expiresAt)} → <strong>${quote.expiresAt ? formatDate(quote.expiresAt) : "—"}</strong></span>
      ${quote.price && html`<span>${formatMoney(quote.price)}</span>`}
      ${quote.lapsedDays > 0 && html`<span>${tn("{count} day of it is over already.", "{count} days of it are over already.", quote.lapsedDays)}</span>`}`}</p>`;
}

// One license: where it stands and why, whose it is, how long it lasts, what happened and what will.
import { html } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { Link } from "../core/router.js";
import { formatDate, formatTime, language, t } from "../core/words.js";
import { Empty, NotYet, Trouble, useTitle } from "../parts/frame.js";
import { later } from "../parts/later.js";
import { lastGroups, productOf } from "../parts/names.js";
import { Recall } from "../parts/recall.js";
import { Resend } from "../parts/resend.js";
import { LicenseState, waitsFor } from "../parts/state.js";
import { Timeline, TIMELINE, WANTED } from "../parts/timeline.js";
import { Actions } from "./license_actions.js";
import { Dates } from "./license_dates.js";
import { wordOfCause } from "./license_filter.js";
import { whyRed } from "./license_why.js";

const LICENSE = `query License($id: ID!, $language: String) {
  license(id: $id) { id keyMask fulfillment lifecycle waitingFor suspensionCauses suspendedAt suspendedUntil reason stateReason { text(language: $language) note }
    startsAt expiresAt graceUntil retainedUntil isRevealed productName variantName sku account { id name } endCustomer { id code name email }
    licenseOrder { id number buyerEmail purchaseOrderReference } timeline { at kind isPast } } }`;
const Give = later(() => import("./give.js").then((file) => file.Give));
const Reveal = later(() => import("./reveal.js").then((file) => file.Reveal));
const TakeAway = later(() => import("./take_away.js").then((file) => file.TakeAway));
const HAPPENED = `query Happened(${WANTED}) { ${TIMELINE} }`;

// `list` is how the list was left.
export function License({ id, list, onSignedOut }) {
  const { data, error, reload } = useAsk(LICENSE, { id, language: language() }, { every: 60, onSignedOut });
  const license = data?.license;
  useTitle(license ? lastGroups(license.keyMask) : t("Licenses"));
  const back = html`<p><${Link} to="/licenses" query=${list}>‹ ${t("Licenses")}<//></p>`;
  if (!data) return html`<${NotYet} error=${error} onRetry=${reload} />`;
  if (!license) return html`${back}<${Empty}><h1>${t("Not found")}</h1><p>${t("There is no such license, or you may not see it.")}</p><//>`;
  return html`${back}
    <div class="head"><h1><code class="mask">${lastGroups(license.keyMask)}</code> <${LicenseState} license=${license} /></h1>
      <div class="actions"><${Actions} licenses=${[license]} isOne onDone=${reload} onRefused=${reload} /></div></div>
    <p class="muted">${productOf(license)}</p>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    <${Band} license=${license} />
    <div class="split"><${Facts} license=${license} onDone=${reload} />
      <section class="card"><header><h2>${t("Dates")}</h2></header><div class="body"><${Dates} entries=${license.timeline || []} /></div></section></div>
    <${Happened} key=${[license.lifecycle, license.expiresAt, license.endCustomer?.id].join()} license=${license} />`;
}

function Band({ license }) {
  const { lifecycle, suspensionCauses: causes, suspendedAt, suspendedUntil, timeline } = license;
  const told = whyRed(license);
  const ended = (timeline || []).find(({ kind }) => kind === "END")?.at;
  const more = [
    lifecycle === "SUSPENDED" && causes.includes("STAFF") && wordOfCause("STAFF"),
    suspendedAt && t("since {when}", { when: formatTime(suspendedAt) }),
    suspendedUntil && t("until {day}", { day: formatDate(suspendedUntil) }),
    ended && t("on {day}", { day: formatTime(ended) }),
  ].filter(Boolean);
  if (!["SUSPENDED", "CANCELLED"].includes(lifecycle)) return null;
  return html`<div class="band bad"><${LicenseState} license=${license} />${told.map((text) => html`<span>${text}</span>`)}
    ${more.length > 0 && html`<span class="dotted">${more.map((text) => html`<span>${text}</span>`)}</span>`}</div>`;
}

function Facts({ license, onDone }) {
  const { licenseOrder: order, account, endCustomer, startsAt, expiresAt, graceUntil, retainedUntil, waitingFor } = license;
  const isIssued = ["RELEASED", "ASSIGNED"].includes(license.fulfillment);
  const isUsable = isIssued && ["PENDING", "ACTIVE", "GRACE"].includes(license.lifecycle);
  const day = (moment) => (moment ? formatDate(moment) : "—");
  return html`<section class="card"><header><h2>${t("License")}</h2></header>
    ${isIssued && html`<p class="body links">${isUsable && html`<${Reveal} license=${license} onDone=${onDone} />${account && html`<${Give} license=${license} onDone=${onDone} />`}
      ${endCustomer && html`<${Resend} license=${license} onDone=${onDone} /><${Recall} license=${license} onDone=${onDone} />`}`}<${TakeAway} license=${license} onDone=${onDone} /></p>`}<dl class="facts body">
    <dt>${t("Product")}</dt><dd>${productOf(license)} <small>${license.sku}</small></dd>
    <dt>${t("Order")}</dt><dd><${Link} to=${`/orders/${encodeURIComponent(order.id)}`}>${order.number}<//> <small>${order.purchaseOrderReference}</small></dd>
    <dt>${t("Account")}</dt><dd>${account ? html`<${Link} to=${`/customers/${encodeURIComponent(account.id)}`}>${account.name}<//>` : order.buyerEmail || "—"}</dd>
    <dt>${t("End customer")}</dt><dd>${endCustomer ? html`${endCustomer.code} ${endCustomer.name} <small>${endCustomer.email}</small>` : "—"}</dd>
    <dt>${t("Valid from")}</dt><dd>${day(startsAt)}</dd>
    <dt>${t("Valid until")}</dt><dd>${expiresAt ? day(expiresAt) : t("without end")}</dd>
    ${expiresAt && html`<dt>${t("Usable until")}</dt><dd>${day(graceUntil)}</dd><dt>${t("Renewable until")}</dt><dd>${day(retainedUntil)}</dd>`}
    ${waitingFor.length > 0 && html`<dt>${t("Waits for")}</dt><dd>${waitingFor.map(waitsFor).join(", ")}</dd>`}
    <dt>${t("Key read or mailed")}</dt><dd>${license.isRevealed ? t("Yes") : t("No")}</dd></dl></section>`;
}

// Events are of orders; of the e-mails it tells those about this license.
function Happened({ license }) {
  const wanted = { happened: { order: license.licenseOrder.id }, mailed: { license: license.id, status: ["QUEUED", "SENT", "FAILED"] } };
  const { data, error, reload } = useAsk(HAPPENED, wanted, { every: 30 });
  return data ? html`<${Timeline} first=${data} wanted=${wanted} title=${t("What happened to its order")} />
    <p><${Link} to="/events" query=${{ license: license.id }}>${t("Events of this license alone")}<//></p>` : html`<${NotYet} error=${error} onRetry=${reload} />`;
}

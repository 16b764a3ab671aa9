// What waits, what is low, what failed: one look in the morning.
import { html } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { Link } from "../core/router.js";
import { formatTime, t, tn } from "../core/words.js";
import { NotYet, useTitle } from "../parts/frame.js";
import { waitsFor } from "../parts/state.js";

// In two requests, as each part takes a permission of its own.
const ORDERS = `query Waiting { licenseHealth { isActive isUnlocked isSweepLate problems mailsFailingSince waitingOrders { reason orders } }
  licenseOrders(filter: {waitingFor: [APPROVAL]}, first: 1) { totalCount edges { node { id number orderedAt } } }
  licenseDeliveries(filter: {status: [FAILED]}, first: 1) { totalCount } }`;
const POOLS = `query Low { licenseKeyPools(filter: {lowStock: true, isArchived: false}, first: 5) { totalCount edges { node { id name health { available } } } } }`;

export function Overview({ onSignedOut }) {
  useTitle(t("Overview"));
  const { data, error, reload } = useAsk(ORDERS, {}, { every: 30, onSignedOut });
  const pools = useAsk(POOLS, {}, { every: 60 });
  if (!data) return html`<${NotYet} error=${error} onRetry=${reload} />`;
  const { licenseHealth: health, licenseOrders: orders, licenseDeliveries: mails } = data;
  const oldest = orders.edges[0]?.node;
  const low = pools.data?.licenseKeyPools;
  const others = health.waitingOrders.filter(({ reason }) => reason !== "APPROVAL");

  return html`<h1>${t("Overview")}</h1>
    <${Problems} health=${health} />
    <div class="tiles">
      <section class="card"><header><h2>${t("To approve")}</h2></header><div class="body">
        <p class="figure">${tn("{count} order", "{count} orders", orders.totalCount)}</p>
        ${oldest ? html`<p class="muted">${t("The oldest since {when}", { when: formatTime(oldest.orderedAt) })}</p>` : html`<p class="muted">${t("Nothing waits for approval.")}</p>`}
        <p><${Link} class="button primary" to="/approvals">${t("Review")}<//></p></div></section>
      ${low && html`<section class="card"><header><h2>${t("Low stock")}</h2></header><div class="body">
        <p class="figure">${tn("{count} pool", "{count} pools", low.totalCount)}</p>
        ${low.edges.map(({ node }) => html`<p key=${node.id}>${node.name}: ${tn("{count} key left", "{count} keys left", node.health.available)}</p>`)}
        <p><${Link} class="button" to="/stock" query=${low.totalCount ? { shown: "low" } : {}}>${t("Stock")}<//></p>
        ${!low.totalCount && html`<p class="muted">${t("All pools have enough keys.")}</p>`}</div></section>`}
      <section class="card"><header><h2>${t("Licenses")}</h2></header><div class="body">
        <p><${Link} to="/licenses" query=${{ expires: "30" }}>${t("Expire in the next {count} days", { count: 30 })}<//></p>
        <p><${Link} to="/licenses" query=${{ state: "SUSPENDED" }}>${t("Suspended")}<//></p></div></section>
      <section class="card"><header><h2>${t("E-mails that failed")}</h2></header><div class="body">
        <p class="figure">${tn("{count} e-mail", "{count} e-mails", mails.totalCount)}</p>
        <p><${Link} class="button" to="/emails" query=${mails.totalCount ? { status: "FAILED" } : {}}>${t("E-mails")}<//></p></div></section>
      <section class="card"><header><h2>${t("Waiting for something else")}</h2></header><div class="body">
        ${others.map(({ reason, orders: count }) => html`<p key=${reason}>${waitsFor(reason)}: ${tn("{count} order", "{count} orders", count)}</p>`)}
        ${!others.length && html`<p class="muted">${t("Nothing.")}</p>`}</div></section>
    </div>`;
}

// What it means for the work, in the reader's language; and the sentences for those who run the shop, which name settings.
function Problems({ health }) {
  const found = [
    !health.isActive && t("The plugin is switched off: nothing is recorded, released or mailed."),
    !health.isUnlocked && t("The key ring is missing: orders are recorded, but no key is handed out."),
    health.isSweepLate && t("No sweep came to its end in the last five minutes. Is the scheduler running?"),
    health.mailsFailingSince && t("No e-mail leaves since {when}.", { when: formatTime(health.mailsFailingSince) }),
  ].filter(Boolean);
  return html`${found.map((text) => html`<p class="band bad" key=${text}>${text}</p>`)}
    ${health.problems.length > 0 && html`<details class="card" open=${!found.length}><summary>${t("For whoever runs the shop")}</summary>
      <ul class="body">${health.problems.map((problem) => html`<li key=${problem}>${problem}</li>`)}</ul></details>`}
    ${(found.length > 0 || health.problems.length > 0) && html`<p><${Link} to="/health">${t("What to do")}<//></p>`}`;
}

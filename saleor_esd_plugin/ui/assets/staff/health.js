// Whether everything works, and for what does not: what it means for the work, and what to do.
import { html } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { Link } from "../core/router.js";
import { formatTime, t, tn } from "../core/words.js";
import { NotYet, Trouble, useTitle } from "../parts/frame.js";
import { waitsFor } from "../parts/state.js";

const HEALTH = `query Health { licenseHealth { isActive isUnlocked sweptAt isSweepLate failingSteps { step since times error }
  mailsFailingSince brokerAnswers brokerDownSince waitingOrders { reason orders } problems version } }`;

export function HealthPage({ onSignedOut }) {
  useTitle(t("Health"));
  const { data, error, reload } = useAsk(HEALTH, {}, { every: 30, onSignedOut });
  if (!data) return html`<${NotYet} error=${error} onRetry=${reload} />`;
  const health = data.licenseHealth;
  return html`<h1>${t("Health")}</h1>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    <div role="status">${!health.problems.length && html`<p class="band good"><span aria-hidden="true">✓</span> ${t("Everything works.")}</p>`}</div>
    <section class="card"><ul class="checks">${checksOf(health).map((check) => html`<${Check} key=${check.name} ...${check} />`)}</ul></section>
    ${health.problems.length > 0 && html`<section class="card"><header><h2>${t("For whoever runs the shop")}</h2></header><ul>${health.problems.map((problem) => html`<li class="text" key=${problem}>${problem}</li>`)}</ul></section>`}
    <section class="card"><header><h2>${t("Orders that wait")}</h2></header><div class="body list">
      ${health.waitingOrders.map(({ reason, orders }) => html`<p key=${reason}>${waitsFor(reason)}: ${tn("{count} order", "{count} orders", orders)}</p>`)}
      ${health.waitingOrders.length ? html`<p><${Link} to="/approvals">${t("Approvals")}<//></p>` : html`<p class="muted">${t("Nothing.")}</p>`}</div></section>`;
}

// `isWell`: null if it does not concern this shop.
function checksOf(health) {
  const { isActive, isUnlocked, sweptAt, isSweepLate, failingSteps, mailsFailingSince, brokerAnswers, brokerDownSince } = health;
  return [
    { name: t("Plugin"), isWell: isActive, told: isActive ? `${t("Switched on")} · ${t("Version {version}", health)}` : t("Switched off: nothing is recorded, released or mailed."), todo: t("Switch it on in Saleor, under Plugins.") },
    { name: t("Key ring"), isWell: isUnlocked, told: isUnlocked ? t("Keys can be opened") : t("Orders are recorded, but no key is handed out."), todo: t("Whoever runs the shop sets the key ring again: the sentences below name what is missing.") },
    { name: t("Sweep"), isWell: !isSweepLate, told: sweptAt ? t("Last at {when}", { when: formatTime(sweptAt) }) : t("It has never run."), todo: t("What was missed stays missed. Start the scheduler and a worker, or run esd_reconcile from cron each minute.") },
    ...failingSteps.map(({ step, since, times, error }) => ({ name: t("Step {step} of the sweep", { step }), isWell: false, told: tn("Failed {count} time since {when}: {error}", "Failed {count} times since {when}: {error}", times, { when: formatTime(since), error }), todo: t("The log of the workers says where. It is tried again each minute.") })),
    { name: t("E-mails"), isWell: !mailsFailingSince, told: mailsFailingSince ? t("None leaves since {when}.", { when: formatTime(mailsFailingSince) }) : t("They leave"), todo: t("Look at the mail server's address and password (EMAIL_URL). What waits leaves by itself then."), to: "/emails" },
    { name: t("Broker"), isWell: brokerAnswers, told: brokerAnswers === null ? t("There is none: tasks run within requests.") : brokerAnswers ? t("It answers") : brokerDownSince ? t("It does not answer since {when}.", { when: formatTime(brokerDownSince) }) : t("It does not answer."), todo: t("Workers are not woken: things happen once a minute. Start the broker (CELERY_BROKER_URL) again.") },
  ];
}

function Check({ name, isWell, told, todo, to }) {
  const [kind, sign, word] = isWell === false ? ["bad", "✕", t("To mend")] : isWell ? ["good", "✓", t("Good")] : ["info", "–", t("Not in use")];
  return html`<li><p><strong>${name}</strong> <span class="state ${kind}"><span aria-hidden="true">${sign}</span> ${word}</span></p><p>${told}</p>
    ${isWell === false && html`<p class="muted">${t("What to do:")} ${todo}</p>`}${isWell === false && to && html`<p><${Link} to=${to}>${name}<//></p>`}</li>`;
}

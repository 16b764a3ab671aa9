// One e-mail: what became of it, how it would read now, and sending it again.
import { html } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { useAsk } from "../core/load.js";
import { Link } from "../core/router.js";
import { formatTime, t } from "../core/words.js";
import { useForm } from "../parts/form.js";
import { Empty, NotYet, useTitle } from "../parts/frame.js";
import { aboutMail, MailState } from "../parts/mails.js";
import { languageName, lastGroups, productOf } from "../parts/names.js";
import { Resend } from "../parts/resend.js";
import { say } from "../parts/toast.js";

const EMAIL = `query Email($id: ID!) { licenseDelivery(id: $id) { id kind recipient language status attempts error createdAt sentAt
    licenseOrder { id number } licenses { id keyMask productName variantName sku endCustomer { id name email } } } }`;
// In a request of its own, as it takes a permission of its own.
const PREVIEW = `query Preview($id: ID!) { licenseDeliveryPreview(id: $id) { subject text problem } }`;
const RETRY = `mutation RetryDelivery($input: LicenseDeliveryRetryInput!) { licenseDeliveryRetry(input: $input) { delivery { id } ${ERRORS} } }`;
// These are asked for anew by license.
const WITH_KEYS = ["LICENSE_KEYS", "LICENSE_ASSIGNED"];

// `list` is how the log was left.
export function Email({ id, list, onSignedOut }) {
  const { data, error, reload } = useAsk(EMAIL, { id }, { every: 15, onSignedOut });
  const mail = data?.licenseDelivery;
  useTitle(mail ? aboutMail(mail.kind) : t("E-mails"));
  const back = html`<p><${Link} to="/emails" query=${list}>‹ ${t("E-mails")}<//></p>`;
  if (!data) return html`<${NotYet} error=${error} onRetry=${reload} />`;
  if (!mail) return html`${back}<${Empty}><h1>${t("Not found")}</h1><p>${t("There is no such e-mail, or you may not see it.")}</p><//>`;
  return html`${back}<div class="head"><h1>${aboutMail(mail.kind)} ${mail.status !== "SUPPRESSED" && html`<${MailState} mail=${mail} />`}</h1>
      ${mail.status === "FAILED" && html`<${Retry} mail=${mail} onDone=${reload} />`}</div>
    ${mail.error && html`<p class="band ${mail.status === "FAILED" ? "bad" : "wait"}">${mail.error}</p>`}
    <div class="split"><${Preview} id=${id} isSent=${mail.status === "SENT"} />
      <aside><${Facts} mail=${mail} /><${Licenses} mail=${mail} onDone=${reload} /></aside></div>`;
}

function Retry({ mail, onDone }) {
  const { isBusy, send, told } = useForm(RETRY, [], () => ({ id: mail.id }), () => {
    say(t("An e-mail goes to {email}.", { email: mail.recipient }));
    onDone();
  }, onDone);
  return html`<div class="actions">${told}<button class="primary" aria-disabled=${isBusy} onClick=${send}>${t("Try again")}</button></div>`;
}

function Preview({ id, isSent }) {
  const { data, error, reload } = useAsk(PREVIEW, { id });
  const preview = data?.licenseDeliveryPreview;
  return html`<section class="card"><header><h2>${preview?.subject || t("Preview")}</h2></header><div class="body list">
    <p class="muted">${isSent ? t("Its text is not kept: so it would read now. Keys are masked.") : t("So it would read now. Keys are masked.")}</p>
    ${!preview && html`<${NotYet} error=${error} onRetry=${reload} />`}
    ${preview?.problem && html`<p class="band wait">${t("It would not leave now: {why}", { why: preview.problem })}</p>`}
    ${preview?.text && html`<p class="text">${preview.text}</p>`}</div></section>`;
}

function Facts({ mail }) {
  const { recipient, language, attempts, createdAt, sentAt, licenseOrder: order } = mail;
  return html`<section class="card"><header><h2>${t("E-mail")}</h2></header><dl class="facts body">
    <dt>${t("To")}</dt><dd>${recipient}</dd>
    ${order && html`<dt>${t("Order")}</dt><dd><${Link} to=${`/orders/${encodeURIComponent(order.id)}`}>${order.number}<//></dd>`}
    <dt>${t("Language")}</dt><dd>${languageName(language)}</dd>
    <dt>${t("Made")}</dt><dd>${formatTime(createdAt)}</dd>
    ${sentAt && html`<dt>${t("Sent")}</dt><dd>${formatTime(sentAt)}</dd>`}
    <dt>${t("Attempts")}</dt><dd>${attempts}</dd></dl></section>`;
}

function Licenses({ mail, onDone }) {
  if (!mail.licenses.length) return null;
  const isResent = WITH_KEYS.includes(mail.kind) && mail.status !== "QUEUED";
  return html`<section class="card"><header><h2>${t("Licenses")}</h2></header><div class="body list">
    ${mail.licenses.map((license) => html`<p key=${license.id}><${Link} to=${`/licenses/${encodeURIComponent(license.id)}`}><code class="mask">${lastGroups(license.keyMask)}</code><//> ${productOf(license)}
      ${isResent && license.endCustomer && html`<br /><${Resend} license=${license} onDone=${onDone} />`}</p>`)}</div></section>`;
}

// Suspending, reinstating and cancelling licenses: all of them or none, for a reason that the customer reads (P08-P11).
import { html, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { useAsk } from "../core/load.js";
import { t, tn } from "../core/words.js";
import { Choice } from "../parts/choice.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/fields.js";
import { useForm } from "../parts/form.js";
import { NotYet } from "../parts/frame.js";
import { lastGroups } from "../parts/names.js";
import { say } from "../parts/toast.js";
import { textOfReason } from "./license_filter.js";
import { Refusal } from "./license_refusal.js";
import { useTypedEnd } from "./typed_end.js";

const REASONS = `query ReasonsFor($action: LicenseReasonAction) { licenseReasons(action: $action, isArchived: false) { code needsNote texts { language text } } }`;
const ANSWER = `{ licenses { id } ${ERRORS} }`;
const KINDS = {
  SUSPEND: {
    document: `mutation Suspend($input: LicenseSuspendInput!) { licenseSuspend(input: $input) ${ANSWER} }`,
    title: (count) => tn("Suspend {count} license?", "Suspend {count} licenses?", count),
    button: () => t("Suspend"),
    done: (count) => tn("{count} license suspended.", "{count} licenses suspended.", count),
  },
  REINSTATE: {
    document: `mutation Reinstate($input: LicenseReinstateInput!) { licenseReinstate(input: $input) ${ANSWER} }`,
    title: (count) => tn("Reinstate {count} license?", "Reinstate {count} licenses?", count),
    button: () => t("Reinstate"),
    done: (count) => tn("{count} license reinstated.", "{count} licenses reinstated.", count),
  },
  CANCEL: {
    document: `mutation Cancel($input: LicenseCancelInput!) { licenseCancel(input: $input) ${ANSWER} }`,
    title: (count) => tn("Cancel {count} license for good?", "Cancel {count} licenses for good?", count),
    button: () => t("Cancel for good"),
    done: (count) => tn("{count} license cancelled.", "{count} licenses cancelled.", count),
  },
};
export function GiveReason({ action, licenses, onDone, onClose, children }) {
  const kind = KINDS[action];
  const { data, error, reload } = useAsk(REASONS, { action });
  const [code, setCode] = useState("");
  const [note, setNote] = useState("");
  const [until, setUntil] = useState("");
  const [tells, setTells] = useState(false);
  const input = () => ({
    licenses: licenses.map(({ id }) => id),
    reason: code,
    notifyEndCustomers: tells,
    ...(note && { note }),
    // Until that day is over, where whoever chooses it is.
    ...(until && { until: new Date(`${until}T23:59:59`).toISOString() }),
  });
  const { errors, isBusy, send, told } = useForm(kind.document, ["reason", "note", "until", "licenses"], input, () => {
    say(kind.done(licenses.length));
    onDone();
  });
  const close = () => onClose(Boolean(errors.licenses));
  const reasons = data?.licenseReasons || [];
  const needsNote = reasons.find((reason) => reason.code === code)?.needsNote || false;
  const isFinal = action === "CANCEL";
  const { field: end, isTyped } = useTypedEnd(isFinal ? licenses : []);

  return html`<${Dialog} title=${kind.title(licenses.length)} onClose=${close}>
    ${!data ? html`<div class="body"><${NotYet} error=${error} onRetry=${reload} /></div>` : html`<form onSubmit=${send}>
      ${told}<${Refusal} error=${errors.licenses} licenses=${licenses} />
      ${children}
      ${licenses.length === 1 && html`<p><code class="mask">${lastGroups(licenses[0].keyMask)}</code></p>`}
      ${isFinal && html`<p>${t("Nothing brings a cancelled license back. Its key is revoked; no money goes back by itself.")}</p>`}
      <${Choice} label=${t("Reason")} required value=${code} onChoose=${setCode} hint=${t("The customer reads it.")} error=${errors.reason?.text}
        options=${[["", t("Choose…")], ...reasons.map((reason) => [reason.code, textOfReason(reason)])]} />
      <${Field} label=${needsNote ? t("Note (this reason needs one)") : t("Note")} required=${needsNote} maxlength="500" value=${note} onInput=${(event) => setNote(event.target.value)}
        hint=${t("Members of the account may read it.")} error=${errors.note?.text} />
      ${action === "SUSPEND" && html`<${Field} label=${t("Until")} type="date" min=${new Date().toLocaleDateString("sv")} value=${until} onInput=${(event) => setUntil(event.target.value)}
        hint=${t("The last day. Without one, until it is reinstated.")} error=${errors.until?.text} />`}
      <label class="tick"><input type="checkbox" checked=${tells} onChange=${() => setTells(!tells)} /><span>${t("Tell end customers too")}</span></label>
      ${end}
      <div class="actions"><button class=${isFinal ? "primary danger" : "primary"} aria-disabled=${isBusy} disabled=${!isTyped}>${kind.button()}</button>
        <button type="button" onClick=${close}>${t("Back")}</button></div></form>`}<//>`;
}

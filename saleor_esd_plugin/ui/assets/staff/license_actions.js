// What staff do to licenses, to one or to many: a button for each thing that is possible, and its dialog.
import { html, useState } from "../core/dom.js";
import { t, tn } from "../core/words.js";
import { GiveReason } from "./give_reason.js";
import { Lengthen } from "./lengthen.js";

const isIssued = ({ fulfillment }) => ["RELEASED", "ASSIGNED"].includes(fulfillment);
const isByStaff = ({ lifecycle, suspensionCauses }) => lifecycle === "SUSPENDED" && suspensionCauses.includes("STAFF");
const RENEWED = ["ACTIVE", "GRACE", "EXPIRED", "SUSPENDED"];

// As docs/statuses.md has it; the shop decides.
const ACTIONS = {
  SUSPEND: { name: () => t("Suspend…"), isPossible: (license) => isIssued(license) && !isByStaff(license),
    others: (count) => tn("{count} is suspended by staff, or cannot be used anyway", "{count} are suspended by staff, or cannot be used anyway", count) },
  REINSTATE: { name: () => t("Reinstate…"), isPossible: (license) => isIssued(license) && isByStaff(license),
    others: (count) => tn("{count} is not suspended by staff", "{count} are not suspended by staff", count) },
  RENEW: { name: () => t("Renew…"), isPossible: (license) => isIssued(license) && RENEWED.includes(license.lifecycle) && license.expiresAt,
    others: (count) => tn("{count} never expires, or cannot be renewed any more", "{count} never expire, or cannot be renewed any more", count) },
  CANCEL: { name: () => t("Cancel for good…"), isPossible: isIssued, isFinal: true,
    others: (count) => tn("{count} was not released, or is over already", "{count} were not released, or are over already", count) },
};

// `onDone` follows what was done, `onRefused` a dialog that closes after the shop has refused: the licenses are others by now.
export function Actions({ licenses, isOne = false, onDone, onRefused }) {
  const [action, setAction] = useState("");
  const possible = licenses.filter((license) => ACTIONS[action]?.isPossible(license));
  const done = () => {
    setAction("");
    onDone();
  };
  const close = (isRefused) => {
    setAction("");
    if (isRefused) onRefused();
  };
  const Form = action === "RENEW" ? Lengthen : GiveReason;
  return html`${Object.entries(ACTIONS).map(([each, { name, isPossible, isFinal }]) => {
      const isThere = licenses.some(isPossible);
      return (isThere || !isOne) && html`<button key=${each} class=${isFinal ? "danger" : ""} disabled=${!isThere} onClick=${() => setAction(each)}>${name()}</button>`;
    })}
    ${action && html`<${Form} key=${action} action=${action} licenses=${possible} onDone=${done} onClose=${close}>
      <${HowMany} possible=${possible.length} all=${licenses.length} others=${ACTIONS[action].others} /><//>`}`;
}

function HowMany({ possible, all, others }) {
  if (possible === all) return null;
  return html`<p class="band wait">${t("Possible for {possible} of {all}; the others stay as they are.", { possible, all })} ${others(all - possible)}.</p>`;
}

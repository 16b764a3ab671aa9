// How a state looks: color, sign and word together.
import { html } from "../core/dom.js";
import { formatNumber, t } from "../core/words.js";

const ORDER = {
  PENDING: ["wait", "◔", () => t("Pending")],
  PARTIALLY_RELEASED: ["wait", "◑", () => t("Partly done")],
  DONE: ["good", "✓", () => t("Done")],
  REJECTED: ["bad", "✕", () => t("Rejected")],
  CANCELLED: ["bad", "✕", () => t("Cancelled")],
};

const LICENSE = {
  PENDING_APPROVAL: ["wait", "◔", () => t("Pending")],
  RELEASED: ["good", "✓", () => t("Ready")],
  ASSIGNED: ["info", "→", () => t("Assigned")],
  REJECTED: ["bad", "✕", () => t("Rejected")],
  RETURNED: ["bad", "✕", () => t("Returned")],
  GRACE: ["wait", "!", () => t("Grace period")],
  EXPIRED: ["bad", "⊘", () => t("Expired")],
  LAPSED: ["bad", "⊘", () => t("Lapsed")],
  SUSPENDED: ["bad", "‖", () => t("Suspended")],
  CANCELLED: ["bad", "✕", () => t("Cancelled")],
};

const IN_USE = {
  PENDING: ["wait", "◔", () => t("Pending")],
  ACTIVE: ["good", "✓", () => t("Active")],
};

const WAITS = {
  APPROVAL: () => t("The shop reviews your order. You get an e-mail when it is done."),
  PAYMENT: () => t("It waits for your payment."),
  KEYS: () => t("Too few licenses are in stock. They follow as soon as there are more."),
  RENEWAL: () => t("The shop does not know yet which license to renew. It finds out, or asks you."),
  CONFIRMATION: () => t("The shop has not confirmed the order yet."),
  DISPUTE: () => t("Its payment is disputed."),
  REFUND: () => t("The shop decides which licenses a refund is for."),
  FAILED_REFUND: () => t("The shop decides which licenses come back after a refund that failed."),
  PROCESSING: () => t("It is being prepared. This takes a moment."),
};

const WAITS_FOR = {
  APPROVAL: () => t("Approval"),
  PAYMENT: () => t("Payment"),
  KEYS: () => t("Keys"),
  RENEWAL: () => t("A license to renew"),
  CONFIRMATION: () => t("Confirmation by the shop"),
  DISPUTE: () => t("The end of a dispute"),
  REFUND: () => t("A decision about a refund"),
  FAILED_REFUND: () => t("A decision about a refund that failed"),
  PROCESSING: () => t("The shop's worker"),
};

const APPROVAL_REASONS = {
  POLICY_MANUAL: () => t("Each order of this product is approved by staff"),
  QUANTITY: () => t("More units than are approved automatically"),
  FIRST_ORDER: () => t("First order of this buyer"),
  POLICY_CHANGED: () => t("The policy was changed after the order"),
  DUPLICATE_CHECKOUT: () => t("Its checkout made another order too"),
};

const chip = ([kind, sign, word]) => html`<span class="state ${kind}"><span aria-hidden="true">${sign}</span> ${word()}</span>`;

export const OrderState = ({ status }) => chip(ORDER[status]);

export function LicenseState({ license }) {
  const isOver = ["RELEASED", "ASSIGNED"].includes(license.fulfillment) && license.lifecycle in LICENSE;
  // Staff have said why: it was cancelled by itself, and not returned with its order.
  const ended = license.fulfillment === "RETURNED" && license.stateReason ? "CANCELLED" : license.fulfillment;
  return chip(LICENSE[isOver ? license.lifecycle : ended]);
}

// How many licenses are in which state, as `licenseCounts` has them.
export const StateCounts = ({ counts }) => html`<span class="counts">${counts.map(({ lifecycle, count }) => {
  const [kind, sign, word] = IN_USE[lifecycle] || LICENSE[lifecycle];
  return html`<span key=${lifecycle}>${chip([kind, sign, () => `${word()} ${formatNumber(count)}`])}</span>`;
})}</span>`;

// In a sentence, for the buyer.
export const whyItWaits = (reason) => WAITS[reason]();
// In a word, for staff.
export const waitsFor = (reason) => WAITS_FOR[reason]();
export const approvalReason = (reason) => APPROVAL_REASONS[reason]();

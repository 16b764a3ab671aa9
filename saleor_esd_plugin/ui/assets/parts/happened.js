// What an event says, in the reader's language. An event without words here is not shown.
import { formatMoney, t } from "../core/words.js";

// `facts`: name -> text of what FACTS asks for.
const WORDS = {
  LICENSE_ORDER_RECORDED: () => t("Order placed"),
  LICENSE_ORDER_CHANGED: () => t("Its lines were changed in the shop"),
  LICENSE_ORDER_BUYER_ADDRESS_CHANGED: ({ facts }) => t("The buyer's address changed from {before} to {after}", facts),
  LICENSE_ORDER_ALLOCATED: () => t("Keys allocated"),
  LICENSE_ORDER_BACKORDERED: () => t("Too few keys: some units wait"),
  LICENSE_ORDER_APPROVED: ({ isAutomatic }) => (isAutomatic ? t("Approved by the rules of the product") : t("Approved")),
  LICENSE_ORDER_REJECTED: () => t("Rejected"),
  LICENSE_ORDER_DUPLICATED: () => t("Its checkout made another order too"),
  LICENSE_ORDER_PAID: () => t("Paid in full"),
  LICENSE_ORDER_UNPAID: () => t("Not paid in full any more"),
  LICENSE_ORDER_CONFIRMED: () => t("Confirmed by the shop"),
  LICENSE_ORDER_CANCELLED: () => t("Cancelled by the shop"),
  LICENSE_ORDER_PARTIALLY_REFUNDED: ({ facts }) => t("Paid back so far: {amount}", { amount: paidBack(facts) }),
  LICENSE_ORDER_REFUNDED: () => t("All was paid back"),
  LICENSE_ORDER_RETURN_NAMED: () => t("The shop named units that come back"),
  LICENSE_ORDER_REFUND_SETTLED: ({ facts }) => t("No license leaves for a refund of {amount}", { amount: formatMoney(facts) }),
  LICENSE_ORDER_REFUND_FAILED: ({ facts }) => t("A refund failed; paid back so far: {amount}", { amount: paidBack(facts) }),
  LICENSE_ORDER_REFUND_FAILURE_SETTLED: ({ facts }) => t("No license comes back for a failed refund of {amount}", { amount: formatMoney(facts) }),
  LICENSE_ORDER_DISPUTED: () => t("The payment is disputed"),
  LICENSE_ORDER_DISPUTE_CLOSED: () => t("The dispute is over"),
  LICENSE_ORDER_RENEWALS_SET: () => t("The licenses to renew were named"),
  LICENSE_ORDER_RENEWALS_REFUSED: () => t("A license that was named cannot be renewed"),
  LICENSE_ORDER_RECEIPT_SENT: ({ facts }) => t("Receipt asked for: {emails}", facts),
  LICENSE_GRANTED: () => t("Granted without an order"),
  LICENSE_RELEASED: ({ facts }) => (facts.isPaid === "false" ? t("Released although not paid") : t("Released")),
  LICENSE_ASSIGNED: () => t("Assigned to a customer"),
  LICENSE_RECALLED: () => t("Taken back from a customer"),
  LICENSE_RETURNED: () => t("Left the order"),
  LICENSE_RESTORED: () => t("Back in the order"),
  LICENSE_SUSPENDED: () => t("Suspended"),
  LICENSE_REINSTATED: () => t("Suspension lifted"),
  LICENSE_CANCELLED: () => t("Cancelled for good"),
  LICENSE_RENEWED: () => t("Renewed"),
  LICENSE_RENEWAL_UNDONE: () => t("A renewal was taken back: the earlier term is valid again"),
  LICENSE_TRANSFERRED: () => t("Given on to another customer"),
  LICENSE_REMINDED: () => t("Reminded of the expiry"),
  LICENSE_TERM_SET: () => t("Term changed"),
  LICENSE_EMAIL_RESENT: ({ facts }) => t("E-mail asked for again: {email}", facts),
  DELIVERY_RETRIED: () => t("An e-mail that had failed was tried once more"),
  LICENSE_KEY_REVEALED: ({ isAutomatic }) => (isAutomatic ? t("Keys put into an e-mail") : t("Key read")),
  LICENSE_KEY_SENT: ({ facts }) => t("Keys sent by staff to {sentTo}", facts),
  LICENSE_KEY_CLAIMED: ({ facts }) => t("Key opened with the link sent to {recipient}", facts),
  LICENSE_KEY_REVOKED: () => t("Keys revoked"),
  LICENSE_KEY_REPLACED: () => t("Keys replaced"),
  DECRYPT_TAMPERED: () => t("A stored key does not open"),
  RATE_BLOCKED: () => t("Stopped: too many keys within an hour or a day"),
  WEBHOOK_MISMATCH: () => t("A message of the payment provider does not fit the order"),
};
export const FACTS = `data(names: ["before", "after", "amount", "currency", "emails", "isPaid", "email", "sentTo", "recipient"]) { name value }`;

// The plugin's own reasons; those of people stand as they wrote them.
const OWN_REASONS = {
  "order cancelled": () => t("Order cancelled"),
  "order refunded": () => t("All was paid back"),
  refunded: () => t("Something of it was paid back"),
  dispute: () => t("The payment is disputed"),
  until: () => t("Its time was over"),
  "dispute lost": () => t("The dispute was lost"),
  "quantity reduced": () => t("Fewer units were ordered"),
  policy: () => "",
  "e-mail": () => "",
};

// Of an order that takes no key, and of one that got none, it tells nothing.
const isEmpty = ({ type, quantity }) => type === "LICENSE_ORDER_ALLOCATED" && quantity === 0;
export const hasWords = (event) => event.type in WORDS && !isEmpty(event);

export function textOf({ type, actor, data }) {
  const facts = {};
  for (const { name, value } of data) facts[name] = name in facts ? `${facts[name]}, ${value}` : value;
  return WORDS[type]({ facts, isAutomatic: actor.kind === "SYSTEM" });
}

export const whyOf = ({ actor, reason }) => (actor.kind === "SYSTEM" ? OWN_REASONS[reason]?.() : null) ?? reason;

export function whoOf({ actor }) {
  if (actor.kind === "SYSTEM") return "";
  return actor.kind === "ANONYMOUS" ? t("by somebody who is not signed in") : t("by {name}", { name: actor.label });
}

const paidBack = (facts) =>
  formatMoney({ amount: Number(facts["after.refunded"]) + Number(facts["after.chargedBack"]), currency: facts["after.currency"] });

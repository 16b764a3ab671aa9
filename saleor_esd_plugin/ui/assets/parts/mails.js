// What an e-mail is about, and what became of it.
import { html } from "../core/dom.js";
import { t } from "../core/words.js";

const ABOUT = {
  ORDER_CONFIRMED: () => t("Order received"),
  ORDER_WAITS: () => t("Orders wait for staff"),
  ORDER_APPROVED: () => t("Order approved"),
  ORDER_RELEASED: () => t("Licenses are ready"),
  ORDER_REJECTED: () => t("Order rejected"),
  ORDER_CANCELLED: () => t("Order cancelled"),
  ORDER_BACKORDERED: () => t("Licenses follow later"),
  ORDER_DISPUTED: () => t("A dispute"),
  ORDER_REFUND_OPEN: () => t("Which licenses leave for a refund?"),
  ORDER_REFUND_FAILED: () => t("Which licenses come back?"),
  LICENSE_KEYS: () => t("License keys"),
  LICENSE_ASSIGNED: () => t("Activation e-mail"),
  LICENSES_RETURNED: () => t("Licenses left the order"),
  ADDRESS_CHANGED: () => t("Another address"),
  KEYS_AT_OLD_ADDRESS: () => t("Keys at an old address"),
  LICENSES_RENEWED: () => t("Licenses renewed"),
  LICENSES_SUSPENDED: () => t("Licenses suspended"),
  LICENSES_CANCELLED: () => t("Licenses cancelled"),
  LICENSES_EXPIRE: () => t("Reminder of an expiry"),
  LICENSES_REINSTATED: () => t("Licenses can be used again"),
  KEY_POOL_LOW_STOCK: () => t("Few keys are left"),
  KEY_REVEALED: () => t("Staff read a key"),
  RECEIPT: () => t("Receipt"),
};

const STATES = {
  QUEUED: ["wait", "◔", () => t("on its way")],
  SENT: ["good", "✓", () => t("sent")],
  FAILED: ["bad", "✕", () => t("failed")],
};

export const KINDS = Object.keys(ABOUT);
export const aboutMail = (kind) => ABOUT[kind]?.() || kind;

export function MailState({ mail }) {
  const [kind, sign, word] = STATES[mail.status];
  return html`<span class="state ${kind}"><span aria-hidden="true">${sign}</span> ${word()}</span>`;
}

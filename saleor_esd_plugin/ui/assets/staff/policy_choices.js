// What a policy says, in words: for its list, for its page, for the dialog that makes one.
import { formatLength, t } from "../core/words.js";

const APPROVALS = {
  MANUAL: () => t("Staff approve each order"),
  AUTOMATIC: () => t("As soon as it is paid"),
  RULES: () => t("As soon as it is paid, with exceptions"),
};
const KEY_KINDS = {
  PRODUCT_KEY: () => t("Product key"),
  ACTIVATION_CODE: () => t("Activation code"),
  LICENSE_NUMBER: () => t("License number"),
};
const DELIVERIES = {
  INLINE: () => t("The key stands in the e-mail"),
  CLAIM_LINK: () => t("The e-mail has a link that shows the key once"),
};
const EXPIRY_BASES = {
  FROM_RELEASE: () => t("From the release"),
  FROM_ASSIGNMENT: () => t("From the first assignment to an end customer"),
};
const RENEWAL_BASES = {
  FROM_EXPIRY: () => t("From the expiry: what lapsed is paid for too"),
  FROM_NOW: () => t("From the renewal"),
  FROM_NOW_IF_EXPIRED: () => t("From the expiry; from the renewal once grace is over"),
};
const CLOCKS = {
  RUNS: () => t("It runs on"),
  STOPS: () => t("It stops: the expiry moves by as long as the suspension lasts"),
};

const pairs = (words) => Object.entries(words).map(([value, word]) => [value, word()]);
export const approvals = () => pairs(APPROVALS);
export const keyKinds = () => pairs(KEY_KINDS);
export const deliveries = () => pairs(DELIVERIES);
export const expiryBases = () => pairs(EXPIRY_BASES);
export const renewalBases = () => pairs(RENEWAL_BASES);
export const clocks = () => pairs(CLOCKS);

export const approvalText = (approval) => APPROVALS[approval]();
export const termText = (term) => (term ? formatLength(term) : t("For ever"));

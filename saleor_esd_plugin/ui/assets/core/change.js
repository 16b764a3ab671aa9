// Mutations: what the shop refuses is told beside its field, in words of the reader's language.
import { ask } from "./api.js";
import { t } from "./words.js";

// What can be said better than in the shop's English; other refusals are told as they came.
const SAID = {
  NOT_FOUND: () => t("This is not there any more. Load the page again."),
  REQUIRED: () => t("Fill this in."),
  DUPLICATE_CODE: () => t("This code is taken. Choose another one."),
  INVALID_EMAIL: (params) => (params.email ? t("Not an e-mail address: {email}", params) : t("This is not an e-mail address.")),
  DISPLAY_NAME_NOT_ALLOWED: () => t("Give the bare address, without a name."),
  NON_ASCII_LOCAL_PART: () => t("Letters with accents in front of the @ are not delivered."),
  TOO_MANY_RECIPIENTS: () => t("At most 20 addresses."),
  NOT_ENOUGH_LICENSES: (params) => t("So many are not free any more: {available} are left.", params),
  INVALID_QUANTITY: (params) => params.undecided && t("So many do not wait for approval any more: {undecided} do.", params),
  KEYS_NOT_ISSUED: (params) => t("Possible when all licenses are issued or renewed ({issued} of {of}).", params),
  RATE_LIMITED: (params) => t("Too often. Try again in {minutes} minutes.", { minutes: Math.ceil(Number(params.seconds || 60) / 60) }),
  FORBIDDEN_ROLE: () => t("Your role does not allow this. Ask whoever manages your account."),
  ALREADY_DECIDED: () => t("Somebody has decided on it before."),
  REASON_REQUIRED: () => t("Say why."),
  NOT_RELEASED: () => t("It cannot be used at the moment."),
  LICENSE_UNAVAILABLE: () => t("It cannot be used for that now."),
  KEY_REVEALED: () => t("Somebody has read a key that another customer had before. Assign it nevertheless?"),
  FILE_TOO_LARGE: () => t("The file is too large: 32 MiB and 1,000,000 rows at most. Split it."),
  BAD_ENCODING: () => t("The characters of the file cannot be read. Save it as “CSV UTF-8”."),
  SERVICE_UNAVAILABLE: () => t("Not possible at the moment. Try again later."),
};

// {result, errors}: `errors` by field, "" for those of none; null if there is none.
export async function change(document, variables, options) {
  const [result] = Object.values(await ask(document, variables, options));
  if (!result.errors.length) return { result, errors: null };
  const errors = {};
  for (const error of result.errors) {
    const params = {};
    for (const { name, value } of error.params) params[name] = name in params ? `${params[name]}, ${value}` : value;
    errors[error.field || ""] = { code: error.code, params, text: SAID[error.code]?.(params) || error.message };
  }
  return { result, errors };
}

// What is told of no field that the form shows, else it would be lost.
export const unplaced = (errors, ...fields) => Object.entries(errors).find(([field]) => !fields.includes(field))?.[1];

export const ERRORS = "errors { field code message params { name value } }";

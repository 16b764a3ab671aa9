// What became of each row of an import, in words.
import { html } from "../core/dom.js";
import { formatNumber, t } from "../core/words.js";

export const REPORT = "isDryRun isRepeat imported accepted refused counts { verdict count } refusedRows { row verdict } held: rows(first: 200, verdict: UNLIKE_THE_OTHERS) { row verdict }";
export const HELD = "UNLIKE_THE_OTHERS";

const VERDICTS = {
  OK: ["good", "✓", () => t("New")],
  EMPTY: ["bad", "✕", () => t("Nothing is there")],
  TOO_WEAK: ["bad", "✕", () => t("Fewer than 8 characters")],
  INVALID_LENGTH: ["bad", "✕", () => t("Not as long as the format wants")],
  INVALID_CHARACTER: ["bad", "✕", () => t("A character that the format does not have")],
  SPREADSHEET_DAMAGE: ["bad", "✕", () => t("A spreadsheet made something else of it")],
  UNLIKE_THE_OTHERS: ["wait", "!", () => t("Unlike the others: held back")],
  SEVERAL_KEYS: ["bad", "✕", () => t("Several keys in a line")],
  BAD_FORMAT: ["bad", "✕", () => t("Not like the heading says")],
  DUPLICATE_IN_FILE: ["wait", "!", () => t("Repeats a row above")],
  ALREADY_PRESENT: ["wait", "!", () => t("Already in this pool")],
  EXISTS_ELSEWHERE: ["wait", "!", () => t("Already in another pool")],
  UNKNOWN_SKU: ["bad", "✕", () => t("No licensed product has this SKU")],
  UNKNOWN_POOL: ["bad", "✕", () => t("No pool has this name")],
};

export const wordOf = (verdict) => VERDICTS[verdict][2]();

export function Verdict({ verdict, count }) {
  const [kind, sign, word] = VERDICTS[verdict];
  return html`<span class="state ${kind}"><span aria-hidden="true">${sign}</span> ${count !== undefined && `${formatNumber(count)} · `}${word()}</span>`;
}

export const countOf = ({ counts }, verdict) => counts.find((each) => each.verdict === verdict)?.count || 0;

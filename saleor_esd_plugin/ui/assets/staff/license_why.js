// Why a license cannot be used (P13): what staff said, or what else keeps it.
import { wordOfCause } from "./license_filter.js";

export function whyRed({ lifecycle, suspensionCauses, stateReason, reason }) {
  const causes = lifecycle === "SUSPENDED" ? suspensionCauses.filter((cause) => cause !== "STAFF").map(wordOfCause) : [];
  return [stateReason?.text, stateReason?.note || (!stateReason && reason), ...causes].filter(Boolean);
}

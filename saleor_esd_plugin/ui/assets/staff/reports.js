// Reports: `/reports` tells which pools run out, below it stand the others. Each asks for its own numbers.
import { html } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { Link } from "../core/router.js";
import { t } from "../core/words.js";
import { Empty, NotYet, useTitle } from "../parts/frame.js";
import { APPROVALS, ApprovalTimes } from "./report_approvals.js";
import { MAILS, MailsFailed } from "./report_mails.js";
import { RENEWALS_DUE, RenewalsDue } from "./report_renewals.js";
import { KEYS_LEFT, KeysLeft } from "./report_stock.js";

const REPORTS = {
  "": [KEYS_LEFT, KeysLeft, () => t("Keys left")],
  renewals: [RENEWALS_DUE, RenewalsDue, () => t("Renewals due")],
  approvals: [APPROVALS, ApprovalTimes, () => t("Approval time")],
  mails: [MAILS, MailsFailed, () => t("E-mails that failed")],
};

export function Reports({ id = "", onSignedOut }) {
  const chosen = id in REPORTS ? id : "";
  const [document, Report, name] = REPORTS[chosen];
  useTitle(`${t("Reports")}: ${name()}`);
  const { data, error, reload } = useAsk(document, {}, { onSignedOut });
  return html`<h1>${t("Reports")}</h1>
    <nav class="filters" aria-label=${t("Reports")}>${Object.entries(REPORTS).map(([part, [, , title]]) => html`<${Link} key=${part} class="button pill" to=${part ? `/reports/${part}` : "/reports"} aria-current=${part === chosen ? "page" : null}>${title()}<//>`)}</nav>
    ${data && html`<${Report} data=${data} title=${name()} />`}
    ${!data && (error?.kind === "FORBIDDEN" ? html`<${Empty}><p>${t("Your permissions do not include this report. Another one may be open to you.")}</p><//>` : html`<${NotYet} error=${error} onRetry=${reload} />`)}`;
}

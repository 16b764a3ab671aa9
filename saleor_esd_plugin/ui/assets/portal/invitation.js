// Where the link in a guest's e-mail ends: the account becomes that of whoever signs in.
import { html } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { go } from "../core/router.js";
import { t } from "../core/words.js";
import { Empty, useTitle } from "../parts/frame.js";
import { useForm } from "../parts/form.js";
import { say } from "../parts/toast.js";

const ACCEPT = `mutation Accept($input: LicenseInvitationAcceptInput!) { licenseInvitationAccept(input: $input) { account { id } ${ERRORS} } }`;

// It came behind the # of the address, which no server sees, and stands there no longer than until it was read.
const token = location.hash.slice(1);
if (token) history.replaceState(history.state, "", location.pathname + location.search);

export function Invitation() {
  useTitle(t("Take over licenses"));
  const { errors, isBusy, send, told } = useForm(ACCEPT, ["token"], () => ({ token }), () => {
    say(t("The licenses are among your purchases now."));
    go("/", {}, { replace: true });
  });
  const dead = html`<h1>${t("Take over licenses")}</h1><p>${t("This link was used before, is too old, or is not complete. Open it from the latest e-mail.")}</p>`;

  if (!token || errors.token) return html`<${Empty}>${dead}<button onClick=${() => go("/")}>${t("Purchases")}</button><//>`;
  return html`<form class="card narrow" onSubmit=${send}><h1>${t("Take over licenses")}</h1>
    <p>${t("What was bought without an account becomes yours. Whoever takes it over sees the keys and assigns the licenses.")}</p>
    ${told}<button class="primary" aria-disabled=${isBusy}>${t("Take over")}</button></form>`;
}

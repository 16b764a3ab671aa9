// A session that ends in the middle of something: signing in again above the page, so that what was typed stays.
import { html, useEffect, useState } from "../core/dom.js";
import { renewWith } from "../core/api.js";
import { signedInAs } from "../core/session.js";
import { settings } from "../core/settings.js";
import { t } from "../core/words.js";
import { Dialog } from "./dialog.js";
import { SignInForm } from "./sign_in.js";

// `renew` is tried first: without a word if it can be.
export function SignInAgain({ renew }) {
  const [waiting, setWaiting] = useState(null);
  useEffect(() => {
    renewWith(async () => (await renew()) || (settings.takesPasswords && new Promise((resolve) => setWaiting({ resolve }))));
    return () => renewWith(async () => false);
  }, []);
  if (!waiting) return null;
  const end = (isSignedIn) => {
    setWaiting(null);
    waiting.resolve(isSignedIn);
  };
  return html`<${Dialog} title=${t("Your session has ended")} onClose=${() => end(false)}>
    <${SignInForm} email=${signedInAs} onDone=${() => end(true)}><p>${t("Sign in again to go on. Nothing that you typed is lost.")}</p><//><//>`;
}

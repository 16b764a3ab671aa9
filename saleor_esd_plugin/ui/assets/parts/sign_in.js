// Signing in with the account at the shop.
import { html, useState } from "../core/dom.js";
import { signIn } from "../core/session.js";
import { settings } from "../core/settings.js";
import { t } from "../core/words.js";
import { Field, useOnce } from "./fields.js";
import { Trouble, useTitle } from "./frame.js";

// What the shop answers, in the words of whoever reads it.
function refusal({ code, message }) {
  if (code === "ACCOUNT_NOT_CONFIRMED") return t("This account is not confirmed yet. Open the link in the e-mail that the shop sent you.");
  if (code === "INACTIVE" || code === "ACCOUNT_DEACTIVATED") return t("This account is switched off. Write to the shop.");
  if (code === "LOGIN_ATTEMPT_DELAYED") {
    return t("Too many attempts. {detail}", { detail: message || t("Wait a while and try again.") });
  }
  if (code === "PASSWORD_LOGIN_DISABLED" || code === "DISABLED_AUTHENTICATION_METHOD") return t("This shop signs you in another way. Sign in there and come back.");
  return t("This address and password do not belong together.");
}

export function SignIn({ onDone }) {
  useTitle(t("Sign in"));
  return html`<section class="card narrow"><${SignInForm} onDone=${onDone}>
    <h1>${t("Manage licenses")}</h1>
    <p class="muted">${t("Sign in with your account at {shop}.", { shop: settings.shop })}</p><//></section>`;
}

// With `email` for that person only.
export function SignInForm({ email = "", onDone, children }) {
  const [typed, setTyped] = useState({ email, password: "" });
  const [problem, setProblem] = useState(null);
  const [error, setError] = useState(null);
  const { isBusy, send } = useOnce(async () => {
    setProblem(null);
    setError(null);
    try {
      const refused = await signIn(typed.email.trim(), typed.password);
      if (refused) setProblem(refusal(refused));
      else onDone();
    } catch (failure) {
      setError(failure);
    }
  });
  const keep = (event) => setTyped({ ...typed, [event.target.name]: event.target.value });

  return html`<form onSubmit=${send}>${children}
    ${error && html`<${Trouble} error=${error} />`}
    ${problem && html`<p class="wrong" role="alert">${problem}</p>`}
    <${Field} label=${t("E-mail")} name="email" type="email" autocomplete="username" required readOnly=${Boolean(email)} value=${typed.email} onInput=${keep} />
    <${Field} label=${t("Password")} name="password" type="password" autocomplete="current-password" required value=${typed.password} onInput=${keep} />
    <button class="primary" aria-disabled=${isBusy}>${t("Sign in")}</button>
    ${(settings.passwordAddress || settings.signUpAddress) &&
    html`<p class="links">
      ${settings.passwordAddress && html`<a href=${settings.passwordAddress}>${t("Forgot your password?")}</a>`}
      ${settings.signUpAddress && html`<a href=${settings.signUpAddress}>${t("Create an account")}</a>`}</p>`}
  </form>`;
}

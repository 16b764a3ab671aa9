// Signing in with the account at the shop.
import { html, useState } from "../core/dom.js";
import { signIn } from "../core/session.js";
import { settings } from "../core/settings.js";
import { formatClock, t } from "../core/words.js";
import { Field, useOnce } from "./fields.js";
import { Trouble, useTitle } from "./frame.js";

// What the shop answers, in the words of whoever reads it; null for what is no answer to a person.
function refusal({ code, message }) {
  if (code === "LOGIN_ATTEMPT_DELAYED") {
    const until = Date.parse(/till (\S+) (\S+)/.exec(message)?.slice(1).join("T"));
    return until ? t("Too many attempts. Try again at {time}.", { time: formatClock(Math.ceil(until / MINUTE) * MINUTE) }) : t("Too many attempts. Wait a while and try again.");
  }
  return {
    INVALID_CREDENTIALS: t("This address and password do not belong together."),
    ACCOUNT_NOT_CONFIRMED: t("This account is not confirmed yet. Open the link in the e-mail that the shop sent you."),
    INACTIVE: t("This account is switched off. Write to the shop."),
    DISABLED_AUTHENTICATION_METHOD: t("This shop signs you in another way. Sign in there and come back."),
  }[code];
}
const MINUTE = 60_000;

// `elsewhere` says where else to sign in, where the shop takes no passwords.
export function SignIn({ elsewhere, onDone }) {
  useTitle(t("Sign in"));
  if (!settings.takesPasswords) return html`<div class="card narrow"><h1>${t("Manage licenses")}</h1>${elsewhere}</div>`;
  return html`<div class="card narrow"><${SignInForm} onDone=${onDone}>
    <h1>${t("Manage licenses")}</h1>
    <p class="muted">${t("Sign in with your account at {shop}.", { shop: settings.shop })}</p><//></div>`;
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
      if (!refused) onDone();
      else if (refusal(refused)) setProblem(refusal(refused));
      else setError(refused);
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

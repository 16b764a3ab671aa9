// The frame of the portal: the shop's name, where one can go, who is signed in, the language.
import { html, useEffect } from "../core/dom.js";
import { Link } from "../core/router.js";
import { settings } from "../core/settings.js";
import { chooseLanguage, language, t } from "../core/words.js";
import { languageName } from "./names.js";

export function Frame({ places = [], current, isFramed = false, onLanguage, onSignOut, children }) {
  return html`<a class="skip" href="#main">${t("Skip to the content")}</a>
    <header class="bar"><div>
      ${!isFramed && html`<${Brand} />`}
      <nav aria-label=${t("Licenses")}>
        ${places.map(([to, name]) => html`<${Link} to=${to} aria-current=${to === current ? "page" : null}>${name}<//>`)}
      </nav>
      ${!isFramed && html`<label class="push"><span class="hidden">${t("Language")}</span>
        <select value=${language()} onChange=${(event) => chooseLanguage(event.target.value).then(onLanguage)}>
          ${settings.languages.map((each) => html`<option value=${each}>${languageName(each)}</option>`)}
        </select></label>`}
      ${onSignOut && html`<button class="quiet" onClick=${onSignOut}>${t("Sign out")}</button>`}
    </div></header>
    <main id="main" tabindex="-1">${children}</main>`;
}

function Brand() {
  const picture = settings.logo
    ? html`<img src=${settings.logo} alt="" />`
    : html`<span class="logo" aria-hidden="true">${settings.shop.slice(0, 1).toUpperCase()}</span>`;
  const name = html`${picture}<span>${settings.shop}</span>`;
  return settings.shopAddress ? html`<a class="brand" href=${settings.shopAddress}>${name}</a>` : html`<span class="brand">${name}</span>`;
}

export function useTitle(title) {
  useEffect(() => {
    document.title = title;
  }, [title]);
}

// Why there is nothing to see, and what to do about it.
export function Trouble({ error, onRetry }) {
  const text = {
    OFFLINE: t("The shop cannot be reached. Look at your connection and try again."),
    FORBIDDEN: t("Your role does not allow this. Ask whoever manages your account."),
    SIGNED_OUT: t("Your session has ended. Sign in again to go on."),
    RATE_LIMITED: t("Too often. Try again in an hour."),
  }[error.kind] || t("Something went wrong on the shop's side. Nothing was changed; try again in a moment.");
  return html`<div class="band bad" role="alert"><p>${text}</p>${onRetry && html`<button onClick=${onRetry}>${t("Try again")}</button>`}</div>`;
}

// As long as there is nothing to show: that it is on its way, or why it does not come.
export function NotYet({ error, onRetry }) {
  return error ? html`<${Trouble} error=${error} onRetry=${onRetry} />` : html`<p class="muted late">${t("Loading…")}</p>`;
}

export function Empty({ children }) {
  return html`<div class="empty">${children}</div>`;
}

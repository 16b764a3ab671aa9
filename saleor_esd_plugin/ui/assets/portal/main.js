// The buyers' portal. A page is one file here and one line in PAGES.
import { html, render, useEffect, useState } from "../core/dom.js";
import { handedOver, letGo } from "../core/handover.js";
import { renewSession, signedInAs, signOut } from "../core/session.js";
import { go, useRoute } from "../core/router.js";
import { settings } from "../core/settings.js";
import { loadWords, t } from "../core/words.js";
import { Empty, Frame } from "../parts/frame.js";
import { later } from "../parts/later.js";
import { SignInAgain } from "../parts/sign_in_again.js";
import { Toast } from "../parts/toast.js";
import { Purchases } from "./purchases.js";
import { SignIn } from "../parts/sign_in.js";

const PAGES = {
  "": Purchases,
  purchases: later(() => import("./purchase.js").then((file) => file.Purchase)),
  receipts: later(() => import("./printed_receipt.js").then((file) => file.PrintedReceipt)),
  customers: later(() => import("./customers.js").then((file) => file.Customers)),
  licenses: later(() => import("./licenses.js").then((file) => file.Licenses)),
  states: later(() => import("./states.js").then((file) => file.States)),
  invitation: later(() => import("./invitation.js").then((file) => file.Invitation)),
};

async function renew() {
  const before = signedInAs;
  const isRenewed = (await renewSession()) || (await handedOver());
  // Somebody else by now: nothing on the page is theirs.
  if (isRenewed && signedInAs !== before) location.reload();
  return isRenewed;
}

function Portal() {
  const [isSignedIn, setSignedIn] = useState(null);
  const [, setLanguage] = useState("");
  const [kept, setKept] = useState({});
  const { path, query } = useRoute();
  useEffect(() => {
    handedOver()
      .then((isHandedOver) => isHandedOver || renewSession())
      .then(setSignedIn, () => setSignedIn(false));
  }, []);
  const onLanguage = () => setLanguage(document.documentElement.lang);

  if (isSignedIn === null) return html`<p class="muted late part">${t("Loading…")}</p>`;
  if (!isSignedIn) {
    return html`<${Frame} onLanguage=${onLanguage}><${SignIn} elsewhere=${html`<${AtTheShop} />`} onDone=${() => setSignedIn(true)} /><//>`;
  }
  const end = () => {
    signOut();
    setKept({});
    setSignedIn(false);
  };
  const leave = () => {
    letGo();
    end();
  };
  const Page = PAGES[path[0]] || Unknown;
  const places = [["/", t("Purchases")], ["/customers", t("Customers")], ["/licenses", t("Find a license")]];
  return html`<${Frame} places=${places} current=${`/${path[0]}`.replace(/^\/(purchases|receipts)$/, "/")} onLanguage=${onLanguage} onSignOut=${leave}>
    <${Page} key=${path.join("/")} id=${path[1]} query=${query} kept=${kept} onSignedOut=${end} /><${SignInAgain} renew=${renew} /><${Toast} /><//>`;
}

function Unknown() {
  return html`<${Empty}><h1>${t("There is no such page.")}</h1><button onClick=${() => go("/")}>${t("Purchases")}</button><//>`;
}

function AtTheShop() {
  return html`<p>${t("{shop} does not sign in with a password. Sign in at the shop, and open your licenses from there.", settings)}</p>
    ${settings.shopAddress && html`<a class="button primary" href=${settings.shopAddress}>${t("Go to the shop")}</a>`}`;
}

await loadWords();
const root = document.getElementById("app");
root.textContent = "";
render(html`<${Portal} />`, root);

// Staff's pages: inside the Dashboard, or by themselves with the account of a member of staff. A page is one file and one line in PAGES.
import { html, render, useEffect, useState } from "../core/dom.js";
import { renewWith } from "../core/api.js";
import { framedToken, isFramed, nextToken, showRoute } from "../core/bridge.js";
import { renewSession, signOut } from "../core/session.js";
import { useRoute } from "../core/router.js";
import { chooseLanguage, loadWords, t } from "../core/words.js";
import { Empty, Frame } from "../parts/frame.js";
import { later } from "../parts/later.js";
import { SignIn } from "../parts/sign_in.js";
import { SignInAgain } from "../parts/sign_in_again.js";
import { Toast } from "../parts/toast.js";
import { LowStock } from "./low_stock.js";
import { Overview } from "./overview.js";

const Review = later(() => import("./review.js").then((file) => file.Review));
const PAGES = {
  "": Overview,
  overview: Overview,
  approvals: later(() => import("./approvals.js").then((file) => file.Approvals)),
  orders: Review,
  licenses: later(() => import("./licenses.js").then((file) => file.Licenses)),
  stock: later(() => import("./stock.js").then((file) => file.Stock)),
  products: later(() => import("./products.js").then((file) => file.Products)),
  customers: later(() => import("./customers.js").then((file) => file.Customers)),
  reports: later(() => import("./reports.js").then((file) => file.Reports)),
  emails: later(() => import("./emails.js").then((file) => file.Emails)),
  reasons: later(() => import("./reasons.js").then((file) => file.Reasons)),
  events: later(() => import("./events.js").then((file) => file.Events)),
  health: later(() => import("./health.js").then((file) => file.HealthPage)),
  more: later(() => import("./more.js").then((file) => file.More)),
};
// What the Dashboard shows on a page of its own: without a menu of ours. `?orderId=` is the shop's order, `?productId=` its product.
const PARTS = {
  widget: later(() => import("./widget.js").then((file) => file.Widget)),
  popup: Review,
  product: later(() => import("./product_widget.js").then((file) => file.ProductWidget)),
};

if (isFramed) renewWith(nextToken);

function Staff() {
  const [isKnown, setKnown] = useState(null);
  const [, setLanguage] = useState("");
  const { path, query } = useRoute();
  const onLanguage = () => setLanguage(document.documentElement.lang);
  useEffect(() => {
    const chosen = ({ detail }) => chooseLanguage(detail.toLowerCase()).then(onLanguage);
    addEventListener("esd:locale", chosen);
    (isFramed ? framedToken() : renewSession()).then(setKnown, () => setKnown(false));
    return () => removeEventListener("esd:locale", chosen);
  }, []);
  const address = path.join("/") + location.search;
  useEffect(() => {
    if (!(path[0] in PARTS)) showRoute(`/${address}`);
  }, [address]);
  const leave = () => {
    signOut();
    setKnown(false);
  };

  if (isKnown === null) return html`<p class="muted late">${t("Loading…")}</p>`;
  if (!isKnown && isFramed) return html`<${Empty}><h1>${t("No access")}</h1><p>${t("Your account has no access to licenses. Ask for the permission, or open this page from the Dashboard again.")}</p><//>`;
  if (!isKnown) return html`<${Frame} onLanguage=${onLanguage}><${SignIn} elsewhere=${html`<p>${t("Staff do not sign in with a password here. Open these pages in Saleor's Dashboard.")}</p>`} onDone=${() => setKnown(true)} /><//>`;
  const Part = PARTS[path[0]];
  if (Part) return html`<div class="part"><${Part} order=${query.orderId} product=${query.productId} app=${query.id} onSignedOut=${leave} /><${Toast} /></div>`;
  const places = [["/", t("Overview")], ["/approvals", t("Approvals")], ["/licenses", t("Licenses")], ["/stock", t("Stock")], ["/products", t("Products")], ["/customers", t("Customers")], ["/emails", t("E-mails")], ["/reports", t("Reports")], ["/more", t("More")]];
  const current = { orders: "/approvals", overview: "/", reasons: "/more", events: "/more", health: "/more" }[path[0]] || `/${path[0]}`;
  const Page = PAGES[path[0]] || Overview;
  return html`<${Frame} places=${places} current=${current} isFramed=${isFramed} onLanguage=${onLanguage} onSignOut=${!isFramed && leave}>
    <${LowStock} /><${Page} key=${path.join("/")} id=${path[1]} part=${path[2]} query=${query} onSignedOut=${leave} />${!isFramed && html`<${SignInAgain} renew=${renewSession} />`}<${Toast} /><//>`;
}

await loadWords();
const root = document.getElementById("app");
root.textContent = "";
render(html`<${Staff} />`, root);

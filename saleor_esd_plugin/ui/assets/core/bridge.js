// Saleor's Dashboard around the page: it gives the token, theme and language, and takes toasts and routes.
// Its messages are those of Saleor's app bridge. Only the frame above us is heard, and only from where it came.
import { useToken } from "./api.js";

const dashboard = document.referrer ? new URL(document.referrer).origin : null;
export const isFramed = window.parent !== window;

const waiting = new Set();
let token = null;

addEventListener("message", ({ source, origin, data }) => {
  if (!isFramed || source !== window.parent || origin !== dashboard || !data) return;
  const { type, payload = {} } = data;
  // A handshake comes twice, and in a widget without a token if whoever looks has no right to it.
  if (type === "handshake" || type === "tokenRefresh") {
    token = payload.token || "";
    useToken(token || null);
    for (const tell of waiting) tell(Boolean(token));
    waiting.clear();
  }
  if (type === "theme") document.documentElement.dataset.theme = payload.theme;
  if (type === "localeChanged") dispatchEvent(new CustomEvent("esd:locale", { detail: payload.locale }));
});

function send(type, payload = {}) {
  if (isFramed && dashboard) window.parent.postMessage({ type, payload: { ...payload, actionId: crypto.randomUUID() } }, dashboard);
}

// Whether the Dashboard has given a token; false as well if it says nothing for ten seconds.
export function framedToken() {
  if (token !== null) return Promise.resolve(Boolean(token));
  return new Promise((resolve) => {
    waiting.add(resolve);
    setTimeout(() => resolve(false), 10000);
    send("notifyReady");
  });
}

// Another token once one has expired.
export function nextToken() {
  token = null;
  return framedToken();
}

export const notify = (title, status = "success") => send("notification", { title, status });
export const showRoute = (route) => send("updateRouting", { newRoute: route });
export const resizeWidget = (height) => send("widgetResize", { height });
// A page of ours, of the app with this id, in place of the Dashboard's own.
export const openPage = (app, path, query) => send("redirect", { to: `/extensions/app/${encodeURIComponent(app)}${path}?${new URLSearchParams(query)}`.replace(/\?$/, "") });
export const refreshOrder = () => send("refreshEntity");

// The token of whoever is signed in at the storefront, if this page was opened from there. It is asked for at the origin of
// the shop's address, and taken from there alone; docs/storefront.md has the storefront's half.
import { begin } from "./session.js";
import { settings } from "./settings.js";

const storefront = settings.shopAddress && new URL(settings.shopAddress).origin;
const PATIENCE = 5000;

// Whether there is a token now; false as well if the storefront says nothing for five seconds.
export function handedOver() {
  if (!storefront || !window.opener || window.opener.closed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (isSignedIn) => {
      removeEventListener("message", hear);
      resolve(isSignedIn);
    };
    const hear = ({ source, origin, data }) => {
      if (source !== window.opener || origin !== storefront || data?.type !== "esd:token") return;
      if (data.token) begin(data.token, data.refreshToken);
      end(Boolean(data.token));
    };
    addEventListener("message", hear);
    setTimeout(end, PATIENCE, false);
    window.opener.postMessage({ type: "esd:ready" }, storefront);
  });
}

// Whoever signs out here is not signed in again by the storefront, not even after a reload.
export function letGo() {
  window.opener = null;
}

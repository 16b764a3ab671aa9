// Who is signed in: Saleor's own tokens. The access token stays in memory; only a refresh token outlives a reload.
import { ask, useToken } from "./api.js";
import { remember, remembered } from "./memory.js";
import { settings } from "./settings.js";

// The address of whoever is signed in, as the token says it.
export let signedInAs = "";

const MORE = settings.refreshes ? "refreshToken errors { field message code }" : "errors: accountErrors { field message code }";
const SIGN_IN = `mutation SignIn($email: String!, $password: String!) {
  tokenCreate(email: $email, password: $password) { token ${MORE} } }`;
const RENEW = `mutation Renew($token: String!) { tokenRefresh(refreshToken: $token) { token errors { code } } }`;

function take(token) {
  useToken(token);
  try {
    signedInAs = JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).email || "";
  } catch {
    signedInAs = "";
  }
}

// `refreshToken` is kept where the shop has such; without one, that of whoever was here before is not.
export function begin(token, refreshToken) {
  take(token);
  remember("refresh", (settings.refreshes && refreshToken) || null);
}

// The first error of the shop, or null: somebody is signed in then.
export async function signIn(email, password) {
  useToken(null);
  const { tokenCreate } = await ask(SIGN_IN, { email, password }, { renews: false });
  if (!tokenCreate?.token) return tokenCreate?.errors?.[0] || { code: "INVALID_CREDENTIALS", message: "" };
  begin(tokenCreate.token, tokenCreate.refreshToken);
  return null;
}

// Whether somebody still is, after a reload or once the access token has expired.
export async function renewSession() {
  const token = settings.refreshes && remembered("refresh");
  useToken(null);
  if (!token) return false;
  const { tokenRefresh } = await ask(RENEW, { token }, { renews: false });
  if (!tokenRefresh?.token) {
    remember("refresh", null);
    return false;
  }
  take(tokenRefresh.token);
  return true;
}

export function signOut() {
  useToken(null);
  remember("refresh", null);
}

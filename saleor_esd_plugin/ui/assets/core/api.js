// GraphQL over fetch. Nothing but the access token of whoever is signed in is sent along: no cookie, no referrer.
import { settings } from "./settings.js";

export class Refused extends Error {
  // kind: OFFLINE, SERVER, SIGNED_OUT, FORBIDDEN, RATE_LIMITED
  constructor(kind, message = "") {
    super(message);
    this.kind = kind;
  }
}

let accessToken = null;
let renew = async () => false;
let renewing = null;

export function useToken(token) {
  accessToken = token;
}
// What to do about a token that has expired: resolves to whether there is another one. Once for all who wait for it.
export function renewWith(renewal) {
  renew = () => (renewing ||= renewal().finally(() => (renewing = null)));
}

// The data of an answer. Raises Refused; errors of a mutation are data. What is asked while somebody signs in again waits for it.
// `file` is sent as `input.file` of the variables.
export async function ask(document, variables = {}, { renews = true, file } = {}) {
  const sent = accessToken;
  let answer = await send(document, variables, file);
  if (answer.isSignedOut && renews && (accessToken || renewing)) {
    // Somebody may have signed in again while it was under way.
    const hasAnother = !renewing && accessToken !== sent;
    if (hasAnother || (await renew())) answer = await send(document, variables, file);
  }
  if (answer.isSignedOut) throw new Refused("SIGNED_OUT", answer.message);
  if (answer.message !== undefined) throw new Refused(answer.kind, answer.message);
  return answer.data;
}

const SIGNED_OUT = ["ExpiredSignatureError", "InvalidTokenError", "InvalidSignatureError", "DecodeError", "JSONWebTokenExpired", "JSONWebTokenError", "LOGIN_REQUIRED"];
const KINDS = { PermissionDenied: "FORBIDDEN", FORBIDDEN_ROLE: "FORBIDDEN", RATE_LIMITED: "RATE_LIMITED" };

async function send(query, variables, file) {
  // A browser writes the type of a form itself, as it chooses what stands between its parts.
  const headers = file ? {} : { "Content-Type": "application/json" };
  if (accessToken) headers.Authorization = `JWT ${accessToken}`;
  let response;
  try {
    response = await fetch(settings.api, {
      method: "POST",
      headers,
      body: file ? withFile(query, variables, file) : JSON.stringify({ query, variables }),
      credentials: "omit",
    });
  } catch {
    throw new Refused("OFFLINE");
  }
  let answer;
  try {
    answer = await response.json();
  } catch {
    throw new Refused("SERVER", String(response.status));
  }
  const error = (answer.errors || [])[0];
  if (!error) {
    // A token that is none makes nobody of somebody, and a mutation says that among its errors.
    const refusals = Object.values(answer.data).flatMap((field) => field?.errors || []);
    return { data: answer.data, isSignedOut: refusals.some(({ code }) => code === "LOGIN_REQUIRED") };
  }
  const code = error.extensions?.exception?.code || "";
  return { isSignedOut: SIGNED_OUT.includes(code), kind: KINDS[code] || "SERVER", message: error.message };
}

function withFile(query, { input, ...more }, file) {
  const form = new FormData();
  form.append("operations", JSON.stringify({ query, variables: { ...more, input: { ...input, file: null } } }));
  form.append("map", JSON.stringify({ 0: ["variables.input.file"] }));
  form.append("0", file, file.name);
  return form;
}

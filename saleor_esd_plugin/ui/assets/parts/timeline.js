// What happened to an order: events and e-mails in one list, newest first, as far as the reader may see them.
import { html, useRef, useState } from "../core/dom.js";
import { ask } from "../core/api.js";
import { formatTime, t, tn } from "../core/words.js";
import { useOnce } from "./fields.js";
import { Trouble } from "./frame.js";
import { FACTS, hasWords, textOf, whoOf, whyOf } from "./happened.js";
import { aboutMail, MailState } from "./mails.js";

const PAGE = 20;
const EVENTS = `{ pageInfo { hasNextPage endCursor } edges { node { id type createdAt reason quantity actor { kind label } ${FACTS} } } }`;
const MAILS = `{ pageInfo { hasNextPage endCursor } edges { node { id kind createdAt recipient status error } } }`;
// The first page of both, for the document of a page, whose variables are WANTED, filled in by `timelineOf`.
export const WANTED = "$happened: LicenseEventFilterInput, $mailed: LicenseDeliveryFilterInput";
export const TIMELINE = `events: licenseEvents(filter: $happened, first: 20) ${EVENTS} mails: licenseDeliveries(filter: $mailed, first: 20) ${MAILS}`;
const OLDER = `query Older(${WANTED}, $events: String, $mails: String, $hasEvents: Boolean!, $hasMails: Boolean!) {
  events: licenseEvents(filter: $happened, first: 20, after: $events) @include(if: $hasEvents) ${EVENTS}
  mails: licenseDeliveries(filter: $mailed, first: 20, after: $mails) @include(if: $hasMails) ${MAILS} }`;

export const timelineOf = (order) => ({ happened: { order }, mailed: { order, status: ["QUEUED", "SENT", "FAILED"] } });

// `first` is what TIMELINE brought, maybe anew; `wanted` its variables.
export function Timeline({ first, wanted, title = t("What happened") }) {
  const known = useRef({ first: null });
  const [size, setSize] = useState(PAGE);
  const [trouble, setTrouble] = useState(null);
  const { isBusy, send } = useOnce(async () => {
    const { events, mails } = known.current;
    setTrouble(null);
    try {
      if (events.more || mails.more) {
        const older = await ask(OLDER, { ...wanted, events: events.end, mails: mails.end, hasEvents: events.more, hasMails: mails.more });
        known.current = { ...known.current, events: withOlder(known.current.events, older.events), mails: withOlder(known.current.mails, older.mails) };
      }
      // As many of each list are known as are shown of both: the newest of all are among them.
      setSize(size + PAGE);
    } catch (error) {
      setTrouble(error);
    }
  });
  if (known.current.first !== first) {
    const { events, mails } = known.current;
    known.current = { first, events: withNewer(events, first.events), mails: withNewer(mails, first.mails) };
  }
  const { events, mails } = known.current;
  const all = [...events.items.values(), ...mails.items.values()].filter((item) => item.status || hasWords(item));
  all.sort((a, b) => Number(a.createdAt < b.createdAt) - Number(a.createdAt > b.createdAt));
  const hasMore = events.more || mails.more || all.length > size;

  return html`<section class="card"><header><h2>${title}</h2></header><div class="body">
    <ol class="timeline">${all.slice(0, size).map((item) => html`<li key=${item.id}>
      <time class="muted" datetime=${item.createdAt}>${formatTime(item.createdAt)}</time>${item.status ? html`<${Mail} mail=${item} />` : html`<${Happened} event=${item} />`}</li>`)}</ol>
    ${trouble && html`<${Trouble} error=${trouble} />`}
    ${hasMore && html`<p><button onClick=${send} aria-disabled=${isBusy}>${t("Show more")}</button></p>`}</div></section>`;
}

function Happened({ event }) {
  const more = [whoOf(event), whyOf(event)].filter(Boolean);
  return html`<div>${textOf(event)}${event.quantity !== null && html` · ${tn("{count} license", "{count} licenses", event.quantity)}`}
    ${more.length > 0 && html`<p class="muted dotted">${more.map((text) => html`<span>${text}</span>`)}</p>`}</div>`;
}

function Mail({ mail }) {
  return html`<div>${t("E-mail to {email}: {about}", { email: mail.recipient, about: aboutMail(mail.kind) })} <${MailState} mail=${mail} />
    ${mail.error && html`<p class="muted">${mail.error}</p>`}</div>`;
}

const itemsOf = ({ edges }) => edges.map(({ node }) => [node.id, node]);

// Looked at again: what is known stays, unless so much is new that something between is missing.
function withNewer(known, found) {
  const items = itemsOf(found);
  if (known && items.some(([id]) => known.items.has(id))) return { ...known, items: new Map([...known.items, ...items]) };
  return { items: new Map(items), end: found.pageInfo.endCursor, more: found.pageInfo.hasNextPage };
}

function withOlder(known, found) {
  if (!found) return known;
  return { items: new Map([...known.items, ...itemsOf(found)]), end: found.pageInfo.endCursor, more: found.pageInfo.hasNextPage };
}

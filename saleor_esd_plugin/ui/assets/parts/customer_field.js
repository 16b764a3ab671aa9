// Choosing one of all customers of an account. Where there are more than were loaded, what is typed is looked for at the shop.
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "../core/dom.js";
import { ask } from "../core/api.js";
import { t } from "../core/words.js";
import { Trouble } from "./frame.js";

const FIND = `query Find($account: ID!, $text: String!) { licenseAccount(id: $account) {
  endCustomers(filter: {text: $text}, first: 50, sortBy: {field: CODE, direction: ASC}) { edges { node { id code name email } } } } }`;
const PAUSE = 250;

// No two look the same: an account has each code once.
const nameOf = ({ code, name, email }) => `${code} · ${name} – ${email}`;
const nodesOf = ({ edges }) => edges.map(({ node }) => node);

// {customer, choose, field}: `customer` is null until what is typed is exactly one, by all of its name or by its code.
export function useCustomer({ id, endCustomers }) {
  const [typed, setTyped] = useState("");
  const [found, setFound] = useState([]);
  const [error, setError] = useState(null);
  const text = typed.trim();
  const offered = [...new Map([...found, ...nodesOf(endCustomers)].map((each) => [each.id, each])).values()];
  const customer = offered.find((each) => nameOf(each) === text || each.code.toLowerCase() === text.toLowerCase()) || null;

  useEffect(() => {
    if (!text || customer || !endCustomers.pageInfo.hasNextPage) return undefined;
    let isLatest = true;
    const timer = setTimeout(async () => {
      const [data, refused] = await ask(FIND, { account: id, text }).then((answer) => [answer], (failure) => [null, failure]);
      if (!isLatest) return;
      setError(refused);
      if (data?.licenseAccount) setFound(nodesOf(data.licenseAccount.endCustomers));
    }, PAUSE);
    return () => {
      isLatest = false;
      clearTimeout(timer);
    };
  }, [text, customer?.id]);

  const choose = (one) => {
    setFound([one]);
    setTyped(nameOf(one));
  };
  const field = html`<${CustomerField} typed=${typed} onType=${setTyped} offered=${offered} isExact=${Boolean(customer)} error=${error} />`;
  return { customer, choose, field };
}

function CustomerField({ typed, onType, offered, isExact, error }) {
  const id = useId();
  const input = useRef(null);
  // Before anything is drawn: Enter may follow at once.
  useLayoutEffect(() => {
    input.current.setCustomValidity(typed && !isExact ? t("Choose one of the list, or type the whole code.") : "");
  }, [typed, isExact]);
  return html`<div class="field"><label for=${id}>${t("Customer")}</label>
    <input id=${id} ref=${input} list="${id}-list" required autocomplete="off" placeholder=${t("Code, name or e-mail")}
      value=${typed} onInput=${(event) => onType(event.target.value)} />
    <datalist id="${id}-list">${offered.map((each) => html`<option key=${each.id} value=${nameOf(each)}></option>`)}</datalist>
    ${error && html`<${Trouble} error=${error} />`}</div>`;
}

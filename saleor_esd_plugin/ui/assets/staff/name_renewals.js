// Staff name the licenses that a line of renewals is for: those of the buyer are offered, any other is looked for.
import { html, useState } from "../core/dom.js";
import { ERRORS } from "../core/change.js";
import { useAsk } from "../core/load.js";
import { formatDate, t, tn } from "../core/words.js";
import { Dialog } from "../parts/dialog.js";
import { Field } from "../parts/fields.js";
import { useForm } from "../parts/form.js";
import { NotYet } from "../parts/frame.js";
import { lastGroups, productOf } from "../parts/names.js";
import { say } from "../parts/toast.js";

const NODE = "id keyMask productName variantName sku expiresAt account { name } endCustomer { name } licenseOrder { number }";
const FIND = `query Renewable($filter: LicenseFilterInput) { licenses(filter: $filter, first: 20) { totalCount edges { node { ${NODE} } } } }`;
const SET = `mutation NameRenewals($input: LicenseOrderRenewalsSetInput!) { licenseOrderRenewalsSet(input: $input) { licenseOrder { id } ${ERRORS} } }`;

export function NameRenewals({ line, account, onDone, onClose }) {
  const waiting = line.renewals.filter(({ renewedAt, problem, license }) => license && !renewedAt && !problem);
  const [chosen, setChosen] = useState(new Map(waiting.map(({ license }) => [license.id, license])));
  const [text, setText] = useState("");
  const units = line.availability.of - line.availability.available;
  const { data, error, reload } = useAsk(FIND, { filter: { isRenewable: true, ...(text ? { text } : { account: account?.id }) } });
  const found = data?.licenses.edges.map(({ node }) => node) || [];
  // What is chosen stays in sight, whatever is looked for next.
  const shown = [...chosen.values(), ...found.filter(({ id }) => !chosen.has(id))];
  const { isBusy, send, told } = useForm(SET, [], () => ({ orderLine: line.id, licenses: [...chosen.keys()] }), () => {
    say(tn("{count} license named.", "{count} licenses named.", chosen.size));
    onDone();
  });
  const toggle = (license) => {
    const next = new Map(chosen);
    if (!next.delete(license.id)) next.set(license.id, license);
    setChosen(next);
  };

  return html`<${Dialog} title=${t("Which licenses are renewed?")} onClose=${onClose}><form onSubmit=${send}>
    ${told}
    <p>${productOf(line)}: ${tn("up to {count} license", "up to {count} licenses", units)}</p>
    <${Field} label=${t("Search")} type="search" autocomplete="off" value=${text} hint=${t("Order, buyer, end customer or product")}
      onChange=${({ target }) => setText(target.value.trim())} />
    ${!data && html`<${NotYet} error=${error} onRetry=${reload} />`}
    ${data && !shown.length && html`<p class="muted">${t("No license matches that can be renewed.")}</p>`}
    ${shown.map((license) => html`<${Choice} key=${license.id} license=${license} isChosen=${chosen.has(license.id)}
      isFull=${chosen.size >= units} onToggle=${() => toggle(license)} />`)}
    ${data?.licenses.totalCount > found.length && html`<p class="muted">${t("There are more: type what tells it apart.")}</p>`}
    <div class="actions"><button class="primary" aria-disabled=${isBusy}>${t("Save")}</button>
      <button type="button" onClick=${onClose}>${t("Cancel")}</button></div></form><//>`;
}

function Choice({ license, isChosen, isFull, onToggle }) {
  const { account, endCustomer, licenseOrder, expiresAt } = license;
  const about = [endCustomer?.name || account?.name, licenseOrder?.number && t("Order {number}", licenseOrder), expiresAt && t("until {day}", { day: formatDate(expiresAt) })];
  return html`<label class="tick"><input type="checkbox" checked=${isChosen} disabled=${isFull && !isChosen} onChange=${onToggle} />
    <span><code class="mask">${lastGroups(license.keyMask)}</code> ${productOf(license)}<br /><small>${about.filter(Boolean).join(" · ")}</small></span></label>`;
}

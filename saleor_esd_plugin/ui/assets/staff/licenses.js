// All licenses: filters stand in the address, but no key that is looked for; many are suspended, renewed, cancelled at once.
import { html, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { go } from "../core/router.js";
import { language, t, tn } from "../core/words.js";
import { Empty, Trouble, useTitle } from "../parts/frame.js";
import { keyFilter } from "../parts/key_search.js";
import { later } from "../parts/later.js";
import { pageAt } from "../parts/pager.js";
import { Actions } from "./license_actions.js";
import { chosenIn, filterOf, Filters } from "./license_filter.js";
import { Groups, GROUPS } from "./license_groups.js";
import { Search } from "./license_search.js";
import { ROW, Table } from "./license_table.js";

const License = later(() => import("./license.js").then((file) => file.License));
const SavedViews = later(() => import("./saved_views.js").then((file) => file.SavedViews));
const Whose = later(() => import("./license_whose.js").then((file) => file.Whose));
const LicensesFile = later(() => import("./licenses_file.js").then((file) => file.LicensesFile));
const LICENSES = `query StaffLicenses($filter: LicenseFilterInput, $first: Int, $after: String, $last: Int, $before: String, $language: String) {
  licenses(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { node { ${ROW} } } } }`;
// In a request of its own, as it takes a permission of its own.
const REASONS = `query Reasons { licenseReasons { code texts { language text } } }`;
const PAGE = 25;
// The shop counts no further.
const MOST_COUNTED = 10_000;
// How the list was left: the way back from a license leads there.
let left = {};

export const Licenses = ({ id, ...more }) => (id ? html`<${License} id=${id} list=${left} ...${more} />` : html`<${List} ...${more} />`);

function List({ query, onSignedOut }) {
  useTitle(t("Licenses"));
  const [hidden, setHidden] = useState(null);
  const [chosen, setChosen] = useState(new Map());
  const [cleared, setCleared] = useState(0);
  const [isViewing, setViewing] = useState(false);
  const filter = { ...filterOf(query), ...hidden };
  const by = GROUPS[query.group];
  const { data, error, isLoading, reload } = useAsk(by?.document || LICENSES, { filter, language: language(), ...pageAt(query, PAGE) }, { onSignedOut });
  const { data: reasons } = useAsk(REASONS, {});
  // What was asked before the grouping changed is not shown as if it were this.
  const found = !error && data?.[by ? by.field : "licenses"];
  const rows = found ? found.edges.map(({ node }) => node) : [];
  const selected = [...chosen.values()].map((license) => rows.find(({ id }) => id === license.id) || license);
  left = query;
  // What is not listed any more is not chosen either.
  const list = (change) => {
    setChosen(new Map());
    go("/licenses", { ...change, group: query.group }, { replace: true });
  };
  const look = (search) => {
    setHidden(search.isKey ? keyFilter(search.text) : search.mayBeKey ? { text: search.text } : null);
    list({ ...chosenIn(query), text: search.isKey || search.mayBeKey ? "" : search.text });
  };
  const showAll = () => {
    setHidden(null);
    setCleared(cleared + 1);
    list({});
  };
  const done = () => {
    setChosen(new Map());
    reload();
  };
  const isFiltered = hidden || Object.keys(chosenIn(query)).length > 0;
  const group = (value) => go("/licenses", { ...chosenIn(query), group: value }, { replace: true });
  const turn = (place) => go("/licenses", { ...chosenIn(query), group: query.group, ...place });

  return html`<div class="head"><h1>${t("Licenses")}</h1><div class="actions"><button onClick=${() => setViewing(true)}>${t("Views")}</button><${LicensesFile} filter=${filter} isPossible=${found && rows.length > 0 && !filter.key} /></div></div>
    ${isViewing && html`<${SavedViews} query=${{ ...chosenIn(query), ...(by && { group: query.group }) }} onClose=${() => setViewing(false)} />`}
    <${Search} key=${cleared} text=${query.text || ""} onSearch=${look} />
    <${Filters} query=${query} reasons=${reasons?.licenseReasons || []} onChange=${list} />
    ${(query.account || query.endCustomer) && html`<${Whose} key=${query.account + query.endCustomer} account=${query.account} endCustomer=${query.endCustomer} onClear=${() => list({ ...chosenIn(query), account: "", endCustomer: "" })} />`}
    <div class="filters"><label><span class="hidden">${t("Group")}</span><select value=${by ? query.group : ""} onChange=${(event) => group(event.target.value)}>
        <option value="">${t("Not grouped")}</option>${Object.entries(GROUPS).map(([name, { title }]) => html`<option key=${name} value=${name}>${title()}</option>`)}</select></label>
      ${!by && html`<span class="muted" aria-live="polite">${tn("{count} license chosen", "{count} licenses chosen", selected.length)}</span>
      <${Actions} licenses=${selected} onDone=${done} onRefused=${reload} />`}
      <span class="muted push" role="status">${found && !isLoading ? (by ? by.count(found.totalCount) : countOf(found.totalCount)) : ""}</span></div>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${!found && isLoading && html`<p class="muted late">${t("Loading…")}</p>`}
    ${found && (rows.length ? (by ? html`<${Groups} by=${by} rows=${rows} info=${found.pageInfo} query=${chosenIn(query)} onTurn=${turn} />`
        : html`<${Table} rows=${rows} info=${found.pageInfo} chosen=${chosen} onChoose=${setChosen} onTurn=${turn} />`)
      : html`<${Empty}><p>${isFiltered ? t("No license matches.") : t("Licenses appear here once something licensed was ordered.")}</p>
        ${isFiltered && html`<button onClick=${showAll}>${t("Show all")}</button>`}<//>`)}`;
}

const countOf = (count) =>
  count >= MOST_COUNTED ? t("{count} licenses or more", { count }) : tn("{count} license", "{count} licenses", count);

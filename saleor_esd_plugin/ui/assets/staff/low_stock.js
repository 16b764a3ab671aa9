// On all pages of staff while a pool is low or empty. Whoever may not see pools sees nothing, and is not asked for again.
import { html, useEffect, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { Link } from "../core/router.js";
import { t, tn } from "../core/words.js";
import { waiting } from "./stock_figures.js";

const LOW = `query LowPools { licenseKeyPools(filter: {lowStock: true, isArchived: false}, first: 3) { totalCount edges { node { id name health { available backordered } } } } }`;
const RESTOCKED = "esd:restocked";

// Somebody has changed the stock here: what is said of it may be over.
export const restocked = () => dispatchEvent(new Event(RESTOCKED));

export function LowStock() {
  const [isRefused, setRefused] = useState(false);
  const { data, error, reload } = useAsk(LOW, {}, { every: isRefused ? 0 : 60 });
  useEffect(() => setRefused(error?.kind === "FORBIDDEN"), [error]);
  useEffect(() => {
    addEventListener(RESTOCKED, reload);
    return () => removeEventListener(RESTOCKED, reload);
  }, [reload]);
  const found = data?.licenseKeyPools;
  if (!found?.totalCount) return null;
  const pools = found.edges.map(({ node }) => node);
  const more = found.totalCount - pools.length;
  return html`<aside class="low" aria-label=${t("Low stock")}>${pools.map((pool) => html`<${Band} key=${pool.id} pool=${pool} />`)}
    ${more > 0 && html`<p><${Link} to="/stock" query=${{ shown: "low" }}>${tn("{count} more pool runs low", "{count} more pools run low", more)}<//></p>`}</aside>`;
}

function Band({ pool: { id, name, health } }) {
  const { available, backordered } = health;
  const to = `/stock/${encodeURIComponent(id)}`;
  const text = available ? tn("{name}: {count} key left.", "{name}: {count} keys left.", available, { name }) : t("{name}: no key left.", { name });
  return html`<p class="band ${available ? "wait" : "bad"}"><span><span aria-hidden="true">${available ? "!" : "✕"}</span> ${text}
    ${backordered > 0 && html` ${waiting(backordered)}`}</span>
    <${Link} class="button" to=${`${to}/import`}>${t("Add keys")}<span class="hidden"> ${name}</span><//></p>`;
}

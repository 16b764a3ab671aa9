// Variants of the shop, found by name or SKU, published or not; and pools, found by name.
import { html } from "../core/dom.js";
import { ask } from "../core/api.js";
import { formatTime } from "../core/words.js";
import { FindField } from "../parts/find_field.js";
import { productOf } from "../parts/names.js";

const VARIANTS = `query Variants($filter: LicenseVariantFilterInput) { licenseVariants(filter: $filter, first: 50) { id productName variantName sku } }`;
const POOLS = `query PoolsToChoose($filter: LicenseKeyPoolFilterInput) { licenseKeyPools(filter: $filter, first: 50) { edges { node { id name isGenerated createdAt } } } }`;

// The SKU tells variants of one name apart.
export function variantName(variant) {
  const name = productOf(variant);
  return variant.sku && variant.sku !== name ? `${name} (${variant.sku})` : name;
}

export const findVariants = (filter) => ask(VARIANTS, { filter }).then(({ licenseVariants }) => licenseVariants);

export function VariantField({ filter, ...more }) {
  return html`<${FindField} nameOf=${variantName} find=${(text) => findVariants({ ...filter, text })} ...${more} />`;
}

// Several pools may have one name: then each says when it was made.
const findPools = (text) => ask(POOLS, { filter: { text, isArchived: false } }).then(({ licenseKeyPools }) => {
  const pools = licenseKeyPools.edges.map(({ node }) => node);
  const isAlone = (pool) => pools.every((other) => other === pool || other.name !== pool.name);
  return pools.map((pool) => (isAlone(pool) ? pool : { ...pool, label: `${pool.name} (${formatTime(pool.createdAt)})` }));
});

export function PoolField(more) {
  return html`<${FindField} nameOf=${({ name, label }) => label || name} find=${findPools} ...${more} />`;
}

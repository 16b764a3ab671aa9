// The stock of keys: `/stock` lists the pools, `/stock/:id` is one of them, `/stock/:id/import` fills it.
import { html } from "../core/dom.js";
import { later } from "../parts/later.js";
import { Pools } from "./pools.js";

const Pool = later(() => import("./pool.js").then((file) => file.Pool));
const KeysImport = later(() => import("./keys_import.js").then((file) => file.KeysImport));

export function Stock({ id, part, ...more }) {
  if (!id) return html`<${Pools} ...${more} />`;
  return part === "import" ? html`<${KeysImport} id=${id} ...${more} />` : html`<${Pool} id=${id} ...${more} />`;
}

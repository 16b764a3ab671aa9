// What was pasted or chosen, as a table: which of its columns are the keys, their last days, what they cost.
import { t } from "../core/words.js";

const DELIMITERS = [",", ";", "\t", "|"];
const SHOWN = 4;
// Those whose names the shop reads by itself.
const KNOWN = /^"?(sku|pool|key|use[ _-]by|cost|note)"?$/i;
const GUESSES = {
  key: /key|serial|code|clave|chave|c[oó]digo|licen/i,
  use_by: /use.?by|until|expir|valid|v[áa]lid|vence|vencim/i,
  cost: /cost|price|custo|precio|pre[çc]o/i,
};
const LOOKS = { use_by: /^\d{4}-\d{2}-\d{2}$/, cost: /^\d{1,9}[.,]\d{1,4}$/ };

export const ROLES = { "": () => t("Not read"), key: () => t("Keys"), use_by: () => t("Last day (2031-12-31)"), cost: () => t("Cost of a key") };

// {rows, columns, hasHeading}: the first rows and what is guessed of them. Null for a key per line, and for a table that names its columns as the shop does.
export async function tableOf(file) {
  const text = await file.slice(0, 65536).text();
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() && !/^"?sep=.?"?$/i.test(line)).slice(0, SHOWN);
  const rows = DELIMITERS.map((delimiter) => tableBy(delimiter, lines)).find(Boolean);
  if (!rows || text.includes("\0")) return null;
  const [first] = rows;
  if (first.some((cell) => /^key$/i.test(cell)) && first.every((cell) => !cell || KNOWN.test(cell))) return null;
  const hasHeading = !first.some((cell) => /\d/.test(cell));
  return { rows, hasHeading, columns: guessed(rows, hasHeading) };
}

// Null unless each line has at least two cells by this delimiter. Columns at the end in which nothing stands are none.
function tableBy(delimiter, lines) {
  const rows = lines.map((line) => cellsOf(line, delimiter));
  const width = Math.max(...rows.map((cells) => cells.findLastIndex(Boolean) + 1));
  if (rows.length < 2 || width < 2 || rows.some((cells) => cells.length < 2)) return null;
  return rows.map((cells) => Array.from({ length: width }, (_, at) => cells[at] || ""));
}

const cellsOf = (line, delimiter) => line.split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));

function guessed(rows, hasHeading) {
  const columns = rows[0].map(() => "");
  const body = hasHeading && rows.length > 1 ? rows.slice(1) : rows;
  for (const [role, name] of Object.entries(GUESSES)) {
    const place = rows[0].findIndex((cell, at) => !columns[at] && ((hasHeading && name.test(cell)) || (LOOKS[role] && body.every((cells) => LOOKS[role].test(cells[at])))));
    if (place >= 0) columns[place] = role;
  }
  if (!columns.includes("key")) {
    const widths = columns.map((role, at) => (role ? 0 : Math.min(...body.map((cells) => cells[at].length))));
    columns[widths.indexOf(Math.max(...widths))] = "key";
  }
  return columns;
}

// What was pasted or chosen, as a table: what parts its columns, and which of them are the keys, their last days, what they cost.
import { t } from "../core/words.js";

// The comma last: it stands in names and amounts as well.
export const DELIMITERS = { ";": () => t("Semicolon"), "\t": () => t("Tab"), "|": () => t("Vertical bar"), ",": () => t("Comma") };
const SHOWN = 4;
// Those whose names the shop reads by itself.
const KNOWN = /^(sku|pool|key|use[ _-]by|cost|note)$/i;
const GUESSES = {
  key: /key|serial|code|clave|chave|c[oó]digo|licen/i,
  use_by: /use.?by|until|expir|valid|v[áa]lid|vence|vencim/i,
  cost: /cost|price|custo|precio|pre[çc]o/i,
};
const LOOKS = { use_by: /^\d{4}-\d{2}-\d{2}$/, cost: /^\d{1,9}\.\d{1,4}$/ };
const HINT = /^"?sep=(.)"?$/i;

export const ROLES = { "": () => t("Not read"), key: () => t("Keys"), use_by: () => t("Last day (2031-12-31)"), cost: () => t("Cost of a key (12.50)") };

// {lines, delimiter, rows, columns, hasHeading}: the first lines and what is guessed of them. Null for a key per line, and for a table that names its columns as the shop does.
export async function tableOf(file) {
  const text = await file.slice(0, 65536).text();
  const all = text.split(/\r\n|\n|\r/).filter((line) => line.trim());
  const hint = HINT.exec(all[0] || "");
  const lines = all.slice(hint ? 1 : 0).slice(0, SHOWN);
  const wanted = hint ? [hint[1]] : Object.keys(DELIMITERS);
  const delimiter = wanted.find((each) => each in DELIMITERS && isTable(lines, each));
  if (!delimiter || text.includes("\0")) return null;
  const table = parted(lines, delimiter);
  const [first] = table.rows;
  return first.some((cell) => /^key$/i.test(cell)) && first.every((cell) => !cell || KNOWN.test(cell)) ? null : table;
}

// The same lines by another delimiter. Columns at the end in which nothing stands are none.
export function parted(lines, delimiter) {
  const cells = lines.map((line) => cellsOf(line, delimiter));
  const width = Math.max(1, ...cells.map((row) => row.findLastIndex(Boolean) + 1));
  const rows = cells.map((row) => Array.from({ length: width }, (_, at) => row[at] || ""));
  const hasHeading = !rows[0].some((cell) => /\d/.test(cell));
  return { lines, delimiter, rows, hasHeading, columns: guessed(rows, hasHeading) };
}

// At least two cells in each line, or a key per line would become a table by what stands at its end.
const isTable = (lines, delimiter) => lines.length > 1 && lines.every((line) => cellsOf(line, delimiter).length > 1) && parted(lines, delimiter).columns.length > 1;

// As the shop reads a line: within quotes nothing parts.
function cellsOf(line, delimiter) {
  const cells = [];
  let rest = line;
  for (;;) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*/.exec(rest);
    const end = rest.indexOf(delimiter, quoted ? quoted[0].length : 0);
    cells.push(quoted ? quoted[1].replaceAll('""', '"').trim() : rest.slice(0, end < 0 ? undefined : end).trim());
    if (end < 0) return cells;
    rest = rest.slice(end + 1);
  }
}

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

// A file behind a single-use address is saved without going there: its token is sent by POST, as the button on our own page does.
export async function save(address, name) {
  const { pathname, searchParams } = new URL(address);
  const body = new URLSearchParams({ token: searchParams.get("token") });
  const answer = await fetch(pathname, { method: "POST", body, credentials: "omit" });
  if (!answer.ok) throw new Error(String(answer.status));
  saveBlob(await answer.blob(), name);
}

// What is known here already: rows of numbers and texts, as a table for a spreadsheet.
export function saveTable(rows, name) {
  const text = rows.map((row) => row.map(cell).join(",")).join("\r\n");
  saveBlob(new Blob(["\ufeff", text, "\r\n"], { type: "text/csv" }), name);
}

// No text is taken for a formula.
function cell(value) {
  const text = typeof value === "string" && /^\s*[=+\-@']/.test(value) ? `'${value}` : String(value ?? "");
  return /[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function saveBlob(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Not at once: some browsers have not begun to read it yet.
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

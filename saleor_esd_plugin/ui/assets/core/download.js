// A file behind a single-use address is saved without going there: its token is sent by POST, as the button on our own page does.
export async function save(address, name) {
  const { pathname, searchParams } = new URL(address);
  const body = new URLSearchParams({ token: searchParams.get("token") });
  const answer = await fetch(pathname, { method: "POST", body, credentials: "omit" });
  if (!answer.ok) throw new Error(String(answer.status));
  keep(await answer.blob(), name);
}

// A text made here, with the mark by which spreadsheets know UTF-8.
export const saveText = (text, name) => keep(new Blob(["\ufeff", text], { type: "text/csv" }), name);

function keep(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Not at once: some browsers have not begun to read it yet.
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

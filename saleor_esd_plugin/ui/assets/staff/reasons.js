// The reasons that licenses are suspended, reinstated and cancelled for: staff keep them, customers read them (P09, P13).
import { html, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { go } from "../core/router.js";
import { t } from "../core/words.js";
import { Empty, Trouble, useTitle } from "../parts/frame.js";
import { say } from "../parts/toast.js";
import { textOfReason } from "./license_filter.js";
import { Archive, ReasonDialog, wordOfAction } from "./reason_dialog.js";

const REASONS = `query AllReasons($isArchived: Boolean) { licenseReasons(isArchived: $isArchived) { id code actions needsNote isArchived texts { language text } } }`;
const SHOWN = [["", () => t("In use")], ["archived", () => t("Archived")]];

export function Reasons({ query, onSignedOut }) {
  useTitle(t("Reasons"));
  const [opened, setOpened] = useState(null);
  const [leaving, setLeaving] = useState(null);
  const isArchived = query.shown === "archived";
  const { data, error, isLoading, reload } = useAsk(REASONS, { isArchived }, { onSignedOut });
  const rows = !error && data?.licenseReasons;
  const done = (text) => {
    setOpened(null);
    setLeaving(null);
    say(text);
    reload();
  };
  return html`<div class="head"><h1>${t("Reasons")}</h1><button class="primary" onClick=${() => setOpened({})}>${t("New reason")}</button></div>
    <p class="muted">${t("Whoever suspends, reinstates or cancels a license chooses one. The customer reads it in the language of the account.")}</p>
    <div class="filters">${SHOWN.map(([shown, name]) => html`<button class="pill" key=${shown} aria-pressed=${(query.shown || "") === shown} onClick=${() => go("/reasons", { shown }, { replace: true })}>${name()}</button>`)}</div>
    ${error && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${!rows && isLoading && html`<p class="muted late">${t("Loading…")}</p>`}
    ${rows && !rows.length && html`<${Empty}><p>${isArchived ? t("None was archived.") : t("Without a reason nobody can suspend or cancel a license.")}</p><//>`}
    ${rows && rows.length > 0 && html`<div class="card"><table><caption class="hidden">${t("Reasons")}</caption>
      <thead><tr><th scope="col">${t("Reason")}</th><th scope="col">${t("Given for")}</th><th scope="col">${t("Note")}</th><th scope="col">${t("Languages")}</th><th><span class="hidden">${t("Change")}</span></th></tr></thead>
      <tbody>${rows.map((reason) => html`<tr key=${reason.id}><td class="name" data-label=${t("Reason")}>${textOfReason(reason)}<br /><small>${reason.code}</small></td>
        <td data-label=${t("Given for")}>${reason.actions.map(wordOfAction).join(", ")}</td>
        <td data-label=${t("Note")}>${reason.needsNote ? t("Needed") : "—"}</td>
        <td data-label=${t("Languages")}>${reason.texts.map(({ language }) => language).join(", ")}</td>
        <td>${!reason.isArchived && html`<button class="quiet" onClick=${() => setOpened(reason)}>${t("Change")}<span class="hidden"> ${reason.code}</span></button>
          <button class="quiet" onClick=${() => setLeaving(reason)}>${t("Archive…")}<span class="hidden"> ${reason.code}</span></button>`}</td></tr>`)}</tbody></table></div>`}
    ${opened && html`<${ReasonDialog} reason=${opened.id && opened} onDone=${done} onClose=${() => setOpened(null)} />`}
    ${leaving && html`<${Archive} reason=${leaving} onDone=${done} onClose=${() => setLeaving(null)} />`}`;
}

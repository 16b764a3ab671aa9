// The e-mail that brings the key, as its reader gets it: in a frame that can do nothing, and as plain text.
import { html, useEffect, useRef, useState } from "../core/dom.js";
import { useAsk } from "../core/load.js";
import { settings } from "../core/settings.js";
import { language as spoken, t } from "../core/words.js";
import { Choice } from "../parts/choice.js";
import { Dialog } from "../parts/dialog.js";
import { NotYet, Trouble } from "../parts/frame.js";
import { languageName } from "../parts/names.js";

const PREVIEW = `query Preview($policy: ID!, $kind: LicensePolicyMailKind!, $language: String!, $instructions: [LicenseInstructionsInput!]) {
  licensePolicyMailPreview(policy: $policy, kind: $kind, language: $language, instructions: $instructions) { subject text page } }`;
const KINDS = [["LICENSE_ASSIGNED", () => t("An end customer")], ["LICENSE_KEYS", () => t("A buyer who keeps the licenses")]];
const FRAME = "esd-preview";

export function MailPreview({ policy, instructions, onClose }) {
  const [kind, setKind] = useState(KINDS[0][0]);
  const [language, setLanguage] = useState(instructions.find((each) => each.language === spoken())?.language || instructions[0]?.language || spoken());
  const [isText, setText] = useState(false);
  const written = instructions.map(({ language: one, text }) => ({ language: one, text }));
  const { data, error, reload } = useAsk(PREVIEW, { policy, kind, language, instructions: written });
  const languages = [...new Set([...written.map((each) => each.language), ...settings.languages])];
  const mail = data?.licensePolicyMailPreview;

  return html`<${Dialog} title=${t("Preview of the e-mail")} onClose=${onClose}><div class="body preview">
    <div class="pair"><${Choice} label=${t("Reader")} value=${kind} options=${KINDS.map(([each, name]) => [each, name()])} onChoose=${setKind} />
      <${Choice} label=${t("Language")} value=${language} options=${languages.map((each) => [each, languageName(each)])} onChoose=${setLanguage} /></div>
    <div class="filters">${[[false, t("As it looks")], [true, t("Plain text")]].map(([each, name]) => html`<button type="button" class="pill" aria-pressed=${isText === each} onClick=${() => setText(each)}>${name}</button>`)}</div>
    ${error && mail && html`<${Trouble} error=${error} onRetry=${reload} />`}
    ${!mail ? html`<${NotYet} error=${error} onRetry=${reload} />` : html`<p><strong>${t("Subject")}:</strong> ${mail.subject}</p>
      ${isText ? html`<pre class="text" tabindex="0">${mail.text}</pre>` : html`<${Looks} page=${mail.page} />`}
      <p class="muted">${t("Name, number and key are samples. The shop's logo comes with the e-mail itself.")}</p>`}</div><//>`;
}

// Scripts of ours make no markup of texts, so the shop itself answers the frame, with what it has signed.
function Looks({ page }) {
  const form = useRef(null);
  useEffect(() => form.current.submit(), [page]);
  return html`<form ref=${form} method="post" action=${settings.root.replace(/\/[^/]*$/, "/preview")} target=${FRAME} hidden><input type="hidden" name="page" value=${page} /></form>
    <iframe name=${FRAME} sandbox="" title=${t("The e-mail")}></iframe>`;
}

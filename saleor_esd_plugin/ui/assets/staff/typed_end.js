// What is typed before a step that nothing takes back, so that nobody takes it by a slip.
import { html, useState } from "../core/dom.js";
import { t } from "../core/words.js";
import { Field } from "../parts/fields.js";

// Of the key of a single license.
const TYPED = 4;

// {field, isTyped}: the last characters of the key of one license, else how many there are. Without licenses nothing has to be typed.
export function useTypedEnd(licenses) {
  const [typed, setTyped] = useState("");
  const [one] = licenses;
  const isOne = licenses.length === 1;
  const wanted = !one ? "" : isOne && one.keyMask ? one.keyMask.slice(-TYPED).toUpperCase() : String(licenses.length);
  const label = isOne ? t("Type the last {count} characters of the key: {wanted}", { count: TYPED, wanted }) : t("Type the number of licenses: {wanted}", { wanted });
  const field = one && html`<${Field} label=${label} autocomplete="off" spellcheck="false" value=${typed} onInput=${(event) => setTyped(event.target.value)} />`;
  return { field, isTyped: typed.trim().toUpperCase() === wanted };
}

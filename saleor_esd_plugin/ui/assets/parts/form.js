// A form that is one mutation: sent once, its refusals told beside their fields.
import { html, useState } from "../core/dom.js";
import { change, unplaced } from "../core/change.js";
import { useOnce } from "./fields.js";
import { Trouble } from "./frame.js";

// {errors, isBusy, send, told}: `errors` by field; `told` goes above the fields, whose names are `fields`: what stands beside none.
// `input(errors)` is what is sent, `onDone(result)` follows if it was not refused, else `onRefused(errors)`; a promise of it is waited for.
export function useForm(document, fields, input, onDone, onRefused) {
  const [errors, setErrors] = useState({});
  const [trouble, setTrouble] = useState(null);
  const { isBusy, send } = useOnce(async () => {
    setTrouble(null);
    try {
      const { result, errors: refused } = await change(document, { input: input(errors) });
      setErrors(refused || {});
      if (refused) onRefused?.(refused);
      else await onDone(result);
    } catch (error) {
      setTrouble(error);
    }
  });
  const refusal = unplaced(errors, ...fields);
  const told = html`${trouble && html`<${Trouble} error=${trouble} />`}
    ${refusal && html`<p class="wrong" role="alert">${refusal.text}</p>`}`;
  return { errors, isBusy, send, told };
}

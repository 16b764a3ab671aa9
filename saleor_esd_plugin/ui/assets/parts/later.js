// A page, or a part of one, whose script is loaded when it is opened, so that each page loads what it shows.
import { html, useEffect, useState } from "../core/dom.js";
import { Refused } from "../core/api.js";
import { NotYet } from "./frame.js";

// `load` resolves to the component.
export const later = (load) =>
  function Later(props) {
    const [{ Page, error }, setState] = useState({});
    useEffect(() => {
      load().then((found) => setState({ Page: found }), () => setState({ error: new Refused("OFFLINE") }));
    }, []);
    if (Page) return html`<${Page} ...${props} />`;
    // Loading anew helps as well once the shop has another version of the script.
    return html`<${NotYet} error=${error} onRetry=${() => location.reload()} />`;
  };

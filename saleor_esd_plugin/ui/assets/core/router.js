// Addresses below the root of the pages; filters stand in the query, so that a reload or the back button keeps them.
import { html, useEffect, useState } from "./dom.js";
import { settings } from "./settings.js";

const CHANGED = "esd:navigated";

function here() {
  const path = location.pathname.slice(settings.root.length).replace(/^\/|\/$/g, "");
  return { path: path.split("/").map(decodeURIComponent), query: Object.fromEntries(new URLSearchParams(location.search)) };
}

export function addressOf(path, query = {}) {
  const filled = Object.entries(query).filter(([, value]) => value);
  const search = new URLSearchParams(filled).toString();
  return settings.root + path + (search && `?${search}`);
}

export function go(path, query, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", addressOf(path, query));
  dispatchEvent(new Event(CHANGED));
}

export function useRoute() {
  const [route, setRoute] = useState(here);
  useEffect(() => {
    const follow = () => setRoute(here());
    addEventListener("popstate", follow);
    addEventListener(CHANGED, follow);
    return () => {
      removeEventListener("popstate", follow);
      removeEventListener(CHANGED, follow);
    };
  }, []);
  return route;
}

export function Link({ to, query, children, ...more }) {
  const follow = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(to, query);
    scrollTo(0, 0);
  };
  return html`<a href=${addressOf(to, query)} onClick=${follow} ...${more}>${children}</a>`;
}

// What every page is made of: preact, with htm instead of a build.
import { h, render } from "../vendor/preact.js";
import htm from "../vendor/htm.js";

export { useCallback, useEffect, useId, useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
export { render };
export const html = htm.bind(h);

// Data of a page: asked for when what it depends on changes, and again after a while where that is wanted.
import { useCallback, useEffect, useRef, useState } from "./dom.js";
import { ask } from "./api.js";

// {data, error, isLoading, reload}. While it is asked for again, `data` is what was known. `onSignedOut` hears of a session that has ended.
export function useAsk(document, variables, { every = 0, onSignedOut } = {}) {
  const key = JSON.stringify(variables);
  const [state, setState] = useState({ isLoading: true });
  const latest = useRef(0);

  const load = useCallback(async () => {
    const turn = ++latest.current;
    setState((known) => ({ ...known, isLoading: true }));
    try {
      const data = await ask(document, JSON.parse(key));
      if (turn === latest.current) setState({ data, isLoading: false });
    } catch (error) {
      if (turn === latest.current) setState((known) => ({ ...known, error, isLoading: false }));
    }
  }, [document, key]);

  useEffect(() => {
    load();
    return () => void latest.current++;
  }, [load]);
  useEffect(() => {
    if (!every) return undefined;
    const timer = setInterval(() => isVisible() && load(), every * 1000);
    return () => clearInterval(timer);
  }, [load, every]);
  useEffect(() => {
    if (state.error?.kind === "SIGNED_OUT") onSignedOut?.();
  }, [state.error]);
  return { ...state, reload: load };
}

const isVisible = () => globalThis.document.visibilityState === "visible";

// What a tab remembers: in sessionStorage, or not beyond a reload where a browser forbids it (a frame of another site).
const fallback = new Map();

export function remembered(name) {
  try {
    return sessionStorage.getItem(`esd.${name}`);
  } catch {
    return fallback.get(name) ?? null;
  }
}

export function remember(name, value) {
  try {
    if (value === null) sessionStorage.removeItem(`esd.${name}`);
    else sessionStorage.setItem(`esd.${name}`, value);
  } catch {
    fallback.set(name, value);
  }
}

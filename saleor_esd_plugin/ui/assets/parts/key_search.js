// What is typed to find a license by its key: all of it, or its end.
// Of no key more characters are shown. What is longer is looked for as a whole, and the shop counts such searches.
const TAIL = 5;

export function keyFilter(text) {
  const end = text.replace(/^[•\s-]+/, "");
  return end.length > TAIL ? { key: text } : { keySuffix: end };
}

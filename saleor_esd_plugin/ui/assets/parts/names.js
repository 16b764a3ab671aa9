// How things are called on all pages.
export const productOf = (line) => (line.variantName ? `${line.productName} · ${line.variantName}` : line.productName);

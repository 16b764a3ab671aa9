// How things are called on all pages.
import { t } from "../core/words.js";

// A variant without a name of its own has that of its product, or the SKU.
export function productOf({ productName, variantName, sku }) {
  return ["", productName, sku].includes(variantName) ? productName || sku : `${productName} · ${variantName}`;
}

// Of what staff granted without an order, too.
export const titleOf = ({ origin, number }) => (origin === "GRANT" ? t("Licenses {number}", { number }) : t("Order {number}", { number }));

// The end of a mask tells one key from another; the dots in front of it tell nothing.
export const lastGroups = (mask) => (mask ? mask.split("-").slice(-2).join("-") : "•••••");

const LANGUAGES = { en: "English", es: "Español", "pt-br": "Português" };
export const languageName = (code) => LANGUAGES[code] || code;

// The id of a license order; links in e-mails name it by its UUID.
export const orderId = (id) => (/^[0-9a-f-]{36}$/.test(id) ? btoa(`LicenseOrder:${id}`) : id);

// How a format of keys reads where one is chosen.
import { t } from "../core/words.js";

// Any format takes what its supplier wrote; with a pattern, what does not fit is refused.
export const ANY = "GENERIC";

export const formatName = ({ name, example }) => (name.startsWith(ANY) ? t("{name}: as the supplier writes them", { name }) : `${name}: ${example}`);

/** An emoji of a button or an option: Unicode as it is, a server's own one by its name. */

import { el } from "../dom/elements.js";

/** Returns null where there is none. */
export function emoji(partial) {
  if (!partial?.name) {
    return null;
  }
  return partial.id
    ? el("span", { class: "emoji emoji-custom" }, `:${partial.name}:`)
    : el("span", { class: "emoji", "aria-hidden": "true" }, partial.name);
}

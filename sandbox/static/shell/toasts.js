/** Short notes at the edge of the page, gone after a while. */

import { el } from "../dom/elements.js";
import { icon } from "../dom/icons.js";

const SHOWN_MILLISECONDS = 8000;

/** Shows a sentence. */
export function toast(sentence) {
  const note = el(
    "div",
    { class: "toast" },
    icon("alert"),
    el("span", {}, sentence),
    el("button", { class: "icon-button", type: "button", "aria-label": "Close", on: { click: () => note.remove() } }, icon("close")),
  );
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), SHOWN_MILLISECONDS);
}

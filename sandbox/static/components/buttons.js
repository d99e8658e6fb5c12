/** Buttons, as they stand on messages. */

import { act } from "../app/acting.js";
import { el, outward } from "../dom/elements.js";
import { icon } from "../dom/icons.js";
import { emoji } from "./emoji.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "premium" };
const LINK = 5;

/** Draws a button; pressing it sends the interaction. */
export function button(component, { entry }) {
  const style = STYLES[component.style] ?? "secondary";
  const words = [emoji(component.emoji), component.label ? el("span", { class: "button-label" }, component.label) : null];
  const name = component.label || component.emoji?.name || "Premium";
  if (component.style === LINK) {
    const classes = ["button", "button-link", component.disabled && "is-disabled"];
    return component.disabled
      ? el("span", { class: classes, "aria-disabled": "true" }, ...words, icon("open"))
      : outward(component.url, { class: classes }, ...words, icon("open"));
  }
  const isBusy = entry.pending.includes(component.custom_id);
  return el(
    "button",
    {
      class: ["button", `button-${style}`, isBusy && "is-busy"],
      type: "button",
      disabled: component.disabled || isBusy || style === "premium",
      "aria-label": component.label ? null : name,
      data: { key: `button-${component.custom_id}` },
      on: { click: () => act("click", { message: entry.id, custom_id: component.custom_id }) },
    },
    style === "premium" ? "Premium" : words,
    isBusy ? el("span", { class: "dots", role: "status", "aria-label": "Waiting" }, el("i"), el("i"), el("i")) : null,
  );
}

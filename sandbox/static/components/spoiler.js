/** Things under a blur, until one presses them. */

import { el } from "../dom/elements.js";

/** Covers `content`; what lies beneath cannot be reached before it is revealed. */
export function covered(content, label = "Spoiler") {
  const cover = el("button", { class: "spoiler-cover", type: "button", "aria-label": `Show ${label.toLowerCase()}` });
  cover.append(el("span", { class: "spoiler-label" }, label));
  const box = el("div", { class: "spoiler-box" }, content, cover);
  content.inert = true;
  cover.addEventListener("click", (event) => {
    event.stopPropagation();
    content.inert = false;
    box.classList.add("is-revealed");
    cover.remove();
  });
  return box;
}

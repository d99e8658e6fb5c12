/** One picture, large, over everything else. */

import { el, fill, outward } from "../dom/elements.js";
import { icon } from "../dom/icons.js";
import { fileName } from "../text/addresses.js";

/** Opens `item`, one of `items`; the arrow keys go to the others. */
export function openLightbox(items, item) {
  let at = Math.max(0, items.indexOf(item));
  const stage = el("figure", { class: "lightbox-stage" });
  const dialog = el("dialog", { class: "lightbox", "aria-label": "Picture" }, stage);
  const step = (by) => {
    at = (at + by + items.length) % items.length;
    show();
  };
  const show = () => {
    const { media, description } = items[at];
    fill(
      stage,
      el("img", { src: media.proxy_url, alt: description ?? "" }),
      el(
        "figcaption",
        {},
        description ? el("span", { class: "lightbox-words" }, description) : null,
        el("span", { class: "lightbox-name" }, fileName(media.url), items.length > 1 ? ` · ${at + 1} of ${items.length}` : ""),
        outward(media.proxy_url, { class: "link" }, "Open in browser"),
      ),
    );
  };
  dialog.append(el("button", { class: "icon-button lightbox-close", type: "button", "aria-label": "Close", on: { click: () => dialog.close() } }, icon("close")));
  if (items.length > 1) {
    dialog.append(
      el("button", { class: "icon-button lightbox-back", type: "button", "aria-label": "Previous picture", on: { click: () => step(-1) } }, icon("back")),
      el("button", { class: "icon-button lightbox-next", type: "button", "aria-label": "Next picture", on: { click: () => step(1) } }, icon("next")),
    );
  }
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      step(event.key === "ArrowLeft" ? -1 : 1);
    }
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target === stage) {
      dialog.close();
    }
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  show();
  dialog.showModal();
}

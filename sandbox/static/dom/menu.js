/** Context menus: of a message, of a person. */

import { el, fill } from "./elements.js";
import { icon } from "./icons.js";
import { closePopup, openPopup } from "./popup.js";

/**
 * Opens a menu at a place. An item is `{label, icon, run, isDanger}`, or `{label, icon, items}` for one that leads to
 * more items, or null for a line. Focus goes back to `returnTo`.
 */
export function openMenu(place, items, { label, returnTo = null }) {
  const menu = el("div", { class: "menu", role: "menu", "aria-label": label, tabindex: "-1" });
  menu.addEventListener("keydown", (event) => walk(event, menu));
  openPopup(place, menu, { returnTo });
  show(menu, items, null);
}

function show(menu, items, above) {
  const rows = items.map((item) => (item === null ? el("div", { class: "menu-line", role: "separator" }) : row(menu, item, items)));
  if (above) {
    const back = { label: above.label, icon: "back", run: null };
    rows.unshift(row(menu, back, items, () => show(menu, above.items, above.above)));
  }
  menu.back = above ? () => show(menu, above.items, above.above) : null;
  fill(menu, rows);
  (menu.querySelectorAll(".menu-item")[above ? 1 : 0] ?? menu).focus();
}

function row(menu, item, siblings, go) {
  const press = () => {
    if (go) {
      go();
    } else if (item.items) {
      show(menu, item.items, { label: item.label, items: siblings, above: null });
    } else {
      closePopup("chosen");
      item.run();
    }
  };
  return el(
    "button",
    { class: ["menu-item", item.isDanger && "is-danger", go && "is-back"], type: "button", role: "menuitem", tabindex: "-1", "aria-haspopup": item.items ? "menu" : null, on: { click: press } },
    item.icon && go ? icon(item.icon) : null,
    el("span", { class: "menu-label" }, item.label),
    item.items ? icon("next") : item.icon && !go ? icon(item.icon) : null,
  );
}

function walk(event, menu) {
  const rows = [...menu.querySelectorAll(".menu-item")];
  const at = rows.indexOf(document.activeElement);
  const targets = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
  if (event.key in targets) {
    rows[(targets[event.key] + rows.length) % rows.length]?.focus();
  } else if (event.key === "ArrowRight" && rows[at]?.getAttribute("aria-haspopup")) {
    rows[at].click();
  } else if (event.key === "ArrowLeft" && menu.back) {
    menu.back();
  } else if (event.key === "Tab") {
    closePopup("escape");
  } else {
    return;
  }
  event.preventDefault();
}

/** A list of which one or more are chosen, driven by the keys of whatever has the focus. */

import { el, fill, freshId } from "./elements.js";

/**
 * `owner` is the element with the focus (it gets `aria-activedescendant`), `onChoose` takes the chosen item.
 * An item is `{key, label, description, before, heading, isChosen, isDisabled}`; `before` is a node at its left.
 */
export class Listbox {
  constructor({ label, onChoose, isMultiple = false, className = "" }) {
    this.onChoose = onChoose;
    this.items = [];
    this.at = -1;
    this.owner = null;
    this.element = el("div", { class: ["listbox", className], role: "listbox", id: freshId("listbox"), "aria-label": label, "aria-multiselectable": isMultiple ? "true" : null });
    this.isMultiple = isMultiple;
  }

  /** Shows items; `isFirstActive` marks the first one, so that Enter takes it. */
  show(items, { isFirstActive = true, emptyText = "Nothing found" } = {}) {
    const before = this.active?.key;
    this.items = items;
    fill(this.element, items.length ? items.map((item, index) => this.#row(item, index)) : el("div", { class: "listbox-empty" }, emptyText));
    const same = items.findIndex((item) => item.key === before);
    this.#activate(same >= 0 ? same : isFirstActive && items.length ? 0 : -1);
  }

  /** The marked item; undefined where none is. */
  get active() {
    return this.items[this.at];
  }

  /** Marks another item, around the ends. */
  move(by) {
    if (this.items.length) {
      const from = this.at < 0 && by < 0 ? 0 : this.at;
      this.#activate((from + by + this.items.length) % this.items.length);
    }
  }

  /** Takes an item, by default the marked one; says whether there was one. */
  choose(item = this.active) {
    if (!item || item.isDisabled) {
      return false;
    }
    this.onChoose(item);
    return true;
  }

  /** Handles an arrow, Home, End, or Enter; says whether it did. */
  handleKey(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && this.items.length) {
      this.move(steps[event.key]);
    } else if (event.key === "Enter" && !event.shiftKey && this.active) {
      this.choose();
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  }

  #row(item, index) {
    const row = el(
      "div",
      {
        class: ["listbox-item", item.isDisabled && "is-disabled"],
        role: "option",
        id: `${this.element.id}-${index}`,
        "aria-selected": String(Boolean(item.isChosen)),
        "aria-disabled": item.isDisabled ? "true" : null,
        on: {
          pointerdown: (event) => event.preventDefault(),
          pointermove: () => this.#activate(index, { isScrolled: false }),
          click: () => this.choose(item),
        },
      },
      item.before ?? null,
      el("div", { class: "listbox-words" }, el("div", { class: "listbox-label" }, item.label), item.description ? el("div", { class: "listbox-description" }, item.description) : null),
      item.after ?? null,
      this.isMultiple ? el("span", { class: "tick-box", "aria-hidden": "true" }) : null,
    );
    return item.heading ? [el("div", { class: "listbox-heading", role: "presentation" }, item.heading), row] : row;
  }

  #activate(index, { isScrolled = true } = {}) {
    this.at = index;
    for (const row of this.element.querySelectorAll(".listbox-item")) {
      const isActive = row.id === `${this.element.id}-${index}`;
      row.classList.toggle("is-active", isActive);
      if (isActive && isScrolled) {
        row.scrollIntoView({ block: "nearest" });
      }
    }
    if (this.owner) {
      if (index >= 0) {
        this.owner.setAttribute("aria-activedescendant", `${this.element.id}-${index}`);
      } else {
        this.owner.removeAttribute("aria-activedescendant");
      }
    }
  }
}

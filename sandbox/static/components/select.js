/** Menus of values, on messages and in forms: of texts, users, roles, mentionables and channels. */

import { act } from "../app/acting.js";
import { el, fill } from "../dom/elements.js";
import { icon } from "../dom/icons.js";
import { Listbox } from "../dom/listbox.js";
import { closePopup, openPopup } from "../dom/popup.js";
import { emoji } from "./emoji.js";
import { entityItems, KINDS_OF_SELECT } from "./entities.js";

const STRING_SELECT = 3;

/** What one chose on messages that were not changed since; Discord's client remembers it the same way. */
const remembered = new Map();

/** Draws a menu on a message; what is chosen is sent when the menu closes. */
export function selectTrigger(component, { entry }) {
  const memory = `${entry.id} ${component.custom_id} ${entry.message.edited_timestamp ?? ""}`;
  const isBusy = entry.pending.includes(component.custom_id);
  return selectControl(component, {
    values: remembered.get(memory) ?? presetValues(component),
    isDisabled: component.disabled || isBusy,
    isBusy,
    key: `select-${entry.id}-${component.custom_id}`,
    onDone: (values) => {
      remembered.set(memory, values);
      act("select", { message: entry.id, custom_id: component.custom_id, values });
    },
  });
}

/** The values that a menu begins with. */
export function presetValues(component) {
  if (component.type === STRING_SELECT) {
    return (component.options ?? []).filter((option) => option.default).map((option) => option.value);
  }
  return (component.default_values ?? []).map((value) => value.id);
}

/** A menu: a button with what is chosen, and the list that it opens. `onDone` takes the values after a change. */
export function selectControl(component, { values, isDisabled, isBusy = false, key, label, onDone }) {
  let chosen = values;
  const words = el("span", { class: "select-words" });
  const trigger = el(
    "button",
    {
      class: ["select", isBusy && "is-busy"],
      type: "button",
      disabled: isDisabled,
      role: "combobox",
      "aria-haspopup": "listbox",
      "aria-expanded": "false",
      "aria-label": label ?? component.placeholder ?? "Make a selection",
      data: { key },
    },
    words,
    icon("down", "select-arrow"),
  );
  const show = () => fill(words, chosenWords(component, chosen));
  const open = () =>
    openMenu(trigger, component, chosen, (next) => {
      chosen = next;
      show();
      onDone(next);
    });
  trigger.addEventListener("click", open);
  trigger.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      open();
    }
  });
  show();
  return trigger;
}

function chosenWords(component, values) {
  const items = itemsOf(component).filter((item) => values.includes(item.key));
  if (items.length === 0) {
    return el("span", { class: "select-placeholder" }, component.placeholder || "Make a selection");
  }
  return items.map((item) => el("span", { class: items.length > 1 || component.type !== STRING_SELECT ? "select-chip" : "" }, item.before?.cloneNode(true), item.label));
}

function itemsOf(component) {
  if (component.type !== STRING_SELECT) {
    return entityItems(KINDS_OF_SELECT[component.type], { channelTypes: component.channel_types });
  }
  return (component.options ?? []).map((option) => ({
    key: option.value,
    label: option.label,
    description: option.description,
    before: emoji(option.emoji),
  }));
}

function openMenu(trigger, component, values, onDone) {
  const least = component.min_values ?? 1;
  const most = component.max_values ?? 1;
  const chosen = new Set(values);
  const items = itemsOf(component);
  const list = new Listbox({ label: component.placeholder ?? "Options", isMultiple: most > 1, onChoose: (item) => take(item) });
  const search = el("input", { class: "popup-search", type: "text", placeholder: "Search", "aria-label": "Search", role: "combobox", "aria-expanded": "true" });
  const isSearched = component.type !== STRING_SELECT || items.length > 10;
  const content = el("div", { class: "select-menu", tabindex: "-1" }, isSearched ? search : null, list.element);
  const show = () => {
    const wanted = search.value.trim().toLowerCase();
    const found = items.filter((item) => `${item.label} ${item.searched ?? ""}`.toLowerCase().includes(wanted));
    list.show(found.map((item) => ({ ...item, isChosen: chosen.has(item.key) })));
  };
  const take = ({ key }) => {
    if (most === 1) {
      const isSame = chosen.has(key);
      chosen.clear();
      if (!isSame || least > 0) {
        chosen.add(key);
      }
      closePopup("chosen");
      return;
    }
    if (!chosen.delete(key) && chosen.size < most) {
      chosen.add(key);
    }
    show();
  };
  list.owner = isSearched ? search : content;
  content.addEventListener("keydown", (event) => {
    if (event.key === "Tab") {
      event.preventDefault();
      closePopup("chosen");
    } else {
      list.handleKey(event) || (event.key === " " && !isSearched && (event.preventDefault(), list.choose()));
    }
  });
  search.addEventListener("input", show);
  trigger.setAttribute("aria-expanded", "true");
  openPopup(trigger, content, {
    isWide: true,
    onClose: (reason) => {
      trigger.setAttribute("aria-expanded", "false");
      const next = [...chosen];
      const isChanged = most === 1 ? reason === "chosen" : next.length !== values.length || next.some((value) => !values.includes(value));
      if (reason !== "escape" && isChanged && next.length >= least) {
        onDone(next);
      }
    },
  });
  show();
  (isSearched ? search : content).focus();
}

/** One option that is typed or chosen: its name and a field beside it, on the composer's line. */

import { el } from "../dom/elements.js";
import { isChosenFromList, item, listItems, readText } from "./option_values.js";
import { suggestFromBot } from "./suggesting.js";

/** `form` hears of focus, changes and keys; see CommandForm. */
export class TextOption {
  constructor(definition, form) {
    this.definition = definition;
    this.form = form;
    this.chosen = null;
    this.items = isChosenFromList(definition) ? listItems(definition) : [];
    this.isWaiting = false;
    this.input = el("textarea", {
      class: "option-input",
      rows: "1",
      spellcheck: "false",
      autocomplete: "off",
      role: "combobox",
      "aria-expanded": "false",
      "aria-label": `${definition.name}${definition.required ? ", required" : ""}: ${definition.description}`,
      "aria-required": definition.required ? "true" : null,
      on: {
        focus: () => this.#focused(),
        blur: () => form.left(this),
        input: () => this.#typed(),
        keydown: (event) => form.keyed(event, this),
      },
    });
    this.element = el("div", { class: "option", data: { option: definition.name }, on: { click: () => this.input.focus() } }, el("span", { class: "option-name" }, definition.name), this.input);
    this.#fit();
  }

  get isEmpty() {
    return this.input.value === "";
  }

  get text() {
    return this.input.value;
  }

  focus() {
    this.input.focus();
  }

  /** The items to show for what stands here now. */
  suggestions() {
    if (this.definition.autocomplete) {
      return this.items;
    }
    const wanted = this.chosen ? "" : this.text.trim().toLowerCase();
    const found = this.items.filter((one) => `${one.label} ${one.searched ?? ""}`.toLowerCase().includes(wanted));
    return found.map((one) => ({ ...one, isChosen: one.value === this.chosen?.value }));
  }

  /** Takes an item of the list. */
  choose(one) {
    this.chosen = one;
    this.input.value = one.label;
    this.#fit();
    this.mark(null);
  }

  /** `{value}`, `{}` for nothing, or `{error}`. */
  read() {
    return this.chosen && this.text === this.chosen.label ? { value: this.chosen.value } : readText(this.definition, this.text);
  }

  /** Shows what is wrong; null: nothing. */
  mark(error) {
    this.error = error;
    this.element.classList.toggle("is-wrong", error !== null);
    this.input.toggleAttribute("aria-invalid", error !== null);
  }

  #focused() {
    this.form.entered(this);
    if (this.definition.autocomplete && this.items.length === 0) {
      this.#askBot();
    }
  }

  #typed() {
    this.input.value = this.input.value.replace(/\n/g, " ");
    this.chosen = null;
    this.mark(null);
    this.#fit();
    if (this.definition.autocomplete) {
      this.#askBot();
    }
    this.form.changed(this);
  }

  #askBot() {
    this.isWaiting = true;
    suggestFromBot(this.form, this, (choices, error) => {
      this.isWaiting = false;
      this.items = choices.map((choice) => item(choice.name, choice.value));
      this.botError = error;
      this.form.changed(this, { isTyped: false });
    });
  }

  /** Lets the field grow with its text, also where CSS cannot. */
  #fit() {
    if (!CSS.supports("field-sizing", "content")) {
      this.input.cols = Math.max(4, Math.min(60, this.text.length + 1));
      this.input.rows = Math.ceil((this.text.length + 1) / 60);
    }
  }
}

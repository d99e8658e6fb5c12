/** A slash command that is being filled in: its options on a line, its files above it, and what is offered for each. */

import { ask } from "../app/connection.js";
import { upload } from "../app/uploads.js";
import { el, fill } from "../dom/elements.js";
import { FileOption } from "./file_option.js";
import { OPTION } from "./option_values.js";
import { TextOption } from "./text_option.js";

/**
 * `composer` is told `refresh()` when the offer changed, `leave()` when the command is given up, `sent()` when it went.
 * `field` is the option with the focus, or null for the end of the line, where further options are added.
 */
export class CommandForm {
  constructor(command, composer) {
    this.command = command;
    this.composer = composer;
    this.fields = [];
    this.field = null;
    this.isSending = false;
    this.problem = null;
    this.cards = el("div", { class: "option-cards" });
    this.line = el("div", { class: "option-line" });
    this.tail = el("textarea", {
      class: "option-tail",
      rows: "1",
      spellcheck: "false",
      role: "combobox",
      "aria-expanded": "false",
      "aria-label": `More options of /${command.name}`,
      on: { focus: () => this.entered(null), blur: () => this.left(null), input: () => this.#tailTyped(), keydown: (event) => this.keyed(event, null) },
    });
    for (const definition of command.options.filter((option) => option.required)) {
      this.#add(definition);
    }
    this.#arrange();
  }

  /** Puts the focus where one would type next. */
  focus() {
    (this.fields.find((field) => field.isEmpty && !field.isFile) ?? this.fields.find((field) => field.isEmpty) ?? { focus: () => this.tail.focus() }).focus();
  }

  /** The optional options that are not there yet, those that match the end of the line. */
  get further() {
    const wanted = this.tail.value.trim().toLowerCase();
    return this.missing.filter((option) => option.name.includes(wanted));
  }

  get missing() {
    return this.command.options.filter((option) => !this.fields.some((field) => field.definition.name === option.name));
  }

  /** What is filled in and valid, but for files and the option itself: an autocomplete tells it to the bot. */
  valuesSoFar(except) {
    const values = {};
    for (const field of this.fields) {
      const { value } = field === except ? {} : field.read();
      if (value !== undefined) {
        values[field.definition.name] = value;
      }
    }
    return values;
  }

  /** Adds an option and puts the focus into it. */
  addOption(definition) {
    const field = this.#add(definition);
    this.tail.value = "";
    this.#arrange();
    field.focus();
    this.composer.refresh();
  }

  /** Takes an item of the offered list. */
  choose(item) {
    if (item.option) {
      this.addOption(item.option);
    } else if (this.field) {
      const { field } = this;
      field.choose(item);
      this.#focusAfter(field);
    }
  }

  /** Puts files into the empty file options, in order, adding optional ones. Returns those that found no place. */
  takeFiles(files) {
    const left = [...files];
    while (left.length) {
      const definition = this.missing.find((option) => option.type === OPTION.ATTACHMENT);
      const field = this.fields.find((one) => one.isFile && one.isEmpty) ?? (definition && this.#add(definition));
      if (!field) {
        break;
      }
      this.#arrange();
      field.take(left.shift());
    }
    this.composer.refresh();
    return left;
  }

  /** Checks, sends the files, sends the command. */
  async send() {
    if (this.isSending) {
      return;
    }
    const answers = this.fields.map((field) => ({ field, ...field.read() }));
    answers.forEach(({ field, error }) => field.mark(error ?? null));
    const wrong = answers.find((answer) => answer.error);
    if (wrong) {
      wrong.field.focus();
      this.composer.refresh();
      return;
    }
    this.#setSending(true);
    try {
      const withFile = answers.filter((answer) => answer.file);
      const ids = await upload(withFile.map((answer) => answer.file));
      const options = Object.fromEntries(answers.filter((answer) => answer.value !== undefined).map(({ field, value }) => [field.definition.name, value]));
      withFile.forEach(({ field }, index) => {
        options[field.definition.name] = ids[index];
      });
      await ask("slash", { command: this.command.name, options });
      this.composer.sent();
    } catch (refusal) {
      this.problem = refusal.message;
      this.#setSending(false);
      this.composer.refresh();
    }
  }

  // What its fields tell

  entered(field) {
    this.field = field;
    this.composer.refresh({ isFresh: true });
  }

  left() {
    this.composer.left();
  }

  changed(field, { isTyped = true } = {}) {
    if (isTyped) {
      this.problem = null;
    }
    if (this.field === field) {
      this.composer.refresh({ isTyped });
    }
  }

  keyed(event, field) {
    if (event.isComposing || (field?.isFile && this.#keyedFile(event, field)) || this.composer.handleListKey(event)) {
      return;
    }
    const isBackward = event.shiftKey;
    if (event.key === "Enter" && !event.shiftKey && !field?.isFile) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.composer.escape();
    } else if (event.key === "Tab") {
      this.#tab(event, field, isBackward);
    } else if (event.key === "Backspace" && (field ? field.isEmpty : this.tail.value === "")) {
      event.preventDefault();
      this.#stepBack(field);
    }
  }

  #keyedFile(event, field) {
    if ((event.key === "Delete" || event.key === "Backspace") && !field.isEmpty) {
      event.preventDefault();
      field.clear();
      return true;
    }
    return false;
  }

  #tab(event, field, isBackward) {
    if (!isBackward && this.composer.takeOnTab()) {
      event.preventDefault();
      return;
    }
    const order = [...this.fields, null];
    const at = order.indexOf(field) + (isBackward ? -1 : 1);
    if (at >= 0 && at < order.length) {
      event.preventDefault();
      (order[at] ?? this.tail).focus();
    }
  }

  #stepBack(field) {
    const at = field ? this.fields.indexOf(field) : this.fields.length;
    const before = this.fields[at - 1];
    if (field && !field.definition.required) {
      this.fields.splice(at, 1);
      this.#arrange();
      (before ?? { focus: () => this.tail.focus() }).focus();
      this.composer.refresh();
    } else if (before) {
      before.focus();
    } else if (this.fields.every((one) => one.isEmpty)) {
      this.composer.leave();
    }
  }

  #focusAfter(field) {
    const later = this.fields.slice(this.fields.indexOf(field) + 1);
    const next = later.find((one) => one.isEmpty && one.definition.required) ?? this.fields.find((one) => one.isEmpty && one.definition.required);
    if (next) {
      next.focus();
    } else {
      this.tail.focus();
    }
  }

  #tailTyped() {
    this.tail.value = this.tail.value.replace(/\n/g, "");
    const named = this.missing.find((option) => this.tail.value === `${option.name}:` || this.tail.value === `${option.name} `);
    if (named) {
      this.addOption(named);
    } else {
      this.composer.refresh({ isTyped: true });
    }
  }

  #add(definition) {
    const field = definition.type === OPTION.ATTACHMENT ? new FileOption(definition, this) : new TextOption(definition, this);
    this.fields.push(field);
    return field;
  }

  /** Puts the fields where they belong; only what moved is touched, for a moved field loses the focus. */
  #arrange() {
    const files = this.fields.filter((field) => field.isFile).map((field) => field.element);
    const rest = this.fields.filter((field) => !field.isFile).map((field) => field.element);
    if (!this.title) {
      this.title = el("span", { class: "command-name" }, `/${this.command.name}`);
      fill(this.line, this.title, this.tail);
    }
    place(this.cards, files);
    place(this.line, [this.title, ...rest, this.tail]);
    this.cards.hidden = files.length === 0;
  }

  #setSending(isSending) {
    this.isSending = isSending;
    this.line.classList.toggle("is-sending", isSending);
    this.cards.inert = isSending;
  }
}

function place(parent, nodes) {
  for (const child of [...parent.children]) {
    if (!nodes.includes(child)) {
      child.remove();
    }
  }
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) {
      parent.insertBefore(node, parent.children[index] ?? null);
    }
  });
}

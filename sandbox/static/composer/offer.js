/** What floats above the composer: the commands, an option's suggestions, the options that one may add. */

import { botUser, view } from "../app/view.js";
import { el, fill } from "../dom/elements.js";
import { Listbox } from "../dom/listbox.js";
import { avatar } from "../messages/avatar.js";
import { fileSize } from "../text/sizes.js";
import { matching } from "./catalogue.js";
import { isChosenFromList, limits } from "./option_values.js";

/** `onChoose` takes `{command}`, `{option}` or a value's item. */
export class Offer {
  constructor(onChoose) {
    this.list = new Listbox({ label: "Suggestions", onChoose });
    this.head = el("div", { class: "offer-head", id: "offer-head" });
    this.element = el("div", { class: "offer", hidden: true }, this.head, this.list.element);
    this.isMoved = false;
  }

  get isOpen() {
    return !this.element.hidden;
  }

  close() {
    this.element.hidden = true;
    this.#own(null);
  }

  /** Shows the commands that match what stands after the slash. */
  showCommands(text, owner) {
    const items = matching(text).map((command, index) => ({
      key: `${command.id} ${command.name}`,
      label: commandLine(command),
      description: command.description,
      before: avatar(botUser(), 28),
      heading: index === 0 ? botUser().name || "Commands" : undefined,
      command,
    }));
    const isOnline = view().bot_state === "online" || view().commands.length > 0;
    this.#open(owner, [], items, { emptyText: isOnline ? "No commands match" : "The bot is not there yet; its commands come with it" });
  }

  /** Shows what belongs to the form's focused option, or the further options at the end of the line. */
  showForm(form) {
    const { field } = form;
    const head = form.problem ? [el("span", { class: "offer-problem" }, form.problem)] : field ? optionHead(field) : endHead(form);
    if (field) {
      const isListed = isChosenFromList(field.definition) || Boolean(field.definition.autocomplete);
      const emptyText = field.isWaiting ? "Loading options…" : (field.botError ?? "No options match your search");
      const isFirstActive = isChosenFromList(field.definition) || (field.text ?? "") !== "";
      this.#open(field.input ?? field.face, head, field.suggestions(), { emptyText, isFirstActive, hasList: isListed });
      return;
    }
    const items = form.further.map((option, index) => ({
      key: option.name,
      label: option.name,
      description: option.description,
      heading: index === 0 ? "Options" : undefined,
      option,
    }));
    this.#open(form.tail, head, items, { isFirstActive: form.tail.value !== "", hasList: form.missing.length > 0, emptyText: "No such option" });
  }

  /** Handles an arrow or Enter. */
  handleKey(event) {
    if (!this.isOpen || this.list.element.hidden) {
      return false;
    }
    const isHandled = this.list.handleKey(event);
    this.isMoved ||= isHandled && event.key.startsWith("Arrow");
    return isHandled;
  }

  #open(owner, head, items, { emptyText, isFirstActive = true, hasList = true }) {
    this.element.hidden = false;
    fill(this.head, ...head);
    this.head.hidden = head.length === 0;
    this.list.element.hidden = !hasList;
    if (this.list.owner !== owner) {
      this.isMoved = false;
      this.list.at = -1;
      this.list.items = [];
    }
    this.#own(owner);
    this.list.show(hasList ? items : [], { emptyText, isFirstActive });
  }

  #own(owner) {
    if (this.list.owner && this.list.owner !== owner) {
      this.list.owner.setAttribute("aria-expanded", "false");
      this.list.owner.removeAttribute("aria-activedescendant");
      this.list.owner.removeAttribute("aria-controls");
    }
    this.list.owner = owner;
    if (owner && owner.getAttribute("role") === "combobox") {
      owner.setAttribute("aria-expanded", "true");
      owner.setAttribute("aria-controls", this.list.element.id);
    }
  }
}

function commandLine(command) {
  const names = command.options.map((option) => el("span", { class: ["command-option", option.required && "is-required"] }, option.name));
  return el("span", { class: "command-line" }, el("strong", {}, `/${command.name}`), names);
}

function optionHead({ definition, error, text }) {
  const uploadLimit = view().channel?.upload_limit_bytes;
  const limit = limits(definition, { uploadLimit: uploadLimit && fileSize(uploadLimit) });
  const isCounted = definition.max_length && text !== undefined && !isChosenFromList(definition);
  return [
    el("strong", {}, definition.name),
    definition.required ? el("span", { class: "required-mark" }, "required") : null,
    el("span", { class: "offer-words" }, definition.description),
    limit ? el("span", { class: "offer-limit" }, isCounted ? `${text.length} / ${definition.max_length}` : limit) : null,
    error ? el("span", { class: "offer-problem", role: "alert" }, error) : null,
  ];
}

function endHead(form) {
  return [el("strong", {}, `/${form.command.name}`), el("span", { class: "offer-words" }, form.command.description)];
}

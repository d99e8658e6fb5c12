/** The line at the foot of a channel: a message, or a slash command that is being filled in. */

import { ask } from "../app/connection.js";
import { filesOf } from "../app/uploads.js";
import { displayName, userOf, view } from "../app/view.js";
import { el, fill } from "../dom/elements.js";
import { icon } from "../dom/icons.js";
import { focusLast, goToEnd } from "../messages/timeline.js";
import { toast } from "../shell/toasts.js";
import { slashCommands } from "./catalogue.js";
import { CommandForm } from "./command_form.js";
import { Offer } from "./offer.js";
import { endReply, onReplyChange, replyTarget } from "./reply.js";
import { FileTray } from "./file_tray.js";

const root = document.getElementById("composer");

/** There is one; `start` puts it on the page. */
class Composer {
  constructor() {
    this.form = null;
    this.place = "";
    this.offer = new Offer((item) => this.#choose(item));
    this.tray = new FileTray(() => this.#arrange());
    this.picker = el("input", { type: "file", multiple: true, class: "for-readers", tabindex: "-1", "aria-hidden": "true", on: { change: () => this.#picked() } });
    this.input = el("textarea", {
      class: "composer-input",
      id: "composer-input",
      rows: "1",
      role: "combobox",
      "aria-expanded": "false",
      on: { input: () => this.#typed(), focus: () => this.#typed(), blur: () => this.left(), keydown: (event) => this.#keyed(event) },
    });
    this.more = el("button", { class: "more-options", type: "button", on: { click: () => this.form?.tail.focus() } });
    this.attach = el("button", { class: "icon-button composer-attach", type: "button", "aria-label": "Upload a file", title: "Upload a file", on: { click: () => this.picker.click() } }, icon("plus"));
    this.send = el("button", { class: "icon-button composer-send", type: "button", "aria-label": "Send", title: "Send", on: { click: () => this.#submit() } }, icon("send"));
    this.reply = el("div", { class: "reply-bar" });
    this.middle = el("div", { class: "composer-middle" });
    this.cardsSlot = el("div", { class: "composer-cards" });
    this.box = el("div", { class: "composer-box" }, this.cardsSlot, el("div", { class: "composer-row" }, this.attach, this.picker, this.middle, this.more, this.send));
  }

  start() {
    fill(root, this.offer.element, this.reply, this.box);
    onReplyChange(() => this.#showReply());
    this.#arrange();
    const chat = document.getElementById("chat");
    chat.addEventListener("dragover", (event) => this.#dragged(event));
    chat.addEventListener("dragleave", (event) => event.relatedTarget && chat.contains(event.relatedTarget) || chat.classList.remove("is-dropping"));
    chat.addEventListener("drop", (event) => this.#dropped(event));
    document.addEventListener("paste", (event) => this.#pasted(event));
    document.addEventListener("keydown", (event) => this.#typedElsewhere(event));
  }

  /** Follows the newest view: another channel begins an empty line, a command that is gone is given up. */
  update() {
    const { person, channel } = view();
    const here = `${person?.id} ${channel?.id}`;
    if (here !== this.place) {
      this.place = here;
      this.#reset();
    }
    const command = this.form && slashCommands().find((one) => one.name === this.form.command.name);
    if (this.form && !command && view().commands.length) {
      this.leave();
    }
    root.hidden = channel === null;
    const mayWrite = channel?.may_write ?? false;
    this.input.disabled = !mayWrite;
    this.attach.disabled = !mayWrite;
    const name = channel?.kind === "dm" ? `@${channel.name}` : `#${channel?.name ?? ""}`;
    this.input.placeholder = mayWrite ? `Message ${name}` : "You do not have permission to send messages in this channel.";
    this.input.setAttribute("aria-label", `Message ${name}`);
    if (document.activeElement === this.input) {
      this.#typed();
    }
  }

  /** Begins a command by its id and name, as a mention of it does. */
  begin(id, name) {
    const command = slashCommands().find((one) => one.id === id && one.name === name);
    if (command) {
      this.#enter(command);
    }
  }

  // What the form tells

  refresh({ isFresh = false } = {}) {
    if (!this.form) {
      return;
    }
    if (isFresh || this.offer.isOpen || document.activeElement?.closest?.("#composer")) {
      this.offer.showForm(this.form);
    }
    this.#showMore();
  }

  left() {
    requestAnimationFrame(() => {
      if (!root.contains(document.activeElement)) {
        this.offer.close();
      }
    });
  }

  escape() {
    if (this.offer.isOpen && !this.offer.list.element.hidden && this.form?.field) {
      this.offer.close();
    } else {
      this.leave();
    }
  }

  leave() {
    this.form = null;
    this.offer.close();
    this.#arrange();
    this.input.focus();
  }

  sent() {
    this.#reset();
    this.input.focus();
    goToEnd();
  }

  handleListKey(event) {
    return this.offer.handleKey(event);
  }

  /** Tab takes the marked suggestion where one has typed or moved. */
  takeOnTab() {
    const { offer, form } = this;
    const isMeant = offer.isMoved || (form.field ? form.field.text && !form.field.chosen : form.tail.value !== "");
    return Boolean(offer.isOpen && !offer.list.element.hidden && isMeant && offer.list.choose());
  }

  // A message

  #typed() {
    const text = this.input.value;
    const command = text.startsWith("/") && text.endsWith(" ") && slashCommands().find((one) => `/${one.name} ` === text);
    const isPrefix = command && slashCommands().some((one) => one.name.startsWith(`${command.name} `));
    if (command && !isPrefix) {
      this.#enter(command);
    } else if (text.startsWith("/") && !text.includes("\n")) {
      this.offer.showCommands(text.slice(1), this.input);
    } else {
      this.offer.close();
    }
  }

  #keyed(event) {
    if (event.isComposing || this.offer.handleKey(event)) {
      return;
    }
    if (event.key === "Tab" && !event.shiftKey && this.offer.isOpen && this.offer.list.choose()) {
      event.preventDefault();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape") {
      if (this.offer.isOpen) {
        this.offer.close();
      } else {
        endReply();
      }
    } else if (event.key === "ArrowUp" && this.input.value === "") {
      event.preventDefault();
      focusLast();
    }
  }

  async #submit() {
    if (this.form) {
      await this.form.send();
      return;
    }
    const content = this.input.value.trim();
    const isCommand = content.startsWith("/") && this.offer.isOpen;
    if (isCommand || (content === "" && this.tray.isEmpty)) {
      return;
    }
    this.box.inert = true;
    try {
      const uploads = await this.tray.upload();
      await ask("write", { content, uploads, reply_to: replyTarget()?.id ?? null });
      endReply();
      this.#reset();
      goToEnd();
    } catch (refusal) {
      toast(refusal.message);
    } finally {
      this.box.inert = false;
      this.input.focus();
    }
  }

  // Between the two

  #choose(item) {
    if (item.command) {
      this.#enter(item.command);
    } else {
      this.form?.choose(item);
    }
  }

  #enter(command) {
    this.input.value = "";
    this.form = new CommandForm(command, this);
    this.#arrange();
    const files = this.tray.takeAll();
    this.form.focus();
    if (files.length) {
      this.#takeFiles(files);
    }
  }

  #reset() {
    this.form = null;
    this.input.value = "";
    this.tray.takeAll();
    this.offer.close();
    this.#arrange();
  }

  #arrange() {
    const { form } = this;
    fill(this.cardsSlot, form ? form.cards : this.tray.element);
    fill(this.middle, form ? form.line : this.input);
    root.classList.toggle("has-command", form !== null);
    this.#showMore();
  }

  #showMore() {
    const count = this.form?.missing.length ?? 0;
    this.more.hidden = count === 0;
    this.more.textContent = `+${count} more`;
    this.more.setAttribute("aria-label", `${count} more options`);
  }

  #showReply() {
    const entry = replyTarget();
    this.reply.hidden = entry === null;
    if (entry) {
      const close = el("button", { class: "icon-button", type: "button", "aria-label": "Do not reply", on: { click: endReply } }, icon("close"));
      fill(this.reply, el("span", {}, "Replying to ", el("strong", {}, displayName(userOf(entry.message.author.id)))), close);
      this.input.focus();
    }
  }

  // Files

  #picked() {
    this.#takeFiles([...this.picker.files]);
    this.picker.value = "";
  }

  #takeFiles(files) {
    if (!view().accepts_files) {
      toast("Files of this machine cannot be sent in this run: give links instead.");
      return;
    }
    const left = this.form ? this.form.takeFiles(files) : this.tray.add(files);
    if (left.length) {
      toast(`No option is left for “${left[0].name}”.`);
    }
  }

  #dragged(event) {
    if ([...event.dataTransfer.types].includes("Files") && view().channel?.may_write) {
      event.preventDefault();
      document.getElementById("chat").classList.add("is-dropping");
    }
  }

  #dropped(event) {
    event.preventDefault();
    document.getElementById("chat").classList.remove("is-dropping");
    const files = filesOf(event.dataTransfer);
    const name = event.target.closest?.(".file-option")?.dataset.option;
    const field = this.form?.fields.find((one) => one.isFile && one.definition.name === name);
    if (field && files.length) {
      field.take(files.shift());
    }
    if (files.length) {
      this.#takeFiles(files);
    }
    this.form?.focus();
  }

  #pasted(event) {
    const files = filesOf(event.clipboardData);
    if (files.length && view().channel?.may_write && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      this.#takeFiles(files);
    }
  }

  /** A letter typed at nothing in particular goes into the line, as in Discord. */
  #typedElsewhere(event) {
    const isLetter = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== " ";
    const isNowhere = document.activeElement === document.body || document.activeElement?.classList.contains("message");
    if (isLetter && isNowhere && !document.querySelector("dialog[open]")) {
      (this.form ?? this.input).focus();
    }
  }
}

export const composer = new Composer();

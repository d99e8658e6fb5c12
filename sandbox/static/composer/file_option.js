/** One option that takes a file: a card above the composer's line, for picking, dropping and looking. */

import { refusalOf } from "../app/uploads.js";
import { view } from "../app/view.js";
import { el, fill } from "../dom/elements.js";
import { icon } from "../dom/icons.js";
import { fileSize } from "../text/sizes.js";

/** `form` hears of focus and changes; see CommandForm. */
export class FileOption {
  constructor(definition, form) {
    this.definition = definition;
    this.form = form;
    this.file = null;
    this.isFile = true;
    this.picker = el("input", { type: "file", class: "for-readers", tabindex: "-1", "aria-hidden": "true", on: { change: () => this.#picked() } });
    this.face = el("button", {
      class: "file-option-face",
      type: "button",
      on: { click: () => this.#press(), focus: () => form.entered(this), blur: () => form.left(this), keydown: (event) => form.keyed(event, this) },
    });
    this.element = el("div", { class: "file-option", data: { option: definition.name } }, this.face, this.picker, el("div", { class: "file-option-name" }, definition.name));
    this.#show();
  }

  get isEmpty() {
    return this.file === null;
  }

  focus() {
    this.face.focus();
  }

  suggestions() {
    return [];
  }

  /** Puts a file in; says whether it may be sent here. */
  take(file) {
    const refusal = view().accepts_files ? refusalOf(file) : "Files of this machine cannot be sent in this run.";
    this.file = refusal ? null : file;
    this.#show();
    this.mark(refusal);
    this.form.changed(this, { isTyped: false });
    return refusal === null;
  }

  clear() {
    this.file = null;
    this.picker.value = "";
    this.#show();
    this.form.changed(this, { isTyped: false });
  }

  read() {
    if (this.file === null) {
      return this.error ? { error: this.error } : this.definition.required ? { error: "This option is required. Attach a file" } : {};
    }
    return { file: this.file };
  }

  mark(error) {
    this.error = error;
    this.element.classList.toggle("is-wrong", error !== null);
  }

  #press() {
    if (view().accepts_files) {
      this.picker.click();
    }
  }

  #picked() {
    const [file] = this.picker.files;
    if (file) {
      this.take(file);
      this.focus();
    }
  }

  #show() {
    URL.revokeObjectURL(this.preview);
    const { name, description } = this.definition;
    this.element.classList.toggle("is-filled", this.file !== null);
    this.element.querySelector(".file-option-remove")?.remove();
    if (this.file === null) {
      const words = view().accepts_files ? ["Drag and drop", "or click to upload file"] : ["Links only", "in this run"];
      this.face.setAttribute("aria-label", `${name}${this.definition.required ? ", required" : ""}: ${description}. Choose a file`);
      fill(this.face, icon("upload"), el("span", {}, words[0], el("br"), words[1]));
      return;
    }
    this.face.setAttribute("aria-label", `${name}: ${this.file.name}. Choose another file`);
    this.preview = this.file.type.startsWith("image/") ? URL.createObjectURL(this.file) : "";
    fill(
      this.face,
      this.preview ? el("img", { src: this.preview, alt: "" }) : icon("file"),
      el("span", { class: "file-option-file" }, this.file.name, el("small", {}, fileSize(this.file.size))),
    );
    this.element.append(
      el("button", { class: "icon-button file-option-remove", type: "button", "aria-label": `Remove ${this.file.name}`, on: { click: () => this.clear() } }, icon("trash")),
    );
  }
}

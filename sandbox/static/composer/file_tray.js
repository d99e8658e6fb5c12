/** The files that go with a message, before it is sent. */

import { refusalOf, upload } from "../app/uploads.js";
import { el, fill } from "../dom/elements.js";
import { icon } from "../dom/icons.js";
import { toast } from "../shell/toasts.js";
import { fileSize } from "../text/sizes.js";

const MOST_FILES = 10;

/** `onChange` is called when files come or go. */
export class FileTray {
  constructor(onChange) {
    this.files = [];
    this.onChange = onChange;
    this.element = el("div", { class: "file-tray", hidden: true });
  }

  get isEmpty() {
    return this.files.length === 0;
  }

  /** Adds files; returns those for which there is no room. */
  add(files) {
    for (const file of files) {
      const refusal = refusalOf(file);
      if (refusal) {
        toast(refusal);
      } else {
        this.files.push(file);
      }
    }
    const left = this.files.splice(MOST_FILES);
    this.#show();
    return left;
  }

  /** Takes the files out. */
  takeAll() {
    const files = this.files;
    this.files = [];
    this.#show();
    return files;
  }

  upload() {
    return upload(this.files);
  }

  #show() {
    this.element.hidden = this.isEmpty;
    fill(this.element, this.files.map((file) => this.#card(file)));
    this.onChange();
  }

  #card(file) {
    const remove = () => {
      this.files = this.files.filter((one) => one !== file);
      this.#show();
    };
    const preview = file.type.startsWith("image/") ? el("img", { src: URL.createObjectURL(file), alt: "" }) : icon("file");
    return el(
      "div",
      { class: "file-option is-filled" },
      el("div", { class: "file-option-face" }, preview, el("span", { class: "file-option-file" }, file.name, el("small", {}, fileSize(file.size)))),
      el("button", { class: "icon-button file-option-remove", type: "button", "aria-label": `Remove ${file.name}`, on: { click: remove } }, icon("trash")),
    );
  }
}

/** A form's field for files. */

import { filesOf, refusalOf, upload } from "../app/uploads.js";
import { el, fill } from "../dom/elements.js";
import { icon } from "../dom/icons.js";
import { fileSize } from "../text/sizes.js";

/** Draws the field; its files are sent when the form is read. */
export function drawFiles(component, ids) {
  const most = component.max_values ?? 1;
  const least = component.min_values ?? 1;
  let files = [];
  let refusal = null;
  const picker = el("input", { type: "file", multiple: most > 1, class: "for-readers", tabindex: "-1", "aria-hidden": "true", on: { change: () => take([...picker.files]) } });
  const listed = el("ul", { class: "file-list" });
  const drop = el(
    "button",
    {
      class: "file-drop",
      type: "button",
      id: ids.control,
      "aria-describedby": ids.problem,
      on: {
        click: () => picker.click(),
        dragover: (event) => event.preventDefault(),
        drop: (event) => {
          event.preventDefault();
          take(filesOf(event.dataTransfer));
        },
      },
    },
    icon("upload"),
    el("span", {}, "Drop files here or ", el("span", { class: "link" }, "browse")),
    el("small", {}, most > 1 ? `Up to ${most} files` : "One file"),
  );
  const take = (more) => {
    refusal = more.map(refusalOf).find(Boolean) ?? null;
    files = [...files, ...more.filter((file) => !refusalOf(file))].slice(-most);
    picker.value = "";
    show();
  };
  const show = () => {
    fill(listed, files.map((file) => el("li", { class: "file-row" }, icon("file"), el("span", { class: "file-row-name" }, file.name), el("small", {}, fileSize(file.size)), removal(file))));
  };
  const removal = (file) => {
    const remove = () => {
      files = files.filter((one) => one !== file);
      show();
    };
    return el("button", { class: "icon-button", type: "button", "aria-label": `Remove ${file.name}`, on: { click: remove } }, icon("trash"));
  };
  return {
    element: el("div", { class: "file-field" }, drop, picker, listed),
    focus: () => drop.focus(),
    read: () => upload(files),
    problem: (isRequired) => {
      if (refusal) {
        return refusal;
      }
      if (files.length === 0) {
        return isRequired ? "This field is required" : null;
      }
      return files.length < least ? `At least ${least} files are needed` : null;
    },
  };
}

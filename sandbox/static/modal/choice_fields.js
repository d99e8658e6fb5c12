/** Radio groups, checkbox groups and single checkboxes of a form. */

import { el } from "../dom/elements.js";

/** A group of options of which one (`isSingle`) or several are chosen. */
export function drawChoices(component, ids, { isSingle }) {
  const inputs = component.options.map((option) =>
    el("input", { type: isSingle ? "radio" : "checkbox", name: ids.control, "data-value": option.value, checked: option.default, class: "choice-input" }),
  );
  const rows = component.options.map((option, index) =>
    el(
      "label",
      { class: "choice" },
      inputs[index],
      el("span", { class: "choice-words" }, el("span", {}, option.label), option.description ? el("small", {}, option.description) : null),
    ),
  );
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.dataset.value);
  const least = component.min_values ?? 1;
  const most = component.max_values ?? component.options.length;
  return {
    element: el("div", { class: "choices", role: isSingle ? "radiogroup" : "group", id: ids.control, "aria-labelledby": ids.label, "aria-describedby": ids.problem }, rows),
    focus: () => (inputs.find((input) => input.checked) ?? inputs[0]).focus(),
    read: () => (isSingle ? (chosen()[0] ?? "") : chosen()),
    problem: (isRequired) => {
      const count = chosen().length;
      if (count === 0) {
        return isRequired ? "This field is required" : null;
      }
      if (isSingle || (count >= least && count <= most)) {
        return null;
      }
      return count < least ? `Choose at least ${least}` : `Choose at most ${most}`;
    },
  };
}

/** One checkbox: yes or no. */
export function drawTick(component, ids) {
  const input = el("input", { type: "checkbox", class: "choice-input", id: ids.control, checked: component.default });
  return {
    element: el("div", { class: "choice" }, input),
    focus: () => input.focus(),
    read: () => input.checked,
    problem: () => null,
  };
}

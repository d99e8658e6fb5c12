/** The fields of a form, by the kind of their component. */

import { presetValues, selectControl } from "../components/select.js";
import { el, fill, freshId } from "../dom/elements.js";
import { drawChoices, drawTick } from "./choice_fields.js";
import { drawFiles } from "./file_field.js";

const TEXT_INPUT = 4;
const FILE_UPLOAD = 19;
const RADIO_GROUP = 21;
const CHECKBOX_GROUP = 22;
const CHECKBOX = 23;
const LONGEST_TEXT = 4000;
const PARAGRAPH = 2;

/**
 * Draws a field with its label. Returns `{customId, element, focus(), check(), read()}`: `check` marks what is wrong
 * and says whether all is well, `read` gives (or promises) the value to send.
 */
export function drawField(component, { label, description }) {
  const ids = { control: freshId("field"), label: freshId("label"), problem: freshId("problem") };
  const problem = el("div", { class: "field-problem", id: ids.problem, role: "alert" });
  const control = draw(component, { ids, label });
  const isRequired = component.required !== false && component.type !== CHECKBOX;
  const element = el(
    "div",
    { class: ["field", `field-${component.type}`], data: { field: component.custom_id } },
    el("label", { id: ids.label, for: ids.control, class: "field-label" }, label, isRequired ? el("span", { class: "required-star", title: "required" }, "*") : null),
    description ? el("div", { class: "field-description" }, description) : null,
    control.element,
    problem,
  );
  return {
    customId: component.custom_id,
    element,
    focus: control.focus,
    read: control.read,
    check: () => {
      const sentence = control.problem(isRequired);
      fill(problem, sentence ?? "");
      element.classList.toggle("is-wrong", Boolean(sentence));
      return !sentence;
    },
  };
}

function draw(component, { ids, label }) {
  switch (component.type) {
    case TEXT_INPUT:
      return drawText(component, ids);
    case FILE_UPLOAD:
      return drawFiles(component, ids);
    case RADIO_GROUP:
    case CHECKBOX_GROUP:
      return drawChoices(component, ids, { isSingle: component.type === RADIO_GROUP });
    case CHECKBOX:
      return drawTick(component, ids);
    default:
      return drawSelect(component, label);
  }
}

function drawText(component, ids) {
  const most = component.max_length ?? LONGEST_TEXT;
  const least = component.min_length ?? 0;
  const counter = el("span", { class: "field-counter" });
  const input = el(component.style === PARAGRAPH ? "textarea" : "input", {
    class: "text-field",
    id: ids.control,
    rows: component.style === PARAGRAPH ? "4" : null,
    type: component.style === PARAGRAPH ? null : "text",
    placeholder: component.placeholder,
    autocomplete: "off",
    "aria-describedby": ids.problem,
    value: component.value ?? "",
  });
  const count = () => fill(counter, String(most - input.value.length));
  input.addEventListener("input", count);
  count();
  return {
    element: el("div", { class: "text-box" }, input, counter),
    focus: () => input.focus(),
    read: () => input.value,
    problem: (isRequired) => {
      const { length } = input.value;
      if (length === 0) {
        return isRequired ? "This field is required" : null;
      }
      return length < least || length > most ? `Must be between ${least} and ${most} in length.` : null;
    },
  };
}

function drawSelect(component, label) {
  let values = presetValues(component);
  const trigger = selectControl(component, {
    values,
    isDisabled: component.disabled,
    label,
    key: `field-${component.custom_id}`,
    onDone: (next) => {
      values = next;
    },
  });
  return {
    element: trigger,
    focus: () => trigger.focus(),
    read: () => values,
    problem: (isRequired) => {
      const least = component.min_values ?? 1;
      if (values.length === 0) {
        return isRequired ? "This field is required" : null;
      }
      return values.length < least ? `Choose at least ${least}` : null;
    },
  };
}

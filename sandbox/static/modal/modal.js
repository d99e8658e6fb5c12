/** The bot's forms. A form stays open until the sandbox says that it is gone; what one types lives in its fields. */

import { act } from "../app/acting.js";
import { ask } from "../app/connection.js";
import { botUser, displayName, view } from "../app/view.js";
import { el, fill, freshId } from "../dom/elements.js";
import { icon } from "../dom/icons.js";
import { avatar } from "../messages/avatar.js";
import { markdown } from "../text/markdown.js";
import { drawField } from "./fields.js";

const ACTION_ROW = 1;
const TEXT_DISPLAY = 10;
const LABEL = 18;

let open = null;

/** Shows the newest view's form, or none. */
export function showModal() {
  const { modal } = view();
  if (open && open.id !== modal?.id) {
    const { dialog, returnTo } = open;
    open = null;
    dialog.close();
    dialog.remove();
    returnTo?.isConnected && returnTo.focus();
  }
  if (modal && !open) {
    open = build(modal);
  }
  if (modal) {
    open.problem(modal.error);
  }
}

function build(modal) {
  const fields = [];
  const titleId = freshId("modal");
  const problem = el("div", { class: "modal-problem", role: "alert", hidden: true });
  const bot = botUser();
  const submit = el("button", { class: "button button-primary", type: "submit" }, "Submit");
  const form = el(
    "form",
    { class: "modal-form", novalidate: true, on: { submit: (event) => send(event) } },
    el("header", { class: "modal-head" }, avatar(bot, 32), el("h2", { id: titleId }, modal.title), el("button", { class: "icon-button", type: "button", "aria-label": "Close", on: { click: () => giveUp() } }, icon("close"))),
    el("p", { class: "modal-warning" }, icon("alert"), `This form will be submitted to ${displayName(bot)}. Do not share passwords or other sensitive information.`),
    problem,
    el("div", { class: "modal-body" }, modal.components.map((component) => part(component, fields))),
    el("footer", { class: "modal-foot" }, el("button", { class: "button button-secondary", type: "button", on: { click: () => giveUp() } }, "Cancel"), submit),
  );
  const dialog = el("dialog", { class: "modal", "aria-labelledby": titleId }, form);
  const showProblem = (sentence) => {
    problem.hidden = !sentence;
    fill(problem, sentence ?? "");
  };
  const giveUp = () => act("close_modal", { modal: modal.id });
  const send = async (event) => {
    event.preventDefault();
    const wrong = fields.filter((field) => !field.check());
    if (wrong.length) {
      wrong[0].focus();
      return;
    }
    submit.disabled = true;
    try {
      const values = {};
      for (const field of fields) {
        values[field.customId] = await field.read();
      }
      await ask("submit_modal", { modal: modal.id, values });
    } catch (refusal) {
      showProblem(refusal.message);
    } finally {
      submit.disabled = false;
    }
  };
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    giveUp();
  });
  const returnTo = document.activeElement;
  document.body.append(dialog);
  dialog.showModal();
  (fields[0] ?? { focus: () => submit.focus() }).focus();
  return { id: modal.id, dialog, returnTo, problem: showProblem };
}

/** A part of the form: text, or a field with its label; fields are collected in `fields`. */
function part(component, fields) {
  switch (component.type) {
    case TEXT_DISPLAY:
      return markdown(component.content);
    case LABEL:
      return add(fields, component.component, { label: component.label, description: component.description });
    case ACTION_ROW:
      return component.components.map((inner) => add(fields, inner, { label: inner.label }));
    default:
      return el("div", { class: "unknown-component" }, `Unknown component (type ${component.type})`);
  }
}

function add(fields, component, words) {
  const field = drawField(component, words);
  fields.push(field);
  return field.element;
}

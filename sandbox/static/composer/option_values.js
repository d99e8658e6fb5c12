/** What may stand in an option: its fixed suggestions, its limits in words, and the value that is sent for a text. */

import { entityItems } from "../components/entities.js";

export const OPTION = { STRING: 3, INTEGER: 4, BOOLEAN: 5, USER: 6, CHANNEL: 7, ROLE: 8, MENTIONABLE: 9, NUMBER: 10, ATTACHMENT: 11 };

const KINDS = { [OPTION.USER]: ["user"], [OPTION.CHANNEL]: ["channel"], [OPTION.ROLE]: ["role"], [OPTION.MENTIONABLE]: ["user", "role"] };
const LONGEST_STRING = 6000;
const WHOLE_NUMBER = /^[+-]?\d+$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)$/;

/** Whether an option takes only what is on its list. */
export function isChosenFromList(definition) {
  return Boolean(definition.choices?.length) || definition.type === OPTION.BOOLEAN || definition.type in KINDS;
}

/** The items of an option's list, with their values; empty where it has none or asks the bot. */
export function listItems(definition) {
  if (definition.type === OPTION.BOOLEAN) {
    return [item("True", true), item("False", false)];
  }
  if (definition.choices?.length) {
    return definition.choices.map((choice) => item(choice.name, choice.value));
  }
  const kinds = KINDS[definition.type];
  return kinds ? entityItems(kinds, { channelTypes: definition.channel_types }).map((one) => ({ ...one, value: one.key })) : [];
}

/** An item of a list. */
export function item(label, value) {
  return { key: `${typeof value} ${value}`, label: String(label), value };
}

/** The limits of an option in a few words; empty where it has none. */
export function limits(definition, { uploadLimit }) {
  const { type, min_value: least, max_value: most, min_length: shortest, max_length: longest } = definition;
  if (type === OPTION.ATTACHMENT) {
    return uploadLimit ? `a file of at most ${uploadLimit}` : "a file";
  }
  if (type === OPTION.INTEGER || type === OPTION.NUMBER) {
    const kind = type === OPTION.INTEGER ? "a whole number" : "a number";
    if (least !== undefined && most !== undefined) {
      return `${kind} from ${least} to ${most}`;
    }
    return least !== undefined ? `${kind}, at least ${least}` : most !== undefined ? `${kind}, at most ${most}` : kind;
  }
  if (type === OPTION.STRING && !definition.choices?.length && (shortest || longest)) {
    return shortest > 1 ? `${shortest} to ${longest ?? LONGEST_STRING} characters` : `at most ${longest} characters`;
  }
  return "";
}

/** Reads a typed text: `{value}`, or `{error}` in a sentence. `value` undefined means that nothing was given. */
export function readText(definition, text) {
  const { type } = definition;
  if (text.trim() === "") {
    return definition.required ? { error: "This option is required. Specify a value" } : {};
  }
  if (isChosenFromList(definition)) {
    const wanted = text.trim().toLowerCase();
    const found = listItems(definition).find((one) => one.label.toLowerCase() === wanted);
    return found ? { value: found.value } : { error: "Choose one of the list" };
  }
  if (type === OPTION.INTEGER || type === OPTION.NUMBER) {
    return readNumber(definition, text.trim());
  }
  const longest = definition.max_length ?? LONGEST_STRING;
  const shortest = definition.min_length ?? 0;
  if (text.length > longest || text.length < shortest) {
    return { error: `Between ${shortest} and ${longest} characters, not ${text.length}` };
  }
  return { value: text };
}

function readNumber(definition, text) {
  const isWhole = definition.type === OPTION.INTEGER;
  if (!(isWhole ? WHOLE_NUMBER : NUMBER).test(text)) {
    return { error: isWhole ? "A whole number is needed" : "A number is needed" };
  }
  const value = Number(text);
  if (value < (definition.min_value ?? -Infinity)) {
    return { error: `At least ${definition.min_value}` };
  }
  return value > (definition.max_value ?? Infinity) ? { error: `At most ${definition.max_value}` } : { value };
}

/** Asking the bot for suggestions: not at each key, and the newest question's answer alone counts. */

import { ask } from "../app/connection.js";

const PAUSE_MILLISECONDS = 200;

let timer = null;
let newest = 0;

/** Asks soon; `onAnswer` takes the choices, and a sentence where there are none because the bot did not answer. */
export function suggestFromBot(form, option, onAnswer) {
  clearTimeout(timer);
  newest += 1;
  const number = newest;
  timer = setTimeout(async () => {
    const question = { command: form.command.name, option: option.definition.name, text: option.text, options: form.valuesSoFar(option) };
    let choices = [];
    let error = null;
    try {
      ({ choices } = await ask("autocomplete", question));
    } catch (refusal) {
      error = refusal.message;
    }
    if (number === newest) {
      onAnswer(choices, error);
    }
  }, PAUSE_MILLISECONDS);
}

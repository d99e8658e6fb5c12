/** What a person does: asked of the sandbox; a refusal is told in a few words at the edge of the page. */

import { ask } from "./connection.js";
import { toast } from "../shell/toasts.js";

/** Asks, and shows why not where the sandbox refuses. Returns the result; null after a refusal. */
export async function act(action, fields) {
  try {
    return await ask(action, fields);
  } catch (error) {
    toast(error.message);
    return null;
  }
}

/** The slash commands that one is offered, subcommands written out: "jobs list" is a command of its own to a reader. */

import { view } from "../app/view.js";

const SLASH = 1;
const SUB_COMMAND = 1;
const SUB_COMMAND_GROUP = 2;

/** All of them, as `{id, name, description, options}` in the order of the alphabet. */
export function slashCommands() {
  const roots = view().commands.filter((command) => (command.type ?? SLASH) === SLASH);
  return roots.flatMap((root) => written(root, root.name, root.id)).sort((one, other) => one.name.localeCompare(other.name));
}

function written(node, name, id) {
  const options = node.options ?? [];
  const below = options.filter((option) => option.type === SUB_COMMAND || option.type === SUB_COMMAND_GROUP);
  if (below.length === 0) {
    return [{ id, name, description: node.description, options }];
  }
  return below.flatMap((option) => written(option, `${name} ${option.name}`, id));
}

/** Those that match what was typed after the slash; a beginning counts before a part. */
export function matching(text) {
  const wanted = text.trim().toLowerCase();
  const found = slashCommands().filter((command) => command.name.includes(wanted));
  return found.sort((one, other) => Number(other.name.startsWith(wanted)) - Number(one.name.startsWith(wanted)));
}

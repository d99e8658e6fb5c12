/** The menus of a message and of a person: replying, copying, deleting, and the bot's own commands under Apps. */

import { act } from "../app/acting.js";
import { displayName, userOf, view } from "../app/view.js";
import { openMenu } from "../dom/menu.js";
import { startReply } from "../composer/reply.js";

const USER_COMMAND = 2;
const MESSAGE_COMMAND = 3;

/** Opens a message's menu beside an element or at a point. */
export function openMessageMenu(entry, place, returnTo) {
  if (entry?.kind !== "message") {
    return;
  }
  const items = [
    ...appItems(MESSAGE_COMMAND, (command) => act("message_command", { command: command.name, message: entry.id })),
    view().channel?.may_write && !entry.is_ephemeral ? { label: "Reply", icon: "reply", run: () => startReply(entry) } : undefined,
    entry.message.content ? { label: "Copy Text", icon: "copy", run: () => copy(entry.message.content) } : undefined,
    { label: "Copy Message ID", icon: "id", run: () => copy(entry.id) },
    entry.is_ephemeral ? { label: "Dismiss Message", icon: "close", run: () => act("dismiss", { entry: entry.id }) } : undefined,
    entry.can_delete ? null : undefined,
    entry.can_delete ? { label: "Delete Message", icon: "trash", isDanger: true, run: () => act("delete_message", { message: entry.id }) } : undefined,
  ];
  openMenu(place, items.filter((item) => item !== undefined), { label: "Message", returnTo: returnTo ?? (place instanceof Element ? place : null) });
}

/** Opens a person's menu; `onActAs` switches to that person. */
export function openUserMenu(userId, place, { returnTo, onActAs }) {
  const user = userOf(userId);
  const items = [
    ...appItems(USER_COMMAND, (command) => act("user_command", { command: command.name, user: userId })),
    user.may_act && userId !== view().person?.id ? { label: `Act as ${displayName(user)}`, icon: "person", run: () => onActAs(user) } : undefined,
    { label: "Copy User ID", icon: "id", run: () => copy(userId) },
  ];
  openMenu(place, items.filter(Boolean), { label: displayName(user), returnTo });
}

function appItems(type, run) {
  const commands = view().commands.filter((command) => command.type === type);
  if (commands.length === 0) {
    return [];
  }
  return [{ label: "Apps", icon: "apps", items: commands.map((command) => ({ label: command.name, run: () => run(command) })) }];
}

function copy(text) {
  navigator.clipboard?.writeText(text);
}

/** What Discord writes in angle brackets: mentions, timestamps, custom emoji, links without a preview; and @everyone. */

import { channelOf, commandOf, displayName, roleOf, userOf } from "../app/view.js";
import { el, outward, safeUrl } from "../dom/elements.js";
import { timestamp } from "./times.js";

const TOKENS = [
  [/<@!?(\d+)>/y, ([, id]) => userMention(id)],
  [/<@&(\d+)>/y, ([, id]) => roleMention(id)],
  [/<#(\d+)>/y, ([, id]) => channelMention(id)],
  [/<\/([^:>\n]{1,100}):(\d+)>/y, ([, name, id]) => commandMention(name, id)],
  [/<a?:(\w{2,32}):(\d+)>/y, ([, name]) => el("span", { class: "emoji-custom", title: `:${name}:` }, `:${name}:`)],
  [/<t:(-?\d{1,13})(?::([tTdDfFsSR]))?>/y, ([, seconds, style]) => timestamp(Number(seconds), style ?? "f")],
  [/<id:(customize|browse|guide|linked-roles)(?::\d+)?>/y, ([, name]) => el("span", { class: "mention" }, `# ${name}`)],
  [/<(https?:\/\/[^\s<>]+)>/y, ([, address]) => (safeUrl(address) ? outward(address, { class: "link" }, address) : null)],
  [/@(everyone|here)\b/y, ([whole]) => el("span", { class: "mention" }, whole)],
];

/** The token that begins at this place, as {node, length}; null where there is none. */
export function tokenAt(text, at) {
  for (const [pattern, make] of TOKENS) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    const node = found && make(found);
    if (node) {
      return { node, length: found[0].length };
    }
  }
  return null;
}

function userMention(id) {
  const name = `@${displayName(userOf(id))}`;
  return el("button", { class: "mention", type: "button", data: { user: id, key: `mention-${id}` } }, name);
}

function roleMention(id) {
  const role = roleOf(id);
  const colour = role?.color ? `#${role.color.toString(16).padStart(6, "0")}` : null;
  const style = colour ? { color: colour, background: `color-mix(in srgb, ${colour} 18%, transparent)` } : {};
  return el("span", { class: "mention", style }, `@${(role?.name ?? "deleted-role").replace(/^@/, "")}`);
}

function channelMention(id) {
  const channel = channelOf(id);
  if (channel === null) {
    return el("span", { class: "mention" }, "# unknown");
  }
  return el("button", { class: "mention", type: "button", data: { channel: id } }, `# ${channel.name}`);
}

function commandMention(name, id) {
  const isOffered = commandOf(id) !== null;
  const data = isOffered ? { command: id, path: name } : {};
  return el("button", { class: "mention", type: "button", disabled: !isOffered, data }, `/${name}`);
}

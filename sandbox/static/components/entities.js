/** People, roles and channels as items of a list to choose from. */

import { displayName, view } from "../app/view.js";
import { el } from "../dom/elements.js";
import { icon } from "../dom/icons.js";
import { avatar } from "../messages/avatar.js";

const TEXT_CHANNEL = 0;

/** What the menus of Discord's component types choose from. */
export const KINDS_OF_SELECT = { 5: ["user"], 6: ["role"], 7: ["user", "role"], 8: ["channel"] };

/** The items of the kinds "user", "role" and "channel". */
export function entityItems(kinds, { channelTypes } = {}) {
  const items = [];
  if (kinds.includes("user")) {
    items.push(...Object.values(view().users).map(userItem));
  }
  if (kinds.includes("role")) {
    items.push(...Object.values(view().roles).filter((role) => role.name !== "@everyone").map(roleItem));
  }
  if (kinds.includes("channel") && (!channelTypes?.length || channelTypes.includes(TEXT_CHANNEL))) {
    items.push(...view().channels.filter((channel) => channel.kind === "text").map(channelItem));
  }
  return items;
}

function userItem(user) {
  return { key: user.id, label: displayName(user), searched: user.username, description: user.username, before: avatar(user, 24) };
}

function roleItem(role) {
  const colour = role.color ? `#${role.color.toString(16).padStart(6, "0")}` : "var(--text-muted)";
  return { key: role.id, label: role.name, before: el("span", { class: "role-dot", style: { background: colour } }) };
}

function channelItem(channel) {
  return { key: channel.id, label: channel.name, before: icon("hash") };
}

/** One entry of the timeline: a message, or a command that has no message yet. */

import { act } from "../app/acting.js";
import { botUser, displayName, userOf, view } from "../app/view.js";
import { drawComponent } from "../components/layout.js";
import { drawEmbed } from "../components/embeds.js";
import { el, freshId } from "../dom/elements.js";
import { icon } from "../dom/icons.js";
import { markdown } from "../text/markdown.js";
import { messageTime } from "../text/times.js";
import { drawAttachments } from "./attachments.js";
import { appTag, avatar } from "./avatar.js";

const USES_LAYOUT = 1 << 15;
const SMALL_AVATAR = 16;
const LARGE_AVATAR = 40;

/**
 * Draws an entry. `isCompact`: it follows one of the same author closely, so it has no head of its own. `kept` gives
 * back the media that were there before; `onMenu` opens the entry's menu at a place.
 */
export function drawEntry(entry, { isCompact, kept, onMenu }) {
  return entry.kind === "command" ? drawCommand(entry) : drawMessage(entry, { isCompact, kept, onMenu });
}

function drawMessage(entry, { isCompact, kept, onMenu }) {
  const { message } = entry;
  const author = view().users[message.author.id] ?? authorOf(message.author);
  const isMentioned = message.mentions?.some((user) => user.id === view().person?.id) && !entry.is_ephemeral;
  const body = el(
    "div",
    { class: "message-body" },
    isCompact ? null : head(author, message.timestamp),
    ...content(entry, { author, kept }),
    entry.failure ? failureLine(entry.failure) : null,
    entry.is_ephemeral ? privateLine(entry.id) : null,
  );
  return frame(entry, { classes: [isCompact && "is-compact", isMentioned && "is-mentioned"], name: `${displayName(author)}`, time: message.timestamp }, [
    reference(entry),
    el("div", { class: "message-side" }, isCompact ? messageTime(message.timestamp, { isShort: true }) : avatarButton(author)),
    body,
    toolbar(entry, onMenu),
  ]);
}

function drawCommand(entry) {
  const isFailed = entry.state === "failed";
  const words = el("div", { class: ["thinking", isFailed && "is-failed"] }, isFailed ? icon("alert") : dots(), el("span", {}, entry.text));
  const body = el("div", { class: "message-body" }, head(botUser(), entry.at), words, isFailed ? privateLine(entry.id) : null);
  return frame(entry, { classes: ["is-private"], name: displayName(botUser()), time: entry.at }, [
    usedLine(entry.used),
    el("div", { class: "message-side" }, avatar(botUser(), LARGE_AVATAR)),
    body,
  ]);
}

function frame(entry, { classes, name, time }, children) {
  const labelId = freshId("entry");
  const element = el(
    "article",
    {
      class: ["message", entry.is_ephemeral && "is-private", ...classes],
      "aria-roledescription": "Message",
      "aria-labelledby": labelId,
      tabindex: "-1",
      data: { entry: entry.id, key: `entry-${entry.id}` },
    },
    el("span", { class: "for-readers", id: labelId }, name, " ", messageTime(time, { isShort: true })),
    ...children.filter(Boolean),
  );
  return element;
}

/** What Discord's own JSON says of an author whom the view does not list, for instance somebody who left. */
function authorOf(user) {
  return { id: user.id, username: user.username, name: user.global_name ?? user.username, avatar_url: null, is_bot: Boolean(user.bot) };
}

function head(author, time) {
  return el(
    "div",
    { class: "message-head" },
    el("button", { class: "author", type: "button", data: { user: author.id, key: `author-${author.id}` } }, displayName(author)),
    author.is_bot ? appTag() : null,
    messageTime(time),
  );
}

function avatarButton(author) {
  return el("button", { class: "avatar-button", type: "button", tabindex: "-1", "aria-label": displayName(author), data: { user: author.id } }, avatar(author, LARGE_AVATAR));
}

function content(entry, { author, kept }) {
  const { message } = entry;
  if (entry.is_loading) {
    return [el("div", { class: "thinking" }, dots(), el("span", {}, `${displayName(author)} is thinking…`))];
  }
  const edited = entry.is_edited ? el("span", { class: "edited" }, "(edited)") : null;
  const place = { entry, kept };
  const parts = [];
  if (message.content) {
    const words = markdown(message.content);
    if (edited) {
      const inBlock = words.lastChild instanceof HTMLElement && ["PRE", "BLOCKQUOTE", "UL", "OL"].includes(words.lastChild.tagName);
      words.append(inBlock ? "" : " ", edited);
    }
    parts.push(words);
  }
  if (!(message.flags & USES_LAYOUT)) {
    parts.push(drawAttachments(message.attachments ?? [], kept));
  }
  parts.push(...(message.embeds ?? []).map((embed) => drawEmbed(embed, place)));
  const components = (message.components ?? []).map((component) => drawComponent(component, place));
  if (components.length) {
    parts.push(el("div", { class: ["components", message.flags & USES_LAYOUT && "is-layout"] }, components));
  }
  return message.content || !edited ? parts : [...parts, edited];
}

function reference(entry) {
  if (entry.used) {
    return usedLine(entry.used);
  }
  if (!entry.reply_to) {
    return null;
  }
  const user = userOf(entry.reply_to.user);
  return el(
    "div",
    { class: "reference" },
    avatar(user, SMALL_AVATAR),
    el("span", { class: "reference-name" }, displayName(user)),
    " ",
    el("button", { class: "reference-text", type: "button", data: { goto: entry.reply_to.message } }, entry.reply_to.text || "Click to see attachment"),
  );
}

function usedLine(used) {
  const user = userOf(used.user);
  const mark = used.kind === "slash" ? "/" : "";
  return el(
    "div",
    { class: "reference" },
    avatar(user, SMALL_AVATAR),
    el("span", { class: "reference-name" }, displayName(user)),
    " used ",
    el("span", { class: "reference-command" }, used.kind === "slash" ? null : icon("apps"), `${mark}${used.name}`),
  );
}

function privateLine(entryId) {
  return el(
    "div",
    { class: "private-line" },
    icon("eye"),
    el("span", {}, "Only you can see this • "),
    el("button", { class: "link", type: "button", data: { key: `dismiss-${entryId}` }, on: { click: () => act("dismiss", { entry: entryId }) } }, "Dismiss message"),
  );
}

function failureLine(sentence) {
  return el("div", { class: "failure-line", role: "alert" }, icon("alert"), sentence);
}

function dots() {
  return el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
}

function toolbar(entry, onMenu) {
  const more = el(
    "button",
    { class: "icon-button", type: "button", "aria-label": "More", "aria-haspopup": "menu", title: "More", data: { key: `more-${entry.id}` }, on: { click: (event) => onMenu(entry, event.currentTarget) } },
    icon("dots"),
  );
  return el("div", { class: "message-tools" }, more);
}

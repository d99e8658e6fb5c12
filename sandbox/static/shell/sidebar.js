/** The left side: the server's channels, the conversation with the bot, and whom one acts as. */

import { act } from "../app/acting.js";
import { displayName, view } from "../app/view.js";
import { el, fill } from "../dom/elements.js";
import { icon } from "../dom/icons.js";
import { closePopup, openPopup } from "../dom/popup.js";
import { botUser } from "../app/view.js";
import { avatar } from "../messages/avatar.js";
import { closeDrawers } from "./drawers.js";

const ROLES = { member: "Member", moderator: "Moderator", owner: "Owner", app: "App" };

/** Draws the newest view's channels and person. */
export function showSidebar() {
  const { guild, channels } = view();
  fill(document.getElementById("guild-name"), guild?.name ?? (view().discord === "real" ? "Discord" : "Connecting …"));
  const list = document.getElementById("channel-list");
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.channel : null;
  const texts = channels.filter((channel) => channel.kind === "text");
  const directs = channels.filter((channel) => channel.kind === "dm");
  fill(list, group("Text channels", texts), group("Direct messages", directs));
  list.querySelector(`[data-channel="${focused}"]`)?.focus();
  showAccount();
}

function group(title, channels) {
  if (channels.length === 0) {
    return null;
  }
  return el("section", { class: "channel-group" }, el("h3", {}, title), el("ul", {}, channels.map((channel) => el("li", {}, row(channel)))));
}

function row(channel) {
  const isOpen = channel.id === view().channel?.id;
  const isDirect = channel.kind === "dm";
  return el(
    "button",
    {
      class: ["channel", isOpen && "is-open", channel.unread && !isOpen && "is-unread"],
      type: "button",
      "aria-current": isOpen ? "page" : null,
      data: { channel: channel.id },
    },
    isDirect ? avatar(botUser(), 24) : icon("hash"),
    el("span", { class: "channel-name" }, channel.name),
    channel.is_age_restricted ? el("span", { class: "channel-mark", title: "Age-restricted" }, "18+") : null,
    !channel.bot_may_post ? el("span", { class: "channel-mark", title: "The bot may not post here" }, "no bot") : null,
  );
}

/** Opens a channel. */
export function openChannel(id) {
  act("open_channel", { channel: id });
  closeDrawers();
}

/** Acts as another person from now on. */
export function actAs(person) {
  act("act_as", { person: person.username });
}

function showAccount() {
  const { person } = view();
  const account = document.getElementById("account");
  if (person === null) {
    fill(account);
    return;
  }
  const hadFocus = account.contains(document.activeElement);
  const button = el(
    "button",
    { class: "account-button", type: "button", id: "person-switch", "aria-haspopup": "menu", "aria-label": `You act as ${displayName(person)}. Act as somebody else`, data: { key: "account" }, on: { click: (event) => openPeople(event.currentTarget) } },
    avatar(person, 32),
    el("span", { class: "account-words" }, el("span", { class: "account-name" }, displayName(person)), el("span", { class: "account-role" }, `${person.username} · ${ROLES[person.role] ?? ""}`)),
    icon("people"),
  );
  fill(account, button);
  if (hadFocus) {
    button.focus();
  }
}

function openPeople(anchor) {
  const rows = view().people.map((person) => {
    const isSelf = person.id === view().person?.id;
    const choose = () => {
      closePopup("chosen");
      actAs(person);
    };
    return el(
      "button",
      { class: ["person", isSelf && "is-self"], type: "button", role: "menuitemradio", "aria-checked": String(isSelf), data: { person: person.username }, on: { click: choose } },
      avatar(person, 32),
      el("span", { class: "account-words" }, el("span", { class: "account-name" }, displayName(person)), el("span", { class: "account-role" }, `${person.username} · ${ROLES[person.role] ?? ""}`)),
      isSelf ? icon("check") : null,
    );
  });
  const menu = el("div", { class: "people-menu", role: "menu", "aria-label": "Act as" }, el("div", { class: "listbox-heading" }, "Act as"), rows);
  menu.addEventListener("keydown", (event) => {
    const at = rows.indexOf(document.activeElement);
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      event.preventDefault();
      rows[(at + steps[event.key] + rows.length) % rows.length].focus();
    }
  });
  openPopup(anchor, menu, { isWide: true });
  (rows.find((one) => one.classList.contains("is-self")) ?? rows[0])?.focus();
}

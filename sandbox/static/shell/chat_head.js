/** The line above the messages, and the notices below it. */

import { view } from "../app/view.js";
import { el, fill } from "../dom/elements.js";
import { icon } from "../dom/icons.js";
import { togglePanel, toggleSidebar } from "./drawers.js";
import { theme, toggleTheme } from "./theme.js";

const BOT_STATES = {
  starting: "The bot is starting …",
  stopped: "The bot is stopped. What it was doing goes on when it is started again.",
  exited: "The bot has ended by itself: its log is in the panel.",
};

const title = el("h1", { class: "chat-title" });
const topic = el("span", { class: "chat-topic" });
const themeButton = tool("sun", "Light or dark", () => {
  toggleTheme();
  showTheme();
});
const panelButton = tool("panel", "Behind the scenes", () => togglePanel());

function tool(symbol, label, action) {
  return el("button", { class: "icon-button", type: "button", "aria-label": label, title: label, on: { click: action } }, icon(symbol));
}

/** Puts the line's parts on the page. */
export function startChatHead() {
  const channels = tool("menu", "Channels", () => toggleSidebar());
  channels.classList.add("for-narrow");
  panelButton.id = "panel-switch";
  themeButton.id = "theme-switch";
  fill(document.getElementById("chat-head"), channels, title, topic, el("span", { class: "spring" }), themeButton, panelButton);
  showTheme();
}

function showTheme() {
  fill(themeButton, icon(theme() === "light" ? "moon" : "sun"));
}

/** Draws the newest view's channel and notices. */
export function showChatHead({ isConnected }) {
  const { channel, guild, notices, bot_state: state } = view();
  fill(title, channel ? icon(channel.kind === "dm" ? "at" : "hash") : null, channel?.name ?? "Sandbox");
  fill(topic, channel?.topic ?? "");
  document.title = channel ? `${channel.kind === "dm" ? "@" : "#"}${channel.name} | ${guild?.name ?? "Sandbox"}` : "Sandbox";
  const lines = [...notices];
  if (!isConnected) {
    lines.unshift("The sandbox is not reachable. Trying again …");
  } else if (state !== "online") {
    lines.unshift(BOT_STATES[state] ?? "");
  }
  const shown = lines.filter(Boolean);
  const box = document.getElementById("notices");
  if (box.dataset.shown !== shown.join("\n")) {
    box.dataset.shown = shown.join("\n");
    fill(box, shown.map((line) => el("p", { class: "notice" }, line)));
  }
}

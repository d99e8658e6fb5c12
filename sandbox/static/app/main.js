/** The page's beginning: connects, and draws whatever the sandbox tells. */

import { composer } from "../composer/composer.js";
import { el } from "../dom/elements.js";
import { keepPopupsClosing } from "../dom/popup.js";
import { openMessageMenu, openUserMenu } from "../messages/menus.js";
import { entryAt, goTo, showNoTimeline, showTimeline, startTimeline } from "../messages/timeline.js";
import { showModal } from "../modal/modal.js";
import { showChatHead, startChatHead } from "../shell/chat_head.js";
import { startDrawers } from "../shell/drawers.js";
import { showPanel, startPanel } from "../shell/panel.js";
import { actAs, openChannel, showSidebar } from "../shell/sidebar.js";
import { startTheme } from "../shell/theme.js";
import { keepTimesCounting } from "../text/times.js";
import { setNow } from "./clock.js";
import { connect } from "./connection.js";
import { replaceView, view } from "./view.js";

let isConnected = true;

function showView(next) {
  setNow(next.now);
  replaceView(next);
  rememberPlace(next);
  showSidebar();
  showChatHead({ isConnected });
  if (next.channel) {
    showTimeline();
  } else {
    showNoTimeline(next.discord === "real" ? el("p", { class: "panel-empty" }, "The conversation is in Discord itself; this page shows what goes on behind.") : null);
  }
  showTyping(next.typing);
  composer.update();
  showModal();
}

function showTyping(names) {
  const text = names.length ? `${names.join(", ")} ${names.length === 1 ? "is" : "are"} typing…` : "";
  const line = document.getElementById("typing");
  if (line.textContent !== text) {
    line.textContent = text;
  }
}

/** Keeps person and channel in the page's own address, so that a reload comes back to them. */
function rememberPlace({ person, channel }) {
  if (person && channel) {
    const place = new URLSearchParams({ person: person.username, channel: channel.id });
    history.replaceState(null, "", `/?${place}`);
  }
}

function liveAddress() {
  const address = new URL(`/live${location.search}`, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return address;
}

function startPressing() {
  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("[data-channel], [data-user], [data-command], [data-goto]");
    if (!target) {
      return;
    }
    const { channel, user, command, path, goto } = target.dataset;
    if (channel) {
      openChannel(channel);
    } else if (command) {
      composer.begin(command, path);
    } else if (goto) {
      goTo(goto);
    } else if (user) {
      openUserMenu(user, target, { returnTo: target, onActAs: actAs });
    }
  });
  document.addEventListener("contextmenu", (event) => showMenu(event, { x: event.clientX, y: event.clientY }));
  document.addEventListener("keydown", (event) => {
    if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
      showMenu(event, event.target);
    }
  });
}

/** Opens the menu of the person or the message that an event is about; text and links keep the browser's own. */
function showMenu(event, place) {
  const target = event.target;
  const user = target.closest?.("[data-user]")?.dataset.user;
  const entry = target.closest && entryAt(target);
  if (target.closest?.("input, textarea, a, video, audio") || (!user && entry?.kind !== "message")) {
    return;
  }
  event.preventDefault();
  const returnTo = target.closest("[data-user], .message");
  if (user) {
    openUserMenu(user, place, { returnTo, onActAs: actAs });
  } else {
    openMessageMenu(entry, place, returnTo);
  }
}

startTheme();
startDrawers();
startChatHead();
startPanel();
startTimeline();
startPressing();
keepPopupsClosing();
keepTimesCounting();
composer.start();
showChatHead({ isConnected: true });
connect(liveAddress, {
  message: (message) => (message.type === "view" ? showView(message) : message.type === "panel" ? showPanel(message) : null),
  state: (next) => {
    isConnected = next;
    document.documentElement.dataset.connected = String(next);
    showChatHead({ isConnected });
  },
});

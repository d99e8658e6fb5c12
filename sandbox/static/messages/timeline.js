/** The messages of the open channel. Each is drawn anew only when its revision changes; what one reads stays in place. */

import { view } from "../app/view.js";
import { el, fill } from "../dom/elements.js";
import { icon } from "../dom/icons.js";
import { rehangPopup } from "../dom/popup.js";
import { dayOf } from "../text/times.js";
import { avatar } from "./avatar.js";
import { drawEntry } from "./entry.js";
import { openMessageMenu } from "./menus.js";

const COMPACT_MILLISECONDS = 7 * 60 * 1000;
const NEAR_THE_END_PIXELS = 80;

const scroller = document.getElementById("timeline");
const inner = document.getElementById("timeline-inner");

let place = "";
let drawn = new Map();
let isAtEnd = true;

/** Draws the newest view's messages. */
export function showTimeline() {
  const { person, channel, entries } = view();
  const here = `${person?.id} ${channel?.id}`;
  if (here !== place) {
    place = here;
    drawn = new Map();
    isAtEnd = true;
    inner.replaceChildren();
  }
  const focused = focusKey();
  const next = new Map();
  const nodes = [beginning(channel)];
  entries.forEach((entry, index) => {
    const before = entries[index - 1];
    if (!before || dayOf(timeOf(before)) !== dayOf(timeOf(entry))) {
      nodes.push(el("div", { class: "day", role: "separator" }, el("span", {}, dayOf(timeOf(entry)))));
    }
    const found = drawnEntry(entry, isCompact(entry, before));
    next.set(entry.id, found);
    nodes.push(found.element);
  });
  drawn = next;
  arrange(nodes.filter(Boolean));
  restoreFocus(focused);
  keepOneReachable();
  rehangPopup();
  stayAtEnd();
}

function drawnEntry(entry, isCompact) {
  const signature = `${entry.revision} ${isCompact}`;
  const old = drawn.get(entry.id);
  if (old?.signature === signature) {
    return old;
  }
  const media = new Map();
  const kept = (key, make) => {
    const node = old?.media.get(key) ?? make();
    media.set(key, node);
    return node;
  };
  const element = drawEntry(entry, { isCompact, kept, onMenu: openMessageMenu });
  return { signature, media, element };
}

/** Brings the children into this order and leaves in place whatever is there already. */
function arrange(nodes) {
  const wanted = new Set(nodes);
  for (const child of [...inner.children]) {
    if (!wanted.has(child)) {
      child.remove();
    }
  }
  nodes.forEach((node, index) => {
    if (inner.children[index] !== node) {
      inner.insertBefore(node, inner.children[index] ?? null);
    }
  });
}

function timeOf(entry) {
  return entry.kind === "command" ? entry.at : entry.message.timestamp;
}

function isCompact(entry, before) {
  if (before?.kind !== "message" || entry.kind !== "message" || entry.used || entry.reply_to) {
    return false;
  }
  const isNear = new Date(timeOf(entry)) - new Date(timeOf(before)) < COMPACT_MILLISECONDS;
  const isSameDay = dayOf(timeOf(entry)) === dayOf(timeOf(before));
  return before.message.author.id === entry.message.author.id && before.is_ephemeral === entry.is_ephemeral && isNear && isSameDay;
}

let beginningOf = null;

function beginning(channel) {
  if (channel === null) {
    return null;
  }
  if (beginningOf?.id !== channel.id) {
    const isDirect = channel.kind === "dm";
    const face = isDirect ? avatar(Object.values(view().users).find((user) => user.is_bot) ?? { id: "0", username: channel.name }, 68) : el("span", { class: "beginning-mark" }, icon("hash"));
    const element = el(
      "header",
      { class: "beginning" },
      face,
      el("h2", {}, isDirect ? channel.name : `Welcome to #${channel.name}!`),
      el("p", {}, isDirect ? `This is the beginning of your direct message history with ${channel.name}.` : `This is the start of the #${channel.name} channel.`),
    );
    beginningOf = { id: channel.id, element };
  }
  return beginningOf.element;
}

// The end of the list

function stayAtEnd() {
  if (isAtEnd) {
    scroller.scrollTop = scroller.scrollHeight;
  }
}

/** Keeps the end in sight while pictures load, and lets the keys walk from message to message. */
export function startTimeline() {
  scroller.addEventListener("scroll", () => {
    isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_THE_END_PIXELS;
  });
  new ResizeObserver(stayAtEnd).observe(inner);
  new ResizeObserver(stayAtEnd).observe(scroller);
  inner.addEventListener("keydown", walk);
}

/** Shows the end of the list, as after one's own message. */
export function goToEnd() {
  isAtEnd = true;
  stayAtEnd();
}

/** Brings a message into view and marks it for a moment. */
export function goTo(id) {
  const element = drawn.get(id)?.element;
  element?.scrollIntoView({ block: "center" });
  element?.classList.add("is-marked");
  element?.addEventListener("animationend", () => element.classList.remove("is-marked"), { once: true });
}

/** The entry that an element belongs to; undefined where it belongs to none. */
export function entryAt(element) {
  const id = element.closest?.("[data-entry]")?.dataset.entry;
  return view().entries.find((entry) => entry.id === id);
}

// Keys and focus

function focusKey() {
  const active = document.activeElement;
  if (!inner.contains(active)) {
    return null;
  }
  return { entry: active.closest("[data-entry]")?.dataset.entry, key: active.dataset.key };
}

function restoreFocus(focused) {
  if (focused === null || inner.contains(document.activeElement)) {
    return;
  }
  const entry = drawn.get(focused.entry)?.element;
  const target = focused.key && entry?.querySelector(`[data-key="${CSS.escape(focused.key)}"]:not(:disabled)`);
  (target || entry)?.focus({ preventScroll: true });
}

function keepOneReachable() {
  const messages = [...inner.querySelectorAll(".message")];
  const current = messages.find((message) => message.tabIndex === 0);
  if (!current && messages.length) {
    messages.at(-1).tabIndex = 0;
  }
}

/** Moves the focus to the last message. */
export function focusLast() {
  [...inner.querySelectorAll(".message")].at(-1)?.focus();
}

function walk(event) {
  const from = event.target;
  if (!from.classList.contains("message") || !["ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) {
    return;
  }
  const messages = [...inner.querySelectorAll(".message")];
  const at = messages.indexOf(from);
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: messages.length - 1 }[event.key];
  const target = messages[Math.max(0, Math.min(to, messages.length - 1))];
  event.preventDefault();
  from.tabIndex = -1;
  target.tabIndex = 0;
  target.focus();
}

/** Empties the timeline where there is no channel to show. */
export function showNoTimeline(...children) {
  place = "";
  drawn = new Map();
  fill(inner, ...children);
}

/** The part of Discord's markdown that stands within a line: emphasis, code, spoilers, links, mentions. */

import { el, outward, pressable, safeUrl } from "../dom/elements.js";
import { tokenAt } from "./tokens.js";

const WORD = /[\p{L}\p{N}_]/u;
const ESCAPABLE = /[^\p{L}\p{N}\s]/u;
const ADDRESS = /https?:\/\/[^\s<>]*[^\s<>.,:;"'\]!?]/y;
const MASKED_LINK = /\[((?:\\.|[^[\]\\]|\[[^[\]]*\])+)\]\(\s*<?((?:[^\s<>()]|\([^\s<>()]*\))+)>?(?:\s+"([^"]*)")?\s*\)/y;

const EMPHASES = [
  ["**", (children) => el("strong", {}, ...children)],
  ["__", (children) => el("u", {}, ...children)],
  ["~~", (children) => el("s", {}, ...children)],
  ["||", spoiler],
  ["*", (children) => el("em", {}, ...children)],
  ["_", (children) => el("em", {}, ...children)],
];

/** Reads a text and returns its nodes. `isLinked` is false inside a link, where there can be no other. */
export function inline(text, { isLinked = true } = {}) {
  const nodes = [];
  let plain = "";
  let at = 0;
  const put = (node, length) => {
    if (plain) {
      nodes.push(document.createTextNode(plain));
      plain = "";
    }
    nodes.push(node);
    at += length;
  };
  while (at < text.length) {
    const found = nodeAt(text, at, isLinked);
    if (found?.node) {
      put(found.node, found.length);
    } else if (found) {
      plain += found.text;
      at += found.length;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  if (plain) {
    nodes.push(document.createTextNode(plain));
  }
  return nodes;
}

function nodeAt(text, at, isLinked) {
  switch (text[at]) {
    case "\\":
      return at + 1 < text.length && ESCAPABLE.test(text[at + 1]) ? { text: text[at + 1], length: 2 } : null;
    case "`":
      return codeAt(text, at);
    case "*":
    case "_":
    case "~":
    case "|":
      return emphasisAt(text, at, isLinked);
    case "<":
    case "@":
      return tokenAt(text, at);
    case "[":
      return isLinked ? linkAt(text, at) : null;
    case "h":
      return isLinked ? addressAt(text, at) : null;
    default:
      return null;
  }
}

function codeAt(text, at) {
  const mark = /`+/y;
  mark.lastIndex = at;
  const ticks = mark.exec(text)[0];
  let end = text.indexOf(ticks, at + ticks.length);
  while (end !== -1 && text[end + ticks.length] === "`") {
    end = text.indexOf(ticks, end + 1);
  }
  if (end === -1 || ticks.length > 2) {
    return { text: ticks, length: ticks.length };
  }
  const content = text.slice(at + ticks.length, end);
  return { node: el("code", { class: "code-inline" }, content), length: end + ticks.length - at };
}

function emphasisAt(text, at, isLinked) {
  for (const [mark, make] of EMPHASES) {
    if (!text.startsWith(mark, at) || !opens(text, at, mark)) {
      continue;
    }
    const end = closing(text, at + mark.length, mark);
    if (end > at + mark.length) {
      const children = inline(text.slice(at + mark.length, end), { isLinked });
      return { node: make(children), length: end + mark.length - at };
    }
  }
  return null;
}

function opens(text, at, mark) {
  if (mark === "*") {
    return /\S/.test(text[at + 1] ?? " ");
  }
  return mark !== "_" || at === 0 || !WORD.test(text[at - 1]);
}

/** Finds where an emphasis ends, or -1; escaped marks and those in code do not count. */
function closing(text, from, mark) {
  let at = from;
  while (at < text.length) {
    if (text[at] === "\\") {
      at += 2;
    } else if (text[at] === "`") {
      at += codeAt(text, at).length;
    } else if (text.startsWith(mark, at)) {
      if (closes(text, at, mark, from)) {
        return at;
      }
      at += text[at + mark.length] === mark[0] && mark.length === 1 ? 2 : 1;
    } else {
      at += 1;
    }
  }
  return -1;
}

function closes(text, at, mark, from) {
  const next = text[at + mark.length];
  switch (mark) {
    case "*":
      return next !== "*" && text[at - 1] !== "*" && (/\S/.test(text[at - 1]) || at === from);
    case "_":
      return next !== "_" && (next === undefined || !WORD.test(next));
    case "**":
    case "__":
      return next !== mark[0];
    default:
      return true;
  }
}

function spoiler(children) {
  const content = el("span", { class: "spoiler-text" }, ...children);
  const cover = el(
    "span",
    { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Spoiler", on: pressable((event) => reveal(event, cover)) },
    content,
  );
  content.inert = true;
  return cover;
}

function reveal(event, cover) {
  if (cover.classList.contains("is-revealed")) {
    return;
  }
  event.preventDefault();
  cover.classList.add("is-revealed");
  cover.removeAttribute("role");
  cover.removeAttribute("tabindex");
  cover.removeAttribute("aria-label");
  cover.firstElementChild.inert = false;
}

function linkAt(text, at) {
  MASKED_LINK.lastIndex = at;
  const found = MASKED_LINK.exec(text);
  if (found === null || safeUrl(found[2]) === null) {
    return null;
  }
  const [whole, label, address, title] = found;
  return { node: outward(address, { class: "link", title: title ?? address }, ...inline(label, { isLinked: false })), length: whole.length };
}

function addressAt(text, at) {
  if (at > 0 && WORD.test(text[at - 1])) {
    return null;
  }
  ADDRESS.lastIndex = at;
  let address = ADDRESS.exec(text)?.[0];
  if (!address) {
    return null;
  }
  while (address.endsWith(")") && address.split(")").length > address.split("(").length) {
    address = address.slice(0, -1);
  }
  return { node: outward(address, { class: "link" }, address), length: address.length };
}

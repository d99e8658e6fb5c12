/** Discord's markdown: what stands on lines of its own (headings, quotes, lists, code blocks), and the lines between. */

import { el } from "../dom/elements.js";
import { highlighted } from "./highlight.js";
import { inline } from "./inline.js";

const FENCE = /^```(?:([\w+\-.#]+)?\n)?([\s\S]*?[^\n\s`][\s\S]*?)\n*```\n?/;
const LONG_QUOTE = /^>>> ([\s\S]*)$/;
const QUOTE = /^(?:> [^\n]*(?:\n|$))+/;
const HEADING = /^(#{1,3})\s+([^\n]+?)(?:\s*#*)?(?:\n|$)/;
const SUBTEXT = /^-#\s+([^\n]+)(?:\n|$)/;
const LIST_ITEM = /^( *)([-*]|\d{1,9}\.) +([^\n]+)(?:\n|$)/;
const LIST_MORE = /^ {2,}([^\n]+)(?:\n|$)/;
const PLAIN = /^[^\n]*(?:\n|$)/;
const ONLY_EMOJI = /^(?:[\p{Emoji_Presentation}\p{Extended_Pictographic}\u200d\ufe0f\u{1f3fb}-\u{1f3ff}\s]){1,60}$/u;

/** Draws a text. `hasBlocks` is false where Discord reads only what stands within a line, as in an embed's title. */
export function markdown(text, { hasBlocks = true, className = "" } = {}) {
  const isJumbo = ONLY_EMOJI.test(text.trim()) && text.trim() !== "";
  const classes = ["markdown", className, isJumbo && "is-jumbo"];
  return el("div", { class: classes }, ...(hasBlocks ? blocks(text) : inline(text)));
}

function blocks(text, { isQuoted = false } = {}) {
  const nodes = [];
  let plain = "";
  let rest = text;
  const flush = () => {
    nodes.push(...inline(plain));
    plain = "";
  };
  while (rest) {
    const isLineStart = plain === "" ? true : plain.endsWith("\n");
    const found = blockAt(rest, { isLineStart, isQuoted });
    if (found) {
      flush();
      nodes.push(found.node);
      rest = rest.slice(found.length);
      continue;
    }
    const line = PLAIN.exec(rest)[0];
    const fence = line.indexOf("```", 1);
    const length = fence > 0 && FENCE.test(rest.slice(fence)) ? fence : line.length;
    plain += rest.slice(0, length);
    rest = rest.slice(length);
  }
  flush();
  return nodes;
}

/** The block that begins here, as {node, length}: code anywhere, quotes outside of quotes, the rest at a line's start. */
function blockAt(rest, { isLineStart, isQuoted }) {
  const fence = FENCE.exec(rest);
  if (fence) {
    return { node: codeBlock(fence[2], fence[1]), length: fence[0].length };
  }
  if (!isLineStart) {
    return null;
  }
  return (isQuoted ? null : quoteAt(rest)) ?? lineAt(rest);
}

function quoteAt(rest) {
  const long = LONG_QUOTE.exec(rest);
  if (long) {
    return { node: quote(long[1]), length: rest.length };
  }
  const short = QUOTE.exec(rest);
  return short ? { node: quote(short[0].replace(/^> ?/gm, "")), length: short[0].length } : null;
}

function lineAt(rest) {
  const heading = HEADING.exec(rest);
  if (heading) {
    return { node: el(`h${heading[1].length}`, {}, ...inline(heading[2])), length: heading[0].length };
  }
  const small = SUBTEXT.exec(rest);
  if (small) {
    return { node: el("small", { class: "subtext" }, ...inline(small[1])), length: small[0].length };
  }
  return LIST_ITEM.test(rest) ? list(rest) : null;
}

function quote(text) {
  return el("blockquote", {}, ...blocks(text.replace(/\n$/, ""), { isQuoted: true }));
}

function codeBlock(code, language) {
  return el("pre", { class: "code-block", tabindex: "0" }, el("code", {}, ...highlighted(code, language)));
}

function list(rest) {
  const items = [];
  let length = 0;
  for (;;) {
    const here = rest.slice(length);
    const item = LIST_ITEM.exec(here);
    const more = item ? null : items.length > 0 && LIST_MORE.exec(here);
    if (item) {
      items.push({ indent: item[1].length, mark: item[2], text: item[3] });
    } else if (more) {
      items.at(-1).text += `\n${more[1]}`;
    } else {
      break;
    }
    length += (item ?? more)[0].length;
  }
  const whole = document.createDocumentFragment();
  whole.append(...nested(items, 0).lists);
  return { node: whole, length };
}

/** Builds the lists of the items that are as deep as the first one (a new one where the marks change), and what is deeper. */
function nested(items, from) {
  const { indent } = items[from];
  const lists = [];
  let at = from;
  while (at < items.length && items[at].indent >= indent) {
    const { mark, text } = items[at];
    const isOrdered = mark.length > 1;
    if (items[at].indent > indent + 1 && lists.length) {
      const inner = nested(items, at);
      lists.at(-1).lastElementChild.append(...inner.lists);
      at = inner.next;
      continue;
    }
    if (!lists.length || (lists.at(-1).tagName === "OL") !== isOrdered) {
      lists.push(el(isOrdered ? "ol" : "ul", isOrdered ? { start: Number.parseInt(mark, 10) } : {}));
    }
    lists.at(-1).append(el("li", {}, ...inline(text)));
    at += 1;
  }
  return { lists, next: at };
}

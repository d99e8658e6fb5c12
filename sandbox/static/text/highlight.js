/** Colours for code blocks: comments, strings, numbers and the words that most languages share. No parser. */

import { el } from "../dom/elements.js";

const HASH_COMMENTS = /^(py|python|rb|ruby|sh|bash|shell|zsh|yaml|yml|toml|ini|r|perl|pl|makefile|dockerfile)$/;
const NO_COLOURS = /^(|txt|text|plain|plaintext|ansi|md|markdown)$/;
const WORDS = new Set(
  (
    "abstract and as assert async await bool boolean break case catch char class const continue def default del do double elif " +
    "else enum except export extends false final finally float fn for from func function global go if impl implements import in " +
    "int interface is lambda let long match mod mut namespace new nil none nonlocal not null or package pass private protected " +
    "public raise return select self short static str string struct super switch this throw trait true try type typeof undefined " +
    "union use using var void where while with yield insert update delete create table set values into join"
  ).split(" "),
);
const PARTS = {
  comment: "/\\*[\\s\\S]*?\\*/|//[^\\n]*",
  hash: "#[^\\n]*",
  string: "\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])*'|`(?:\\\\.|[^`\\\\])*`",
  number: "\\b\\d[\\d_]*(?:\\.\\d+)?(?:e[+-]?\\d+)?\\b|\\b0x[\\da-f]+\\b",
  word: "[A-Za-z_]\\w*",
};

/** The nodes of a piece of code; one plain text where the language is none that one colours. */
export function highlighted(code, language = "") {
  const name = (language ?? "").toLowerCase();
  if (NO_COLOURS.test(name)) {
    return [code];
  }
  return name === "diff" ? diff(code) : coloured(code, HASH_COMMENTS.test(name) ? PARTS.hash : PARTS.comment);
}

function coloured(code, comment) {
  const pattern = new RegExp(`(${comment})|(${PARTS.string})|(${PARTS.number})|(${PARTS.word})`, "gi");
  const nodes = [];
  let from = 0;
  for (const found of code.matchAll(pattern)) {
    const [text, isComment, isString, isNumber] = found;
    const kind = (isComment && "comment") || (isString && "string") || (isNumber && "number") || wordKind(code, found);
    if (kind) {
      nodes.push(code.slice(from, found.index), el("span", { class: `code-${kind}` }, text));
      from = found.index + text.length;
    }
  }
  nodes.push(code.slice(from));
  return nodes;
}

function wordKind(code, found) {
  if (WORDS.has(found[0].toLowerCase())) {
    return "keyword";
  }
  return code[found.index + found[0].length] === "(" ? "call" : null;
}

function diff(code) {
  const kinds = { "+": "added", "-": "removed", "@": "comment" };
  return code.split(/(?<=\n)/).map((line) => {
    const kind = kinds[line[0]];
    return kind ? el("span", { class: `code-${kind}` }, line) : line;
  });
}

/** The files of a message of the first version: pictures and videos in a grid, sound and the rest below it. */

import { el } from "../dom/elements.js";
import { fileCard, gallery, kindOf, sound } from "../components/media.js";

const SPOILER_PREFIX = "SPOILER_";

/** Draws the files; null where there are none. */
export function drawAttachments(files, kept) {
  if (files.length === 0) {
    return null;
  }
  const seen = files.filter((file) => ["image", "video"].includes(kindOf(file)) && file.proxy_url);
  const rest = files.filter((file) => !seen.includes(file));
  const items = seen.map((file) => ({ media: file, description: file.description, spoiler: file.filename.startsWith(SPOILER_PREFIX) }));
  return el(
    "div",
    { class: "attachments" },
    items.length ? gallery(items, kept) : null,
    rest.map((file) => (kindOf(file) === "audio" && file.proxy_url ? sound(file, kept) : fileCard(file))),
  );
}

/** Embeds: the framed cards of the first version. */

import { el, outward } from "../dom/elements.js";
import { fileName } from "../text/addresses.js";
import { markdown } from "../text/markdown.js";
import { messageTime } from "../text/times.js";
import { elsewhere, gallery } from "./media.js";
import { openLightbox } from "./lightbox.js";

const FIELDS_IN_A_ROW = 3;

/** Draws an embed. */
export function drawEmbed(embed, place) {
  const hasColour = embed.color !== null && embed.color !== undefined;
  const style = hasColour ? { "--accent": `#${embed.color.toString(16).padStart(6, "0")}` } : {};
  const words = el(
    "div",
    { class: "embed-words" },
    embed.provider?.name ? el("div", { class: "embed-provider" }, embed.provider.name) : null,
    author(embed.author),
    title(embed),
    embed.description ? markdown(embed.description, { className: "embed-description" }) : null,
    fields(embed.fields ?? []),
  );
  return el("article", { class: "embed", style }, words, thumbnail(embed, place), picture(embed, place), footer(embed));
}

function author(found) {
  if (!found?.name) {
    return null;
  }
  const face = found.proxy_icon_url ? el("img", { src: found.proxy_icon_url, alt: "", class: "embed-icon" }) : null;
  const name = found.url ? outward(found.url, {}, found.name) : el("span", {}, found.name);
  return el("div", { class: "embed-author" }, face, name);
}

function title(embed) {
  if (!embed.title) {
    return null;
  }
  const words = markdown(embed.title, { hasBlocks: false });
  return el("div", { class: "embed-title" }, embed.url ? outward(embed.url, { class: "link" }, words) : words);
}

function fields(all) {
  if (all.length === 0) {
    return null;
  }
  const rows = [];
  for (const field of all) {
    const row = rows.at(-1);
    const fits = field.inline && row?.[0].inline && row.length < FIELDS_IN_A_ROW;
    if (fits) {
      row.push(field);
    } else {
      rows.push([field]);
    }
  }
  return el("div", { class: "embed-fields" }, rows.map((row) => row.map((field) => drawField(field, row.length))));
}

function drawField(field, ofRow) {
  return el(
    "div",
    { class: "embed-field", style: { "grid-column": `span ${12 / ofRow}` } },
    el("div", { class: "embed-field-name" }, markdown(field.name, { hasBlocks: false })),
    markdown(field.value),
  );
}

function thumbnail({ thumbnail: found }, place) {
  if (!found?.url) {
    return null;
  }
  const item = { media: { ...found, id: "thumbnail" } };
  if (!found.proxy_url) {
    return el("div", { class: "embed-thumbnail" }, elsewhere(found.url));
  }
  const image = place.kept(`embed thumbnail ${fileName(found.url)}`, () => el("img", { src: found.proxy_url, alt: found.description ?? "" }));
  const open = () => openLightbox([item], item);
  return el("button", { class: "embed-thumbnail", type: "button", "aria-label": "Open picture", on: { click: open } }, image);
}

function picture({ image, video }, place) {
  const found = video?.proxy_url ? video : image;
  if (!found?.url) {
    return null;
  }
  const item = { media: { ...found, id: "embed" }, description: found.description };
  return el("div", { class: "embed-picture" }, gallery([item], place.kept));
}

function footer({ footer: found, timestamp }) {
  if (!found?.text && !timestamp) {
    return null;
  }
  const face = found?.proxy_icon_url ? el("img", { src: found.proxy_icon_url, alt: "", class: "embed-icon" }) : null;
  return el("div", { class: "embed-footer" }, face, found?.text ?? "", found?.text && timestamp ? " • " : "", timestamp ? messageTime(timestamp) : null);
}

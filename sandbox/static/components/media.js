/** Pictures, videos and sound of a message, and the grid in which Discord arranges them. */

import { el, outward } from "../dom/elements.js";
import { icon } from "../dom/icons.js";
import { fileName } from "../text/addresses.js";
import { fileSize } from "../text/sizes.js";
import { openLightbox } from "./lightbox.js";
import { covered } from "./spoiler.js";

const BY_ENDING = {
  image: /\.(png|jpe?g|webp|gif|avif|bmp)$/i,
  video: /\.(mp4|webm|mov|m4v)$/i,
  audio: /\.(mp3|ogg|oga|opus|wav|flac|m4a)$/i,
};
const LARGEST_SINGLE = { width: 550, height: 350 };

/** Whether a file is an "image", a "video", an "audio", or a plain "file". */
export function kindOf({ content_type: type, filename, url }) {
  const main = (type ?? "").split("/")[0];
  if (main in BY_ENDING) {
    return main === "image" && type.includes("svg") ? "file" : main;
  }
  const name = filename ?? (url ?? "").split(/[?#]/)[0];
  return type ? "file" : (Object.keys(BY_ENDING).find((kind) => BY_ENDING[kind].test(name)) ?? "file");
}

/**
 * Draws up to ten media in Discord's grid. An item is `{media, description, spoiler}`; `kept(key, make)` returns the
 * node that was there before, so that an edit does not load a picture again or stop a video.
 */
export function gallery(items, kept) {
  const shown = items.filter((item) => item.media.proxy_url);
  const grid = el("div", { class: ["gallery", `gallery-${Math.min(items.length, 10)}`] });
  for (const item of items) {
    grid.append(cell(item, { kept, all: shown, isSingle: items.length === 1 }));
  }
  return grid;
}

function cell(item, { kept, all, isSingle }) {
  const { media, description } = item;
  if (!media.proxy_url) {
    return el("div", { class: "gallery-cell is-elsewhere" }, elsewhere(media.url, description));
  }
  const kind = kindOf(media);
  const content = kind === "video" ? videoPlayer(media, kept) : picture(item, all, kept);
  const box = el("div", { class: "gallery-cell" }, content);
  if (isSingle) {
    sizeSingle(box, media);
  }
  if (description) {
    content.append(el("span", { class: "alt-badge", title: description, "aria-hidden": "true" }, "ALT"));
  }
  if (item.spoiler) {
    box.replaceChildren(covered(content));
  }
  return box;
}

/** A medium that lives elsewhere and is not loaded: a link to it. */
export function elsewhere(url, description) {
  return outward(url, { class: "elsewhere link" }, icon("open"), el("span", {}, description || url));
}

function sizeSingle(box, { width, height }) {
  if (!width || !height) {
    return;
  }
  const scale = Math.min(1, LARGEST_SINGLE.width / width, LARGEST_SINGLE.height / height);
  box.style.setProperty("width", `${Math.max(40, Math.round(width * scale))}px`);
  box.style.setProperty("aspect-ratio", `${width} / ${height}`);
}

function picture(item, all, kept) {
  const { media, description } = item;
  const name = description || fileName(media.url);
  const open = () => openLightbox(all.filter((one) => kindOf(one.media) === "image"), item);
  const image = kept(`image ${media.id}/${fileName(media.url)}`, () =>
    el("img", { src: media.proxy_url, alt: description ?? "", loading: "lazy", draggable: "false" }),
  );
  return el(
    "button",
    { class: "picture", type: "button", "aria-label": `Open picture: ${name}`, data: { key: `media-${media.url.split("?")[0]}` }, on: { click: open } },
    image,
  );
}

function videoPlayer(media, kept) {
  const video = kept(`video ${media.id}/${fileName(media.url)}`, () =>
    el("video", { src: media.proxy_url, controls: true, preload: "metadata", playsinline: true }),
  );
  return el("div", { class: "video" }, video);
}

/** A sound as a card with its name and a player. */
export function sound(file, kept) {
  const player = kept(`audio ${file.id}/${file.filename}`, () =>
    el("audio", { src: file.proxy_url, controls: true, preload: "metadata" }),
  );
  return el("div", { class: "sound" }, fileLine(file, "play"), player);
}

/** A file as a card with its name, its size and a way to save it. */
export function fileCard(file) {
  return el("div", { class: "file-card" }, fileLine(file, "file"));
}

function fileLine({ filename, size, proxy_url: address }, symbol) {
  return [
    icon(symbol, "file-symbol"),
    el(
      "div",
      { class: "file-words" },
      outward(address ?? "", { class: "link file-name" }, filename),
      size ? el("div", { class: "file-size" }, fileSize(size)) : null,
    ),
    address ? outward(address, { class: "icon-button", "aria-label": `Download ${filename}`, download: filename }, icon("download")) : null,
  ];
}

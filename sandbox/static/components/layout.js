/** A message's components, from a button to a whole layout of the second version. */

import { el } from "../dom/elements.js";
import { fileName } from "../text/addresses.js";
import { markdown } from "../text/markdown.js";
import { button } from "./buttons.js";
import { elsewhere, fileCard, gallery, kindOf, sound } from "./media.js";
import { selectTrigger } from "./select.js";
import { covered } from "./spoiler.js";
import { openLightbox } from "./lightbox.js";

export const TYPES = {
  ACTION_ROW: 1,
  BUTTON: 2,
  STRING_SELECT: 3,
  TEXT_INPUT: 4,
  USER_SELECT: 5,
  ROLE_SELECT: 6,
  MENTIONABLE_SELECT: 7,
  CHANNEL_SELECT: 8,
  SECTION: 9,
  TEXT_DISPLAY: 10,
  THUMBNAIL: 11,
  MEDIA_GALLERY: 12,
  FILE: 13,
  SEPARATOR: 14,
  CONTAINER: 17,
  LABEL: 18,
  FILE_UPLOAD: 19,
  RADIO_GROUP: 21,
  CHECKBOX_GROUP: 22,
  CHECKBOX: 23,
};

const DRAWN = {
  [TYPES.ACTION_ROW]: row,
  [TYPES.BUTTON]: button,
  [TYPES.STRING_SELECT]: selectTrigger,
  [TYPES.USER_SELECT]: selectTrigger,
  [TYPES.ROLE_SELECT]: selectTrigger,
  [TYPES.MENTIONABLE_SELECT]: selectTrigger,
  [TYPES.CHANNEL_SELECT]: selectTrigger,
  [TYPES.SECTION]: section,
  [TYPES.TEXT_DISPLAY]: textDisplay,
  [TYPES.THUMBNAIL]: thumbnail,
  [TYPES.MEDIA_GALLERY]: (component, place) => gallery(component.items, place.kept),
  [TYPES.FILE]: file,
  [TYPES.SEPARATOR]: separator,
  [TYPES.CONTAINER]: container,
};

/** Draws a component. `place` is `{entry, kept}`: the entry of the timeline it stands in, and its nodes to keep. */
export function drawComponent(component, place) {
  const draw = DRAWN[component.type];
  return draw ? draw(component, place) : el("div", { class: "unknown-component" }, `Unknown component (type ${component.type})`);
}

function all(components, place) {
  return (components ?? []).map((component) => drawComponent(component, place));
}

function row(component, place) {
  return el("div", { class: "action-row" }, all(component.components, place));
}

function section(component, place) {
  return el(
    "div",
    { class: "section" },
    el("div", { class: "section-words" }, all(component.components, place)),
    component.accessory?.type ? el("div", { class: "section-accessory" }, drawComponent(component.accessory, place)) : null,
  );
}

function textDisplay(component) {
  return markdown(component.content);
}

function thumbnail(component, place) {
  const { media, description } = component;
  if (!media.proxy_url) {
    return elsewhere(media.url, description);
  }
  const image = place.kept(`thumbnail ${media.id}/${fileName(media.url)}`, () => el("img", { src: media.proxy_url, alt: description ?? "" }));
  const name = description || fileName(media.url);
  const open = () => openLightbox([component], component);
  const content = el("button", { class: "thumbnail", type: "button", "aria-label": `Open picture: ${name}`, on: { click: open } }, image);
  return component.spoiler ? covered(content) : content;
}

function file(component, place) {
  const media = component.file;
  const shown = { ...media, filename: component.name ?? fileName(media.url), size: component.size };
  const content = kindOf(shown) === "audio" && media.proxy_url ? sound(shown, place.kept) : fileCard(shown);
  return component.spoiler ? covered(content) : content;
}

function separator(component) {
  const classes = ["separator", component.spacing === 2 && "is-large", component.divider !== false && "has-line"];
  return el("div", { class: classes, role: component.divider !== false ? "separator" : "presentation" });
}

function container(component, place) {
  const colour = component.accent_color;
  const hasColour = colour !== null && colour !== undefined;
  const style = hasColour ? { "--accent": `#${colour.toString(16).padStart(6, "0")}` } : {};
  const box = el("div", { class: ["container", hasColour && "has-accent"], style }, all(component.components, place));
  return component.spoiler ? covered(box) : box;
}

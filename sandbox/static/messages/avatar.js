/** Faces: a person's own picture, or the first letter of the name on a colour of its own. */

import { displayName } from "../app/view.js";
import { el } from "../dom/elements.js";
import { icon } from "../dom/icons.js";

const COLOURS = ["#5865f2", "#3ba55c", "#c9861a", "#d83c63", "#9b59d0", "#1f8b9e", "#7d6b5d"];

/** A round avatar; `size` in pixels. */
export function avatar(user, size) {
  const colour = COLOURS[Number(BigInt(user.id) >> 3n) % COLOURS.length || 0];
  const face = el("span", { class: "avatar", "aria-hidden": "true", style: { "--size": `${size}px` } });
  if (user.avatar_url && !user.avatar_url.includes("/embed/avatars/")) {
    face.append(el("img", { src: user.avatar_url, alt: "" }));
  } else if (user.is_bot) {
    face.style.background = "linear-gradient(140deg, #5865f2, #8a5cf6)";
    face.append(icon("image"));
  } else {
    face.style.background = colour;
    face.append(displayName(user).slice(0, 1).toUpperCase());
  }
  return face;
}

/** The mark beside an application's name. */
export function appTag() {
  return el("span", { class: "app-tag" }, "APP");
}

/** Gateway, REST and Model API traffic, as the panel shows it. */

import { el, fill } from "../dom/elements.js";
import { clockTime } from "../text/times.js";

const SIDES = { gateway: "gateway", rest: "Discord", api: "Model API" };
const shown = new Set(Object.keys(SIDES));
let newest = [];

/** Draws the traffic, newest first, of the sides that one wants to see. */
export function showTraffic(page, traffic) {
  newest = traffic;
  if (!page.querySelector(".traffic-rows")) {
    page.append(filters(page), el("div", { class: "traffic-rows" }));
  }
  const rows = page.querySelector(".traffic-rows");
  const wanted = traffic.filter((one) => shown.has(one.side));
  const signature = `${[...shown].join()} ${wanted.map((one) => `${one.id} ${one.status} ${one.ms}`).join()}`;
  if (rows.dataset.signature !== signature) {
    rows.dataset.signature = signature;
    fill(rows, wanted.length ? wanted.map(draw) : el("p", { class: "panel-empty" }, "Nothing yet."));
  }
}

function filters(page) {
  const buttons = Object.entries(SIDES).map(([side, label]) =>
    el(
      "button",
      {
        class: ["filter", `side-${side}`],
        type: "button",
        "aria-pressed": "true",
        on: {
          click: (event) => {
            const isShown = !shown.delete(side);
            if (isShown) {
              shown.add(side);
            }
            event.currentTarget.setAttribute("aria-pressed", String(isShown));
            showTraffic(page, newest);
          },
        },
      },
      label,
    ),
  );
  return el("div", { class: "filters", role: "group", "aria-label": "Show" }, buttons);
}

/** Long ids in short: the whole text is in the row's title. */
function abbreviated(text) {
  return text.replace(/([0-9a-f]{8})-[0-9a-f-]{20,}/g, "$1…").replace(/\b(\d{4})\d{9,}(\d{4})\b/g, "$1…$2").replace(/[\w%-]{24,}/g, (part) => `${part.slice(0, 6)}…${part.slice(-6)}`);
}

function draw(one) {
  return el(
    "div",
    { class: ["traffic", `side-${one.side}`, one.is_error && "is-error"] },
    el("span", { class: "traffic-at" }, clockTime(one.at)),
    el("span", { class: "traffic-text", title: one.text }, abbreviated(one.text), one.note ? el("span", { class: "traffic-note" }, one.note) : null),
    el("span", { class: "traffic-status" }, one.status === null ? "" : String(one.status), one.ms === null ? null : el("small", {}, ` ${Math.round(one.ms)} ms`)),
  );
}

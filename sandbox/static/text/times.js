/** Moments as Discord writes them, in the reader's own language and time zone. */

import { now } from "../app/clock.js";
import { el } from "../dom/elements.js";

const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
  s: { dateStyle: "short", timeStyle: "short" },
  S: { dateStyle: "short", timeStyle: "medium" },
};
const STEPS = [
  ["year", 365 * 24 * 3600],
  ["month", 30 * 24 * 3600],
  ["day", 24 * 3600],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
const DAY_MILLISECONDS = 24 * 3600 * 1000;
const relativeFormat = new Intl.RelativeTimeFormat(undefined, { numeric: "always" });

function formatted(milliseconds, options) {
  return new Intl.DateTimeFormat(undefined, options).format(milliseconds);
}

/** "3 minutes ago", "in 2 hours". */
export function relative(milliseconds) {
  const seconds = Math.round((milliseconds - now()) / 1000);
  if (seconds === 0) {
    return "now";
  }
  const [unit, length] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? STEPS.at(-1);
  return relativeFormat.format(Math.trunc(seconds / length), unit);
}

/** A `<t:…>` of Discord's markdown; style R counts by itself. Null where the number is no date. */
export function timestamp(seconds, style) {
  const milliseconds = seconds * 1000;
  if (Number.isNaN(new Date(milliseconds).getTime())) {
    return null;
  }
  const isRelative = style === "R";
  return el(
    "time",
    {
      class: "timestamp",
      datetime: new Date(milliseconds).toISOString(),
      title: formatted(milliseconds, STYLES.F),
      data: isRelative ? { relative: String(milliseconds) } : {},
    },
    isRelative ? relative(milliseconds) : formatted(milliseconds, STYLES[style] ?? STYLES.f),
  );
}

/** When a message was written: the hour today, the day with it before. */
export function messageTime(iso, { isShort = false } = {}) {
  const milliseconds = new Date(iso).getTime();
  const hour = formatted(milliseconds, STYLES.t);
  const today = dayOf(now());
  const day = dayOf(milliseconds);
  let text = formatted(milliseconds, STYLES.s);
  if (isShort || day === today) {
    text = hour;
  } else if (day === dayOf(now() - DAY_MILLISECONDS)) {
    text = `Yesterday at ${hour}`;
  }
  return el("time", { class: "message-time", datetime: iso, title: formatted(milliseconds, STYLES.F) }, text);
}

/** The day of a moment, as the divider between two days writes it. */
export function dayOf(moment) {
  return formatted(new Date(moment).getTime(), STYLES.D);
}

/** The seconds' hand of traffic and requests. */
export function clockTime(iso) {
  return iso ? formatted(new Date(iso).getTime(), STYLES.T) : "";
}

/** Keeps every relative time on the page right. */
export function keepTimesCounting() {
  setInterval(() => {
    for (const element of document.querySelectorAll("time[data-relative]")) {
      const text = relative(Number(element.dataset.relative));
      if (element.textContent !== text) {
        element.textContent = text;
      }
    }
  }, 1000);
}

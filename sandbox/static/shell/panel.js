/** The right side: what goes on behind, and the switches that make things go wrong. */

import { act } from "../app/acting.js";
import { el, fill } from "../dom/elements.js";
import { icon } from "../dom/icons.js";
import { togglePanel } from "./drawers.js";
import { showRequests } from "./panel_requests.js";
import { showTraffic } from "./panel_traffic.js";

const TABS = [
  ["faults", "Faults"],
  ["requests", "Requests"],
  ["traffic", "Traffic"],
  ["log", "Bot log"],
];
const TAB_KEY = "sandbox-tab";
const LOG_NEAR_THE_END_PIXELS = 40;

const state = el("div", { class: "bot-state", role: "status" });
const pages = Object.fromEntries(TABS.map(([name]) => [name, el("div", { class: "panel-page", role: "tabpanel", id: `page-${name}`, "aria-labelledby": `tab-${name}`, tabindex: "0" })]));
const tabs = TABS.map(([name, label]) =>
  el("button", { class: "panel-tab", type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `page-${name}`, on: { click: () => openTab(name) } }, label, el("span", { class: "tab-count" })),
);
const log = el("pre", { class: "bot-log" });
const violations = el("div", { class: "violations" });

/** Puts the panel's frame on the page. */
export function startPanel() {
  const close = el("button", { class: "icon-button", type: "button", "aria-label": "Close the panel", on: { click: () => togglePanel() } }, icon("close"));
  const bar = el("div", { class: "panel-tabs", role: "tablist", "aria-label": "Behind the scenes", on: { keydown: walkTabs } }, tabs);
  pages.log.append(log);
  fill(document.getElementById("panel"), el("header", { class: "panel-head" }, el("h2", {}, "Behind the scenes"), close), state, violations, bar, Object.values(pages));
  openTab(sessionStorage.getItem(TAB_KEY) ?? "faults");
}

function openTab(name) {
  sessionStorage.setItem(TAB_KEY, name);
  for (const tab of tabs) {
    const isOpen = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", String(isOpen));
    tab.tabIndex = isOpen ? 0 : -1;
  }
  for (const [key, page] of Object.entries(pages)) {
    page.hidden = key !== name;
  }
  if (name === "log") {
    pages.log.scrollTop = pages.log.scrollHeight;
  }
}

function walkTabs(event) {
  const steps = { ArrowRight: 1, ArrowLeft: -1 };
  if (event.key in steps) {
    event.preventDefault();
    const at = tabs.findIndex((tab) => tab.tabIndex === 0);
    const next = tabs[(at + steps[event.key] + tabs.length) % tabs.length];
    next.click();
    next.focus();
  }
}

/** Draws the newest panel. */
export function showPanel(panel) {
  fill(state, el("span", { class: ["bot-lamp", `is-${panel.bot.state}`] }), el("span", {}, panel.bot.text || panel.bot.state), panel.bot.pid ? el("span", { class: "muted" }, `process ${panel.bot.pid}`) : null);
  violations.hidden = panel.violations.length === 0;
  fill(violations, panel.violations.map((sentence) => el("p", {}, icon("alert"), sentence)));
  showSwitches(panel.switches);
  showRequests(pages.requests, panel.requests);
  showTraffic(pages.traffic, panel.traffic);
  showLog(panel.bot.log_tail ?? "");
  count("requests", panel.requests.length);
  count("faults", panel.switches.filter((one) => one.kind === "toggle" && one.value === (one.name !== "run_bot")).length);
}

function count(name, number) {
  const badge = tabs.find((tab) => tab.id === `tab-${name}`).querySelector(".tab-count");
  badge.textContent = number ? String(number) : "";
}

let drawnSwitches = "";

function showSwitches(switches) {
  const signature = JSON.stringify(switches);
  if (signature === drawnSwitches) {
    return;
  }
  drawnSwitches = signature;
  const focused = pages.faults.contains(document.activeElement) ? document.activeElement.dataset.switch : null;
  const groups = new Map();
  for (const one of switches) {
    groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  }
  fill(pages.faults, [...groups].map(([title, members]) => el("section", { class: "switch-group" }, el("h3", {}, title), members.map(drawSwitch))));
  pages.faults.querySelector(`[data-switch="${focused}"]`)?.focus();
}

function drawSwitch(one) {
  const words = el("span", { class: "switch-words" }, el("span", { class: "switch-label" }, one.label), el("span", { class: "switch-help" }, one.help), one.text ? el("span", { class: "switch-text" }, one.text) : null);
  const common = { type: "button", disabled: !one.enabled, data: { switch: one.name } };
  if (one.kind === "button") {
    const press = () => act("switch", { name: one.name });
    return el("div", { class: "switch" }, words, el("button", { ...common, class: ["button", one.is_dangerous ? "button-danger" : "button-secondary"], "aria-label": one.label, on: { click: press } }, "Do it"));
  }
  const toggle = () => act("switch", { name: one.name, value: !one.value });
  return el(
    "label",
    { class: ["switch", !one.enabled && "is-disabled"] },
    words,
    el("button", { ...common, class: ["toggle", one.is_dangerous && "is-dangerous"], role: "switch", "aria-checked": String(Boolean(one.value)), "aria-label": one.label, on: { click: toggle } }, el("i")),
  );
}

function showLog(text) {
  if (log.textContent === text) {
    return;
  }
  const page = pages.log;
  const isAtEnd = page.scrollHeight - page.scrollTop - page.clientHeight < LOG_NEAR_THE_END_PIXELS;
  log.textContent = text;
  if (isAtEnd) {
    page.scrollTop = page.scrollHeight;
  }
}

/** The Model API's requests, as the panel shows them. */

import { el, fill } from "../dom/elements.js";
import { clockTime } from "../text/times.js";

/** Draws the requests, newest first. */
export function showRequests(page, requests) {
  const signature = JSON.stringify(requests);
  if (page.dataset.signature === signature) {
    return;
  }
  page.dataset.signature = signature;
  const open = new Set([...page.querySelectorAll("details[open]")].map((details) => details.dataset.request));
  const focused = page.contains(document.activeElement) ? document.activeElement.closest("details")?.dataset.request : null;
  fill(page, requests.length ? requests.map((request) => draw(request, open.has(request.id))) : el("p", { class: "panel-empty" }, "No request has reached the Model API yet."));
  page.querySelector(`[data-request="${focused}"] summary`)?.focus();
}

function draw(request, isOpen) {
  const position = request.queue_position === null ? null : `position ${request.queue_position}`;
  const facts = [position, `${request.polls} ${request.polls === 1 ? "poll" : "polls"}`, request.cost].filter(Boolean);
  const times = [
    ["submitted", request.submitted_at],
    ["started", request.started_at],
    ["ended", request.ended_at],
  ].filter(([, at]) => at);
  return el(
    "article",
    { class: "request" },
    el("header", {}, el("span", { class: ["state-chip", `state-${String(request.state).toLowerCase()}`] }, request.state.replaceAll("_", " ")), el("span", { class: "request-id", title: request.id }, request.id)),
    el("div", { class: "request-model" }, request.model_id),
    el("div", { class: "request-facts" }, facts.join(" · ")),
    request.error ? el("div", { class: "request-error" }, request.error) : null,
    el("div", { class: "request-times" }, times.map(([word, at]) => el("span", {}, `${word} ${clockTime(at)}`))),
    el("details", { data: { request: request.id }, open: isOpen }, el("summary", {}, "Inputs"), el("pre", {}, JSON.stringify(request.inputs, null, 2))),
  );
}

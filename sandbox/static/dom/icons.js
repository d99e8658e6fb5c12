/** The page's icons: lines on a field of 24 by 24. */

const NAMESPACE = "http://www.w3.org/2000/svg";

const PATHS = {
  alert: "M12 3 2.5 20h19L12 3Zm0 6.5v5m0 2.8v.2",
  apps: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM17 14v6m-3-3h6",
  at: "M16 8v5a3 3 0 0 0 5 2.2V12a9 9 0 1 0-4 7.5M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z",
  back: "M15 5l-7 7 7 7",
  check: "M5 12.5 10 17.5 19 7",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  dots: "M5 12h.01M12 12h.01M19 12h.01",
  down: "M5 9l7 7 7-7",
  download: "M12 4v11m-5-4.5 5 5 5-5M4 20h16",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Zm12.5 0a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  hash: "M9.5 4 7.5 20M16.5 4l-2 16M4.5 9h16M3.5 15h16",
  id: "M3 5h18v14H3zM7 9v6m4-6h2a3 3 0 0 1 0 6h-2z",
  image: "M4 4h16v16H4zM4 16l5-5 5 5 2-2 4 4M15.5 9h.01",
  menu: "M4 6h16M4 12h16M4 18h16",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z",
  next: "M9 5l7 7-7 7",
  open: "M14 4h6v6m0-6-9 9M18 14v6H4V6h6",
  panel: "M3 5h18v14H3zM15 5v14",
  people: "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6.5 8c0-3.5 2.9-5.5 6.5-5.5s6.5 2 6.5 5.5M16 4.8a3.5 3.5 0 0 1 0 6.4m2 3.3c2.2.8 3.5 2.5 3.5 5",
  person: "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c0-4 3.3-6.5 7.5-6.5s7.5 2.5 7.5 6.5",
  play: "M8 5v14l11-7z",
  plus: "M12 5v14M5 12h14",
  reply: "M10 5 3.5 11.5 10 18M4 11.5h9a7 7 0 0 1 7 7",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Zm4.7-1.8L21 21",
  send: "M4 4l17 8-17 8 3-8zM7 12h7",
  slash: "M15.5 4 8.5 20M4 4h16v16H4z",
  sun: "M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.4 1.4m11.2 11.2L19 19M5 19l1.4-1.4M17.6 6.4 19 5",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5m4-5v5",
  upload: "M12 16V5m-5 4.5L12 4.5l5 5M4 20h16",
};

/** An icon that a screen reader passes over. */
export function icon(name, className = "") {
  const svg = document.createElementNS(NAMESPACE, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", class: `icon ${className}` })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(NAMESPACE, "path");
  path.setAttribute("d", PATHS[name] ?? PATHS.dots);
  svg.append(path);
  return svg;
}

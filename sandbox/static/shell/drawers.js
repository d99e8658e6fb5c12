/** On a narrow page the channels and the panel slide over the chat; on a wide one the panel can be put away. */

const shell = document.getElementById("shell");
const NARROW = matchMedia("(max-width: 760px)");
const PANEL_KEY = "sandbox-panel";

/** Whether there is room for one column only. */
export function isNarrow() {
  return NARROW.matches;
}

/** Shows or hides the channels, on a narrow page. */
export function toggleSidebar() {
  shell.classList.remove("has-panel");
  shell.classList.toggle("has-sidebar");
}

/** Shows or hides the panel; a wide page remembers it. */
export function togglePanel() {
  shell.classList.remove("has-sidebar");
  const isShown = shell.classList.toggle("has-panel");
  if (!isNarrow()) {
    localStorage.setItem(PANEL_KEY, isShown ? "shown" : "hidden");
  }
  return isShown;
}

/** Puts both drawers of a narrow page away. */
export function closeDrawers() {
  shell.classList.remove("has-sidebar");
  if (isNarrow()) {
    shell.classList.remove("has-panel");
  }
}

/** Begins as this page was left. */
export function startDrawers() {
  const start = () => shell.classList.toggle("has-panel", !isNarrow() && innerWidth > 1080 && localStorage.getItem(PANEL_KEY) !== "hidden");
  start();
  NARROW.addEventListener("change", start);
  shell.addEventListener("click", (event) => event.target === shell && closeDrawers());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isNarrow() && !event.defaultPrevented) {
      closeDrawers();
    }
  });
}

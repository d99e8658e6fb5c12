/** Light and dark: as the system wants it, until one chooses. */

const KEY = "sandbox-theme";
const root = document.documentElement;
const prefersLight = matchMedia("(prefers-color-scheme: light)");

/** "light" or "dark". */
export function theme() {
  return localStorage.getItem(KEY) ?? (prefersLight.matches ? "light" : "dark");
}

/** Shows the theme and follows the system. */
export function startTheme() {
  const show = () => {
    root.dataset.theme = theme();
  };
  show();
  prefersLight.addEventListener("change", show);
}

/** Takes the other one; a choice that is the system's own is forgotten again. */
export function toggleTheme() {
  const next = theme() === "light" ? "dark" : "light";
  const system = prefersLight.matches ? "light" : "dark";
  if (next === system) {
    localStorage.removeItem(KEY);
  } else {
    localStorage.setItem(KEY, next);
  }
  root.dataset.theme = next;
}

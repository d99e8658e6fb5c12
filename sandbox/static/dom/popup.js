/** Something that floats beside what it belongs to: a menu of values, a context menu. One at a time. */

const GAP_PIXELS = 6;
const EDGE_PIXELS = 8;

let current = null;
const growth = new ResizeObserver(() => current && place());

/**
 * Shows `content` beside `anchor` (an element, or a point `{x, y}`), inside the dialog that the anchor stands in.
 * `onClose` hears "chosen", "outside" or "escape". Focus returns to the anchor unless one clicked elsewhere.
 */
export function openPopup(anchor, content, { onClose = () => {}, isWide = false, returnTo = anchor } = {}) {
  closePopup("outside");
  content.classList.add("popup");
  const owner = anchor instanceof Element ? anchor : returnTo;
  (owner?.closest?.("dialog") ?? document.body).append(content);
  current = { anchor, content, onClose, returnTo, key: owner?.dataset?.key, isWide };
  place();
  growth.observe(content);
}

/** Closes what is open. */
export function closePopup(reason) {
  if (current === null) {
    return;
  }
  const { content, onClose, returnTo } = current;
  growth.unobserve(content);
  const hadFocus = content.contains(document.activeElement);
  current = null;
  content.remove();
  if (hadFocus || reason === "escape") {
    returnTo?.focus?.();
  }
  onClose(reason);
}

/** Whether something floats. */
export function isPopupOpen() {
  return current !== null;
}

/** After messages were drawn anew: hangs the popup on the new element in the place of its old one, or closes it. */
export function rehangPopup() {
  if (!(current?.anchor instanceof Element) || current.anchor.isConnected) {
    return;
  }
  const next = current.key && document.querySelector(`[data-key="${CSS.escape(current.key)}"]`);
  if (next && !next.disabled) {
    current.anchor = next;
    current.returnTo = next;
    place();
  } else {
    closePopup("escape");
  }
}

function place() {
  const { anchor, content, isWide } = current;
  const box = anchor instanceof Element ? anchor.getBoundingClientRect() : new DOMRect(anchor.x, anchor.y, 0, 0);
  if (isWide) {
    content.style.setProperty("min-width", `${Math.min(box.width, innerWidth - 2 * EDGE_PIXELS)}px`);
  }
  const { offsetWidth: width, offsetHeight: height } = content;
  const below = innerHeight - box.bottom - GAP_PIXELS - EDGE_PIXELS;
  const isAbove = below < height && box.top > below;
  const top = isAbove ? box.top - height - GAP_PIXELS : box.bottom + GAP_PIXELS;
  content.style.setProperty("left", `${clamp(box.left, innerWidth - width)}px`);
  content.style.setProperty("top", `${clamp(top, innerHeight - height)}px`);
}

function clamp(value, most) {
  return Math.max(EDGE_PIXELS, Math.min(value, most - EDGE_PIXELS));
}

/** Listens for what closes a popup: a press elsewhere, Escape, a window of another size. */
export function keepPopupsClosing() {
  document.addEventListener("pointerdown", (event) => {
    if (current && !current.content.contains(event.target) && !(current.anchor instanceof Element && current.anchor.contains(event.target))) {
      closePopup("outside");
    }
  });
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Escape" && current) {
        event.preventDefault();
        event.stopPropagation();
        closePopup("escape");
      }
    },
    { capture: true },
  );
  addEventListener("resize", () => current && place());
}

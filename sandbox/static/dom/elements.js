/** Building the page out of nodes. Text is always a text node: nothing that a person or a bot wrote is parsed as HTML. */

/**
 * Makes an element. `properties` are attributes (false, null and undefined are left out, true is an empty one), but
 * for `class`, `data` (an object), `on` (listeners by event), `style` (an object) and `value`, which is a property.
 * Children are nodes, texts or lists of them; null and false are left out.
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    set(element, name, value);
  }
  append(element, children);
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) {
    return;
  }
  if (name === "on") {
    for (const [event, listener] of Object.entries(value)) {
      element.addEventListener(event, listener);
    }
  } else if (name === "data") {
    Object.assign(element.dataset, value);
  } else if (name === "style") {
    for (const [property, text] of Object.entries(value)) {
      element.style.setProperty(property, text);
    }
  } else if (name === "class") {
    element.className = Array.isArray(value) ? value.filter(Boolean).join(" ") : value;
  } else if (name === "value") {
    element.value = value;
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Appends nodes, texts and lists of them. */
export function append(parent, children) {
  for (const child of children) {
    if (Array.isArray(child)) {
      append(parent, child);
    } else if (child !== null && child !== undefined && child !== false) {
      parent.append(child);
    }
  }
}

/** Puts `children` in the place of what stands in `parent`. */
export function fill(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

/** Returns the address if it may stand in a link, else null. */
export function safeUrl(text) {
  let url;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  return ["http:", "https:", "discord:", "mailto:"].includes(url.protocol) ? url.href : null;
}

/** A link to elsewhere; plain text where the address is none that one may follow. */
export function outward(address, properties, ...children) {
  const href = safeUrl(address);
  if (href === null) {
    return el("span", properties, ...children);
  }
  return el("a", { ...properties, href, target: "_blank", rel: "noreferrer noopener" }, ...children);
}

/** Calls `action` on a click and on Enter or Space, for elements that are no buttons by themselves. */
export function pressable(action) {
  return {
    click: action,
    keydown: (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        action(event);
      }
    },
  };
}

let lastId = 0;

/** An id that no other element of the page has. */
export function freshId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/** The one WebSocket: what the sandbox tells, what the page asks, and coming back after it was lost. */

const FIRST_PAUSE_MILLISECONDS = 300;
const LONGEST_PAUSE_MILLISECONDS = 5000;

const waiting = new Map();
let socket = null;
let lastId = 0;
let pause = FIRST_PAUSE_MILLISECONDS;

/**
 * Connects and stays connected. `handlers.message` takes each view and panel, `handlers.state` whether we are connected.
 * `address` is asked anew at each try: the page's own place may have changed.
 */
export function connect(address, handlers) {
  socket = new WebSocket(address());
  socket.addEventListener("open", () => {
    pause = FIRST_PAUSE_MILLISECONDS;
    handlers.state(true);
  });
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "answer") {
      settle(message);
    } else {
      handlers.message(message);
    }
  });
  socket.addEventListener("close", () => {
    for (const { reject } of waiting.values()) {
      reject(new Error("The sandbox is not reachable."));
    }
    waiting.clear();
    handlers.state(false);
    setTimeout(() => connect(address, handlers), pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MILLISECONDS);
  });
}

/** Asks the sandbox to do something for the person; rejects with the sentence of a refusal. */
export function ask(action, fields = {}) {
  if (socket?.readyState !== WebSocket.OPEN) {
    return Promise.reject(new Error("The sandbox is not reachable."));
  }
  lastId += 1;
  const id = lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    socket.send(JSON.stringify({ id, do: action, ...fields }));
  });
}

function settle({ id, ok, result, error }) {
  const asked = waiting.get(id);
  waiting.delete(id);
  if (ok) {
    asked?.resolve(result ?? {});
  } else {
    asked?.reject(new Error(error));
  }
}

/** The message that one is answering, until it is sent. */

let target = null;
let listener = () => {};

/** Whom one answers: an entry, or null. */
export function replyTarget() {
  return target;
}

/** Begins an answer to a message. */
export function startReply(entry) {
  target = entry;
  listener();
}

/** Answers nobody any more. */
export function endReply() {
  target = null;
  listener();
}

/** Calls `action` whenever that changes. */
export function onReplyChange(action) {
  listener = action;
}

/** The sandbox's clock: a person can move it forward, so it is not this machine's. */

let aheadMilliseconds = 0;

/** Sets the clock by a time that the sandbox just told. */
export function setNow(iso) {
  aheadMilliseconds = new Date(iso).getTime() - Date.now();
}

/** The sandbox's current time, in milliseconds since 1970. */
export function now() {
  return Date.now() + aheadMilliseconds;
}

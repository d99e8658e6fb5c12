/** Addresses of files, as people read them. */

/** The last part of an address's path. */
export function fileName(url) {
  try {
    return decodeURIComponent(new URL(url).pathname.split("/").at(-1)) || url;
  } catch {
    return url;
  }
}

/** Sizes of files as Discord writes them. */

const UNITS = ["bytes", "KB", "MB", "GB"];

/** "512 bytes", "1.25 MB". */
export function fileSize(bytes) {
  let size = bytes ?? 0;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(2)} ${UNITS[unit]}`;
}

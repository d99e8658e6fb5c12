/** Files on their way to the sandbox. */

import { fileSize } from "../text/sizes.js";
import { view } from "./view.js";

const MOST_FILES = 10;

/** Why this file cannot be sent here, in a sentence; null where it can. */
export function refusalOf(file) {
  const most = view().channel?.upload_limit_bytes;
  return most && file.size > most ? `“${file.name}” is too large: ${fileSize(file.size)} of at most ${fileSize(most)}.` : null;
}

/** Sends files and returns their upload ids, in order. Rejects with a sentence. */
export async function upload(files) {
  if (files.length > MOST_FILES) {
    throw new Error(`A message holds at most ${MOST_FILES} files.`);
  }
  if (files.length === 0) {
    return [];
  }
  const form = new FormData();
  for (const file of files) {
    form.append("file", file, file.name || "file");
  }
  let answer;
  try {
    answer = await fetch("/uploads", { method: "POST", body: form });
  } catch {
    throw new Error("The files could not be sent.");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Error(body.error ?? "The files could not be sent.");
  }
  return body.files.map((file) => file.id);
}

/** The files of a drop or a paste; pasted pictures without a name get one. */
export function filesOf(transfer) {
  return [...(transfer?.files ?? [])];
}

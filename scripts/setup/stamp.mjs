/** What a file was made from, as one hash: made again when that changes, by content and never by time. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./process.mjs";

/** Every file under a folder of the project, as paths, sorted. */
export function filesUnder(folder) {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** Of the files' names and contents, and of `more`. */
export function hashOf(paths, more = "") {
  const hash = createHash("sha256").update(more);
  for (const file of paths) {
    hash.update(`${file.slice(ROOT.length)}\0`).update(createHash("sha256").update(readFileSync(file)).digest());
  }
  return hash.digest("hex");
}

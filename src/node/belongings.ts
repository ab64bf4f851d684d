/** What belongs to an input and is therefore never written to, whoever asks: the input itself, all inside a folder, and what lies beside a file. */
import * as fs from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { truthPath } from "../simulate/truth.ts";
import { followed, idAt, idOf, isSame, type Place, placeOf } from "./place.ts";

/** @returns why `target` must stay as it is, such as "an input (a.mcap)"; null when the input has nothing to do with it */
export function claimOf(input: string, target: Place): string | null {
  // Where a link to a folder comes before, `..` means two things: a recording is opened by the text, a key as the system does.
  const isTwofold = /(?:^|[/\\])\.\.(?:[/\\]|$)/.test(input);
  return claimOfPlace(input, input, target) ?? (isTwofold ? claimOfPlace(input, resolve(input), target) : null);
}

function claimOfPlace(input: string, path: string, target: Place): string | null {
  const place = quietly(() => placeOf(path));
  if (place === null) return null;
  if (isSame(place, target)) return `an input (${input})`;
  if (place.kind === "folder") return claimOfFolder(input, place, target);
  const relation = besides(path, target) ?? besides(place.path, target);
  return relation === null ? null : `${relation} of an input (${input})`;
}

/** All files below, links followed but not in circles: as they are listed when the folder is read. */
function claimOfFolder(input: string, { path }: Place, target: Place): string | null {
  const inside = `one inside an input (${input})`;
  const walked = new Set<string>();
  const waiting = [path];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const id = idAt(folder);
    if (id === null || walked.has(id)) continue;
    walked.add(id);
    if (target.folders.includes(id)) return inside;
    for (const entry of quietly(() => fs.readdirSync(folder, { withFileTypes: true })) ?? []) {
      const at = join(folder, entry.name);
      if (entry.isDirectory()) waiting.push(at);
      // A file without another name lies in its one folder, which was seen above: no need to look at each of a hundred thousand.
      if (!entry.isSymbolicLink() && !target.shared) continue;
      const stat = quietly(() => fs.statSync(at, { bigint: true }));
      if (stat === null) continue;
      if (idOf(stat) === target.id) return inside;
      if (!entry.isSymbolicLink()) continue;
      if (stat.isDirectory()) waiting.push(at);
      const relation = HAS_COMPANIONS.test(entry.name) ? besides(followed(at), target) : null;
      if (relation !== null) return `${relation} of a file inside an input (${input})`;
    }
  }
  return null;
}

/** What `target` is to the file at `path`; null for a stranger. */
function besides(path: string, target: Place): string | null {
  const folder = dirname(path);
  const own = basename(path);
  if (!HAS_COMPANIONS.test(own)) return null;
  const isBeside = target.folders[0] !== undefined && target.folders[0] === idAt(folder);
  if (!isBeside && !target.shared) return null;
  // Under whatever name it has here.
  const names = isBeside
    ? [target.name]
    : (quietly(() => fs.readdirSync(folder)) ?? []).filter((one) => idAt(join(folder, one)) === target.id);
  for (const name of names) {
    const relation = relationOf(own, name, target.kind !== null) ?? (isListed(folder, own, name) ? "another split" : null);
    if (relation !== null) return relation;
  }
  return null;
}

/** Whether metadata beside them names both files: splits may be called anything. */
function isListed(folder: string, own: string, other: string): boolean {
  const path = join(folder, "metadata.yaml");
  const stat = own === other || !SPLIT.test(other) ? null : quietly(() => fs.statSync(path));
  if (!stat?.isFile() || stat.size > MOST_METADATA_BYTES) return false;
  const words = (quietly(() => fs.readFileSync(path, "utf8")) ?? "").split(/[\s"',[\]/]+/);
  return words.includes(own) && words.includes(other);
}

const MOST_METADATA_BYTES = 1 << 24;

/**
 * What a file of one name is to a file of another in the same folder.
 *
 * @param exists whether `other` is there: a new file is no part of a recording for its number alone
 */
export function relationOf(own: string, other: string, exists: boolean): string | null {
  if (/\.(?:db3?|sqlite3?)$/i.test(own) && ["-wal", "-shm", "-journal"].some((end) => other === own + end)) return "the journal";
  if (/\.mcap$/i.test(own) && other === truthPath(own)) return "the truth";
  if (SPLIT.test(own) && /^metadata\.ya?ml$/i.test(other)) return "the metadata";
  const of = splitOf(own);
  return exists && other !== own && of !== null && of === splitOf(other) ? "another split" : null;
}

/** A file that others may belong to. */
const HAS_COMPANIONS = /\.(?:mcap|bag|db3?|sqlite3?)(?:\.[a-z0-9]+)?$/i;
const SPLIT = /\.(?:mcap|db3|bag)(?:\.[a-z0-9]+)?$/i;

/** What all splits of one recording have in common: `x_0.mcap`, `x_1.mcap`; `x_2024-05-01-12-00-00_0.bag`, the next with another time. */
function splitOf(name: string): string | null {
  const [, stem = "", ending] = /^(?:(.*?)[-_.])?\d+(\.(?:mcap|db3|bag)(?:\.[a-z0-9]+)?)$/i.exec(name) ?? [];
  if (ending === undefined) return null;
  return `${stem.replace(/(?:^|_)\d{4}(?:-\d{2}){5}$/, "")}*${ending}`;
}

function quietly<T>(call: () => T): T | null {
  try {
    return call();
  } catch {
    return null;
  }
}

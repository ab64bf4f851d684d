/**
 * What lies in a recording's folder: its files, and by name whatever is not read.
 *
 * Links are followed as far as they stay inside the folder. Where one leads out, following it would read, and tell of,
 * files that nobody named: it is passed over unless the caller says `follow`.
 */
import * as fs from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { InputError } from "../errors.ts";
import type { PassedOver } from "../input.ts";
import { isTemporary } from "./leftovers.ts";
import { type FileMark, kindOf, markOf } from "./regular-file.ts";
import { systemReason } from "./system-error.ts";

/** A folder with more entries than this is not a recording but somebody's disk. */
const MAX_ENTRIES = 2_000_000;

export interface ListedFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly mark: FileMark;
}

/** Both in code unit order of their paths. */
export interface Listing {
  readonly files: readonly ListedFile[];
  readonly passedOver: readonly PassedOver[];
}

interface Entry {
  /** Relative to the recording's folder. */
  readonly path: string;
  /** Where it is: of a folder the real path. */
  readonly at: string;
}

interface Link extends Entry {
  readonly changedMs: number;
}

/**
 * @param only these names in the folder; all when absent
 * @throws InputError for too many entries; Error of the file system for the folder itself
 */
export function listFolder(root: string, follow: boolean, only?: readonly string[]): Listing {
  const top: Entry = { path: "", at: fs.realpathSync.native(root) };
  const files: ListedFile[] = [];
  const passedOver: PassedOver[] = [];
  let entries = 0;

  /**
   * @param walked real folders that are not entered through a link; null in the folder's own tree, where each link gets a
   * set of its own, so that a folder is listed under each of its names but never inside itself
   */
  function walk(folder: Entry, walked: Set<string> | null): void {
    const links: Link[] = [];
    const enter = (inside: Entry): void => {
      walked?.add(inside.at);
      for (const name of inside === top && only ? only : names(inside)) {
        const entry = { path: inside.path === "" ? name : `${inside.path}/${name}`, at: join(inside.at, name) };
        const stats = tried(entry, "unreadable", () => fs.lstatSync(entry.at));
        if (stats?.isSymbolicLink()) links.push({ ...entry, changedMs: stats.ctimeMs });
        else if (!stats?.isDirectory()) take(entry, stats);
        else if (!walked?.has(entry.at)) enter(entry);
      }
    };
    enter(folder);
    for (const link of links) followLink(link, walked ?? between(top.at, dirname(link.at)));
  }

  function followLink(link: Link, walked: Set<string>): void {
    const at = tried(link, "broken-link", () => fs.realpathSync.native(link.at));
    const stats = at === null ? null : tried(link, "broken-link", () => fs.statSync(at));
    if (at === null || !stats) return;
    if (!follow && !isInside(at, top.at)) passedOver.push({ path: link.path, kind: "link-out" });
    else if (!stats.isDirectory()) take(link, stats, link.changedMs);
    else if (!walked.has(at)) walk({ path: link.path, at }, walked);
  }

  /** @param linkedMs when the link that leads there was made: one made anew may lead elsewhere */
  function take({ path }: Entry, stats: fs.Stats | null, linkedMs = 0): void {
    if (!stats) return;
    const kind = kindOf(stats);
    const mark = markOf(stats);
    // What a run that was killed has left is no part of the recording.
    if (kind === "file" && isTemporary(basename(path))) return;
    if (kind === "file") files.push({ path, mark: { ...mark, changedMs: Math.max(mark.changedMs, linkedMs) } });
    else if (kind !== "folder") passedOver.push({ path, kind });
  }

  function names(folder: Entry): readonly string[] {
    const found = tried(folder, "unreadable", () => {
      const handle = fs.opendirSync(folder.at, { bufferSize: 1024 });
      try {
        const all: string[] = [];
        for (let entry = handle.readSync(); entry; entry = handle.readSync()) {
          all.push(entry.name);
          if (++entries > MAX_ENTRIES) throw new InputError(`${root}: more than ${MAX_ENTRIES} files; expected one recording`);
        }
        return all;
      } finally {
        handle.closeSync();
      }
    });
    return (found ?? []).sort();
  }

  /** Null, and put down by name, where the system refuses; the folder itself is the caller's matter. */
  function tried<T>(entry: Entry, kind: PassedOver["kind"], call: () => T): T | null {
    try {
      return call();
    } catch (error) {
      if (entry === top || systemReason(error) === null) throw error;
      passedOver.push({ path: entry.path, kind });
      return null;
    }
  }

  walk(top, null);
  return { files: files.sort(byPath), passedOver: passedOver.sort(byPath) };
}

/** The folder `from`, the one below it `to`, and all between. */
function between(from: string, to: string): Set<string> {
  const folders = new Set([from]);
  for (let at = to; at !== from; at = dirname(at)) folders.add(at);
  return folders;
}

/** Whether the file that was opened at `path` is one below `root`, however links lead there by now. @throws Error of the file system */
export function isFileBelow(path: string, opened: fs.Stats, root: string): boolean {
  const real = fs.realpathSync.native(path);
  const there = fs.lstatSync(real);
  return isInside(real, fs.realpathSync.native(root)) && there.ino === opened.ino && there.dev === opened.dev;
}

/** Of real paths. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

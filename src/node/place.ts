/**
 * Where a path leads, in a form that tells whether two paths are one file: by device and inode, so that links, hard links, `..`,
 * another spelling on a file system that ignores case, and a folder mounted twice are no disguise.
 */
import * as fs from "node:fs";
import { basename, dirname, isAbsolute, join, resolve, sep } from "node:path";

export interface Place {
  /** Absolute, links followed; also where nothing is yet. */
  readonly path: string;
  /** In its folder. */
  readonly name: string;
  /** `stream`: a pipe, a socket, a device that is no disk. Null: nothing is there. */
  readonly kind: "file" | "folder" | "disk" | "stream" | null;
  readonly size: number;
  /** False when nobody may write to it, whoever asks. */
  readonly writable: boolean;
  /** Of the file system's object, null where nothing is. */
  readonly id: string | null;
  /** Whether it may have a name somewhere else: a hard link. */
  readonly shared: boolean;
  /**
   * Ids of the folders it lies in, the innermost first, then of those a link to it lies in; those of a file that is known by its
   * descriptor only are not known.
   */
  readonly folders: readonly string[];
}

/** As many links as Linux follows. */
const MOST_LINKS = 40;

/** @throws Error of the file system when not even its folder is there */
export function placeOf(path: string): Place {
  const stat = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
  const kind = stat === undefined ? null : kindOf(stat);
  // Pipes that have no name cannot be followed to one.
  const place = kind === "stream" ? resolve(path) : followed(path);
  const folders = kind === "stream" ? [] : [...foldersAbove(place), ...foldersAbove(join(fs.realpathSync.native(dirname(path)), "link"))];
  return { path: place, name: basename(place), ...facts(stat), folders };
}

/** What an open file is; null where nothing is open. */
export function placeOfDescriptor(descriptor: number): Place | null {
  try {
    return { path: "", name: "", ...facts(fs.fstatSync(descriptor, { bigint: true })), shared: true, folders: [] };
  } catch {
    return null;
  }
}

/** Two paths of one file, or of one that is not there yet. */
export function isSame(a: Place, b: Place): boolean {
  if (a.id !== null || b.id !== null) return a.id === b.id;
  return a.name === b.name && a.folders[0] === b.folders[0];
}

/** Of a file or folder; null when nothing is there, or it cannot be looked at. */
export function idAt(path: string): string | null {
  try {
    return idOf(fs.statSync(path, { bigint: true }));
  } catch {
    return null;
  }
}

/** @throws Error of the file system */
export function followed(path: string): string {
  try {
    return fs.realpathSync.native(path);
  } catch {
    // Nothing is there yet. A link may say where it would be.
  }
  let at = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    // Not resolved as text: behind a link to a folder, `..` is that folder's parent.
    const folder = fs.realpathSync.native(dirname(at));
    const place = join(folder, basename(at));
    if (!fs.lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink()) return place;
    const link = fs.readlinkSync(place);
    at = isAbsolute(link) ? link : `${folder}${sep}${link}`;
  }
  throw Object.assign(new Error(`${path}: too many links`), { code: "ELOOP" });
}

function facts(stat: fs.BigIntStats | undefined): Pick<Place, "kind" | "size" | "writable" | "id" | "shared"> {
  if (stat === undefined) return { kind: null, size: 0, writable: true, id: null, shared: false };
  const writable = (stat.mode & 0o222n) !== 0n;
  return { kind: kindOf(stat), size: Number(stat.size), writable, id: idOf(stat), shared: stat.nlink > 1n };
}

function kindOf(stat: fs.BigIntStats): Place["kind"] {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "folder";
  return stat.isBlockDevice() ? "disk" : "stream";
}

export function idOf({ dev, ino }: fs.BigIntStats): string {
  return `${dev}:${ino}`;
}

function foldersAbove(path: string): readonly string[] {
  const ids: string[] = [];
  for (let at = dirname(path); ; at = dirname(at)) {
    ids.push(idOf(fs.statSync(at, { bigint: true })));
    if (at === dirname(at)) return ids;
  }
}

/**
 * Files that somebody else may have put there. Only a regular file is ever read, and never more of it than its size said
 * when it was opened: a pipe would wait for its other end, a device need not end, and a file may grow while it is read.
 */
import * as fs from "node:fs";
import { ConfigError, InputError } from "../errors.ts";
import { systemReason } from "./system-error.ts";

/** Does not wait for the other end of a pipe, nor take a terminal for its own. Where there are no such flags there are no such files. */
const READ = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0) | (fs.constants.O_NOCTTY ?? 0);

export type FileKind = "file" | "folder" | "pipe" | "socket" | "device";

export function kindOf(stats: fs.Stats): FileKind {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "folder";
  if (stats.isFIFO()) return "pipe";
  return stats.isSocket() ? "socket" : "device";
}

/** What tells a file from itself a moment later. */
export interface FileMark {
  readonly size: number;
  readonly modifiedMs: number;
  /** Of its name, owner and rights also. */
  readonly changedMs: number;
  readonly inode: number;
}

export function markOf(stats: fs.Stats): FileMark {
  return { size: stats.size, modifiedMs: stats.mtimeMs, changedMs: stats.ctimeMs, inode: stats.ino };
}

const MARK_FIELDS = 4;

/** Of many files, as plain data that is cheap to send. */
export function packMarks(marks: readonly FileMark[]): Float64Array {
  const packed = new Float64Array(MARK_FIELDS * marks.length);
  for (const [i, { size, modifiedMs, changedMs, inode }] of marks.entries()) {
    packed.set([size, modifiedMs, changedMs, inode], MARK_FIELDS * i);
  }
  return packed;
}

export function markAt(packed: Float64Array, i: number): FileMark {
  const [size = 0, modifiedMs = 0, changedMs = 0, inode = 0] = packed.subarray(MARK_FIELDS * i, MARK_FIELDS * (i + 1));
  return { size, modifiedMs, changedMs, inode };
}

/** Another file has taken its place. The number alone tells nothing: file systems over a network may give a file a new one. */
export function isReplaced(was: FileMark, now: FileMark): boolean {
  return was.inode !== now.inode && was.changedMs !== now.changedMs;
}

/** Surely the file it was. A clock of some milliseconds tells two files made at once not apart, and a number is given anew. */
export function isUntouched(was: FileMark, now: FileMark): boolean {
  return was.inode === now.inode && was.changedMs === now.changedMs;
}

export interface OpenedFile {
  readonly descriptor: number;
  readonly stats: fs.Stats;
}

/**
 * Opens a file for reading; links are followed.
 *
 * @param what for the message, such as "a rig"
 * @throws InputError for what is no regular file; Error of the file system
 */
export function openRegular(path: string, what = "a file"): OpenedFile {
  // Asked twice: opening alone may already make a device do something, and what lies there may change before it is opened.
  requireFile(fs.statSync(path), path, what);
  const descriptor = fs.openSync(path, READ);
  try {
    const stats = fs.fstatSync(descriptor);
    requireFile(stats, path, what);
    return { descriptor, stats };
  } catch (error) {
    fs.closeSync(descriptor);
    throw error;
  }
}

function requireFile(stats: fs.Stats, path: string, what: string): void {
  const kind = kindOf(stats);
  if (kind !== "file") throw new InputError(`${path}: expected ${what}, got a ${kind}`);
}

/**
 * Reads a whole file of the configuration: a rig, a key, a seal, a proof.
 *
 * @param what for the message, such as "a rig"
 * @throws ConfigError with one clear line that begins with the path
 */
export function readSmallFile(path: string, what: string, mostBytes: number): Uint8Array {
  try {
    const { descriptor, stats } = openRegular(path, what);
    try {
      if (stats.size > mostBytes) throw new ConfigError(`${path}: expected ${what} of at most ${mostBytes} bytes, got ${stats.size}`);
      const bytes = new Uint8Array(stats.size);
      return bytes.subarray(0, readFully(descriptor, bytes, 0));
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof InputError) throw new ConfigError(error.message);
    const reason = systemReason(error);
    throw reason === null ? error : new ConfigError(`${path}: ${reason}`);
  }
}

/** Also a link that leads to nothing. False for what cannot be looked at; whoever opens it says why. */
export function isThere(path: string): boolean {
  try {
    fs.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** One read call; the system's own limit is just below 2 GiB. */
const MAX_READ = 1 << 30;

/** Fills `target` from `position` on. @returns bytes read, fewer only at the end of the file. @throws Error of the file system */
export function readFully(descriptor: number, target: Uint8Array, position: number): number {
  let done = 0;
  while (done < target.length) {
    const n = fs.readSync(descriptor, target, done, Math.min(target.length - done, MAX_READ), position + done);
    if (n === 0) break;
    done += n;
  }
  return done;
}

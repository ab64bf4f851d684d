/** Files and folders on disk as an Input: positional reads straight into the caller's memory. */
import * as fs from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { ConfigError, InputError } from "../errors.ts";
import type { FileChange, Input, InputFile, PassedOver } from "../input.ts";
import { changesBetween } from "./changes.ts";
import { isFileBelow, type Listing, listFolder } from "./listing.ts";
import { isUntouched, kindOf, markAt, markOf, openRegular, packMarks, readFully } from "./regular-file.ts";
import { systemReason } from "./system-error.ts";

/** No recording comes near it, and positions stay exact: 64 TiB. A file with holes may be of any size. */
const MAX_FILE_BYTES = 2 ** 46;
/** Handles kept open at once; folder recordings have one file per frame. */
const MAX_OPEN = 32;

/** What a worker needs to reopen the same input: plain data. */
export interface InputDescriptor {
  readonly path: string;
  readonly name: string;
  readonly kind: Input["kind"];
  readonly files: readonly InputFile[];
  /** Of each file, as it was listed: see `markAt`. */
  readonly marks: Float64Array;
  readonly passedOver: readonly PassedOver[];
  /** Links that lead out of the folder were followed. */
  readonly follow: boolean;
  readonly labels?: readonly InputDescriptor[];
}

export interface DescribeOptions {
  /** Follow links that lead out of the recording's folder. Default false. */
  readonly follow?: boolean | undefined;
}

/**
 * Lists a path without reading any content. A link given as the path itself is what was asked for, wherever it leads.
 *
 * @throws InputError with one clear line: missing, no permission, neither file nor folder
 */
export function describeInput(path: string, { follow = false }: DescribeOptions = {}): InputDescriptor {
  const full = resolve(path);
  const name = basename(full);
  return attempt(path, () => {
    const stats = fs.statSync(full);
    const kind = kindOf(stats);
    if (kind === "folder") return described({ path: full, name, kind, follow }, listFolder(full, follow));
    if (kind !== "file") throw new InputError(`${path}: expected a file or a folder, got a ${kind}`);
    if (stats.size > MAX_FILE_BYTES) throw new InputError(`${path}: expected a file of at most ${MAX_FILE_BYTES} bytes, got ${stats.size}`);
    fs.accessSync(full, fs.constants.R_OK);
    const { files, passedOver } = journalsOf(full, follow);
    return described({ path: full, name, kind, follow }, { files: [{ path: name, mark: markOf(stats) }, ...files], passedOver });
  });
}

function described(of: Pick<InputDescriptor, "path" | "name" | "kind" | "follow">, { files, passedOver }: Listing): InputDescriptor {
  return {
    ...of,
    files: files.map(({ path, mark }) => ({ path, size: mark.size })),
    marks: packMarks(files.map(({ mark }) => mark)),
    passedOver,
  };
}

/** What lies beside a database and belongs to it: it is not whole without. */
function journalsOf(path: string, follow: boolean): Listing {
  const journals = path.endsWith(".db3") ? ["-journal", "-wal"].map((end) => `${path}${end}`) : [];
  const there = journals.filter((journal) => fs.lstatSync(journal, { throwIfNoEntry: false })?.isDirectory() === false);
  return there.length === 0
    ? { files: [], passedOver: [] }
    : listFolder(
        dirname(path),
        follow,
        there.map((journal) => basename(journal)),
      );
}

/**
 * A recording and the labels that lie beside it.
 *
 * @throws InputError for the recording, ConfigError for labels
 */
export function describeWithLabels(path: string, labels: readonly string[], options: DescribeOptions = {}): InputDescriptor {
  const recording = describeInput(path, options);
  if (labels.length === 0) return recording;
  try {
    return { ...recording, labels: labels.map((one) => describeInput(one, options)) };
  } catch (error) {
    if (error instanceof InputError) throw new ConfigError(`labels: ${error.message}`);
    throw error;
  }
}

export function openDescriptor(descriptor: InputDescriptor): Input {
  return new DiskInput(descriptor);
}

class DiskInput implements Input {
  readonly name: string;
  readonly kind: Input["kind"];
  readonly files: readonly InputFile[];
  readonly passedOver: readonly PassedOver[];
  readonly labels: readonly Input[];
  readonly #descriptor: InputDescriptor;
  /** File index to handle, least recently used first. */
  readonly #handles = new Map<number, number>();

  constructor(descriptor: InputDescriptor) {
    this.#descriptor = descriptor;
    this.name = descriptor.name;
    this.kind = descriptor.kind;
    this.files = descriptor.files;
    this.passedOver = descriptor.passedOver;
    this.labels = (descriptor.labels ?? []).map(openDescriptor);
  }

  read(file: number, position: number, target: Uint8Array): number {
    const handle = this.#handle(file);
    // What was appended since is not of the recording that was listed, and differs from one worker to the next.
    const left = Math.max(0, (this.files[file]?.size ?? 0) - position);
    const wanted = target.length <= left ? target : target.subarray(0, left);
    return attempt(this.#pathOf(file), () => readFully(handle, wanted, position));
  }

  changes(): readonly FileChange[] {
    const { path, follow } = this.#descriptor;
    return changesBetween(this.#descriptor, listedNow(path, follow));
  }

  close(): void {
    for (const labels of this.labels) labels.close();
    for (const handle of this.#handles.values()) fs.closeSync(handle);
    this.#handles.clear();
  }

  #pathOf(file: number): string {
    const info = this.files[file];
    if (!info) throw new RangeError(`expected a file index below ${this.files.length}, got ${file}`);
    if (this.kind === "file") return file === 0 ? this.#descriptor.path : join(dirname(this.#descriptor.path), info.path);
    return join(this.#descriptor.path, ...info.path.split("/"));
  }

  #handle(file: number): number {
    let handle = this.#handles.get(file);
    if (handle !== undefined && this.#handles.size === 1) return handle;
    if (handle === undefined) {
      handle = this.#open(file);
      const oldest = this.#handles.keys().next();
      if (this.#handles.size >= MAX_OPEN && !oldest.done) {
        fs.closeSync(this.#handles.get(oldest.value) ?? -1);
        this.#handles.delete(oldest.value);
      }
    } else {
      this.#handles.delete(file);
    }
    this.#handles.set(file, handle);
    return handle;
  }

  #open(file: number): number {
    const path = this.#pathOf(file);
    const { descriptor, stats } = attempt(path, () => openRegular(path));
    try {
      if (!this.#mayRead(file, path, stats)) throw new InputError(`${path}: leads out of the folder since it was listed`);
      return descriptor;
    } catch (error) {
      fs.closeSync(descriptor);
      throw error;
    }
  }

  /** What took a file's place is read, and the change told at the end; but not where a link now leads out. */
  #mayRead(file: number, path: string, opened: fs.Stats): boolean {
    const { follow, marks, path: own } = this.#descriptor;
    const isAskedFor = follow || (this.kind === "file" && file === 0);
    if (isAskedFor || isUntouched(markAt(marks, file), markOf(opened))) return true;
    return attempt(path, () => isFileBelow(path, opened, this.kind === "file" ? dirname(own) : own));
  }
}

/** Null when it cannot be listed any more. */
function listedNow(path: string, follow: boolean): InputDescriptor | null {
  try {
    return describeInput(path, { follow });
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

/** Runs a file system call; its failure becomes one clear line. */
function attempt<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const reason = systemReason(error);
    throw reason === null ? error : new InputError(`${path}: ${reason}`);
  }
}

/** Files and folders on disk as an Input: positional reads straight into the caller's memory. */
import * as fs from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { ConfigError, InputError } from "../errors.ts";
import type { Input, InputFile } from "../input.ts";
import { isTemporary } from "./leftovers.ts";

/** Handles kept open at once; folder recordings have one file per frame. */
const MAX_OPEN = 32;
/** A folder with more files than this is not a recording but somebody's disk. */
const MAX_FILES = 2_000_000;
/** One read call; the system's own limit is just below 2 GiB. */
const MAX_READ = 1 << 30;

/** What a worker needs to reopen the same input: plain data. */
export interface InputDescriptor {
  readonly path: string;
  readonly name: string;
  readonly kind: Input["kind"];
  readonly files: readonly InputFile[];
  readonly labels?: readonly InputDescriptor[];
}

/**
 * Lists a path without reading any content.
 *
 * @throws InputError with one clear line: missing, no permission, neither file nor folder
 */
export function describeInput(path: string): InputDescriptor {
  const full = resolve(path);
  const name = basename(full);
  const stat = attempt(path, () => fs.statSync(full));
  if (stat.isFile()) {
    attempt(path, () => fs.accessSync(full, fs.constants.R_OK));
    return { path: full, name, kind: "file", files: [{ path: name, size: stat.size }, ...journalsOf(full)] };
  }
  if (!stat.isDirectory()) throw new InputError(`${path}: expected a file or a folder`);
  return { path: full, name, kind: "folder", files: attempt(path, () => listFiles(path, full)) };
}

/** What lies beside a database and belongs to it: it is not whole without. */
function journalsOf(path: string): InputFile[] {
  if (!path.endsWith(".db3")) return [];
  return ["-journal", "-wal"].flatMap((end) => {
    const stat = fs.statSync(`${path}${end}`, { throwIfNoEntry: false });
    return stat?.isFile() ? [{ path: `${basename(path)}${end}`, size: stat.size }] : [];
  });
}

/**
 * A recording and the labels that lie beside it.
 *
 * @throws InputError for the recording, ConfigError for labels
 */
export function describeWithLabels(path: string, labels: readonly string[]): InputDescriptor {
  const recording = describeInput(path);
  if (labels.length === 0) return recording;
  try {
    return { ...recording, labels: labels.map(describeInput) };
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
  readonly labels: readonly Input[];
  readonly #descriptor: InputDescriptor;
  /** File index to handle, least recently used first. */
  readonly #handles = new Map<number, number>();

  constructor(descriptor: InputDescriptor) {
    this.#descriptor = descriptor;
    this.name = descriptor.name;
    this.kind = descriptor.kind;
    this.files = descriptor.files;
    this.labels = (descriptor.labels ?? []).map(openDescriptor);
  }

  read(file: number, position: number, target: Uint8Array): number {
    const handle = this.#handle(file);
    let done = 0;
    while (done < target.length) {
      const want = Math.min(target.length - done, MAX_READ);
      const n = attempt(this.#pathOf(file), () => fs.readSync(handle, target, done, want, position + done));
      if (n === 0) break;
      done += n;
    }
    return done;
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
      const path = this.#pathOf(file);
      handle = attempt(path, () => fs.openSync(path, "r"));
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
}

/** Regular files below a folder, links followed but not in circles, sorted by path in code unit order. */
function listFiles(path: string, root: string): InputFile[] {
  const files: InputFile[] = [];
  const walked = new Set<string>();
  const visit = (folder: string): void => {
    const real = fs.realpathSync(folder);
    if (walked.has(real)) return;
    walked.add(real);
    for (const entry of fs.readdirSync(folder)) {
      const full = join(folder, entry);
      const stat = fs.statSync(full, { throwIfNoEntry: false });
      if (stat?.isDirectory()) visit(full);
      else if (stat?.isFile() && !isTemporary(entry))
        files.push({
          path: full
            .slice(root.length + 1)
            .split(sep)
            .join("/"),
          size: stat.size,
        });
      if (files.length > MAX_FILES) throw new InputError(`${path}: more than ${MAX_FILES} files; expected one recording`);
    }
  };
  visit(root);
  return files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  ENOTDIR: "no such file or folder",
  EACCES: "no permission to read",
  EPERM: "no permission to read",
  EMFILE: "too many open files",
  EIO: "the device failed to read",
  ELOOP: "too many links",
  ENAMETOOLONG: "the name is too long",
};

/** Runs a file system call; its failure becomes one clear line. */
function attempt<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    throw new InputError(`${path}: ${REASONS[code] ?? `cannot read (${code})`}`);
  }
}

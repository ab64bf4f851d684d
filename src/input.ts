/**
 * All a recording asks of its environment: named files that can be read at a position.
 * Node and browser each implement this once (src/node/input.ts, src/browser/input.ts).
 */
export interface InputFile {
  /** Relative to the recording's folder with `/`; the base name for a single file. */
  readonly path: string;
  readonly size: number;
}

/** What lies in a recording's folder, or beside its file as a part of it, and is not read. */
export interface PassedOver {
  readonly path: string;
  /** `link-out`: a link that leads out of the folder, which was not asked for. `broken-link`: one that leads to nothing. */
  readonly kind: "pipe" | "socket" | "device" | "link-out" | "broken-link" | "unreadable";
}

/** What became of a file since the input was opened. */
export interface FileChange {
  readonly path: string;
  readonly change: "grew" | "shrank" | "was written to" | "was replaced" | "vanished" | "appeared";
  /** Then and now; null where it was, or is, not there. */
  readonly bytes: readonly [number | null, number | null];
}

export interface Input {
  /** Base name of the file or folder. */
  readonly name: string;
  readonly kind: "file" | "folder";
  /** Sorted by path, in code unit order. */
  readonly files: readonly InputFile[];
  /** Sorted by path. */
  readonly passedOver?: readonly PassedOver[];
  /** Labels that lie beside the recording, to be joined to its streams. */
  readonly labels?: readonly Input[];
  /**
   * Fills `target` from `position` of file `file` (index into `files`), synchronously, straight into kernel memory.
   * @returns bytes read; fewer than asked only where the file ends: by its `size`, should it have grown since, or earlier, should it have shrunk
   * @throws InputError when the file cannot be read
   */
  read(file: number, position: number, target: Uint8Array): number;
  /** Looks at all files once more, in order of their paths. Absent where files cannot change (of a page). */
  changes?(): readonly FileChange[];
  /** Releases handles. The input may be used again; handles reopen on demand. */
  close(): void;
}

/** What the environment lends the engine besides bytes. */
export interface Platform {
  /**
   * Decompresses one zstd frame (or several concatenated) of known content size, with its checksum verified.
   * @returns whether they fill `target` exactly; false when the data is damaged or of another size; never throws
   */
  zstd(compressed: Uint8Array, target: Uint8Array): boolean;
  /** Gives back all memory that nothing refers to any more. Absent where nobody can be asked to. */
  collect?(): void;
}

/** Reads a whole small file (an index, a calibration, a label table). */
export function readAll(input: Input, file: number): Uint8Array {
  const info = input.files[file];
  if (!info) throw new RangeError(`expected a file index below ${input.files.length}, got ${file}`);
  const bytes = new Uint8Array(info.size);
  const n = input.read(file, 0, bytes);
  return n === bytes.length ? bytes : bytes.subarray(0, n);
}

/** Reads up to `length` bytes at `position`; shorter at the end of the file. */
export function readRange(input: Input, file: number, position: number, length: number): Uint8Array {
  const left = Math.max(0, (input.files[file]?.size ?? 0) - position);
  const bytes = new Uint8Array(Math.min(length, left));
  const n = input.read(file, position, bytes);
  return n === bytes.length ? bytes : bytes.subarray(0, n);
}

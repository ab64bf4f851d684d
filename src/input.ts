/**
 * All a recording asks of its environment: named files that can be read at a position.
 * Node and browser each implement this once (src/node/input.ts, src/browser/input.ts).
 */
export interface InputFile {
  /** Relative to the recording's folder with `/`; the base name for a single file. */
  readonly path: string;
  readonly size: number;
}

export interface Input {
  /** Base name of the file or folder. */
  readonly name: string;
  readonly kind: "file" | "folder";
  /** Sorted by path, in code unit order. */
  readonly files: readonly InputFile[];
  /** Labels that lie beside the recording, to be joined to its streams. */
  readonly labels?: readonly Input[];
  /**
   * Fills `target` from `position` of file `file` (index into `files`), synchronously, straight into kernel memory.
   * @returns bytes read; fewer than asked only where the file ends (it may have shrunk since it was opened)
   * @throws InputError when the file cannot be read
   */
  read(file: number, position: number, target: Uint8Array): number;
  /** Releases handles. The input may be used again; handles reopen on demand. */
  close(): void;
}

/** What the environment lends the engine besides bytes. */
export interface Platform {
  /**
   * Decompresses one zstd frame (or several concatenated) of known content size, with its checksum verified.
   * @returns exactly `size` bytes, or null when the data is damaged or of another size; never throws
   */
  zstd(compressed: Uint8Array, size: number): Uint8Array | null;
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
  const bytes = new Uint8Array(length);
  const n = input.read(file, position, bytes);
  return n === length ? bytes : bytes.subarray(0, n);
}

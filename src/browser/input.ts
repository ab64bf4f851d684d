/**
 * Files of a page as an Input, for a worker: FileReaderSync is the one way to read a blob synchronously.
 *
 * A read from a blob costs a round trip to the browser process (about a millisecond), so small reads come from one
 * slice read ahead; what is as large as a slice goes straight to the caller.
 */
import { InputError } from "../errors.ts";
import type { Input, InputFile } from "../input.ts";
import type { BrowserInput } from "./files.ts";

/** Bytes read ahead; all that is held of a recording at a time. */
const SLICE_BYTES = 16 << 20;

/** Reads a whole (sliced) blob. Throws when the file has changed or gone since it was chosen. */
export type ReadBlob = (blob: Blob) => ArrayBuffer;

declare class FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/** Only in a worker. */
export function readBlobSync(blob: Blob): ArrayBuffer {
  return new FileReaderSync().readAsArrayBuffer(blob);
}

/** @throws InputError from `read` when a file cannot be read any more */
export class BlobInput implements Input {
  readonly name: string;
  readonly kind: Input["kind"];
  readonly files: readonly InputFile[];
  readonly labels: readonly Input[];
  readonly #blobs: readonly Blob[];
  readonly #readBlob: ReadBlob;
  readonly #sliceBytes: number;
  #ahead: { readonly file: number; readonly start: number; readonly bytes: Uint8Array } | null = null;

  constructor(recording: BrowserInput, readBlob: ReadBlob = readBlobSync, sliceBytes = SLICE_BYTES) {
    this.name = recording.name;
    this.kind = recording.kind;
    this.files = recording.files.map(({ path, blob }) => ({ path, size: blob.size }));
    this.labels = (recording.labels ?? []).map((labels) => new BlobInput(labels, readBlob, sliceBytes));
    this.#blobs = recording.files.map(({ blob }) => blob);
    this.#readBlob = readBlob;
    this.#sliceBytes = sliceBytes;
  }

  read(file: number, position: number, target: Uint8Array): number {
    let done = 0;
    while (done < target.length) {
      const from = this.#bytesAt(file, position + done, target.length - done);
      if (from.length === 0) break;
      const part = from.subarray(0, target.length - done);
      target.set(part, done);
      done += part.length;
    }
    return done;
  }

  close(): void {
    this.#ahead = null;
    for (const labels of this.labels) labels.close();
  }

  /** Some bytes at `position`, at least one unless the file ends there. */
  #bytesAt(file: number, position: number, wanted: number): Uint8Array {
    const ahead = this.#ahead;
    if (ahead && ahead.file === file && position >= ahead.start && position < ahead.start + ahead.bytes.length) {
      return ahead.bytes.subarray(position - ahead.start);
    }
    if (wanted >= this.#sliceBytes) return this.#slice(file, position, wanted);
    const bytes = this.#slice(file, position, this.#sliceBytes);
    this.#ahead = { file, start: position, bytes };
    return bytes;
  }

  #slice(file: number, start: number, length: number): Uint8Array {
    const blob = this.#blobs[file];
    if (!blob) throw new RangeError(`expected a file index below ${this.#blobs.length}, got ${file}`);
    if (start >= blob.size) return new Uint8Array();
    try {
      return new Uint8Array(this.#readBlob(blob.slice(start, start + length)));
    } catch {
      throw new InputError(`${this.files[file]?.path}: cannot be read any more; it may have changed since it was chosen`);
    }
  }
}

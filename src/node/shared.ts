/**
 * The few words all threads share: who takes which spans, whether to stop, and how far each has come.
 *
 * Claims are contiguous and shrink as the work runs out (guided self-scheduling), so there are few of them however
 * long the recording is, and all threads end together.
 */
const CURSOR = 0;
const STOP = 1;
const BEGUN = 2;
const HEADER_BYTES = 64;
/** A claim is this fraction of a fair share of what is left. */
const SHARE = 8;

export class SharedWork {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  /** Per worker: bytes and spans done. */
  readonly #done: Float64Array;

  constructor(from: number | SharedArrayBuffer) {
    this.buffer = typeof from === "number" ? new SharedArrayBuffer(HEADER_BYTES + from * 64) : from;
    this.#words = new Int32Array(this.buffer, 0, 3);
    this.#done = new Float64Array(this.buffer, HEADER_BYTES);
  }

  /** Takes the next range [first, end) of `spans`, or null when all are taken or the run was stopped. */
  claim(spans: number, workers: number): readonly [number, number] | null {
    while (!this.stopped) {
      const first = Atomics.load(this.#words, CURSOR);
      if (first >= spans) return null;
      const end = first + Math.max(1, Math.floor((spans - first) / (workers * SHARE)));
      if (Atomics.compareExchange(this.#words, CURSOR, first, end) === first) return [first, end];
    }
    return null;
  }

  /** Said by a worker before its first claim. */
  begin(): void {
    Atomics.add(this.#words, BEGUN, 1);
  }

  /** Whether any worker has a claim, or had one. Asked after `stop`, "no" stays true. */
  get begun(): boolean {
    return Atomics.load(this.#words, BEGUN) > 0;
  }

  get stopped(): boolean {
    return Atomics.load(this.#words, STOP) !== 0;
  }

  stop(): void {
    Atomics.store(this.#words, STOP, 1);
  }

  /** One writer per worker, so a plain store is enough; a reader sees it a moment later. */
  advance(worker: number, bytes: number): void {
    this.#done[worker * 8] = (this.#done[worker * 8] ?? 0) + bytes;
    this.#done[worker * 8 + 1] = (this.#done[worker * 8 + 1] ?? 0) + 1;
  }

  progress(): { readonly bytes: number; readonly spans: number } {
    let bytes = 0;
    let spans = 0;
    for (let i = 0; i < this.#done.length; i += 8) {
      bytes += this.#done[i] ?? 0;
      spans += this.#done[i + 1] ?? 0;
    }
    return { bytes, spans };
  }
}

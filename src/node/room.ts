/**
 * The room all threads share: a semaphore of bytes in shared memory.
 *
 * Nobody waits while it holds anything: a thread takes what it needs for a span where there is room, or gives back all it has and waits
 * for the whole. So one that is at work always comes to its end, and nobody waits for ever. One alone may take more than there is. Who waits
 * is served in the order of coming; the others see that somebody waits, and give back after their span.
 */

/** Bytes are counted in pages, so that 32 bits are enough. */
const PAGE = 65_536;

const USED = 0;
/** The next number that is given out, and the one that is served. */
const TICKET = 1;
const SERVED = 2;
/** Whether the one that is served waits. */
const WANTED = 3;
const STOP = 4;
/** Counts changes: who waits, waits for one. */
const CHANGES = 5;
const WORDS = 6;

export class SharedRoom {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #pages: number;
  /** This thread's. */
  #held = 0;

  /** @param bytes all threads may hold together */
  constructor(bytes: number, buffer: SharedArrayBuffer = new SharedArrayBuffer(4 * WORDS)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#pages = Math.floor(bytes / PAGE);
  }

  /** Whether another thread waits for what this one holds. */
  get isWanted(): boolean {
    return Atomics.load(this.#words, WANTED) !== 0;
  }

  /**
   * Never waits, and takes nothing from those who do.
   * @returns whether this thread now holds `bytes` in all
   */
  hold(bytes: number): boolean {
    return !(this.#held === 0 && this.isWanted) && this.#take(Math.ceil(bytes / PAGE));
  }

  /** What was not known beforehand is counted as soon as it is, whether there is room or not. */
  count(bytes: number): void {
    const pages = Math.ceil(bytes / PAGE);
    Atomics.add(this.#words, USED, pages - this.#held);
    this.#held = pages;
  }

  /**
   * Waits until it holds `bytes`. It must hold nothing before.
   * @returns false when the run was stopped meanwhile
   */
  wait(bytes: number): boolean {
    const words = this.#words;
    const pages = Math.ceil(bytes / PAGE);
    const ticket = Atomics.add(words, TICKET, 1);
    if (!this.#until(() => Atomics.load(words, SERVED) === ticket)) return false;
    Atomics.store(words, WANTED, 1);
    if (!this.#until(() => this.#take(pages))) return false;
    Atomics.store(words, WANTED, 0);
    Atomics.add(words, SERVED, 1);
    this.#tell();
    return true;
  }

  giveBack(): void {
    Atomics.sub(this.#words, USED, this.#held);
    this.#held = 0;
    this.#tell();
  }

  /** Whoever waits, or is going to, goes on without. */
  stop(): void {
    Atomics.store(this.#words, STOP, 1);
    this.#tell();
  }

  /** @returns false when the run was stopped before it became so */
  #until(isSo: () => boolean): boolean {
    while (true) {
      const changes = Atomics.load(this.#words, CHANGES);
      if (Atomics.load(this.#words, STOP) !== 0) return false;
      if (isSo()) return true;
      // What has changed since it was looked at is not waited for.
      Atomics.wait(this.#words, CHANGES, changes);
    }
  }

  #tell(): void {
    Atomics.add(this.#words, CHANGES, 1);
    Atomics.notify(this.#words, CHANGES);
  }

  /** @param pages in all */
  #take(pages: number): boolean {
    while (true) {
      const used = Atomics.load(this.#words, USED);
      const others = used - this.#held;
      if (others > 0 && others + pages > this.#pages) return false;
      if (Atomics.compareExchange(this.#words, USED, used, others + pages) !== used) continue;
      this.#held = pages;
      return true;
    }
  }
}

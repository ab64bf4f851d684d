/** Counts a check makes while it walks the rows of one block: columns by track and by class, however many there are. */

/** How many boxes each track has in a frame, of one annotator. Frames must not go back. */
export class BoxesOfTrack {
  readonly #frame: Int32Array;
  readonly #annotator: Int32Array;
  readonly #boxes: Int32Array;
  /** Of the frame: annotators of a track after the first one. By track, then annotator. */
  readonly #others = new Map<number, Map<number, number>>();
  #now = -1;

  /** @param tracks how many names there are */
  constructor(tracks: number) {
    this.#frame = new Int32Array(tracks).fill(-1);
    this.#annotator = new Int32Array(tracks);
    this.#boxes = new Int32Array(tracks);
  }

  /** @returns boxes of this track and annotator in the frame, with this one */
  add(frame: number, track: number, annotator: number): number {
    if (frame !== this.#now) this.#others.clear();
    this.#now = frame;
    if (this.#frame[track] !== frame) {
      this.#frame[track] = frame;
      this.#annotator[track] = annotator;
      this.#boxes[track] = 1;
      return 1;
    }
    if (this.#annotator[track] === annotator) {
      const boxes = (this.#boxes[track] ?? 0) + 1;
      this.#boxes[track] = boxes;
      return boxes;
    }
    const others = this.#others.get(track) ?? new Map<number, number>();
    this.#others.set(track, others);
    const boxes = (others.get(annotator) ?? 0) + 1;
    others.set(annotator, boxes);
    return boxes;
  }
}

/** Rows of a class, and its first and last frame. */
export interface ClassUse {
  readonly name: string;
  readonly rows: number;
  readonly first: number;
  readonly last: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

export class ClassUses {
  readonly #rows: Float64Array;
  readonly #first: Int32Array;
  readonly #last: Int32Array;

  /** @param classes how many names there are */
  constructor(classes: number) {
    this.#rows = new Float64Array(classes);
    this.#first = new Int32Array(classes);
    this.#last = new Int32Array(classes);
  }

  add(index: number, frame: number): void {
    if (this.#rows[index] === 0) this.#first[index] = frame;
    this.#last[index] = frame;
    this.#rows[index] = (this.#rows[index] ?? 0) + 1;
  }

  /** The first `most` by name. */
  first(names: readonly string[], stampNs: BigInt64Array, most: number): readonly ClassUse[] {
    const name = (index: number): string => names[index] ?? "";
    return [...this.#rows.keys()]
      .filter((index) => (this.#rows[index] ?? 0) > 0)
      .sort((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0))
      .slice(0, most)
      .map((index) => {
        const [first, last] = [this.#first[index] ?? 0, this.#last[index] ?? 0];
        return {
          ...{ name: name(index), rows: this.#rows[index] ?? 0, first, last },
          ...{ startNs: stampNs[first] ?? 0n, endNs: stampNs[last] ?? 0n },
        };
      });
  }
}

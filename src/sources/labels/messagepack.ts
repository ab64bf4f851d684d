/**
 * Where the rows of a MessagePack file lie: its values one after another, or the elements of the list that is the whole file.
 * Only lengths are read here; each row is decoded by the library. https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export interface RowPlace {
  readonly start: number;
  readonly end: number;
}

export function rowsOf(bytes: Uint8Array): Iterable<RowPlace> & { readonly problem: number | null } {
  return new Walk(bytes);
}

class Walk {
  problem: number | null = null;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  *[Symbol.iterator](): Generator<RowPlace, void, void> {
    const size = this.#view.byteLength;
    const whole = this.#end(0);
    const list = this.#list();
    // A list that is the whole file, or was cut off inside: its elements. A list among others is a row.
    let p = list !== null && (whole === size || whole < 0) ? list : 0;
    while (p < size) {
      const end = this.#end(p);
      if (end < 0) {
        this.problem = p;
        return;
      }
      yield { start: p, end };
      p = end;
    }
  }

  /** Where the elements of the outermost list begin, when it is a list of maps or lists. */
  #list(): number | null {
    const byte = this.#byte(0);
    const start = byte >= 0x90 && byte <= 0x9f ? 1 : byte === 0xdc ? 3 : byte === 0xdd ? 5 : 0;
    const inner = this.#byte(start);
    const nested = (inner >= 0x80 && inner <= 0x9f) || (inner >= 0xdc && inner <= 0xdf);
    return start > 0 && nested ? start : null;
  }

  #byte(at: number): number {
    return at < this.#view.byteLength ? this.#view.getUint8(at) : 0xc1;
  }

  /** Past the value at `start`, however deep; -1 where it has no end. Never more steps than bytes. */
  #end(start: number): number {
    const size = this.#view.byteLength;
    let p = start;
    for (let left = 1; left > 0; left--) {
      if (p >= size) return -1;
      const { skip, values } = this.#head(p);
      if (skip < 0) return -1;
      p += skip;
      left += values;
      if (p > size || left > size) return -1;
    }
    return p;
  }

  /** Bytes of the value's own, and how many values follow inside. */
  #head(p: number): { readonly skip: number; readonly values: number } {
    const byte = this.#byte(p);
    const plain = (skip: number, values = 0): { skip: number; values: number } => ({ skip, values });
    if (byte <= 0x7f || byte >= 0xe0) return plain(1);
    if (byte <= 0x8f) return plain(1, 2 * (byte & 15));
    if (byte <= 0x9f) return plain(1, byte & 15);
    if (byte <= 0xbf) return plain(1 + (byte & 31));
    const fixed = FIXED[byte];
    if (fixed !== undefined) return plain(fixed);
    const sized = SIZED[byte];
    if (!sized || p + sized.width >= this.#view.byteLength) return plain(-1);
    const count = sized.width === 1 ? this.#byte(p + 1) : sized.width === 2 ? this.#view.getUint16(p + 1) : this.#view.getUint32(p + 1);
    return sized.values > 0 ? plain(1 + sized.width, sized.values * count) : plain(1 + sized.width + sized.more + count);
  }
}

/** nil, false, true, floats, integers and fixed extensions: the whole value in bytes. */
const FIXED: Readonly<Record<number, number>> = {
  192: 1,
  194: 1,
  195: 1,
  202: 5,
  203: 9,
  204: 2,
  205: 3,
  206: 5,
  207: 9,
  208: 2,
  209: 3,
  210: 5,
  211: 9,
  212: 3,
  213: 4,
  214: 6,
  215: 10,
  216: 18,
};

/** Binary, extension, text, list and map: bytes of the count, bytes more, values per count. */
const SIZED: Readonly<Record<number, { readonly width: 1 | 2 | 4; readonly more: number; readonly values: number }>> = {
  196: { width: 1, more: 0, values: 0 },
  197: { width: 2, more: 0, values: 0 },
  198: { width: 4, more: 0, values: 0 },
  199: { width: 1, more: 1, values: 0 },
  200: { width: 2, more: 1, values: 0 },
  201: { width: 4, more: 1, values: 0 },
  217: { width: 1, more: 0, values: 0 },
  218: { width: 2, more: 0, values: 0 },
  219: { width: 4, more: 0, values: 0 },
  220: { width: 2, more: 0, values: 1 },
  221: { width: 4, more: 0, values: 1 },
  222: { width: 2, more: 0, values: 2 },
  223: { width: 4, more: 0, values: 2 },
};

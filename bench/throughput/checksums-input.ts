/** What is digested: seeded bytes, in pieces that begin at shuffled places of a page. */

/** Pieces of equal length in one buffer, and which comes next. */
export interface Input {
  readonly name: string;
  readonly pieceBytes: number;
  readonly pieces: readonly Uint8Array[];
  /** Index of the next piece. One order for all contenders: none finds in the cache what another has just read. */
  next(): number;
}

const KIB = 1024;
const PAGE = 4096;
const LINE = 64;
const WALKED_PIECES = 256;

/** A seeded generator of u32 (xorshift). */
export function generator(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = random() % (i + 1);
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}

function seededBytes(length: number, random: () => number): Uint8Array {
  const words = Uint32Array.from({ length: Math.ceil(length / 4) }, random);
  return new Uint8Array(words.buffer, 0, length);
}

function input(name: string, pieceBytes: number, pieces: readonly Uint8Array[]): Input {
  let cursor = 0;
  return { name, pieceBytes, pieces, next: () => cursor++ % pieces.length };
}

/** Sixteen pieces that overlap where they are longer than a page; they stay in the cache that holds one. */
export function cached(name: string, pieceBytes: number, seed: number): Input {
  const random = generator(seed);
  const bytes = seededBytes(pieceBytes + 17 * PAGE, random);
  const pages = shuffled([...Array(16).keys()], random);
  const starts = pages.map((page) => page * PAGE + (random() % (PAGE / LINE)) * LINE);
  return input(
    name,
    pieceBytes,
    starts.map((at) => bytes.subarray(at, at + pieceBytes)),
  );
}

/** 256 MiB, a MiB at a time in shuffled order: no cache holds it. */
export function walked(seed: number): Input {
  const random = generator(seed);
  const pieceBytes = KIB * KIB;
  const bytes = seededBytes(WALKED_PIECES * pieceBytes, random);
  const order = shuffled([...Array(WALKED_PIECES).keys()], random);
  return input(
    "DRAM",
    pieceBytes,
    order.map((i) => bytes.subarray(i * pieceBytes, (i + 1) * pieceBytes)),
  );
}

/** Every length from 0 to `longest`, beginning anywhere in a line. */
export function everyLength(longest: number, seed: number): readonly Uint8Array[] {
  const bytes = seededBytes(longest + LINE, generator(seed));
  return Array.from({ length: longest + 1 }, (_, length) => bytes.subarray((length * 7) % LINE, ((length * 7) % LINE) + length));
}

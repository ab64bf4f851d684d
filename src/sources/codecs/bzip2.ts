/**
 * bzip2 streams (Julian Seward's format, as https://github.com/dsnet/compress/blob/master/doc/bzip2-format.pdf writes it down),
 * decoded in plain JavaScript: bounded by the output asked for, every block's CRC compared. The packages there are for it grow
 * their output without a bound (bz2), need Node's Buffer (seek-bzip, unbzip2-stream) or fetch a megabyte (@foxglove/wasm-bz2).
 */

const BLOCK_MAGIC = 0x314159265359;
const END_MAGIC = 0x177245385090;
const MAX_BITS = 20;
/** Symbols coded with one table before the next selector. */
const GROUP = 50;

/** Of the MSB-first CRC-32 bzip2 uses. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  let c = i << 24;
  for (let bit = 0; bit < 8; bit++) c = c < 0 ? (c << 1) ^ 0x04c11db7 : c << 1;
  return c >>> 0;
});

class BadBzip2 extends Error {}

class Bits {
  #at = 0;
  #held = 0;
  #bits = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Up to 24 bits. */
  take(n: number): number {
    while (this.#bits < n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new BadBzip2("data");
      this.#held = ((this.#held << 8) | byte) & 0x7fffffff;
      this.#bits += 8;
    }
    this.#bits -= n;
    return (this.#held >>> this.#bits) & ((1 << n) - 1);
  }

  take48(): number {
    return this.take(24) * 2 ** 24 + this.take(24);
  }

  take32(): number {
    return ((this.take(16) << 16) | this.take(16)) >>> 0;
  }

  /** To the next whole byte. @returns whether bytes are left */
  align(): boolean {
    this.#bits -= this.#bits % 8;
    return this.#at - this.#bits / 8 < this.#bytes.length;
  }
}

interface Huffman {
  /** By length: the first code, the code past the last, where its symbols stand. */
  readonly first: Int32Array;
  readonly limit: Int32Array;
  readonly base: Int32Array;
  readonly symbols: Uint16Array;
}

/**
 * @param size of the output; what is beyond is an error
 * @returns bytes written to `out`, which are right, and a short reason why there are no more
 */
export function bunzip2(compressed: Uint8Array, out: Uint8Array): { readonly bytes: number; readonly reason: string | null } {
  const bits = new Bits(compressed);
  const write = { at: 0, whole: 0 };
  try {
    do {
      if (bits.take(24) !== 0x425a68) throw new BadBzip2("data");
      const level = bits.take(8) - 48;
      if (level < 1 || level > 9) throw new BadBzip2("data");
      const links = new Uint32Array(level * 100_000);
      for (let magic = bits.take48(); magic !== END_MAGIC; magic = bits.take48()) {
        if (magic !== BLOCK_MAGIC) throw new BadBzip2("data");
        block(bits, links, out, write);
        write.whole = write.at;
      }
      bits.take32();
    } while (bits.align());
    return { bytes: write.whole, reason: write.whole === out.length ? null : "size" };
  } catch (error) {
    if (error instanceof BadBzip2) return { bytes: write.whole, reason: error.message };
    throw error;
  }
}

function block(bits: Bits, links: Uint32Array, out: Uint8Array, write: { at: number }): void {
  const crc = bits.take32();
  if (bits.take(1) !== 0) throw new BadBzip2("data");
  const origin = bits.take(24);
  const alphabet = usedBytes(bits);
  const tables = bits.take(3);
  const count = bits.take(15);
  if (tables < 2 || tables > 6 || count === 0 || alphabet.length === 0) throw new BadBzip2("data");
  const selectors = readSelectors(bits, tables, count);
  const huffman = Array.from({ length: tables }, () => readTable(bits, alphabet.length + 2));
  const used = readSymbols(bits, alphabet, selectors, huffman, links);
  if (origin >= used) throw new BadBzip2("data");
  invert(links, used);
  if (runs(links, used, origin, out, write) !== crc) throw new BadBzip2("checksum");
}

function usedBytes(bits: Bits): Uint8Array {
  const groups = bits.take(16);
  const used: number[] = [];
  for (let i = 0; i < 16; i++) {
    if (!(groups & (0x8000 >> i))) continue;
    const members = bits.take(16);
    for (let j = 0; j < 16; j++) if (members & (0x8000 >> j)) used.push(16 * i + j);
  }
  return Uint8Array.from(used);
}

function readSelectors(bits: Bits, tables: number, count: number): Uint8Array {
  const order = Array.from({ length: tables }, (_, i) => i);
  const selectors = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    let rank = 0;
    while (bits.take(1)) if (++rank >= tables) throw new BadBzip2("data");
    const [table = 0] = order.splice(rank, 1);
    order.unshift(table);
    selectors[i] = table;
  }
  return selectors;
}

function readTable(bits: Bits, symbols: number): Huffman {
  const lengths = new Uint8Array(symbols);
  const counts = new Int32Array(MAX_BITS + 2);
  let length = bits.take(5);
  for (let i = 0; i < symbols; i++) {
    while (true) {
      if (length < 1 || length > MAX_BITS) throw new BadBzip2("data");
      if (!bits.take(1)) break;
      length += bits.take(1) ? -1 : 1;
    }
    lengths[i] = length;
    counts[length] = (counts[length] ?? 0) + 1;
  }
  const table: Huffman = {
    first: new Int32Array(MAX_BITS + 1),
    limit: new Int32Array(MAX_BITS + 1),
    base: new Int32Array(MAX_BITS + 1),
    symbols: new Uint16Array(symbols),
  };
  for (let bit = 1, code = 0, at = 0; bit <= MAX_BITS; bit++) {
    table.first[bit] = code;
    table.base[bit] = at;
    for (let i = 0; i < symbols; i++) if (lengths[i] === bit) table.symbols[at++] = i;
    code += counts[bit] ?? 0;
    table.limit[bit] = code;
    code *= 2;
  }
  return table;
}

function symbolOf(bits: Bits, { first, limit, base, symbols }: Huffman): number {
  let code = 0;
  for (let bit = 1; bit <= MAX_BITS; bit++) {
    code = (code << 1) | bits.take(1);
    const start = first[bit] as number;
    if (code >= start && code < (limit[bit] as number)) return symbols[(base[bit] as number) + code - start] as number;
  }
  throw new BadBzip2("data");
}

/** Move-to-front and run lengths undone: bytes into the low eight bits of `links`. @returns how many */
function readSymbols(bits: Bits, alphabet: Uint8Array, selectors: Uint8Array, huffman: readonly Huffman[], links: Uint32Array): number {
  const order = alphabet.slice();
  const end = alphabet.length + 1;
  let used = 0;
  let run = 0;
  let weight = 1;
  for (let done = 0; ; done++) {
    const table = huffman[selectors[Math.floor(done / GROUP)] ?? -1];
    if (!table) throw new BadBzip2("data");
    const symbol = symbolOf(bits, table);
    if (symbol <= 1) {
      run += weight << symbol;
      weight *= 2;
      if (run > links.length) throw new BadBzip2("data");
      continue;
    }
    if (run > 0) {
      if (run > links.length - used) throw new BadBzip2("data");
      links.fill(order[0] ?? 0, used, used + run);
      used += run;
      run = 0;
      weight = 1;
    }
    if (symbol === end) return used;
    if (used === links.length) throw new BadBzip2("data");
    const byte = order[symbol - 1] as number;
    order.copyWithin(1, 0, symbol - 1);
    order[0] = byte;
    links[used++] = byte;
  }
}

/** The Burrows-Wheeler transform undone: the high 24 bits of each entry become where the next byte stands. */
function invert(links: Uint32Array, used: number): void {
  const next = new Uint32Array(257);
  for (let i = 0; i < used; i++) {
    const slot = ((links[i] as number) & 255) + 1;
    next[slot] = (next[slot] as number) + 1;
  }
  for (let i = 1; i < 257; i++) next[i] = (next[i] as number) + (next[i - 1] as number);
  for (let i = 0; i < used; i++) {
    const byte = (links[i] as number) & 255;
    const to = next[byte] as number;
    next[byte] = to + 1;
    links[to] = ((links[to] as number) | (i << 8)) >>> 0;
  }
}

/** The runs of before the transform undone: four equal bytes are followed by how many more there are. @returns the CRC */
function runs(links: Uint32Array, used: number, origin: number, out: Uint8Array, write: { at: number }): number {
  let crc = 0xffffffff;
  let at = (links[origin] as number) >>> 8;
  let same = 0;
  let last = -1;
  for (let i = 0; i < used; i++) {
    const entry = links[at] as number;
    at = entry >>> 8;
    let byte = entry & 255;
    let repeat = 1;
    if (same === 4) {
      repeat = byte;
      byte = last;
      same = 0;
      last = -1;
    } else {
      same = byte === last ? same + 1 : 1;
      last = byte;
    }
    if (repeat > out.length - write.at) throw new BadBzip2("size");
    for (let n = 0; n < repeat; n++) {
      out[write.at++] = byte;
      crc = (crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ byte) & 255] as number);
    }
  }
  return ~crc >>> 0;
}

/**
 * Writes bzip2 streams, for chunks that are changed inside and packed again: Julian Seward's format, with codes of even lengths instead of
 * the best ones, which any reader must take.
 */
const BLOCK_BYTES = 20_000;
const GROUP = 50;

const CRC = Uint32Array.from({ length: 256 }, (_, i) => {
  let c = i << 24;
  for (let bit = 0; bit < 8; bit++) c = c < 0 ? (c << 1) ^ 0x04c11db7 : c << 1;
  return c >>> 0;
});

class BitWriter {
  readonly #bytes: number[] = [];
  #held = 0;
  #bits = 0;

  put(value: number, bits: number): void {
    for (let i = bits - 1; i >= 0; i--) {
      this.#held = (this.#held << 1) | ((value >>> i) & 1);
      if (++this.#bits < 8) continue;
      this.#bytes.push(this.#held);
      this.#held = 0;
      this.#bits = 0;
    }
  }

  finish(): Uint8Array {
    if (this.#bits > 0) this.put(0, 8 - this.#bits);
    return Uint8Array.from(this.#bytes);
  }
}

export function bzip2(bytes: Uint8Array): Uint8Array {
  const out = new BitWriter();
  for (const byte of [0x42, 0x5a, 0x68, 0x31]) out.put(byte, 8);
  let all = 0;
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const crc = block(out, bytes.subarray(at, at + BLOCK_BYTES));
    all = (((all << 1) | (all >>> 31)) ^ crc) >>> 0;
  }
  magic(out, 0x177245, 0x385090);
  out.put(all, 32);
  return out.finish();
}

function magic(out: BitWriter, high: number, low: number): void {
  out.put(high, 24);
  out.put(low, 24);
}

/** @returns its sum */
function block(out: BitWriter, content: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of content) crc = ((crc << 8) ^ (CRC[(crc >>> 24) ^ byte] ?? 0)) >>> 0;
  crc = ~crc >>> 0;
  const { last, origin } = sorted(shortened(content));
  magic(out, 0x314159, 0x265359);
  out.put(crc, 32);
  out.put(0, 1);
  out.put(origin, 24);
  const used = [...new Set(last)].sort((a, b) => a - b);
  const has = (value: number): number => Number(used.includes(value));
  const groups = Array.from({ length: 16 }, (_, g) => used.some((value) => value >> 4 === g));
  for (const group of groups) out.put(Number(group), 1);
  for (const [g, group] of groups.entries()) if (group) for (let i = 0; i < 16; i++) out.put(has(16 * g + i), 1);
  const symbols = ranks(last, used);
  const count = used.length + 2;
  const selectors = Math.ceil(symbols.length / GROUP);
  out.put(2, 3);
  out.put(selectors, 15);
  for (let i = 0; i < selectors; i++) out.put(0, 1);
  const long = Math.ceil(Math.log2(count));
  const short = 2 ** long - count;
  const lengths = Array.from({ length: count }, (_, i) => (i < short ? long - 1 : long));
  for (let table = 0; table < 2; table++) codeLengths(out, lengths);
  for (const symbol of symbols) out.put(symbol < short ? symbol : symbol + short, lengths[symbol] ?? long);
  return crc;
}

function codeLengths(out: BitWriter, lengths: readonly number[]): void {
  let length = lengths[0] ?? 1;
  out.put(length, 5);
  for (const wanted of lengths) {
    for (; length < wanted; length++) out.put(0b10, 2);
    out.put(0, 1);
  }
}

/** Four of a byte are followed by how many more there are. */
function shortened(content: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < content.length; ) {
    const byte = content[at] ?? 0;
    let run = 1;
    while (run < 255 && content[at + run] === byte) run++;
    for (let i = 0; i < Math.min(run, 4); i++) out.push(byte);
    if (run >= 4) out.push(run - 4);
    at += run;
  }
  return Uint8Array.from(out);
}

/** Burrows and Wheeler: all rotations in order, by doubling the length they are compared at. */
function sorted(content: Uint8Array): { readonly last: Uint8Array; readonly origin: number } {
  const n = content.length;
  let rank = Int32Array.from(content);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let length = 1; ; length *= 2) {
    const key = (i: number): number => (rank[i] ?? 0) * (n + 256) + (rank[(i + length) % n] ?? 0);
    order.sort((a, b) => key(a) - key(b));
    const next = new Int32Array(n);
    for (let i = 1; i < n; i++) {
      const [before = 0, here = 0] = [order[i - 1], order[i]];
      next[here] = (next[before] ?? 0) + Number(key(before) !== key(here));
    }
    rank = next;
    if (length >= n || rank[order[n - 1] ?? 0] === n - 1) break;
  }
  return { last: Uint8Array.from(order, (i) => content[(i + n - 1) % n] ?? 0), origin: order.indexOf(0) };
}

/** Move to front; runs of the front one in base 2 of two symbols; an end. */
function ranks(last: Uint8Array, used: readonly number[]): readonly number[] {
  const list = [...used];
  const out: number[] = [];
  let run = 0;
  const flush = (): void => {
    for (; run > 0; run = (run - 1) >> 1) out.push((run - 1) & 1);
  };
  for (const byte of last) {
    const rank = list.indexOf(byte);
    if (rank === 0) {
      run++;
      continue;
    }
    flush();
    list.splice(rank, 1);
    list.unshift(byte);
    out.push(rank + 1);
  }
  flush();
  out.push(used.length + 1);
  return out;
}

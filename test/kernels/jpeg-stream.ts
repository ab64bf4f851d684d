/**
 * JPEG streams from coefficients, with what `jpegEncode` does not write: any sampling, restarts, progressive scans, tables of 1 to 4
 * components. Coefficients are drawn, not transformed from pixels, so that every DC is known.
 */

export interface Stream {
  readonly width: number;
  readonly height: number;
  /** Sampling factors h, v per component; the first is luma. */
  readonly sampling: readonly (readonly [number, number])[];
  readonly progressive?: boolean;
  /** One scan per component instead of one for all. */
  readonly apart?: boolean;
  readonly interval?: number;
  /** Step of every coefficient. */
  readonly step?: number;
  /** Largest AC. */
  readonly strength?: number;
  readonly seed?: number;
  /** Segments behind SOI. */
  readonly segments?: readonly (readonly number[])[];
  readonly ids?: readonly number[];
}

export interface Drawn {
  readonly bytes: Uint8Array;
  /** i16 DC of each component's blocks inside the image, and how many a row. */
  readonly dc: readonly { readonly columns: number; readonly values: readonly number[] }[];
}

/** A complete code: 254 symbols of 8 bits and 2 of 9: as good as any. */
const ALL_SYMBOLS = Array.from({ length: 256 }, (_, i) => i);
/** Short codes for what is common, 16 bits for the rest. */
const COMMON = [0x00, 0x01, 0x11, 0x02, 0xf0];

interface Code {
  readonly counts: readonly number[];
  readonly symbols: readonly number[];
  readonly of: ReadonlyMap<number, string>;
}

function codeOf(lengths: readonly (readonly [number, number])[]): Code {
  const sorted = [...lengths].sort((a, b) => a[1] - b[1]);
  const counts = new Array(16).fill(0);
  const of = new Map<number, string>();
  let code = 0;
  let before = 1;
  for (const [symbol, length] of sorted) {
    code <<= length - before;
    before = length;
    of.set(symbol, code.toString(2).padStart(length, "0"));
    counts[length - 1]++;
    code++;
  }
  return { counts, symbols: sorted.map(([symbol]) => symbol), of };
}

const DC_CODE = codeOf(Array.from({ length: 12 }, (_, i) => [i, i < 6 ? 3 : i < 9 ? 4 : 12]));
const AC_CODE = codeOf(ALL_SYMBOLS.map((symbol) => [symbol, COMMON.includes(symbol) ? COMMON.indexOf(symbol) + 1 : symbol % 2 ? 14 : 15]));

export function jpegStream(stream: Stream): Drawn {
  const { width, height, sampling, progressive = false, apart = false, interval = 0, step = 8, strength = 3, seed = 1 } = stream;
  const ids = stream.ids ?? sampling.map((_, i) => i + 1);
  let state = seed >>> 0 || 1;
  const draw = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const most = [0, 1].map((axis) => Math.max(...sampling.map((one) => one[axis] ?? 1))) as [number, number];
  const units = [Math.ceil(width / (8 * most[0])), Math.ceil(height / (8 * most[1]))] as const;
  const parts = sampling.map(([h, v]) => {
    const columns = units[0] * h;
    const rows = units[1] * v;
    const blocks = Array.from({ length: columns * rows }, () => {
      const block = new Array<number>(64).fill(0);
      block[0] = draw(241) - 120;
      for (let left = draw(8); left > 0; left--) block[1 + draw(63)] = draw(2 * strength + 1) - strength;
      if (draw(20) === 0) for (let k = 1; k < 64; k++) block[k] = 1 + draw(strength);
      return block;
    });
    const inside = [Math.ceil(Math.ceil((width * h) / most[0]) / 8), Math.ceil(Math.ceil((height * v) / most[1]) / 8)] as const;
    return { h, v, columns, blocks, inside };
  });

  const bytes: number[] = [0xff, 0xd8];
  const segment = (marker: number, body: readonly number[]): void => {
    bytes.push(0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255, ...body);
  };
  for (const [marker = 0, ...body] of stream.segments ?? []) segment(marker, body);
  segment(0xdb, [0, ...new Array(64).fill(step)]);
  const frame = sampling.flatMap(([h, v], i) => [ids[i] ?? 0, (h << 4) | v, 0]);
  segment(progressive ? 0xc2 : 0xc0, [8, height >> 8, height & 255, width >> 8, width & 255, sampling.length, ...frame]);
  segment(0xc4, [0x00, ...DC_CODE.counts, ...DC_CODE.symbols, 0x10, ...AC_CODE.counts, ...AC_CODE.symbols]);
  if (interval > 0) segment(0xdd, [interval >> 8, interval & 255]);

  const scan = (of: readonly number[], from: number, to: number, high: number, low: number): void => {
    segment(0xda, [of.length, ...of.flatMap((i) => [ids[i] ?? 0, 0]), from, to, (high << 4) | low]);
    let bits = "";
    const predictions = sampling.map(() => 0);
    const flush = (): void => {
      bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
      for (let i = 0; i < bits.length; i += 8) {
        const byte = Number.parseInt(bits.slice(i, i + 8), 2);
        bytes.push(byte);
        if (byte === 0xff) bytes.push(0);
      }
      bits = "";
      predictions.fill(0);
    };
    const value = (code: Code, run: number, v: number): void => {
      const size = 32 - Math.clz32(Math.abs(v));
      bits += code.of.get((run << 4) | size) ?? "";
      if (size > 0) bits += (v < 0 ? v + 2 ** size - 1 : v).toString(2).padStart(size, "0");
    };
    const write = (i: number, block: readonly number[]): void => {
      if (from === 0) {
        const dc = (block[0] ?? 0) >> low;
        if (high > 0) bits += String(dc & 1);
        else {
          value(DC_CODE, 0, dc - (predictions[i] ?? 0));
          predictions[i] = dc;
        }
      }
      let run = 0;
      const first = Math.max(1, from);
      for (let k = first; k <= to; k++) {
        const v = block[k] ?? 0;
        if (v === 0) {
          run++;
          continue;
        }
        for (; run > 15; run -= 16) bits += AC_CODE.of.get(0xf0) ?? "";
        value(AC_CODE, run, v);
        run = 0;
      }
      if (run > 0) bits += AC_CODE.of.get(0) ?? "";
    };
    const alone = of.length === 1;
    const [p] = of.map((i) => parts[i]);
    const across = alone ? (p?.inside[0] ?? 0) : units[0];
    const down = alone ? (p?.inside[1] ?? 0) : units[1];
    for (let n = 0; n < across * down; n++) {
      if (interval > 0 && n > 0 && n % interval === 0) {
        flush();
        bytes.push(0xff, 0xd0 + ((n / interval - 1) % 8));
      }
      for (const i of of) {
        const part = parts[i];
        if (!part) continue;
        const [h, v] = alone ? [1, 1] : [part.h, part.v];
        for (let y = 0; y < v; y++) {
          for (let x = 0; x < h; x++) {
            write(i, part.blocks[(Math.floor(n / across) * v + y) * part.columns + (n % across) * h + x] ?? []);
          }
        }
      }
    }
    flush();
  };
  const all = sampling.map((_, i) => i);
  const groups = apart ? all.map((i) => [i]) : [all];
  if (progressive) {
    for (const group of groups) scan(group, 0, 0, 0, 2);
    for (const i of all) scan([i], 1, 5, 0, 0);
    for (const group of groups) scan(group, 0, 0, 2, 1);
    for (const i of all) scan([i], 6, 63, 0, 0);
    for (const group of groups) scan(group, 0, 0, 1, 0);
  } else for (const group of groups) scan(group, 0, 63, 0, 0);
  bytes.push(0xff, 0xd9);
  return {
    bytes: Uint8Array.from(bytes),
    dc: parts.map(({ columns, blocks, inside }) => ({
      columns: inside[0],
      values: Array.from(
        { length: inside[0] * inside[1] },
        (_, i) => blocks[Math.floor(i / inside[0]) * columns + (i % inside[0])]?.[0] ?? 0,
      ),
    })),
  };
}

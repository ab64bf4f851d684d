/**
 * A baseline JPEG of one grey component, a bit at a time, as ITU-T T.81 describes it, with the discrete cosine transform of Arai, Agui and
 * Nakajima in single precision (jfdctflt.c of the Independent JPEG Group) and that group's scale of qualities.
 */
const f = Math.fround;

// biome-ignore format: a matrix
const STEPS = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const DCT_SCALES = [1, 1.387039845, 1.306562965, 1.175875602, 1, 0.785694958, 0.5411961, 0.275899379];

/** T.81 K.3 and K.5. */
const DC_COUNTS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const DC_SYMBOLS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const AC_COUNTS = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125];
const AC_SYMBOLS = [
  ...Buffer.from(
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a" +
      "434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aa" +
      "b2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa",
    "hex",
  ),
];

/** The scan visits diagonals, up and down in turn. */
const ZIGZAG = Array.from({ length: 64 }, (_, i) => ({ i, x: i % 8, y: i >> 3 }))
  .sort((a, b) => a.x + a.y - (b.x + b.y) || ((a.x + a.y) % 2 === 0 ? a.x - b.x : a.y - b.y))
  .map(({ i }) => i);

/** @param luma rows of `width` bytes, `stride` apart */
export function jpegEncode(luma: Uint8Array, width: number, height: number, stride: number, quality: number): Uint8Array {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  const steps = STEPS.map((step) => Math.min(255, Math.max(1, Math.floor((step * scale + 50) / 100))));
  const scales = steps.map((step, i) => f(1 / (step * ((DCT_SCALES[i >> 3] ?? 0) * (DCT_SCALES[i & 7] ?? 0) * 8))));

  const bits: number[] = [];
  const put = (value: number, length: number): void => {
    for (let i = length - 1; i >= 0; i--) bits.push((value >> i) & 1);
  };
  const symbol = (table: ReadonlyMap<number, readonly [number, number]>, of: number): void => put(...(table.get(of) ?? [0, 0]));
  const amplitude = (value: number, size: number): void => put(value < 0 ? value + 2 ** size - 1 : value, size);
  const dc = codes(DC_COUNTS, DC_SYMBOLS);
  const ac = codes(AC_COUNTS, AC_SYMBOLS);
  let before = 0;
  for (let y = 0; y < height; y += 8) {
    for (let x = 0; x < width; x += 8) {
      const pixels = Array.from({ length: 64 }, (_, i) => {
        const [column, row] = [Math.min(width - 1, x + (i & 7)), Math.min(height - 1, y + (i >> 3))];
        return (luma[row * stride + column] ?? 0) - 128;
      });
      const frequencies = turned(turned(pixels));
      const levels = ZIGZAG.map((at) => nearestEven(f((frequencies[at] ?? 0) * (scales[at] ?? 0))));

      const level = levels[0] ?? 0;
      symbol(dc, sizeOf(level - before));
      amplitude(level - before, sizeOf(level - before));
      before = level;
      let zeros = 0;
      for (const value of levels.slice(1)) {
        if (value === 0) {
          zeros++;
          continue;
        }
        for (; zeros > 15; zeros -= 16) symbol(ac, 0xf0);
        symbol(ac, zeros * 16 + sizeOf(value));
        amplitude(value, sizeOf(value));
        zeros = 0;
      }
      if (zeros > 0) symbol(ac, 0);
    }
  }
  while (bits.length % 8 !== 0) bits.push(1);
  const scan: number[] = [];
  for (let i = 0; i < bits.length; i += 8) {
    const byte = bits.slice(i, i + 8).reduce((sum, bit) => sum * 2 + bit, 0);
    scan.push(byte, ...(byte === 255 ? [0] : []));
  }
  const u16 = (value: number): number[] => [value >> 8, value & 255];
  const segment = (marker: number, content: readonly number[]): number[] => [0xff, marker, ...u16(content.length + 2), ...content];
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    ...segment(0xdb, [0, ...ZIGZAG.map((at) => steps[at] ?? 0)]),
    ...segment(0xc0, [8, ...u16(height), ...u16(width), 1, 1, 0x11, 0]),
    ...segment(0xc4, [0x00, ...DC_COUNTS, ...DC_SYMBOLS]),
    ...segment(0xc4, [0x10, ...AC_COUNTS, ...AC_SYMBOLS]),
    ...segment(0xda, [1, 1, 0, 0, 63, 0]),
    ...scan,
    ...[0xff, 0xd9],
  ]);
}

/** symbol -> code, its length */
function codes(counts: readonly number[], symbols: readonly number[]): ReadonlyMap<number, readonly [number, number]> {
  const table = new Map<number, readonly [number, number]>();
  let [code, next] = [0, 0];
  for (const [i, count] of counts.entries()) {
    for (let n = 0; n < count; n++) table.set(symbols[next++] ?? 0, [code++, i + 1]);
    code *= 2;
  }
  return table;
}

function sizeOf(value: number): number {
  return Math.abs(value).toString(2).replace(/^0$/, "").length;
}

function nearestEven(x: number): number {
  const low = Math.floor(x);
  return x - low > 0.5 || (x - low === 0.5 && low % 2 !== 0) ? low + 1 : low;
}

/** The transform of every column, transposed. */
function turned(block: readonly number[]): readonly number[] {
  const out = new Array<number>(64).fill(0);
  for (let column = 0; column < 8; column++) {
    const frequencies = dct(Array.from({ length: 8 }, (_, row) => block[row * 8 + column] ?? 0));
    for (const [k, value] of frequencies.entries()) out[column * 8 + k] = value;
  }
  return out;
}

function dct(d: readonly number[]): readonly number[] {
  const add = (a = 0, b = 0): number => f(a + b);
  const sub = (a = 0, b = 0): number => f(a - b);
  const mul = (a: number, b: number): number => f(a * f(b));
  const [s0, s1, s2, s3] = [add(d[0], d[7]), add(d[1], d[6]), add(d[2], d[5]), add(d[3], d[4])];
  const [t7, t6, t5, t4] = [sub(d[0], d[7]), sub(d[1], d[6]), sub(d[2], d[5]), sub(d[3], d[4])];
  const [e0, e1, e2, e3] = [add(s0, s3), add(s1, s2), sub(s1, s2), sub(s0, s3)];
  const z1 = mul(add(e2, e3), Math.SQRT1_2);
  const [o0, o1, o2] = [add(t4, t5), add(t5, t6), add(t6, t7)];
  const z5 = mul(sub(o0, o2), 0.382683433);
  const z2 = add(mul(o0, 0.5411961), z5);
  const z4 = add(mul(o2, 1.306562965), z5);
  const z3 = mul(o1, Math.SQRT1_2);
  const [z11, z13] = [add(t7, z3), sub(t7, z3)];
  return [add(e0, e1), add(z11, z4), add(e3, z1), sub(z13, z2), sub(e0, e1), add(z13, z2), sub(e3, z1), sub(z11, z4)];
}

/**
 * LAZ the other way round: an encoder as plain as it can be, which makes the chunks the kernel is to read. It uses few of the codes there are for
 * a GPS time; files by other writers (test/sources/laz) use the rest. (LASzip, https://github.com/LASzip/LASzip)
 */

const LEAST = 2 ** 24;

class Encoder {
  readonly bytes: number[] = [];
  private base = 0;
  private length = 2 ** 32 - 1;

  symbol(model: Model, symbol: number): void {
    const length = Math.floor(this.length / 2 ** 15);
    const from = (model.shares[symbol] ?? 0) * length;
    const to = symbol === model.shares.length - 1 ? this.length : (model.shares[symbol + 1] ?? 0) * length;
    this.narrow(from, to - from);
    model.count(symbol);
  }

  bit(model: BitModel, bit: number): void {
    const middle = model.share * Math.floor(this.length / 2 ** 13);
    if (bit) this.narrow(middle, this.length - middle);
    else this.narrow(0, middle);
    model.count(bit);
  }

  bits(count: number, value: number): void {
    if (count > 19) {
      this.bits(16, value & 0xffff);
      this.bits(count - 16, value >>> 16);
      return;
    }
    const length = Math.floor(this.length / 2 ** count);
    this.narrow(value * length, length);
  }

  done(): readonly number[] {
    const isLong = this.length > 2 * LEAST;
    this.narrow(isLong ? LEAST : LEAST / 2, isLong ? LEAST / 2 : Math.floor(LEAST / 512));
    this.bytes.push(0, 0, ...(isLong ? [0] : []));
    return this.bytes;
  }

  private narrow(from: number, length: number): void {
    this.base += from;
    if (this.base >= 2 ** 32) {
      this.base -= 2 ** 32;
      for (let i = this.bytes.length - 1; i >= 0; i--) {
        const sum = (this.bytes[i] ?? 0) + 1;
        this.bytes[i] = sum & 255;
        if (sum < 256) break;
      }
    }
    this.length = length;
    while (this.length < LEAST) {
      this.bytes.push(Math.floor(this.base / LEAST));
      this.base = (this.base % LEAST) * 256;
      this.length *= 256;
    }
  }
}

class Model {
  shares: number[] = [];
  private counts: number[];
  private total = 0;
  private cycle: number;
  private until: number;

  private readonly symbols: number;

  constructor(symbols: number) {
    this.symbols = symbols;
    this.counts = new Array<number>(symbols).fill(1);
    this.cycle = symbols;
    this.until = 0;
    this.update();
    this.cycle = this.until = (symbols + 6) >> 1;
  }

  count(symbol: number): void {
    this.counts[symbol] = (this.counts[symbol] ?? 0) + 1;
    if (--this.until === 0) this.update();
  }

  private update(): void {
    this.total += this.cycle;
    if (this.total > 2 ** 15) {
      this.counts = this.counts.map((count) => (count + 1) >> 1);
      this.total = this.counts.reduce((a, b) => a + b);
    }
    const scale = Math.floor(2 ** 31 / this.total);
    let sum = 0;
    this.shares = this.counts.map((count) => {
      const share = Math.floor((scale * sum) / 2 ** 16);
      sum += count;
      return share;
    });
    this.cycle = this.until = Math.min((5 * this.cycle) >> 2, (this.symbols + 6) * 8);
  }
}

class BitModel {
  share = 2 ** 12;
  private zeros = 1;
  private all = 2;
  private cycle = 4;
  private until = 4;

  count(bit: number): void {
    if (!bit) this.zeros++;
    if (--this.until > 0) return;
    this.all += this.cycle;
    if (this.all > 2 ** 13) {
      this.all = (this.all + 1) >> 1;
      this.zeros = (this.zeros + 1) >> 1;
      if (this.zeros === this.all) this.all++;
    }
    this.share = Math.floor((this.zeros * Math.floor(2 ** 31 / this.all)) / 2 ** 18);
    this.cycle = this.until = Math.min(64, (5 * this.cycle) >> 2);
  }
}

class Integer {
  k = 0;
  private readonly kinds = new Models();
  private readonly correctors = new Models();
  private readonly first = new BitModel();

  private readonly bits: 16 | 32;

  constructor(bits: 16 | 32) {
    this.bits = bits;
  }

  write(to: Encoder, expected: number, value: number, context = 0): void {
    let off = this.bits === 32 ? (value - expected) | 0 : value - expected;
    if (this.bits === 16) off = off < -(2 ** 15) ? off + 2 ** 16 : off >= 2 ** 15 ? off - 2 ** 16 : off;
    const size = off <= 0 ? -off : off - 1;
    this.k = size === 0 ? 0 : Math.floor(Math.log2(size)) + 1;
    to.symbol(this.kinds.at(context, this.bits + 1), this.k);
    if (this.k === 32) return;
    if (this.k === 0) to.bit(this.first, off);
    else {
      const code = off < 0 ? off + 2 ** this.k - 1 : off - 1;
      const low = Math.max(0, this.k - 8);
      to.symbol(this.correctors.at(this.k, 2 ** Math.min(8, this.k)), Math.floor(code / 2 ** low));
      if (low > 0) to.bits(low, code % 2 ** low);
    }
  }
}

/** Models that are made when they are first needed. */
class Models {
  private readonly made = new Map<number, Model>();
  at(slot: number, symbols = 256): Model {
    const model = this.made.get(slot) ?? new Model(symbols);
    this.made.set(slot, model);
    return model;
  }
}

/** The median of five that lets its largest and smallest go in turns. */
class Median {
  private values = [0, 0, 0, 0, 0];
  private isHigh = true;
  get middle(): number {
    return this.values[2] ?? 0;
  }
  add(value: number): void {
    const stays = this.isHigh ? value < this.middle : this.middle < value;
    // The one that goes leaves its place to the new value, which then finds its own.
    this.values[this.isHigh ? 4 : 0] = value;
    this.values.sort((a, b) => a - b);
    if (!stays) this.isHigh = !this.isHigh;
  }
}

const KINDS_10 = ["fedcba98", "e0136aa9", "d1247bba", "c3458ccb", "b6789ddc", "aabcdeed", "9abcdefe", "89abcdef"];
const KINDS_14 = [
  ..."0123453445555555 1013333333333333 2124444444433333 3345444444444444 4344544444444444 5344454444444444 3344445444444444".split(" "),
  ..."4344444544444444 4344444454444444 5344444445444444 5344444444544444 5334444444455444 5334444444455544 5334444444445554".split(" "),
  ..."5334444444444555 5334444444444455".split(" "),
];

type Write = (to: (layer: number) => Encoder, last: DataView, next: DataView) => void;

/** Formats 0 to 5: the first 20 bytes. */
function point10(): Write {
  const [changes, flags, classes, users] = [new Model(64), new Models(), new Models(), new Models()];
  const [angles, intensity, source] = [new Models(), new Integer(16), new Integer(16)];
  const [dx, dy, dz] = [new Integer(32), new Integer(32), new Integer(32)];
  const [xs, ys] = [0, 1].map(() => Array.from({ length: 16 }, () => new Median())) as [Median[], Median[]];
  const [intensities, heights] = [new Array<number>(16).fill(0), new Array<number>(8).fill(0)];
  return (layer, last, next) => {
    const to = layer(0);
    const [r, n] = [next.getUint8(14) & 7, (next.getUint8(14) >> 3) & 7];
    const kind = Number.parseInt(KINDS_10[n]?.[r] ?? "0", 16);
    const changed = [
      [18, 1],
      [17, 2],
      [16, 4],
      [15, 8],
      [14, 32],
    ].reduce(
      (sum, [at = 0, bit = 0]) => {
        const isSame = at === 18 ? last.getUint16(at, true) === next.getUint16(at, true) : last.getUint8(at) === next.getUint8(at);
        return isSame ? sum : sum | bit;
      },
      next.getUint16(12, true) === intensities[kind] ? 0 : 16,
    );
    to.symbol(changes, changed);
    if (changed & 32) to.symbol(flags.at(last.getUint8(14)), next.getUint8(14));
    if (changed & 16) {
      intensity.write(to, intensities[kind] ?? 0, next.getUint16(12, true), Math.min(3, kind));
      intensities[kind] = next.getUint16(12, true);
    }
    if (changed & 8) to.symbol(classes.at(last.getUint8(15)), next.getUint8(15));
    if (changed & 4) to.symbol(angles.at((next.getUint8(14) >> 6) & 1), (next.getUint8(16) - last.getUint8(16)) & 255);
    if (changed & 2) to.symbol(users.at(last.getUint8(17)), next.getUint8(17));
    if (changed & 1) source.write(to, last.getUint16(18, true), next.getUint16(18, true));
    place(to, last, next, n === 1, [dx, dy], [xs[kind], ys[kind]]);
    const height = Math.abs(n - r);
    const bits = (dx.k + dy.k) >> 1;
    dz.write(to, heights[height] ?? 0, next.getInt32(8, true), Number(n === 1) + Math.min(18, bits & ~1));
    heights[height] = next.getInt32(8, true);
  };
}

function place(
  to: Encoder,
  last: DataView,
  next: DataView,
  isSingle: boolean,
  [dx, dy]: readonly [Integer, Integer],
  [xs, ys]: readonly [Median | undefined, Median | undefined],
): void {
  const [x, y] = [0, 4].map((at) => (next.getInt32(at, true) - last.getInt32(at, true)) | 0) as [number, number];
  dx.write(to, xs?.middle ?? 0, x, Number(isSingle));
  xs?.add(x);
  dy.write(to, ys?.middle ?? 0, y, Number(isSingle) + Math.min(20, dx.k & ~1));
  ys?.add(y);
}

/** Extra bytes, in one layer or one each. */
function extraBytes(at: number, size: number, firstLayer: number): Write {
  const models = Array.from({ length: size }, () => new Model(256));
  return (layer, last, next) => {
    for (const [b, model] of models.entries()) {
      layer(firstLayer === 0 ? 0 : firstLayer + b).symbol(model, (next.getUint8(at + b) - last.getUint8(at + b)) & 255);
    }
  };
}

/** Format 6, one scanner channel: the first 30 bytes; times that change are told whole. */
function point14(first: DataView): Write {
  const [changes, returns, numbers] = [new Models(), new Models(), new Models()];
  const [again, classes, flags, users, times] = [new Model(13), new Models(), new Models(), new Models(), new Model(5)];
  const [dx, dy, dz, time] = [new Integer(32), new Integer(32), new Integer(32), new Integer(32)];
  const [intensity, angle, source] = [new Integer(16), new Integer(16), new Integer(16)];
  const [xs, ys] = [0, 1].map(() => Array.from({ length: 12 }, () => new Median())) as [Median[], Median[]];
  const heights = new Array<number>(8).fill(first.getInt32(8, true));
  const intensities = new Array<number>(8).fill(first.getUint16(12, true));
  let hadTime = 0;
  return (layer, last, next) => {
    const to = layer(0);
    const [lastR, lastN] = [last.getUint8(14) & 15, last.getUint8(14) >> 4];
    const [r, n] = [next.getUint8(14) & 15, next.getUint8(14) >> 4];
    const hasTime = Number(last.getBigUint64(22, true) !== next.getBigUint64(22, true));
    const [isAngle, isSource] = [
      last.getInt16(18, true) !== next.getInt16(18, true),
      last.getUint16(20, true) !== next.getUint16(20, true),
    ];
    const how = r === lastR ? 0 : r === ((lastR + 1) & 15) ? 1 : r === ((lastR + 15) & 15) ? 2 : 3;
    const context = Number(lastR === 1) + 2 * Number(lastR >= lastN) + 4 * hadTime;
    to.symbol(changes.at(context, 128), how + 4 * Number(n !== lastN) + 8 * Number(isAngle) + 16 * hasTime + 32 * Number(isSource));
    if (n !== lastN) to.symbol(returns.at(lastN, 16), n);
    if (how === 3 && hasTime) to.symbol(numbers.at(lastR, 16), r);
    if (how === 3 && !hasTime) to.symbol(again, (r - lastR - 2) & 15);
    const kind = 2 * Number(KINDS_14[n]?.[r] ?? 0) + hasTime;
    place(to, last, next, n === 1, [dx, dy], [xs[kind], ys[kind]]);
    const height = Math.min(7, Math.abs(n - r));
    dz.write(layer(1), heights[height] ?? 0, next.getInt32(8, true), Number(n === 1) + Math.min(18, ((dx.k + dy.k) >> 1) & ~1));
    heights[height] = next.getInt32(8, true);
    const where = Number(r === 1) + 2 * Number(r >= n);
    layer(2).symbol(classes.at(2 * (last.getUint8(16) & 31) + Number(where === 3)), next.getUint8(16));
    const flagsOf = (view: DataView): number => ((view.getUint8(15) >> 2) & 48) | (view.getUint8(15) & 15);
    layer(3).symbol(flags.at(flagsOf(last), 64), flagsOf(next));
    intensity.write(layer(4), intensities[2 * where + hasTime] ?? 0, next.getUint16(12, true), where);
    intensities[2 * where + hasTime] = next.getUint16(12, true);
    if (isAngle) angle.write(layer(5), last.getInt16(18, true), next.getInt16(18, true), hasTime);
    layer(6).symbol(users.at(last.getUint8(17) >> 2), next.getUint8(17));
    if (isSource) source.write(layer(7), last.getUint16(20, true), next.getUint16(20, true));
    if (hasTime) {
      layer(8).symbol(times, 1);
      time.write(layer(8), last.getInt32(26, true), next.getInt32(26, true), 8);
      layer(8).bits(32, next.getUint32(22, true));
    }
    hadTime = hasTime;
  };
}

/** One chunk of records of format 0 or 6, with any number of extra bytes. */
export function lazChunk(records: readonly Uint8Array[], isLayered: boolean): Uint8Array {
  const views = records.map((record) => new DataView(record.buffer, record.byteOffset, record.byteLength));
  const [first] = views;
  if (!first) return new Uint8Array(0);
  const point = isLayered ? 30 : 20;
  const extra = first.byteLength - point;
  const layers = isLayered ? 9 + extra : 1;
  const encoders = Array.from({ length: layers }, () => new Encoder());
  const used = new Set<number>();
  const layer = (of: number): Encoder => {
    used.add(of);
    return encoders[of] ?? new Encoder();
  };
  const writers = [isLayered ? point14(first) : point10(), extraBytes(point, extra, isLayered ? 9 : 0)];
  for (const [i, view] of views.entries()) {
    if (i > 0) for (const write of writers) write(layer, views[i - 1] ?? view, view);
  }
  const coded = encoders.map((encoder, i) => (used.has(i) || !isLayered ? encoder.done() : []));
  const sizes = isLayered ? [records.length, ...coded.map(({ length }) => length)] : [];
  return Uint8Array.from([...(records[0] ?? []), ...new Uint8Array(Uint32Array.from(sizes).buffer), ...coded.flat()]);
}

/** The table of chunks, without its version and count. */
export function lazChunkTable(chunks: readonly { readonly points: number; readonly bytes: number }[], isVariable: boolean): Uint8Array {
  const to = new Encoder();
  const integer = new Integer(32);
  let last = { points: 0, bytes: 0 };
  for (const chunk of chunks) {
    if (isVariable) integer.write(to, last.points, chunk.points, 0);
    integer.write(to, last.bytes, chunk.bytes, 1);
    last = chunk;
  }
  return Uint8Array.from(to.done());
}

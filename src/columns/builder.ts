/**
 * Row by row in, columns out: what sources and message decoders fill while they read one block.
 */
import type { Block, ImageTable, ImuColumns, LabelColumns, PointTable, PoseColumns } from "../types.ts";

/** One box. What a format does not have stays absent. */
export interface LabelRow {
  readonly frame: number;
  readonly track?: string;
  readonly class: string;
  readonly annotator?: string;
  readonly confidence?: number;
  /** left, top, right, bottom in pixels. */
  readonly box2d?: readonly [number, number, number, number];
  /** x, y, z, length, width, height, yaw: centre in metres, yaw in radians. */
  readonly box3d?: readonly [number, number, number, number, number, number, number];
  readonly ignored?: boolean;
}

const NO_2D = [Number.NaN, Number.NaN, Number.NaN, Number.NaN] as const;
const NO_3D = [...NO_2D, Number.NaN, Number.NaN, Number.NaN] as const;

/** Strings to small integers, in order of first appearance. */
class Names {
  readonly #index = new Map<string, number>();

  of(name: string): number {
    let i = this.#index.get(name);
    if (i === undefined) {
      i = this.#index.size;
      this.#index.set(name, i);
    }
    return i;
  }

  get size(): number {
    return this.#index.size;
  }

  get list(): string[] {
    return [...this.#index.keys()];
  }
}

/** Columns that grow row by row: 57 bytes of a 2D box, 81 of a 3D one, 113 of both, and a quarter more while they grow. */
export class LabelColumnsBuilder {
  readonly #tracks = new Names();
  readonly #classes = new Names();
  readonly #annotators = new Names();
  #count = 0;
  #room = 0;
  #frame = new Int32Array(0);
  #track = new Int32Array(0);
  #class = new Int32Array(0);
  #annotator = new Int32Array(0);
  #confidence = new Float64Array(0);
  #box2d = new Float64Array(0);
  #box3d = new Float64Array(0);
  #ignored = new Uint8Array(0);

  get count(): number {
    return this.#count;
  }

  /** Makes room for so many rows at once; more may come. */
  reserve(rows: number): void {
    if (rows > this.#room) this.#resize(Math.ceil(rows));
  }

  get trackNames(): number {
    return this.#tracks.size;
  }

  /** @param frame of the block, or another number that `finish` ranks */
  add(
    frame: number,
    track: string | undefined,
    name: string,
    annotator: string | undefined,
    confidence: number,
    box2d: ArrayLike<number>,
    box3d: ArrayLike<number>,
    ignored: boolean,
  ): void {
    if (this.#count === this.#room) this.#resize(this.#room + (this.#room >> 2) + 64);
    const i = this.#count++;
    this.#frame[i] = frame;
    this.#track[i] = track === undefined ? -1 : this.#tracks.of(track);
    this.#class[i] = this.#classes.of(name);
    this.#annotator[i] = annotator === undefined ? -1 : this.#annotators.of(annotator);
    this.#confidence[i] = confidence;
    this.#box2d = this.#withBox(this.#box2d, box2d, i, 4);
    this.#box3d = this.#withBox(this.#box3d, box3d, i, 7);
    this.#ignored[i] = ignored ? 1 : 0;
  }

  addRow({ frame, track, class: name, annotator, confidence, box2d, box3d, ignored }: LabelRow): void {
    this.add(frame, track, name, annotator, confidence ?? Number.NaN, box2d ?? NO_2D, box3d ?? NO_3D, ignored ?? false);
  }

  /**
   * The columns, ordered by frame; rows of one frame stay as they came. To be called once, and last: the memory is given away.
   *
   * @param rank frame of the block by number, where rows were added with other numbers
   */
  finish(rank?: Int32Array): LabelColumns {
    this.#trim();
    const frame = this.#frame;
    let isOrdered = true;
    for (let i = 0; i < frame.length; i++) {
      if (rank) frame[i] = rank[frame[i] ?? 0] ?? 0;
      if (i > 0 && (frame[i] ?? 0) < (frame[i - 1] ?? 0)) isOrdered = false;
    }
    if (!isOrdered) this.#order();
    return {
      count: this.#count,
      frame: this.#frame,
      track: this.#track,
      tracks: this.#tracks.list,
      class: this.#class,
      classes: this.#classes.list,
      annotator: this.#annotator,
      annotators: this.#annotators.list,
      confidence: this.#confidence,
      box2d: this.#box2d,
      box3d: this.#box3d,
      ignored: this.#ignored,
    };
  }

  /** Little that is left over is not worth a copy of everything. */
  #trim(): void {
    const count = this.#count;
    if (this.#room > count + (count >> 3)) this.#resize(count);
    this.#frame = this.#frame.subarray(0, count);
    this.#track = this.#track.subarray(0, count);
    this.#class = this.#class.subarray(0, count);
    this.#annotator = this.#annotator.subarray(0, count);
    this.#confidence = this.#confidence.subarray(0, count);
    this.#box2d = this.#box2d.subarray(0, 4 * count);
    this.#box3d = this.#box3d.subarray(0, 7 * count);
    this.#ignored = this.#ignored.subarray(0, count);
  }

  #order(): void {
    const frame = this.#frame;
    const next = new Int32Array(frame.reduce((most, one) => Math.max(most, one), 0) + 2);
    for (const one of frame) next[one + 1] = (next[one + 1] ?? 0) + 1;
    for (let f = 1; f < next.length; f++) next[f] = (next[f] ?? 0) + (next[f - 1] ?? 0);
    const to = new Int32Array(frame.length);
    for (let i = 0; i < frame.length; i++) {
      const one = frame[i] ?? 0;
      to[i] = next[one] ?? 0;
      next[one] = (next[one] ?? 0) + 1;
    }
    // One column after the other: never two copies of all.
    this.#frame = moved(this.#frame, new Int32Array(this.#frame.length), 1, to);
    this.#track = moved(this.#track, new Int32Array(this.#track.length), 1, to);
    this.#class = moved(this.#class, new Int32Array(this.#class.length), 1, to);
    this.#annotator = moved(this.#annotator, new Int32Array(this.#annotator.length), 1, to);
    this.#confidence = moved(this.#confidence, new Float64Array(this.#confidence.length), 1, to);
    if (this.#box2d.length > 0) this.#box2d = moved(this.#box2d, new Float64Array(this.#box2d.length), 4, to);
    if (this.#box3d.length > 0) this.#box3d = moved(this.#box3d, new Float64Array(this.#box3d.length), 7, to);
    this.#ignored = moved(this.#ignored, new Uint8Array(this.#ignored.length), 1, to);
  }

  /** A column is begun by the first row that has such a box: half of all labels have no other kind. */
  #withBox(column: Float64Array<ArrayBuffer>, box: ArrayLike<number>, row: number, width: number): Float64Array<ArrayBuffer> {
    if (column.length === 0) {
      if (isNoBox(box)) return column;
      const begun = new Float64Array(width * this.#room).fill(Number.NaN, 0, width * row);
      begun.set(box, width * row);
      return begun;
    }
    column.set(box, width * row);
    return column;
  }

  /** Where the platform can, memory grows in place. */
  #resize(room: number): void {
    this.#room = room;
    this.#frame = new Int32Array(this.#frame.buffer.transfer(4 * room));
    this.#track = new Int32Array(this.#track.buffer.transfer(4 * room));
    this.#class = new Int32Array(this.#class.buffer.transfer(4 * room));
    this.#annotator = new Int32Array(this.#annotator.buffer.transfer(4 * room));
    this.#confidence = new Float64Array(this.#confidence.buffer.transfer(8 * room));
    if (this.#box2d.length > 0) this.#box2d = new Float64Array(this.#box2d.buffer.transfer(32 * room));
    if (this.#box3d.length > 0) this.#box3d = new Float64Array(this.#box3d.buffer.transfer(56 * room));
    this.#ignored = new Uint8Array(this.#ignored.buffer.transfer(room));
  }
}

function isNoBox(box: ArrayLike<number>): boolean {
  for (let i = 0; i < box.length; i++) if (!Number.isNaN(box[i])) return false;
  return true;
}

/** The rows of a column, `width` values each, put where they go. */
function moved<T extends Int32Array | Float64Array | Uint8Array>(from: T, into: T, width: number, to: Int32Array): T {
  for (let i = 0; i < to.length; i++) for (let k = 0; k < width; k++) into[width * (to[i] ?? 0) + k] = from[width * i + k] ?? 0;
  return into;
}

/** Collects the typed columns of one block. `frame` is always the block-relative frame. */
export class ColumnsBuilder {
  readonly points: PointTable[] = [];
  readonly images: ImageTable[] = [];
  readonly malformed: { frame: number; reason: string }[] = [];
  readonly #poses = { frame: [] as number[], stampNs: [] as bigint[], xyz: [] as number[], quaternion: [] as number[] };
  readonly #imu = { frame: [] as number[], stampNs: [] as bigint[], angular: [] as number[], linear: [] as number[] };
  readonly #labels = new LabelColumnsBuilder();

  pose(frame: number, stampNs: bigint, xyz: readonly number[], quaternion: readonly number[]): void {
    const p = this.#poses;
    p.frame.push(frame);
    p.stampNs.push(stampNs);
    for (let i = 0; i < 3; i++) p.xyz.push(xyz[i] ?? Number.NaN);
    for (let i = 0; i < 4; i++) p.quaternion.push(quaternion[i] ?? Number.NaN);
  }

  imu(frame: number, stampNs: bigint, angularVelocity: readonly number[], linearAcceleration: readonly number[]): void {
    const m = this.#imu;
    m.frame.push(frame);
    m.stampNs.push(stampNs);
    for (let i = 0; i < 3; i++) m.angular.push(angularVelocity[i] ?? Number.NaN);
    for (let i = 0; i < 3; i++) m.linear.push(linearAcceleration[i] ?? Number.NaN);
  }

  label(row: LabelRow): void {
    this.#labels.addRow(row);
  }

  /** Only the columns that got rows. */
  finish(): Pick<Block, "points" | "poses" | "imu" | "labels" | "images"> & { readonly malformed: Block["malformed"] } {
    return {
      malformed: this.malformed,
      ...(this.points.length > 0 && { points: this.points }),
      ...(this.images.length > 0 && { images: this.images }),
      ...(this.#poses.frame.length > 0 && { poses: this.#poseColumns() }),
      ...(this.#imu.frame.length > 0 && { imu: this.#imuColumns() }),
      ...(this.#labels.count > 0 && { labels: this.#labels.finish() }),
    };
  }

  #poseColumns(): PoseColumns {
    const p = this.#poses;
    return {
      count: p.frame.length,
      frame: Int32Array.from(p.frame),
      stampNs: BigInt64Array.from(p.stampNs),
      xyz: Float64Array.from(p.xyz),
      quaternion: Float64Array.from(p.quaternion),
    };
  }

  #imuColumns(): ImuColumns {
    const m = this.#imu;
    return {
      count: m.frame.length,
      frame: Int32Array.from(m.frame),
      stampNs: BigInt64Array.from(m.stampNs),
      angularVelocity: Float64Array.from(m.angular),
      linearAcceleration: Float64Array.from(m.linear),
    };
  }
}

/** Rows to columns, ordered by frame. */
export function labelColumns(rows: Iterable<LabelRow>): LabelColumns {
  const builder = new LabelColumnsBuilder();
  for (const row of rows) builder.addRow(row);
  return builder.finish();
}

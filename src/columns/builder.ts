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

/** Strings to small integers, in order of first appearance. */
class Names {
  readonly list: string[] = [];
  readonly #index = new Map<string, number>();

  of(name: string): number {
    let i = this.#index.get(name);
    if (i === undefined) {
      i = this.list.length;
      this.list.push(name);
      this.#index.set(name, i);
    }
    return i;
  }
}

const NO_2D = [Number.NaN, Number.NaN, Number.NaN, Number.NaN] as const;
const NO_3D = [...NO_2D, Number.NaN, Number.NaN, Number.NaN] as const;

/** Collects the typed columns of one block. `frame` is always the block-relative frame. */
export class ColumnsBuilder {
  readonly points: PointTable[] = [];
  readonly images: ImageTable[] = [];
  readonly malformed: { frame: number; reason: string }[] = [];
  readonly #poses = { frame: [] as number[], stampNs: [] as bigint[], xyz: [] as number[], quaternion: [] as number[] };
  readonly #imu = { frame: [] as number[], stampNs: [] as bigint[], angular: [] as number[], linear: [] as number[] };
  readonly #rows: LabelRow[] = [];

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
    this.#rows.push(row);
  }

  /** Only the columns that got rows. */
  finish(): Pick<Block, "points" | "poses" | "imu" | "labels" | "images"> & { readonly malformed: Block["malformed"] } {
    return {
      malformed: this.malformed,
      ...(this.points.length > 0 && { points: this.points }),
      ...(this.images.length > 0 && { images: this.images }),
      ...(this.#poses.frame.length > 0 && { poses: this.#poseColumns() }),
      ...(this.#imu.frame.length > 0 && { imu: this.#imuColumns() }),
      ...(this.#rows.length > 0 && { labels: labelColumns(this.#rows) }),
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

/** Rows to columns. Rows must already be ordered by frame. */
export function labelColumns(rows: readonly LabelRow[]): LabelColumns {
  const n = rows.length;
  const tracks = new Names();
  const classes = new Names();
  const annotators = new Names();
  const columns = {
    frame: new Int32Array(n),
    track: new Int32Array(n).fill(-1),
    class: new Int32Array(n),
    annotator: new Int32Array(n).fill(-1),
    confidence: new Float64Array(n).fill(Number.NaN),
    box2d: new Float64Array(4 * n),
    box3d: new Float64Array(7 * n),
    ignored: new Uint8Array(n),
  };
  for (const [i, row] of rows.entries()) {
    columns.frame[i] = row.frame;
    if (row.track !== undefined) columns.track[i] = tracks.of(row.track);
    columns.class[i] = classes.of(row.class);
    if (row.annotator !== undefined) columns.annotator[i] = annotators.of(row.annotator);
    if (row.confidence !== undefined) columns.confidence[i] = row.confidence;
    columns.box2d.set(row.box2d ?? NO_2D, 4 * i);
    columns.box3d.set(row.box3d ?? NO_3D, 7 * i);
    columns.ignored[i] = row.ignored ? 1 : 0;
  }
  return { count: n, ...columns, tracks: tracks.list, classes: classes.list, annotators: annotators.list };
}

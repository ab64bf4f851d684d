/**
 * Blocks for the checks' own tests: a healthy stream in a few words, a defect planted by hand, a cut anywhere.
 * No kernels, no format: the columns are what a reader would hand over.
 */
import {
  CONTAINER,
  type Conclusion,
  type Context,
  type Folding,
  type Look,
  type Options,
  type StreamCheck,
  type Whole,
} from "../src/check/check.ts";
import { type Collected, type Meeting, seenOf, type Table } from "../src/check/table.ts";
import { container } from "../src/checks/integrity/container.ts";
import { type LabelRow, labelColumns } from "../src/columns/builder.ts";
import { Kernels } from "../src/kernels.ts";
import type { Rig } from "../src/rig/rig.ts";
import type {
  Block,
  ContainerFacts,
  ImageTable,
  ImuColumns,
  LabelColumns,
  PointTable,
  PoseColumns,
  StreamCensus,
  StreamInfo,
} from "../src/types.ts";

/** One frame, written by hand. What is absent is healthy and follows from the frame's number. */
export interface Frame {
  stampNs: bigint;
  logNs: bigint;
  sequence: number;
  bytes: number;
  digest: bigint;
  /** Points of a cloud of 16 bytes each, at `pointer`. */
  points?: { count: number; pointer: number };
  image?: { bytes: number; pointer: number };
  malformed?: string;
  boxes?: Omit<LabelRow, "frame">[];
}

export const START_NS = 1_700_000_000_000_000_000n;

/** `count` frames at `periodMs`, numbered from 1, each with a payload of its own of `bytes` bytes. */
export function healthy(count: number, { periodMs = 100, bytes = 1000, startNs = START_NS } = {}): Frame[] {
  return Array.from({ length: count }, (_, i) => {
    const stampNs = startNs + BigInt(i) * BigInt(periodMs * 1e6);
    return {
      stampNs,
      logNs: stampNs + 2_000_000n,
      sequence: i + 1,
      bytes,
      digest: (0x9e3779b97f4a7c15n * BigInt(i + 1)) & 0xffffffffffffffffn,
    };
  });
}

export function blockOf(frames: readonly Frame[], stream = 0): Block {
  const points: PointTable[] = [];
  const images: ImageTable[] = [];
  const malformed: { frame: number; reason: string }[] = [];
  const boxes: LabelRow[] = [];
  for (const [frame, f] of frames.entries()) {
    if (f.points) points.push({ frame, ...f.points, stride: 16, bigEndian: false, fields: [] });
    if (f.image) images.push({ frame, encoding: "mono8", width: null, height: null, ...f.image });
    if (f.malformed !== undefined) malformed.push({ frame, reason: f.malformed });
    for (const box of f.boxes ?? []) boxes.push({ ...box, frame });
  }
  return {
    stream,
    frames: {
      count: frames.length,
      stampNs: BigInt64Array.from(frames, (f) => f.stampNs),
      logNs: BigInt64Array.from(frames, (f) => f.logNs),
      sequence: Uint32Array.from(frames, (f) => f.sequence),
      bytes: Float64Array.from(frames, (f) => f.bytes),
      digest: BigUint64Array.from(frames, (f) => f.digest),
      start: new Float64Array(frames.length).fill(-1),
      end: new Float64Array(frames.length).fill(-1),
      order: Uint32Array.from(frames, (_, i) => i),
      pointer: new Uint32Array(frames.length),
    },
    malformed,
    ...(points.length > 0 && { points }),
    ...(images.length > 0 && { images }),
    ...(boxes.length > 0 && { labels: labelColumns(boxes) }),
  };
}

/** The block in pieces: cut before each of the frames `at` (any order, repeats and ends allowed); no piece is empty. */
export function cutBlock(block: Block, at: readonly number[]): Block[] {
  const n = block.frames.count;
  const cuts = [...new Set([0, n, ...at.filter((cut) => cut > 0 && cut < n)])].sort((a, b) => a - b);
  return cuts.slice(1).map((end, i) => slice(block, cuts[i] ?? 0, end));
}

/** Frames [from, to) of a block, as a block of their own. */
export function slice(block: Block, from: number, to: number): Block {
  const f = block.frames;
  const inside = <T extends { readonly frame: number }>(rows: readonly T[]): T[] =>
    rows.filter(({ frame }) => frame >= from && frame < to).map((row) => ({ ...row, frame: row.frame - from }));
  const points = inside(block.points ?? []);
  const images = inside(block.images ?? []);
  const labels = block.labels && sliceLabels(block.labels, from, to);
  return {
    stream: block.stream,
    frames: {
      count: to - from,
      stampNs: f.stampNs.slice(from, to),
      logNs: f.logNs.slice(from, to),
      sequence: f.sequence.slice(from, to),
      bytes: f.bytes.slice(from, to),
      digest: f.digest.slice(from, to),
      start: f.start.slice(from, to),
      end: f.end.slice(from, to),
      order: f.order.slice(from, to),
      pointer: f.pointer.slice(from, to),
    },
    malformed: inside(block.malformed),
    ...(points.length > 0 && { points }),
    ...(images.length > 0 && { images }),
    ...(labels && labels.count > 0 && { labels }),
    ...(block.poses && { poses: sliceMotion(block.poses, from, to, { xyz: 3, quaternion: 4 }) }),
    ...(block.imu && { imu: sliceMotion(block.imu, from, to, { angularVelocity: 3, linearAcceleration: 3 }) }),
  };
}

function sliceMotion<T extends PoseColumns | ImuColumns>(
  columns: T,
  from: number,
  to: number,
  widths: Readonly<Partial<Record<keyof T, number>>>,
): T {
  const rows = [...columns.frame.keys()].filter((i) => (columns.frame[i] ?? -1) >= from && (columns.frame[i] ?? -1) < to);
  const values = Object.entries(widths).map(([name, width]) => {
    const all = columns[name as keyof T] as Float64Array;
    return [name, Float64Array.from(rows.flatMap((i) => [...all.subarray(Number(width) * i, Number(width) * (i + 1))]))];
  });
  return {
    ...columns,
    ...Object.fromEntries(values),
    count: rows.length,
    frame: Int32Array.from(rows, (i) => (columns.frame[i] ?? 0) - from),
    stampNs: BigInt64Array.from(rows, (i) => columns.stampNs[i] ?? 0n),
  };
}

/** Rows of frames [from, to) with tables of their own: a track's index differs from block to block. */
function sliceLabels(labels: LabelColumns, from: number, to: number): LabelColumns {
  const rows: LabelRow[] = [];
  for (let i = 0; i < labels.count; i++) {
    const frame = labels.frame[i] ?? 0;
    if (frame < from || frame >= to) continue;
    const track = labels.tracks[labels.track[i] ?? -1];
    const annotator = labels.annotators[labels.annotator[i] ?? -1];
    rows.push({
      frame: frame - from,
      class: labels.classes[labels.class[i] ?? 0] ?? "",
      ...(track !== undefined && { track }),
      ...(annotator !== undefined && { annotator }),
      confidence: labels.confidence[i] ?? Number.NaN,
      ...(labels.box2d.length > 0 && { box2d: [...labels.box2d.subarray(4 * i, 4 * i + 4)] as unknown as NonNullable<LabelRow["box2d"]> }),
      ...(labels.box3d.length > 0 && { box3d: [...labels.box3d.subarray(7 * i, 7 * i + 7)] as unknown as NonNullable<LabelRow["box3d"]> }),
      ignored: labels.ignored[i] === 1,
    });
  }
  return labelColumns(rows);
}

export const SENSOR: StreamInfo = { id: "/lidar", kind: "points", type: "sensor_msgs/PointCloud2", stamps: "sensor", sequenced: true };

export function contextOf(
  streams: readonly StreamCensus[],
  rig: Rig | null = null,
  interrupted = false,
  { collected = {}, kernels = memory() }: { readonly collected?: Collected; readonly kernels?: Kernels } = {},
): Whole<never> {
  return {
    recording: { format: "test", name: "test", bytes: 0, attachments: 0, metadata: 0 },
    claims: {},
    streams,
    rig,
    seal: null,
    seen: seenOf(
      streams.map(({ info }) => info),
      collected,
      kernels,
    ),
    kernels,
    changes: [],
    partial: interrupted ? "interrupted" : null,
    summaries: streams.map(() => null),
    container: null,
  };
}

/** What a check may know while it observes a stream. */
export function lookOf(
  stream: StreamInfo,
  { options = {}, streams = [stream], collected = {}, kernels = memory() }: Partial<Seeing> = {},
): Look {
  return { kernels, options, stream, seen: seenOf(streams, collected, kernels), leaves: null };
}

interface Seeing {
  readonly options: Options;
  /** All streams of the recording, the one at hand among them. */
  readonly streams: readonly StreamInfo[];
  readonly collected: Collected;
  readonly kernels: Kernels;
}

const TOUCHING = { touching: true, skipped: 0 };

/** Folds blocks of one stream from the left, every summary as it comes out of another thread. */
export function folded<S>(check: Pick<StreamCheck<S>, "observe" | "merge">, blocks: readonly Block[], look: Look): S {
  const [first, ...rest] = blocks.map((block) => structuredClone(check.observe(block, look)));
  return rest.reduce((left, right) => check.merge(left, right, { ...look, ...TOUCHING }), first as S);
}

/** `integrity/container` by hand: its fold of facts, and what it concludes from it. */
export function containerBy(kernels: Kernels) {
  const look = lookOf(CONTAINER, { streams: [], kernels });
  const fold = container.fold as Folding<unknown>;
  return {
    observe: (facts: ContainerFacts): unknown => fold.observe({ ...blockOf([]), facts }, look),
    merge: (left: unknown, right: unknown): unknown => fold.merge(left, right, { ...look, ...TOUCHING }),
    conclude(summary: unknown, context: Context): Conclusion {
      const [conclusion] = container.conclude({ ...context, summaries: [], container: summary as never }, {});
      if (!conclusion) throw new Error("expected a conclusion");
      return conclusion;
    },
  };
}

/** Joins what a table collected of neighbouring blocks. */
export function joinedRows<P>(table: Table<P>, pieces: readonly P[], stream: StreamInfo = SENSOR, kernels: Kernels = memory()): P {
  const meeting: Meeting = { kernels, stream, ...TOUCHING };
  return pieces.reduce((left, right) => table.join(left, right, meeting));
}

export function censusOf(info: StreamInfo, block: Block | null): StreamCensus {
  const log = [...(block?.frames.logNs ?? [])].sort((a, b) => (a < b ? -1 : 1));
  const startNs = log[0] ?? null;
  return {
    info,
    frames: log.length,
    bytes: block?.frames.bytes.reduce((sum, n) => sum + n, 0) ?? 0,
    startNs,
    endNs: log.at(-1) ?? null,
    digest: "0".repeat(16),
    points: null,
    boxes: null,
    tracks: null,
  };
}

/** Kernel memory without the kernels: what pointers of points and images point into. */
export function memory(bytes: Uint8Array = new Uint8Array(65536)): Kernels {
  const pages = new WebAssembly.Memory({ initial: Math.ceil(bytes.length / 65536) });
  new Uint8Array(pages.buffer).set(bytes);
  const exports = { memory: pages, HEAP_BASE: new WebAssembly.Global({ value: "i32" }, 0) };
  return new Kernels({ exports } as unknown as WebAssembly.Instance);
}

export interface Asked {
  readonly info?: Partial<StreamInfo>;
  readonly options?: Options;
  readonly rig?: Rig | null;
  readonly kernels?: Kernels;
  /** Cut before these frames and merge from the left. */
  readonly cuts?: readonly number[];
}

/** Observes, merges and concludes one stream. */
export function ask<S>(
  check: StreamCheck<S>,
  frames: readonly Frame[],
  { info, options, rig = null, kernels = memory(), cuts = [] }: Asked = {},
) {
  const stream: StreamInfo = { ...SENSOR, ...info };
  const chosen = { ...check.defaults, ...options };
  const block = blockOf(frames);
  const pieces = frames.length === 0 ? [] : cutBlock(block, cuts);
  const whole = pieces.length === 0 ? null : folded(check, pieces, lookOf(stream, { options: chosen, kernels }));
  const census = censusOf(stream, block);
  return check.answer(whole, census, contextOf([census], rig), chosen);
}

/** Kind, severity and frames of each defect, in order of place: what most tests compare. */
export function places(conclusion: {
  readonly defects: readonly { kind: string; severity: string; frames: readonly [number, number] | null }[];
}): string[] {
  return conclusion.defects
    .toSorted((a, b) => (a.frames?.[0] ?? -1) - (b.frames?.[0] ?? -1))
    .map(({ kind, severity, frames }) => `${severity} ${kind} ${frames ? frames.join("-") : "-"}`);
}

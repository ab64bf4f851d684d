/** A street in a few words: cars and their labels for the tests of label sequences, and what a check says of them. */
import type { AnyCheck, Conclusion } from "../src/check/check.ts";
import type { LabelRow } from "../src/columns/builder.ts";
import { labelRows } from "../src/columns/labels.ts";
import { poseRows } from "../src/columns/poses.ts";
import { loadKernels } from "../src/kernels.ts";
import type { Finding, StreamInfo } from "../src/types.ts";
import { blockOf, censusOf, contextOf, cutBlock, healthy, joinedRows } from "./blocks.ts";

const kernels = await loadKernels();

/** A box a test may spoil. */
export interface Box {
  track: string;
  class: string;
  box2d?: number[];
  /** x y z length width height yaw. */
  box3d?: number[];
}
/** Boxes by frame. */
export type Scene = Box[][];

export const LABELS: StreamInfo = { id: "/labels", kind: "labels", type: "boxes", stamps: "sensor", sequenced: false };

/** Cars side by side, 4 m apart, each at its own speed of 8 m/s and more; nearly constant, so that nothing is exact. */
export function street(frames: number, cars = 4): Scene {
  return Array.from({ length: frames }, (_, frame) =>
    Array.from({ length: cars }, (_, car): Box => {
      const t = frame * 0.1;
      const x = 10 * car + (8 + 2 * car) * t + 0.01 * Math.sin(7 * t + car);
      return { track: `car ${car}`, class: "car", box3d: [x, 4 * car, 0.8, 4 + 0.2 * car, 1.8, 1.5, 0.02 * Math.sin(t + car)] };
    }),
  );
}

/** The same in an image: boxes of 40 px and more that drift and breathe. */
export function pavement(frames: number, people = 4): Scene {
  return Array.from({ length: frames }, (_, frame) =>
    Array.from({ length: people }, (_, who): Box => {
      const left = 200 + 150 * who + (who % 2 === 0 ? 1 : -1) * 5 * frame + 0.3 * Math.sin(frame + who);
      const top = 100 + 10 * who + 0.3 * Math.cos(frame * 1.3 + who);
      return { track: `person ${who}`, class: "pedestrian", box2d: [left, top, left + 40 + 2 * who, top + 100 + 5 * who] };
    }),
  );
}

export function boxOf(scene: Scene, frame: number, track: string): Box {
  const box = scene[frame]?.find((one) => one.track === track);
  if (!box) throw new RangeError(`expected ${track} in frame ${frame}`);
  return box;
}

/** The tracks of two boxes change places in these frames. */
export function swapTracks(scene: Scene, a: string, b: string, first: number, last = first): void {
  for (let frame = first; frame <= last; frame++) {
    for (const box of scene[frame] ?? []) box.track = box.track === a ? b : box.track === b ? a : box.track;
  }
}

export interface Asked {
  readonly info?: Partial<StreamInfo>;
  readonly cuts?: readonly number[];
  readonly interrupted?: boolean;
}

/** Gathers, merges and concludes. */
export function askSequence(check: AnyCheck, scene: Scene, { info, cuts = [], interrupted = false }: Asked = {}): Conclusion {
  const stream = { ...LABELS, ...info };
  const block = blockOf(
    healthy(scene.length).map((frame, i) => ({ ...frame, boxes: (scene[i] ?? []) as unknown as Omit<LabelRow, "frame">[] })),
  );
  const pieces = cutBlock(block, cuts).map((piece) => structuredClone(labelRows.collect(piece, kernels, stream)));
  const collected = { [labelRows.id]: [joinedRows(labelRows, pieces)], [poseRows.id]: [null] };
  const context = contextOf([censusOf(stream, block)], null, interrupted, { collected, kernels });
  const [conclusion] = check.conclude(context, check.defaults);
  if (!conclusion) throw new Error("expected a conclusion");
  return conclusion;
}

/** `kind first-last tracks` of each defect. */
export function said({ defects }: Conclusion): string[] {
  return defects.map(({ kind, frames, tracks = [] }) => `${kind} ${frames?.join("-")} ${tracks.join(", ")}`.trim());
}

/** What a person reads. */
export function told(check: AnyCheck, { defects }: Conclusion): string[] {
  return defects.map((defect) =>
    check.describe({ check: check.id, fingerprint: "", signals: [], ...defect, stream: LABELS.id } as Finding),
  );
}

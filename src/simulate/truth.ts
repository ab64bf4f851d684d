/**
 * The truth beside a drive, as JSON written piece by piece: one line per moment, so that memory does not grow with it.
 * The format is described in docs/simulator.md.
 */
import { json } from "../report/escape.ts";
import type { Annotator } from "./annotators.ts";
import type { Planted } from "./faults.ts";
import type { LabelTrack } from "./labels.ts";
import type { DriveSettings } from "./options.ts";
import { type Rigid, START_NS, type TrueMoment } from "./types.ts";

/** The truth of a drive lies beside it. */
export function truthPath(out: string): string {
  return `${out.replace(/\.mcap$/i, "")}.truth.json`;
}

/** Micrometres, microradians: finer than anything that is measured. */
const DIGITS = 1e6;

export interface TruthHead {
  readonly settings: DriveSettings;
  /** Sensors as they are, and what was drawn for this drive. */
  readonly sensors: unknown;
  readonly annotators: readonly Annotator[];
}

/** Poses of base_link between this moment and the next. */
export interface TruePose {
  readonly t: number;
  readonly pose: Rigid;
}

/** How a picture was taken. */
export interface TruePicture {
  readonly t: number;
  readonly stampNs: bigint;
  readonly exposureSeconds: number;
  readonly gain: number;
}

/** Pieces of one JSON document, in this order: `head`, any number of `moment`, `tail`. */
export function head({ settings, sensors, annotators }: TruthHead): string {
  const fields = { schema: "plumbline.truth/1", startNs: String(START_NS), settings, sensors, annotators };
  return `${json(fields, 1).slice(0, -2)},\n "moments": [`;
}

export function moment(
  { index, t, stampNs, ego, boxes }: TrueMoment,
  poses: readonly TruePose[],
  pictures: readonly TruePicture[],
): string {
  const fields = {
    index,
    t: rounded(t),
    stampNs: String(stampNs),
    velocity: ego.velocity.map(rounded),
    angularVelocity: ego.angularVelocity.map(rounded),
    // t, x, y, z, qx, qy, qz, qw
    poses: poses.map(({ t: at, pose }) => [at, pose.x, pose.y, pose.z, pose.qx, pose.qy, pose.qz, pose.qw].map(rounded)),
    pictures: pictures.map(({ t: at, stampNs: stamp, exposureSeconds, gain }) => ({
      ...{ t: rounded(at), stampNs: String(stamp), exposureSeconds: rounded(exposureSeconds), gain: rounded(gain) },
    })),
    boxes: boxes.map((box) => ({
      object: box.object,
      class: box.class,
      // x, y, z, length, width, height, yaw in map
      box: [box.x, box.y, box.z, box.length, box.width, box.height, box.yaw].map(rounded),
      velocity: box.velocity.map(rounded),
      yawRate: rounded(box.yawRate),
      parked: box.parked,
      points: box.points,
    })),
  };
  return `${index === 0 ? "" : ","}\n  ${json(fields)}`;
}

export interface TruthTail {
  readonly labels: Readonly<Record<string, readonly LabelTrack[]>>;
  readonly faults: readonly Planted[];
  /** Messages written, by topic. */
  readonly messages: Readonly<Record<string, number>>;
}

export function tail({ labels, faults, messages }: TruthTail): string {
  const list = (items: readonly unknown[]): string => `[${items.map((item) => `\n  ${json(item)}`).join(",")}\n ]`;
  const tracks = Object.entries(labels).map(([topic, items]) => `\n  ${json(topic)}: ${list(items)}`);
  return `\n ],\n "labels": {${tracks.join(",")}\n },\n "faults": ${list(faults)},\n "messages": ${json(messages)}\n}\n`;
}

function rounded(value: number): number {
  return Math.round(value * DIGITS) / DIGITS;
}

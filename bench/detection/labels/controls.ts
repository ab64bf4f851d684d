/** What a fault detector is worth beside: chance, and the rule in use today that a box overlaps its predecessor by IoU 0.8. */
import type { LabelTable } from "../../../src/columns/labels.ts";
import type { Random } from "../../../src/simulate/random.ts";
import type { Site } from "./kinds.ts";
import type { Alarm } from "./score.ts";

const LEAST_IOU = 0.8;

/** As many alarms as the detector gave, of the right kind, about any box of the set. */
export function randomAlarms(kinds: readonly string[], count: number, { labels }: LabelTable, random: Random): readonly Alarm[] {
  return Array.from({ length: labels.count === 0 ? 0 : count }, () => {
    const row = random.below(labels.count);
    const frame = labels.frame[row] ?? 0;
    return { kind: random.pick(kinds), frames: [frame, frame] as const, tracks: [labels.tracks[labels.track[row] ?? -1] ?? ""] };
  });
}

/** How many of the faults have an alarm in one of their frames and on one of their tracks, whatever it calls them. */
export function touchedBy(alarms: readonly Alarm[], faults: readonly Site[]): number {
  const places = new Set(alarms.flatMap(({ frames: [frame], tracks }) => [`${frame}`, ...tracks.map((track) => `${frame} ${track}`)]));
  return faults.filter(({ frames: [first, last], tracks, observable }) => {
    if (!observable) return false;
    for (let f = first; f <= last; f++)
      if (tracks.length === 0 ? places.has(`${f}`) : tracks.some((track) => places.has(`${f} ${track}`))) return true;
    return false;
  }).length;
}

/** Every box that does not overlap the box of its track in the frame before by IoU 0.8, as delivered. */
export function iouAlarms({ labels }: LabelTable, is3d: boolean): readonly Alarm[] {
  const before = new Map<number, number>();
  const alarms: Alarm[] = [];
  for (let row = 0; row < labels.count; row++) {
    const track = labels.track[row] ?? -1;
    if (track < 0 || labels.ignored[row]) continue;
    const last = before.get(track);
    const frame = labels.frame[row] ?? 0;
    before.set(track, row);
    if (last === undefined || labels.frame[last] !== frame - 1) continue;
    const iou = is3d
      ? aligned(ground(labels.box3d, last), ground(labels.box3d, row))
      : aligned(labels.box2d.subarray(4 * last, 4 * last + 4), labels.box2d.subarray(4 * row, 4 * row + 4));
    if (iou <= LEAST_IOU) alarms.push({ kind: "iou", frames: [frame, frame], tracks: [labels.tracks[track] ?? ""] });
  }
  return alarms;
}

/** The box's rectangle on the ground in its own heading, about its centre: the rule's common form. */
function ground(box3d: Float64Array, row: number): readonly number[] {
  const [x = 0, y = 0, , l = 0, w = 0] = box3d.subarray(7 * row, 7 * row + 7);
  return [x - l / 2, y - w / 2, x + l / 2, y + w / 2];
}

function aligned(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const side = (d: number): number => Math.max(0, Math.min(a[d + 2] ?? 0, b[d + 2] ?? 0) - Math.max(a[d] ?? 0, b[d] ?? 0));
  const area = (box: ArrayLike<number>): number => ((box[2] ?? 0) - (box[0] ?? 0)) * ((box[3] ?? 0) - (box[1] ?? 0));
  const shared = side(0) * side(1);
  const all = area(a) + area(b) - shared;
  return all > 0 ? shared / all : 0;
}

/** The streaming form on the same damaged files: what it tells, and how many frames after the frame it names. */
import type { LabelRow } from "../../../src/columns/builder.ts";
import type { LabelTable } from "../../../src/columns/labels.ts";
import { LabelWatch } from "../../../src/session/label-watch.ts";
import type { StreamInfo } from "../../../src/types.ts";
import type { Alarm } from "./score.ts";

/** These go on from a frame: lateness counts from there, after the rows that make them one. */
const FROM_THEIR_BEGINNING: Readonly<Record<string, number>> = { "persistent-swap": 1, "class-switch": 2, broken: 2 };

/** Largest lateness by kind. */
export const lateness = new Map<string, number>();

export function watched({ labels, frames, stampNs }: LabelTable, { imageSize }: Pick<StreamInfo, "imageSize">): readonly Alarm[] {
  const boxes: Omit<LabelRow, "frame">[][] = Array.from({ length: frames }, () => []);
  for (let i = 0; i < labels.count; i++) {
    const [box2d, box3d] = [[...labels.box2d.subarray(4 * i, 4 * i + 4)], [...labels.box3d.subarray(7 * i, 7 * i + 7)]];
    const track = labels.tracks[labels.track[i] ?? -1];
    boxes[labels.frame[i] ?? 0]?.push({
      ...(track !== undefined && { track }),
      class: labels.classes[labels.class[i] ?? -1] ?? "",
      ...(Number.isFinite(box2d[0]) && { box2d: box2d as unknown as NonNullable<LabelRow["box2d"]> }),
      ...(Number.isFinite(box3d[0]) && { box3d: box3d as unknown as NonNullable<LabelRow["box3d"]> }),
      ignored: labels.ignored[i] === 1,
    });
  }
  const watch = new LabelWatch(imageSize ? { imageSize } : {});
  const told: Alarm[] = [];
  for (let frame = 0; frame < frames; frame++) {
    for (const fault of watch.push(stampNs[frame] ?? 0n, boxes[frame] ?? [])) {
      told.push(fault);
      const from = FROM_THEIR_BEGINNING[fault.kind];
      const late = frame - (from === undefined ? fault.frames[1] : fault.frames[0] + from);
      lateness.set(fault.kind, Math.max(lateness.get(fault.kind) ?? 0, late));
    }
  }
  return [...told, ...watch.end()];
}

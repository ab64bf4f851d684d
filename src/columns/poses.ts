/** Poses of whole streams: 68 bytes a row. */
import type { Gather } from "../check/gather.ts";
import type { PoseColumns } from "../types.ts";
import { joinColumns, type MotionPiece } from "./_motion.ts";

/** Pieces in file order. */
export type PoseRows = readonly MotionPiece<PoseColumns>[];

export const poseRows: Gather<PoseRows> = {
  id: "poses",
  needs: ["poses"],
  appliesTo: ({ kind }) => kind === "pose",
  observe: ({ frames, poses }) => [{ frames: frames.count, columns: poses ?? null }],
  merge: (left, right) => [...left, ...right],
};

/** All poses of a stream; `frame` is the frame of the stream. */
export function poseTable(pieces: PoseRows): PoseColumns {
  const { count, frame, stampNs, values } = joinColumns({ xyz: 3, quaternion: 4 }, pieces);
  return { count, frame, stampNs, ...values };
}

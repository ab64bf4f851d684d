/** How fast labelled objects move: by row of a label table, from the boxes of the track before and after. */
import type { Seen } from "../../check/table.ts";
import { type BoxTable, boxTable } from "../../columns/label-frames.ts";
import { type LabelTable, labelTables } from "../../columns/labels.ts";
import { poseRows, poseTable } from "../../columns/poses.ts";
import { hypot } from "../../geometry/elementary.ts";
import type { PoseColumns, StreamInfo } from "../../types.ts";
import { inFixedFrame } from "../labels/sequence/fixed-frame.ts";
import { Tracks, WIDTH } from "../labels/sequence/tracks.ts";

/** The 3D labels of one stream, ready to be asked by stamp. */
export interface MovingBoxes {
  readonly stream: StreamInfo;
  readonly table: LabelTable;
  /** f64[rows], m/s; NaN where the neighbours in time are missing. Over ground where poses are known, else relative to the vehicle. */
  readonly speed: Float64Array;
  readonly isOverGround: boolean;
  /** Frames by stamp. */
  readonly byStamp: BoxTable;
}

/** Every label stream that has 3D boxes with tracks, once per thread. */
export function movingBoxes(seen: Seen): readonly MovingBoxes[] {
  const poses = seen.of(poseRows).flatMap((pieces) => (pieces ? [poseTable(pieces)] : []));
  return seen.derive(labelTables).flatMap((table, i) => {
    const stream = seen.streams[i];
    if (!table || !stream) return [];
    const { labels } = table;
    const is3d = labels.track.some((track, row) => track >= 0 && Number.isFinite(labels.box3d[7 * row]));
    return is3d ? [boxesOf(stream, table, poses)] : [];
  });
}

function boxesOf(stream: StreamInfo, table: LabelTable, poses: readonly PoseColumns[]): MovingBoxes {
  const { labels, frames } = table;
  const place = poses.map((one) => inFixedFrame(table, one, labels.frame)).find((one) => one !== null);
  const tracks = new Tracks(table, "3d", {}, place);
  const speed = new Float64Array(labels.count).fill(Number.NaN);
  for (let track = 0; track < tracks.count; track++) {
    for (const [i, row] of tracks.rowsOf(track).entries()) {
      const frame = tracks.frame[row] ?? 0;
      const [a, b] = [tracks.near(track, i - 1, frame), tracks.near(track, i + 1, frame)];
      if (a < 0 || b < 0) continue;
      const seconds = (tracks.seconds[tracks.frame[b] ?? 0] ?? 0) - (tracks.seconds[tracks.frame[a] ?? 0] ?? 0);
      const moved = [0, 1, 2].map((d) => (tracks.place[WIDTH * b + d] ?? 0) - (tracks.place[WIDTH * a + d] ?? 0));
      speed[row] = hypot(moved[0] ?? 0, moved[1] ?? 0, moved[2] ?? 0) / seconds;
    }
  }
  const byStamp = boxTable(stream, frames, table.stampNs, labels);
  return { stream, table, speed, isOverGround: place !== undefined, byStamp };
}

/** Rows of a frame that are 3D boxes, at most so many. */
export function boxesIn({ table: { labels }, byStamp: { rowOf } }: MovingBoxes, frame: number, most: number): readonly number[] {
  const rows: number[] = [];
  for (let row = rowOf[frame] ?? 0; row < (rowOf[frame + 1] ?? 0) && rows.length < most; row++) {
    if (!labels.ignored[row] && Number.isFinite(labels.box3d[7 * row])) rows.push(row);
  }
  return rows;
}

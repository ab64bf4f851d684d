/** Label rows of whole streams: some 130 bytes a box and 8 a frame. */
import type { Table } from "../check/table.ts";
import type { LabelColumns } from "../types.ts";

/** Pieces in file order: kept apart until someone asks, so that merging costs nothing. */
export type LabelRows = readonly LabelPiece[];

interface LabelPiece {
  readonly frames: number;
  /** i64[frames]. */
  readonly stampNs: BigInt64Array;
  /** `frame` counts from the beginning of the piece. Null where no frame has a row. */
  readonly labels: LabelColumns | null;
}

export const labelRows: Table<LabelRows> = {
  id: "labels",
  needs: ["labels"],
  bytesPerRow: 130,
  appliesTo: ({ kind }) => kind === "labels",
  collect: ({ frames, labels }) => [{ frames: frames.count, stampNs: frames.stampNs.slice(0, frames.count), labels: labels ?? null }],
  join: (left, right, { skipped }) => [...left, ...leftOut(skipped), ...right],
};

/** Frames that were left out keep their places: without stamps and rows. */
function leftOut(frames: number): LabelRows {
  return frames === 0 ? [] : [{ frames, stampNs: new BigInt64Array(frames), labels: null }];
}

/** The labels of a stream from its first frame to its last. */
export interface LabelTable {
  readonly frames: number;
  /** i64[frames]. */
  readonly stampNs: BigInt64Array;
  /** `frame` is the frame of the stream. Names are numbered in order of first appearance, whatever the cut. */
  readonly labels: LabelColumns;
}

export function labelTable(pieces: LabelRows): LabelTable {
  const frames = pieces.reduce((sum, piece) => sum + piece.frames, 0);
  const count = pieces.reduce((sum, { labels }) => sum + (labels?.count ?? 0), 0);
  const stampNs = new BigInt64Array(frames);
  const tracks = new Map<string, number>();
  const classes = new Map<string, number>();
  const annotators = new Map<string, number>();
  const columns = {
    frame: new Int32Array(count),
    track: new Int32Array(count),
    class: new Int32Array(count),
    annotator: new Int32Array(count),
    confidence: new Float64Array(count),
    box2d: new Float64Array(4 * count),
    box3d: new Float64Array(7 * count),
    ignored: new Uint8Array(count),
  };
  let frame = 0;
  let row = 0;
  for (const piece of pieces) {
    stampNs.set(piece.stampNs, frame);
    const from = piece.labels;
    for (let i = 0; from && i < from.count; i++) {
      columns.frame[row + i] = frame + (from.frame[i] ?? 0);
      columns.track[row + i] = renumbered(tracks, from.tracks, from.track[i] ?? -1);
      columns.class[row + i] = renumbered(classes, from.classes, from.class[i] ?? -1);
      columns.annotator[row + i] = renumbered(annotators, from.annotators, from.annotator[i] ?? -1);
    }
    if (from) {
      columns.confidence.set(from.confidence, row);
      columns.box2d.set(from.box2d, 4 * row);
      columns.box3d.set(from.box3d, 7 * row);
      columns.ignored.set(from.ignored, row);
    }
    frame += piece.frames;
    row += from?.count ?? 0;
  }
  const names = { tracks: [...tracks.keys()], classes: [...classes.keys()], annotators: [...annotators.keys()] };
  return { frames, stampNs, labels: { count, ...columns, ...names } };
}

function renumbered(known: Map<string, number>, names: readonly string[], index: number): number {
  const name = names[index];
  if (name === undefined) return -1;
  const number = known.get(name) ?? known.size;
  known.set(name, number);
  return number;
}

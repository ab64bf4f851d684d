/** Label rows of whole streams: up to 113 bytes a box and 8 a frame. */
import type { Seen, Table } from "../check/table.ts";
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

/** Of every label stream, by stream; null where it has no frames. For `derive`: one table, however many checks ask. */
export function labelTables(seen: Seen): readonly (LabelTable | null)[] {
  return seen.of(labelRows).map((pieces) => pieces && labelTable(pieces));
}

export function labelTable(pieces: LabelRows): LabelTable {
  const [only] = pieces;
  // The columns themselves, where they are numbered so.
  if (pieces.length === 1 && only?.labels && isNumbered(only.labels)) return { ...only, labels: only.labels };
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
    box2d: boxes(pieces, "box2d", 4 * count),
    box3d: boxes(pieces, "box3d", 7 * count),
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
      if (from.box2d.length > 0) columns.box2d.set(from.box2d, 4 * row);
      if (from.box3d.length > 0) columns.box3d.set(from.box3d, 7 * row);
      columns.ignored.set(from.ignored, row);
    }
    frame += piece.frames;
    row += from?.count ?? 0;
  }
  const names = { tracks: [...tracks.keys()], classes: [...classes.keys()], annotators: [...annotators.keys()] };
  return { frames, stampNs, labels: { count, ...columns, ...names } };
}

/** Room for boxes of one kind; none where no piece has any. */
function boxes(pieces: LabelRows, name: "box2d" | "box3d", length: number): Float64Array {
  const has = pieces.some(({ labels }) => labels && labels[name].length > 0);
  return new Float64Array(has ? length : 0).fill(Number.NaN);
}

/** Whether names are numbered in order of first appearance, and all are used. */
function isNumbered({ track, tracks, class: classes, classes: classNames, annotator, annotators }: LabelColumns): boolean {
  const inOrder = (column: Int32Array, names: readonly string[]): boolean => {
    let next = 0;
    for (let row = 0; row < column.length; row++) {
      const index = column[row] ?? -1;
      if (index > next) return false;
      if (index === next) next++;
    }
    return next === names.length;
  };
  return inOrder(track, tracks) && inOrder(classes, classNames) && inOrder(annotator, annotators);
}

function renumbered(known: Map<string, number>, names: readonly string[], index: number): number {
  const name = names[index];
  if (name === undefined) return -1;
  const number = known.get(name) ?? known.size;
  known.set(name, number);
  return number;
}

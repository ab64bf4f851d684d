/** How restless each annotator's boxes are: noise of a single box from second differences along tracks, whatever the motion. */
import { hypot } from "../../../geometry/elementary.ts";
import type { Kernels } from "../../../kernels.ts";
import type { Plain } from "../../../types.ts";
import { rounded } from "./faults.ts";
import { MOST_GAP_FRAMES, type Tracks, WIDTH } from "./tracks.ts";

/** Fewer second differences than this say nothing. */
const LEAST = 20;
/** Annotators that are told: of more those with most boxes. Each takes a pass over all of them. */
const MOST_ANNOTATORS = 32;

export interface Noise {
  /** Name of the annotator; null where labels name none. */
  readonly annotator: string | null;
  /** Second differences it is taken from. */
  readonly boxes: number;
  /** Standard deviations: of the place over ground (metres) or of left and top (pixels), of the length or width, of the yaw (3D). */
  readonly figures: Readonly<Record<string, Plain>>;
}

/** Annotators with enough boxes, in order of first appearance. */
export function noiseByAnnotator(tracks: Tracks, kernels: Kernels): readonly Noise[] {
  const { labels, frames } = tracks.table;
  const rows = labels.count;
  const is3d = tracks.dimensions === "3d";
  const mark = kernels.mark();
  const put = (column: Float64Array | Int32Array): number =>
    kernels.put(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  const [frame, track, who] = [put(tracks.frame), put(tracks.track), put(labels.annotator)];
  const place = put(tracks.place);
  const boxes = is3d ? put(labels.box3d) : put(widthsOf(tracks));
  const [starts, last] = [kernels.alloc(4 * (frames + 1)), kernels.alloc(4 * tracks.count)];
  const [members, before, after] = [kernels.alloc(4 * rows), kernels.alloc(4 * rows), kernels.alloc(4 * rows)];
  const [scratch, out] = [kernels.alloc(8 * rows), kernels.alloc(16)];
  const count = kernels.exports.sortByFrame(frame, track, rows, frames, starts, members);
  kernels.exports.linkTracks(members, count, track, frame, rows, tracks.count, MOST_GAP_FRAMES, before, after, last);
  const noise = (values: number, stride: number, only: number, angle = 0): readonly [number, number] => {
    kernels.exports.secondDifferenceMad(values, stride, angle, frame, before, after, who, only, rows, scratch, out);
    const [deviation = 0, differences = 0] = new Float64Array(kernels.exports.memory.buffer, out, 2);
    return [deviation, differences];
  };
  const found = busiest(tracks).flatMap((only): Noise[] => {
    const [[x, n], [y]] = [noise(place, 8 * WIDTH, only), noise(place + 8, 8 * WIDTH, only)];
    if (n < LEAST) return [];
    const figures = is3d
      ? {
          placeM: rounded(hypot(x, y), 4),
          lengthM: rounded(noise(boxes + 24, 56, only)[0], 4),
          yawRad: rounded(noise(boxes + 48, 56, only, 1)[0], 4),
        }
      : { placePx: rounded(hypot(x, y), 2), widthPx: rounded(noise(boxes, 8, only)[0], 2) };
    return [{ annotator: labels.annotators[only] ?? null, boxes: n, figures }];
  });
  kernels.release(mark);
  return found;
}

/** Annotators by number, -1 for none, who may have enough boxes. */
function busiest({ table: { labels }, track }: Tracks): readonly number[] {
  const boxes = new Uint32Array(labels.annotators.length + 1);
  for (let row = 0; row < labels.count; row++) {
    const annotator = labels.annotator[row] ?? -1;
    if ((track[row] ?? -1) >= 0) boxes[annotator + 1] = (boxes[annotator + 1] ?? 0) + 1;
  }
  const of = (annotator: number): number => boxes[annotator + 1] ?? 0;
  const all = [...boxes.keys()].map((i) => i - 1).filter((annotator) => of(annotator) >= LEAST);
  if (all.length <= MOST_ANNOTATORS) return all;
  return all
    .sort((a, b) => of(b) - of(a) || a - b)
    .slice(0, MOST_ANNOTATORS)
    .sort((a, b) => a - b);
}

function widthsOf(tracks: Tracks): Float64Array {
  const widths = new Float64Array(tracks.frame.length);
  for (let row = 0; row < widths.length; row++)
    widths[row] = (tracks.place[WIDTH * row + 2] ?? Number.NaN) - (tracks.place[WIDTH * row] ?? Number.NaN);
  return widths;
}

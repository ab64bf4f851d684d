/** Which labels belong to which images: streams by what they say of themselves, frames by their stamps. */
import type { Seen } from "../check/table.ts";
import type { LabelColumns, StreamInfo } from "../types.ts";
import { labelTables } from "./labels.ts";

/** The 2D tracks of one label stream, ready to be asked by stamp. */
export interface BoxTable {
  readonly stream: StreamInfo;
  readonly labels: LabelColumns;
  /** Frames by ascending stamp. */
  readonly order: Int32Array;
  /** i64, of `order`. */
  readonly stampNs: BigInt64Array;
  /** Row at which each frame begins; one more than frames. */
  readonly rowOf: Int32Array;
  /** Half the median period: how far a stamp may be from an image's. */
  readonly toleranceNs: bigint;
}

/** Every label stream that has 2D boxes with tracks, once per thread. */
export function boxTables(seen: Seen): readonly BoxTable[] {
  return seen.derive(labelTables).flatMap((table, i) => {
    const stream = seen.streams[i];
    if (!table || !stream) return [];
    const { frames, stampNs, labels } = table;
    const usable = labels.box2d.some((edge, k) => !Number.isNaN(edge) && (labels.track[k >> 2] ?? -1) >= 0);
    return usable ? [boxTable(stream, frames, stampNs, labels)] : [];
  });
}

export function boxTable(stream: StreamInfo, frames: number, stamps: BigInt64Array, labels: LabelColumns): BoxTable {
  const at = (frame: number): bigint => stamps[frame] ?? 0n;
  const order = Int32Array.from({ length: frames }, (_, i) => i).sort((a, b) => (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : a - b));
  const stampNs = BigInt64Array.from(order, at);
  const gaps = stampNs.slice(1).map((ns, i) => ns - (stampNs[i] ?? 0n));
  const period = gaps.filter((gap) => gap > 0n).sort()[Math.floor(gaps.filter((gap) => gap > 0n).length / 2)] ?? 0n;
  const rowOf = new Int32Array(frames + 1);
  for (const frame of labels.frame) rowOf[frame + 1] = (rowOf[frame + 1] ?? 0) + 1;
  for (let i = 0; i < frames; i++) rowOf[i + 1] = (rowOf[i + 1] ?? 0) + (rowOf[i] ?? 0);
  return { stream, labels, order, stampNs, rowOf, toleranceNs: period / 2n };
}

/** The frame whose stamp is nearest, within the tolerance; the first of equals. Null where there is none. */
export function labelFrameAt({ order, stampNs, toleranceNs }: BoxTable, ns: bigint): number | null {
  let low = 0;
  let high = stampNs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stampNs[middle] ?? 0n) < ns) low = middle + 1;
    else high = middle;
  }
  const after = stampNs[low];
  const before = stampNs[low - 1];
  const late = after === undefined ? null : after - ns;
  const early = before === undefined ? null : ns - before;
  if (late !== null && late <= toleranceNs && (early === null || late <= early)) return order[low] ?? null;
  return early !== null && early <= toleranceNs ? (order[low - 1] ?? null) : null;
}

export const NO_BOXES = "no 2D boxes with tracks";
export const NO_CAMERA = "which camera the labels belong to is not stated";

/**
 * The labels of a camera: those of its number (label_02 and image_02), of its folder or name space, or of its image size, where
 * that singles one out; the only ones there are, for the only camera.
 *
 * @returns a reason where none or several fit
 */
export function labelsOf(image: StreamInfo, streams: readonly StreamInfo[], tables: readonly BoxTable[]): BoxTable | string {
  if (tables.length === 0) return NO_BOXES;
  const cameras = streams.filter(({ kind }) => kind === "image");
  const rules: ((label: StreamInfo, camera: StreamInfo) => boolean)[] = [
    (label, camera) => numberOf(label.id) !== "" && numberOf(label.id) === numberOf(camera.id),
    (label, camera) => nameSpace(label.id) !== "" && nameSpace(label.id) === nameSpace(camera.id),
    (label, camera) => sizeOf(label) !== "" && sizeOf(label) === sizeOf(camera),
    () => true,
  ];
  for (const fits of rules) {
    const mine = tables.filter(({ stream }) => fits(stream, image) && cameras.filter((camera) => fits(stream, camera)).length === 1);
    if (mine.length === 1 && mine[0]) return mine[0];
  }
  return NO_CAMERA;
}

/** What follows `label_` and `image_`: 02, or 02/0001. */
function numberOf(id: string): string {
  return /^(?:labels?|images?)_(\d.*)$/.exec(id)?.[1] ?? "";
}

/** All but the last part of a topic. */
function nameSpace(id: string): string {
  return id.replace(/^\//, "").split("/").slice(0, -1).join("/");
}

function sizeOf({ imageSize }: StreamInfo): string {
  return imageSize ? `${imageSize.width}x${imageSize.height}` : "";
}

/** Stamps of streams by both clocks: 16 bytes a frame, of those alone that are compared with another stream or with the recorder. */
import type { Table } from "../check/table.ts";
import type { StreamKind } from "../types.ts";

/** Kinds that are taken together frame by frame without a rig. The first there is gives the reference. */
export const FRAME_KINDS: readonly StreamKind[] = ["points", "image", "labels", "stamps", "pose"];

/** Pieces in file order. */
export type StampRows = readonly StampTable[];

export interface StampTable {
  /** i64[n] each: by the sensor's clock, and by the recorder's. */
  readonly stampNs: BigInt64Array;
  readonly logNs: BigInt64Array;
}

export const stampRows: Table<StampRows> = {
  id: "stamps",
  needs: ["frames"],
  bytesPerRow: 16,
  // Plain messages by the recorder's clock come in millions and have no clock to model.
  appliesTo: ({ id, kind, stamps }, together) => stamps === "sensor" || FRAME_KINDS.includes(kind) || together.includes(id),
  collect: ({ frames }) => [{ stampNs: frames.stampNs.slice(0, frames.count), logNs: frames.logNs.slice(0, frames.count) }],
  join: (left, right, { skipped }) => [...left, ...unknown(skipped), ...right],
};

/** Frames that were left out keep their places: without stamps. */
function unknown(frames: number): StampRows {
  return frames === 0 ? [] : [{ stampNs: new BigInt64Array(frames), logNs: new BigInt64Array(frames) }];
}

/** All frames of a stream. */
export function stampTable(pieces: StampRows): StampTable {
  const count = pieces.reduce((sum, { stampNs }) => sum + stampNs.length, 0);
  const whole = { stampNs: new BigInt64Array(count), logNs: new BigInt64Array(count) };
  let at = 0;
  for (const { stampNs, logNs } of pieces) {
    whole.stampNs.set(stampNs, at);
    whole.logNs.set(logNs, at);
    at += stampNs.length;
  }
  return whole;
}

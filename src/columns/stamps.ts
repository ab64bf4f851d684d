/** Stamps of whole streams by both clocks: 16 bytes a frame. */
import type { Gather } from "../check/gather.ts";

/** Pieces in file order. */
export type StampRows = readonly StampTable[];

export interface StampTable {
  /** i64[n] each: by the sensor's clock, and by the recorder's. */
  readonly stampNs: BigInt64Array;
  readonly logNs: BigInt64Array;
}

export const stampRows: Gather<StampRows> = {
  id: "stamps",
  needs: ["frames"],
  appliesTo: () => true,
  observe: ({ frames }) => [{ stampNs: frames.stampNs.slice(0, frames.count), logNs: frames.logNs.slice(0, frames.count) }],
  merge: (left, right) => [...left, ...right],
};

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

/** The frames of a stream as they are compared. */
/** Frames of one stream. `leaves` holds the same number of bytes for each. */
export interface FrameSet {
  readonly id: string;
  readonly count: number;
  readonly leaves: Uint8Array;
  readonly stampNs: BigInt64Array;
}

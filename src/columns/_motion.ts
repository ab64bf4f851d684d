/** Columns of frames, stamps and vectors, piece by piece: what poses and inertial samples have in common. */

interface Motion {
  readonly count: number;
  readonly frame: Int32Array;
  readonly stampNs: BigInt64Array;
}

/** What one block held; `frame` counts from the beginning of the piece. */
export interface MotionPiece<Columns extends Motion> {
  readonly frames: number;
  readonly columns: Columns | null;
}

/** Frames that were left out, as pieces. */
export function leftOut(frames: number): readonly MotionPiece<never>[] {
  return frames === 0 ? [] : [{ frames, columns: null }];
}

/** @param widths of the f64 columns to join, in values a row */
export function joinColumns<Name extends string>(
  widths: Readonly<Record<Name, number>>,
  pieces: readonly MotionPiece<Motion & Readonly<Record<NoInfer<Name>, Float64Array>>>[],
): Motion & { readonly values: Record<Name, Float64Array> } {
  const count = pieces.reduce((sum, { columns }) => sum + (columns?.count ?? 0), 0);
  const frame = new Int32Array(count);
  const stampNs = new BigInt64Array(count);
  const names = Object.keys(widths) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, new Float64Array(widths[name] * count)])) as Record<Name, Float64Array>;
  let before = 0;
  let row = 0;
  for (const { frames, columns } of pieces) {
    if (columns) {
      for (let i = 0; i < columns.count; i++) frame[row + i] = before + (columns.frame[i] ?? 0);
      stampNs.set(columns.stampNs, row);
      for (const name of names) values[name].set(columns[name], widths[name] * row);
      row += columns.count;
    }
    before += frames;
  }
  return { count, frame, stampNs, values };
}

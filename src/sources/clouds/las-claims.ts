/**
 * What a LAS header says of its points, held against them: the box they lie in, and how many are first, second, … returns. LAZ has no
 * checksum, LAS has none either: a changed header, and points that were changed before they were packed, show here or nowhere.
 *
 * A box may be larger than its points (tiles cut from others keep theirs), and one unit of the scale is forgiven: writers round. Six zeros,
 * or counts that are all zero, state nothing.
 */
import type { Plain } from "../../types.ts";
import type { LasHeader } from "./las-header.ts";

export interface BrokenClaim {
  readonly kind: "header-bounds" | "header-returns";
  /** Of the file: where the header says so. */
  readonly bytes: readonly [number, number];
  readonly observed: Readonly<Record<string, Plain>>;
  readonly expected: Readonly<Record<string, Plain>>;
}

const AXES = ["x", "y", "z"] as const;
const BOUNDS_AT = 179;
const BOUNDS_END = 227;
/** Counts of returns: five u32, and since 1.4 fifteen u64. */
const FEW = { at: 111, count: 5, bytes: 4 } as const;
const MANY = { at: 255, count: 15, bytes: 8 } as const;
/** Of a double that went through a sum of two others. */
const ROUNDING = 2 ** -50;

/**
 * @param file the whole file
 * @param records its point records, unpacked
 * @param count of them; where it is less than the header says, returns are not counted
 */
export function brokenClaims(header: LasHeader, file: DataView, records: DataView, count: number): readonly BrokenClaim[] {
  if (count === 0) return [];
  const seen = look(header, records, count);
  const returns = count < header.points ? null : compareReturns(header, file, seen.returns);
  return [compareBounds(header, file, seen), returns].filter((claim) => claim !== null);
}

interface Seen {
  /** As the records have them: before scale and offset. */
  readonly low: Int32Array;
  readonly high: Int32Array;
  /** Points by the number of their return, 0 to 15. */
  readonly returns: Float64Array;
}

function look({ recordBytes, format }: LasHeader, records: DataView, count: number): Seen {
  const [low, high] = [new Int32Array(3).fill(2 ** 31 - 1), new Int32Array(3).fill(-(2 ** 31))];
  const returns = new Float64Array(16);
  const mask = format >= 6 ? 15 : 7;
  for (let i = 0, at = 0; i < count; i++, at += recordBytes) {
    for (let axis = 0; axis < 3; axis++) {
      const value = records.getInt32(at + 4 * axis, true);
      if (value < (low[axis] as number)) low[axis] = value;
      if (value > (high[axis] as number)) high[axis] = value;
    }
    const of = records.getUint8(at + 14) & mask;
    returns[of] = (returns[of] as number) + 1;
  }
  return { low, high, returns };
}

function compareBounds({ scale, offset }: LasHeader, file: DataView, { low, high }: Seen): BrokenClaim | null {
  const stated = AXES.map(
    (_, axis) => [file.getFloat64(BOUNDS_AT + 16 * axis + 8, true), file.getFloat64(BOUNDS_AT + 16 * axis, true)] as const,
  );
  if (stated.flat().every((bound) => bound === 0)) return null;
  const [observed, expected]: Record<string, Plain>[] = [{}, {}];
  for (const [axis, [least = 0, most = 0]] of stated.entries()) {
    const [unit = 1, from = 0] = [scale[axis], offset[axis]];
    const ends = [(low[axis] ?? 0) * unit + from, (high[axis] ?? 0) * unit + from].sort((a, b) => a - b);
    const [first = 0, last = 0] = ends;
    const forgiven = 1.001 * Math.abs(unit) + ROUNDING * Math.max(Math.abs(first), Math.abs(last));
    if (first >= least - forgiven && last <= most + forgiven) continue;
    const name = AXES[axis] ?? "x";
    if (observed) observed[name] = ends;
    if (expected) expected[name] = [least, most].map((bound) => (Number.isFinite(bound) ? bound : String(bound)));
  }
  if (!observed || !expected || Object.keys(observed).length === 0) return null;
  return { kind: "header-bounds", bytes: [BOUNDS_AT, BOUNDS_END], observed, expected };
}

/** Return 0 is none the format knows; writers that use it count such points as first ones, or not. */
function compareReturns({ minor }: LasHeader, file: DataView, returns: Float64Array): BrokenClaim | null {
  for (const { at, count, bytes } of minor >= 4 ? [MANY, FEW] : [FEW]) {
    const stated = Array.from({ length: count }, (_, i) =>
      bytes === 8 ? Number(file.getBigUint64(at + 8 * i, true)) : file.getUint32(at + 4 * i, true),
    );
    if (stated.every((points) => points === 0)) continue;
    const [none = 0, ...seen] = returns.subarray(0, count + 1);
    if (stated.every((points, i) => points === seen[i] || (i === 0 && points === (seen[0] ?? 0) + none))) return null;
    return { kind: "header-returns", bytes: [at, at + count * bytes], observed: { returns: seen }, expected: { returns: stated } };
  }
  return null;
}

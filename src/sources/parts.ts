/** What sources of every kind share: what a damage says, tables in kernel memory, digests of payloads. */
import type { Kernels } from "../kernels.ts";
import type { Block, Damage, More, Need } from "../types.ts";

/** Largest table: twice the largest label file of the MOTChallenge. */
export const MAX_TABLE_BYTES = 64 * 1024 * 1024;
/** So many times a table's size its columns may take. */
export const TABLE_GAIN = 8;

/** A short description of damage; what is not given is unknown. */
export function damage(kind: string, file: string, at: Partial<Omit<Damage, "kind" | "file" | "stream">> = {}): Omit<Damage, "stream"> {
  return { kind, severity: "error", file, bytes: null, timeNs: null, observed: {}, expected: {}, ...at };
}

/** A table in kernel memory. */
export interface LoadedTable {
  readonly path: string;
  readonly pointer: number;
  readonly bytes: number;
  readonly options: unknown;
}

/** Frames of a table: parallel columns, their payloads in kernel memory. */
export interface TableFrames {
  readonly stampNs: BigInt64Array;
  readonly sequence: Uint32Array;
  readonly pointer: Uint32Array;
  readonly bytes: Uint32Array;
  /** Byte range in the file; -1 where a frame has none. */
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly malformed: Block["malformed"];
  readonly columns: Pick<Block, "poses" | "imu" | "labels" | "points">;
  readonly damages: readonly Omit<Damage, "stream">[];
  /** Those that are only counted. */
  readonly moreDamages?: readonly More[];
}

export type DecodeTable = (table: LoadedTable, needs: ReadonlySet<Need>, kernels: Kernels) => TableFrames;

/** A table no frame could be read from. */
export function noFrames(damages: TableFrames["damages"], moreDamages: readonly More[] = []): TableFrames {
  return {
    stampNs: new BigInt64Array(0),
    sequence: new Uint32Array(0),
    pointer: new Uint32Array(0),
    bytes: new Uint32Array(0),
    start: new Float64Array(0),
    end: new Float64Array(0),
    malformed: [],
    columns: {},
    damages,
    moreDamages,
  };
}

/** crc32 and length of each payload, as `FrameColumns.digest` has them. */
export function digests(kernels: Kernels, pointer: Uint32Array, bytes: Uint32Array): BigUint64Array {
  const count = pointer.length;
  const regions = kernels.alloc(8 * count);
  const out = kernels.alloc(8 * count);
  const rows = kernels.u32(regions, 2 * count);
  for (let i = 0; i < count; i++) {
    rows[2 * i] = pointer[i] ?? 0;
    rows[2 * i + 1] = bytes[i] ?? 0;
  }
  kernels.exports.crc32Rows(regions, count, out);
  return kernels.u64(out, count).slice();
}

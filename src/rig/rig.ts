/**
 * The rig: what a recording should hold. Every field is optional but `schema`. Validated plain data;
 * reading and writing YAML is src/rig/file.ts.
 */
import type { Status, StreamKind } from "../words.ts";

/** x y z w, of length 1. */
export type Quaternion = readonly [number, number, number, number];

export interface RigStream {
  readonly id: string;
  readonly kind?: StreamKind;
  readonly required?: boolean;
  readonly rateHz?: number;
  readonly maxGapMs?: number;
  readonly sweepPeriodMs?: number;
  readonly spin?: "clockwise" | "counterclockwise";
  readonly stampReference?: "start" | "middle" | "end";
  readonly pointTimeUnit?: "ns" | "us" | "ms" | "s";
  readonly deskewed?: boolean;
  /** Of a label stream: the classes there are. */
  readonly classes?: readonly string[];
  /** Where the sensor sits: turns its axes into those of the vehicle. */
  readonly extrinsic?: { readonly rotation: Quaternion };
  /** Of a table, inside the recording's folder. */
  readonly path?: string;
  /** Name to column, from 0. */
  readonly columns?: Readonly<Record<string, number>>;
  /** Name of a column to its unit. */
  readonly units?: Readonly<Record<string, string>>;
  /** Whether the first line that is no comment names the columns. */
  readonly header?: boolean;
  /** Told by the first line where absent. */
  readonly separator?: "comma" | "semicolon" | "tab" | "space";
  /** What a line that is a comment begins with; "#" where absent. */
  readonly comment?: string;
}

/** What a rig may state of the sweeps of a point stream, and of nothing else. */
export const SWEEP_CLAUSES = ["sweepPeriodMs", "spin", "stampReference", "pointTimeUnit", "deskewed"] as const;

/** Why the absence of a stream is an open question and no defect. With `required: false` the rig accepts it by name. */
export const NOT_REQUIRED = "not in the recording, not required";

/** Two streams whose frames belong together by their nearest stamps. */
export interface RigAssociation {
  readonly between: readonly [string, string];
  readonly toleranceMs: number;
}

export interface Rig {
  readonly schema: "plumbline.rig/1";
  readonly framesPerBlock?: number;
  readonly streams?: readonly RigStream[];
  readonly offsets?: readonly { readonly between: readonly [string, string]; readonly expectedMs: number; readonly toleranceMs: number }[];
  readonly association?: readonly RigAssociation[];
  readonly accept?: readonly {
    readonly check: string;
    readonly status: Status;
    readonly reason?: string;
    readonly stream?: string;
    readonly why: string;
    readonly by: string;
  }[];
}

/**
 * The rig: what a recording should hold, and what makes one valid. Every field is optional but `schema`. Plain data;
 * reading and writing YAML is src/rig/file.ts.
 */
import { ConfigError } from "../errors.ts";
import type { Status, StreamKind } from "../words.ts";
import * as is from "./expect.ts";

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

/** Every kind a stream may be of. */
export const STREAM_KINDS = ["points", "imu", "pose", "image", "labels", "stamps", "bytes"] as const satisfies readonly StreamKind[];

const stream: is.Expect<RigStream> = is.record(
  {
    id: is.text,
    kind: is.oneOf(...STREAM_KINDS),
    required: is.flag,
    rateHz: is.positive,
    maxGapMs: is.positive,
    sweepPeriodMs: is.positive,
    spin: is.oneOf("clockwise", "counterclockwise"),
    stampReference: is.oneOf("start", "middle", "end"),
    pointTimeUnit: is.oneOf("ns", "us", "ms", "s"),
    deskewed: is.flag,
    classes: is.orNone(is.listOf(is.text)),
    extrinsic: is.orNone(is.record({ rotation: is.quaternion }, ["rotation"])),
    path: is.relativePath,
    columns: is.orNone(is.mapOf(is.index)),
    units: is.orNone(is.mapOf(is.text)),
    header: is.flag,
    separator: is.oneOf("comma", "semicolon", "tab", "space"),
    comment: is.text,
  },
  ["id"],
);

const shape: is.Expect<Rig> = is.record(
  {
    schema: is.oneOf("plumbline.rig/1"),
    framesPerBlock: is.count,
    streams: is.orNone(is.listOf(stream)),
    offsets: is.orNone(
      is.listOf(
        is.record({ between: is.pair, expectedMs: is.finite, toleranceMs: is.notNegative }, ["between", "expectedMs", "toleranceMs"]),
      ),
    ),
    association: is.orNone(is.listOf(is.record({ between: is.pair, toleranceMs: is.notNegative }, ["between", "toleranceMs"]))),
    accept: is.orNone(
      is.listOf(
        is.record(
          {
            check: is.text,
            status: is.oneOf("pass", "fail", "not_run", "not_observable"),
            reason: is.text,
            stream: is.text,
            why: is.text,
            by: is.text,
          },
          ["check", "status", "why", "by"],
        ),
      ),
    ),
  },
  ["schema"],
);

/**
 * The value as a rig: a copy, so that nothing its owner does later changes a run.
 *
 * @param path of the value, for messages; "" for the whole of a file
 * @throws ConfigError that names the place, what was expected and what was there; an unknown key is a mistake, since it would silently mean nothing
 */
export function rigOf(value: unknown, path: string): Rig {
  const rig = shape(value, path);
  checkStreams(rig.streams ?? [], is.join(path, "streams"));
  return rig;
}

function checkStreams(streams: readonly RigStream[], path: string): void {
  const seen = new Map<string, number>();
  for (const [i, stream] of streams.entries()) {
    const at = `${path}[${i}]`;
    const { id, kind, columns, units } = stream;
    const before = seen.get(id);
    if (before !== undefined)
      throw new ConfigError(`${at}.id: expected an id of its own, got ${JSON.stringify(is.short(id))} as in ${path}[${before}]`);
    seen.set(id, i);
    const clause = SWEEP_CLAUSES.find((one) => stream[one] !== undefined);
    if (clause && kind !== undefined && kind !== "points")
      throw new ConfigError(`${at}.${clause}: expected a stream of kind points, got ${kind}`);
    for (const unit of Object.keys(units ?? {})) {
      if (!Object.hasOwn(columns ?? {}, unit))
        throw new ConfigError(`${at}.units.${is.short(unit)}: expected the name of a column, got none of that name in columns`);
    }
  }
}

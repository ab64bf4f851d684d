/**
 * points/sweep-shape: does every sweep look like the others of its stream?
 *
 * Each sweep's points are counted by what they are (assembly/points/sweep-shape.ts) and held against what is usual in the stream: lasers that fall
 * silent, directions that go blind, points that turn to NaN or to the origin, doubles, and sweeps with far fewer or more points.
 */
import { SHAPE_FIGURES, SHAPE_SECTORS, SWEEP_LASERS } from "../../abi.ts";
import { AMOUNT, type Conclusion, type Defect, defineStreamCheck, type Options, SHARE } from "../../check/check.ts";
import { fieldOf } from "../../columns/point-fields.ts";
import { FIELD_TYPES } from "../../columns/point-times.ts";
import type { Kernels } from "../../kernels.ts";
import type { PointTable } from "../../types.ts";
import { sweepRows } from "./_sweeps.ts";

/** A laser or a direction is usual when so many of the sweeps have it. */
const USUAL = 0.8;
/** Points a sweep must have to be judged, and sweeps a stream. */
const LEAST_POINTS = 200;
const LEAST_SWEEPS = 5;
/** Findings of one kind are joined over gaps of so many good sweeps. */
const APART = 1;

interface Shape {
  readonly frame: number;
  readonly stampNs: bigint;
  readonly rows: number;
  readonly placed: number;
  readonly unplaced: number;
  readonly zero: number;
  readonly far: number;
  readonly repeated: number;
  readonly bright: number;
  /** A bit for each laser and each sector that has points: 77 bytes. */
  readonly lasers: Uint8Array;
  readonly sectors: Uint8Array;
}

interface Summary {
  readonly frames: number;
  /** Some 200 bytes a sweep. */
  readonly shapes: readonly Shape[];
  /** Clouds whose rows are not read. */
  readonly unread: number;
}

const kinds = {
  "not-finite": { severity: "warning", meaning: "many more points than usual have no place" },
  "at-origin": { severity: "warning", meaning: "many more points than usual lie at the origin" },
  "out-of-range": { severity: "warning", meaning: "points lie farther than any LiDAR sees" },
  repeated: { severity: "error", meaning: "points are there twice" },
  "point-count": { severity: "warning", meaning: "a sweep has far fewer or more points than the others" },
  "laser-dropout": { severity: "error", meaning: "lasers that usually have points have none" },
  "dead-laser": { severity: "warning", meaning: "lasers among the others have no point in the whole recording" },
  "blind-sector": { severity: "error", meaning: "the sensor sees nothing in directions where it usually does" },
} as const;
type Kind = keyof typeof kinds;

export const sweepShape = defineStreamCheck<Summary>({
  id: "points/sweep-shape",
  title: "Does every sweep look like the others?",
  level: 1,
  needs: ["frames", "points"],
  defaults: { farthestM: 500, jumpShare: 0.2, countFactor: 2, blindDegrees: 15, repeatedShare: 0.05 },
  ranges: { farthestM: AMOUNT, jumpShare: SHARE, countFactor: { least: 1 }, blindDegrees: { least: 0, most: 360 }, repeatedShare: SHARE },
  kinds,
  absent: "no point stream",
  blindSpots: [
    "what is so from the first sweep to the last, but lasers that are dead among others",
    "a laser that is weak, not silent; dirt that dims and does not blind",
    "lasers, where points do not name theirs; directions, where a sweep has fewer than 360 points",
  ],
  appliesTo: ({ kind }) => kind === "points",

  observe({ frames, points = [] }, { kernels, options }) {
    const seen = new Set<number>();
    const shapes: Shape[] = [];
    let unread = 0;
    for (const table of points) {
      // A padded cloud is several tables: one by one they are no sweep.
      if (seen.has(table.frame)) continue;
      seen.add(table.frame);
      const shape = shapeOf(table, frames.stampNs[table.frame] ?? 0n, Number(options["farthestM"]), kernels);
      if (shape) shapes.push(shape);
      else unread++;
    }
    return { frames: frames.count, shapes, unread };
  },

  merge: (left, right, { skipped }) => ({
    frames: left.frames + skipped + right.frames,
    shapes: [...left.shapes, ...right.shapes.map((one) => ({ ...one, frame: one.frame + left.frames + skipped }))],
    unread: left.unread + right.unread,
  }),

  answer(summary, _census, _context, options) {
    const items = summary?.frames ?? 0;
    const none = (status: "not_run" | "not_observable", reason: string): Conclusion => ({
      ...{ status, reason, coverage: { items, checked: 0 }, observed: {}, defects: [] },
    });
    const shapes = summary?.shapes ?? [];
    if (!summary || (shapes.length === 0 && summary.unread === 0)) return none("not_run", "no cloud with points");
    if (shapes.length === 0) return none("not_run", "no sweeps: points of a survey, or not in rows this check reads");
    if (shapes.length < LEAST_SWEEPS) return none("not_observable", `fewer than ${LEAST_SWEEPS} sweeps: nothing is usual yet`);
    const usual = usualOf(shapes);
    const found = shapes.flatMap((shape) => faultsOf(shape, usual, options).map((fault) => ({ shape, ...fault })));
    const dead = deadLasers(shapes, usual);
    return {
      status: found.length > 0 || dead.length > 0 ? "fail" : "pass",
      coverage: { items, checked: shapes.length },
      observed: {
        pointsMedian: usual.placed,
        notFiniteShare: rounded(usual.unplaced),
        atOriginShare: rounded(usual.zero),
        lasers: usual.lasers.length,
        directionsDegrees: usual.sectors.length,
      },
      defects: [...runsOf(found), ...dead],
    };
  },

  describe({ kind, frames, observed }) {
    const at = frames ? (frames[0] === frames[1] ? `sweep ${frames[0]}` : `sweeps ${frames[0]} to ${frames[1]}`) : "all sweeps";
    const percent = `${(100 * Number(observed["share"])).toFixed(1)} %`;
    if (kind === "point-count") return `${at}: ${observed["points"]} points`;
    if (kind === "laser-dropout" || kind === "dead-laser") return `${at}: no point of laser ${(observed["lasers"] as number[]).join(", ")}`;
    if (kind === "blind-sector") return `${at}: nothing seen over ${observed["degrees"]} degrees from ${observed["fromDegrees"]}`;
    return `${at}: ${percent} of the points: ${kinds[kind as Kind].meaning}`;
  },
});

function rounded(value: number): number {
  return Number(value.toFixed(4));
}

function shapeOf(table: PointTable, stampNs: bigint, farthestM: number, kernels: Kernels): Shape | null {
  const rows = table.mapped ? null : sweepRows(table);
  if (!rows) return null;
  const intensity = fieldOf(table, "intensity");
  const mark = kernels.mark();
  const length = SHAPE_FIGURES + SWEEP_LASERS + SHAPE_SECTORS;
  const out = kernels.alloc(4 * length);
  const bright = intensity ? ([intensity.offset, FIELD_TYPES.indexOf(intensity.type)] as const) : ([-1, 0] as const);
  kernels.exports.sweepShape(...rows.place, ...rows.ring, ...bright, farthestM, out);
  const [placed = 0, unplaced = 0, zero = 0, far = 0, repeated = 0, brightest = 0, ...counts] = kernels.u32(out, length);
  kernels.release(mark);
  return {
    ...{ frame: table.frame, stampNs, rows: table.count, placed, unplaced, zero, far, repeated, bright: brightest },
    lasers: bitsOf(counts.slice(0, SWEEP_LASERS)),
    sectors: bitsOf(counts.slice(SWEEP_LASERS)),
  };
}

function bitsOf(counts: readonly number[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(counts.length / 8));
  for (const [i, count] of counts.entries()) if (count > 0) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  return bits;
}

function has(bits: Uint8Array, i: number): boolean {
  return (((bits[i >> 3] ?? 0) >> (i & 7)) & 1) === 1;
}

interface Usual {
  /** Medians over sweeps: points with a place, shares of rows. */
  readonly placed: number;
  readonly unplaced: number;
  readonly zero: number;
  readonly repeated: number;
  readonly lasers: readonly number[];
  readonly sectors: readonly number[];
}

function usualOf(shapes: readonly Shape[]): Usual {
  const median = (of: (shape: Shape) => number): number => {
    const all = shapes.map(of).sort((a, b) => a - b);
    return all[all.length >> 1] ?? 0;
  };
  const usual = (length: number, of: (shape: Shape) => Uint8Array): readonly number[] =>
    Array.from({ length }, (_, i) => i).filter((i) => shapes.filter((shape) => has(of(shape), i)).length > USUAL * shapes.length);
  return {
    placed: median(({ placed }) => placed),
    unplaced: median(({ unplaced, rows }) => unplaced / Math.max(1, rows)),
    zero: median(({ zero, rows }) => zero / Math.max(1, rows)),
    repeated: median(({ repeated, rows }) => repeated / Math.max(1, rows)),
    lasers: usual(SWEEP_LASERS, ({ lasers }) => lasers),
    sectors: usual(SHAPE_SECTORS, ({ sectors }) => sectors),
  };
}

interface Fault {
  readonly kind: Kind;
  readonly observed: Defect["observed"];
  readonly expected: Defect["expected"];
}

function faultsOf(shape: Shape, usual: Usual, options: Options): readonly Fault[] {
  const faults: Fault[] = [];
  const { rows, placed } = shape;
  const jump = Number(options["jumpShare"]);
  const shares = [
    ["not-finite", shape.unplaced / Math.max(1, rows), usual.unplaced + jump, usual.unplaced],
    ["at-origin", shape.zero / Math.max(1, rows), usual.zero + jump, usual.zero],
    ["repeated", shape.repeated / Math.max(1, rows), usual.repeated + Number(options["repeatedShare"]), usual.repeated],
    ["out-of-range", shape.far / Math.max(1, rows), 0, 0],
  ] as const;
  for (const [kind, share, most, expected] of shares) {
    if (share > most) faults.push({ kind, observed: { share: rounded(share) }, expected: { share: rounded(expected) } });
  }
  const factor = Number(options["countFactor"]);
  if (usual.placed >= LEAST_POINTS && (placed * factor < usual.placed || placed > factor * usual.placed)) {
    return [...faults, { kind: "point-count", observed: { points: placed }, expected: { points: usual.placed } }];
  }
  const silent = usual.lasers.filter((laser) => !has(shape.lasers, laser));
  if (silent.length > 0) faults.push({ kind: "laser-dropout", observed: { lasers: silent }, expected: { lasers: [] } });
  const blind = placed >= SHAPE_SECTORS ? longestBlind(shape, usual.sectors) : null;
  if (blind && blind.degrees >= Number(options["blindDegrees"]))
    faults.push({ kind: "blind-sector", observed: { ...blind }, expected: { degrees: 0 } });
  return faults;
}

/** The widest run of usual directions, around the circle, without a point. */
function longestBlind({ sectors }: Shape, usual: readonly number[]): { readonly fromDegrees: number; readonly degrees: number } | null {
  const missing = new Set(usual.filter((sector) => !has(sectors, sector)));
  let best: { fromDegrees: number; degrees: number } | null = null;
  for (const from of missing) {
    if (missing.has((from + SHAPE_SECTORS - 1) % SHAPE_SECTORS)) continue;
    let degrees = 1;
    while (degrees < SHAPE_SECTORS && missing.has((from + degrees) % SHAPE_SECTORS)) degrees++;
    if (!best || degrees > best.degrees) best = { fromDegrees: (from * 360) / SHAPE_SECTORS - 180, degrees };
  }
  return best ?? (missing.size === SHAPE_SECTORS ? { fromDegrees: -180, degrees: 360 } : null);
}

/** Lasers between the first and the last that never have a point. */
function deadLasers(shapes: readonly Shape[], { lasers }: Usual): readonly Defect[] {
  const last = lasers.at(-1) ?? -1;
  if (lasers.length < 4 || lasers.length < last / 2) return [];
  const dead = Array.from({ length: last }, (_, laser) => laser).filter(
    (laser) => laser >= (lasers[0] ?? 0) && shapes.every((shape) => !has(shape.lasers, laser)),
  );
  if (dead.length === 0) return [];
  return [
    {
      ...{ kind: "dead-laser", severity: "warning" as const, frames: null, timeNs: null },
      ...{ observed: { lasers: dead }, expected: { lasers: [] }, signals: ["numbers of lasers"] },
    },
  ];
}

/** One finding for each run of sweeps with the same fault. */
function runsOf(found: readonly (Fault & { readonly shape: Shape })[]): readonly Defect[] {
  const open = new Map<Kind, { first: Shape; last: Shape; fault: Fault }>();
  const defects: Defect[] = [];
  const close = (run: { first: Shape; last: Shape; fault: Fault }): void => {
    const { kind, observed, expected } = run.fault;
    const signals = ["points of the sweep against the others"];
    const [frames, timeNs] = [[run.first.frame, run.last.frame] as const, [run.first.stampNs, run.last.stampNs] as const];
    defects.push({ kind, severity: kinds[kind].severity, frames, timeNs, observed, expected, signals });
  };
  for (const { shape, ...fault } of found) {
    const run = open.get(fault.kind);
    if (run && shape.frame - run.last.frame <= 1 + APART) run.last = shape;
    else {
      if (run) close(run);
      open.set(fault.kind, { first: shape, last: shape, fault });
    }
  }
  for (const run of open.values()) close(run);
  return defects.sort((a, b) => (a.frames?.[0] ?? 0) - (b.frames?.[0] ?? 0) || (a.kind < b.kind ? -1 : 1));
}

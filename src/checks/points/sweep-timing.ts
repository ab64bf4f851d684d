/**
 * points/sweep-timing: do the times of a sweep's points agree with where the sensor was looking?
 *
 * A spinning LiDAR sees azimuth = phase of the laser + spin * time. Each sweep is fitted (assembly/points/sweep-fit.ts); what does not fit is named by
 * how it does not: times that are all one, stuck, shuffled, counted from each packet, in another unit, backwards, from another moment, or one
 * laser's late.
 */

import { SWEEP_FIGURES, SWEEP_LASERS } from "../../abi.ts";
import { type Conclusion, type Defect, defineStreamCheck } from "../../check/check.ts";
import { fieldOf } from "../../columns/point-fields.ts";
import { pointTimes } from "../../columns/point-times.ts";
import { log, tenTo } from "../../geometry/elementary.ts";
import type { Kernels } from "../../kernels.ts";
import type { PointTable, StreamInfo } from "../../types.ts";
import { periodOf, sweepRows } from "./_sweeps.ts";

/** Resultant length from which azimuth follows time: good clouds have 0.987 and more, shuffled ones 0.6 and less. */
const FOLLOWS = 0.8;
/** Share of points that may be out of place: no motion of the sensor moves a point by 0.3 rad. */
const MOST_FAR = 0.03;
/** Share of points that may have the smallest time where it is not theirs; and what it must be of all that have it: a sweep begins somewhere. */
const MOST_LOST = 0.005;
const LOST_OF_STUCK = 0.5;
/** Steps back in time: about half of all where times are shuffled, some each packet where they are counted from there, none at solid-state sensors. */
const SHUFFLED_BACK = 0.25;
const LEAST_BACK = 5e-4;
/** A laser's phase this far from all others', as a share of the turn. */
const ISOLATED = 0.022;
const LEAST_LASERS = 8;
/** Of the sample. */
const LEAST_LASER_POINTS = 4;
/** A fitted period this many times the stamps' is in another unit; near a power of ten. */
const WRONG_UNIT = 5;
/** First and last time after the stamp, in periods, at most. */
const MOST_AWAY = 1.2;
/** And how far from the moment the rig states the stamp may be, in periods. */
const OFF_REFERENCE = 0.15;
/** A sweep over less than this says nothing, radians. */
const LEAST_SEEN = 1;

/** Sixteenths of the circle a sweep must have points in: a survey from the air, or a sensor that looks ahead, has few. */
const LEAST_PARTS = 6;
const LEAST_ROWS = 200;

interface Sweep {
  readonly frame: number;
  readonly stampNs: bigint;
  /** Points that count; 0 where there are too few or all have one time. */
  readonly points: number;
  readonly rows: number;
  /** Seconds of a turn by the fit, signed by the sense of the spin; in the field's own unit where its unit is not known. */
  readonly period: number;
  readonly seen: number;
  readonly resultant: number;
  readonly medianMrad: number;
  readonly far: number;
  readonly back: number;
  /** Share of points with the smallest time, and of those with it that looked elsewhere then. */
  readonly stuck: number;
  readonly lost: number;
  /** Sixteenths of the circle with points. */
  readonly parts: number;
  /** First and last time after the stamp, s; null where they count from elsewhere. */
  readonly window: readonly [number, number] | null;
  readonly isUnitKnown: boolean;
  /** Laser whose phase is isolated, and by what share of a turn. */
  readonly late: { readonly laser: number; readonly share: number } | null;
  readonly isConstant: boolean;
}

interface Summary {
  readonly frames: number;
  /** Clouds with a time field, and those that were read. */
  readonly timed: number;
  /** Some 150 bytes a sweep. */
  readonly sweeps: readonly Sweep[];
}

const kinds = {
  "times-constant": { severity: "error", meaning: "all points of a sweep have one and the same time" },
  "times-stuck": { severity: "error", meaning: "some points of a sweep have the same time, which is not theirs" },
  "times-shuffled": { severity: "error", meaning: "times of points belong to other points" },
  "times-of-packet": { severity: "error", meaning: "times count from each packet instead of from the sweep" },
  "wrong-unit": { severity: "error", meaning: "times are in another unit than stated" },
  "wrong-reference": { severity: "error", meaning: "times count from another moment than the sweep's stamp" },
  reversed: { severity: "error", meaning: "times run against the spin the rig states" },
  "late-laser": { severity: "error", meaning: "one laser's times are off from all others'" },
} as const;
type Kind = keyof typeof kinds;

export const sweepTiming = defineStreamCheck<Summary>({
  id: "points/sweep-timing",
  title: "Do the times of points agree with where the sensor looked?",
  level: 1,
  needs: ["frames", "points"],
  defaults: {},
  kinds,
  absent: "no point stream",
  blindSpots: [
    "points without a time of their own; sensors that do not spin or look one way, and surveys: not_observable or not_run",
    "a unit nobody states: neither format nor rig; times that run backwards, unless the rig states the spin",
    "times that are late by less than a sweep: time/sensor-offset compares sensors",
    "a laser that is late by less than 2.2 % of a turn, and any where points do not name their laser",
  ],
  appliesTo: ({ kind }) => kind === "points",

  observe({ frames, points = [] }, { kernels, stream }) {
    const seen = new Set<number>();
    let timed = 0;
    const sweeps: Sweep[] = [];
    for (const table of points) {
      // A padded cloud is several tables; its first rows are no sweep.
      if (seen.has(table.frame) || !fieldOf(table, "time")) continue;
      seen.add(table.frame);
      timed++;
      // GPS time is of surveys, whose points come from many sweeps.
      if (table.time?.reference?.startsWith("gps")) continue;
      const one = sweepOf(table, frames.stampNs[table.frame] ?? 0n, stream, kernels);
      if (one) sweeps.push(one);
    }
    return { frames: frames.count, timed, sweeps };
  },

  merge: (left, right, { skipped }) => ({
    frames: left.frames + skipped + right.frames,
    timed: left.timed + right.timed,
    sweeps: [...left.sweeps, ...right.sweeps.map((one) => ({ ...one, frame: one.frame + left.frames + skipped }))],
  }),

  answer(summary, { info }) {
    const items = summary?.frames ?? 0;
    const none = (status: "not_run" | "not_observable", reason: string): Conclusion => ({
      ...{ status, reason, coverage: { items, checked: 0 }, observed: {}, defects: [] },
    });
    if (!summary) return none("not_run", "no sweep");
    if (summary.timed === 0) return none("not_run", "points have no time of their own");
    if (summary.sweeps.length === 0) return none("not_run", "no sweeps: points of a survey, or not in rows this check reads");
    const nominalS = info.rig?.sweepPeriodMs !== undefined ? info.rig.sweepPeriodMs / 1e3 : periodOf(summary.sweeps);
    const judged = summary.sweeps.map((sweep) => ({ sweep, kind: kindOf(sweep, nominalS, info) }));
    const wrong = judged.filter(({ kind }) => kind !== "fine" && kind !== "unseen" && kind !== "few");
    const good = judged.filter(({ kind }) => kind === "fine");
    if (wrong.length === 0 && good.length === 0) {
      const isFew = judged.every(({ kind }) => kind === "few");
      return none(
        "not_observable",
        isFew ? "fewer than 200 points a sweep" : "azimuth does not follow time: the sensor does not spin, or sees too little",
      );
    }
    const middle = (of: (sweep: Sweep) => number): number => {
      const all = good.map(({ sweep }) => of(sweep)).sort((a, b) => a - b);
      return all[all.length >> 1] ?? 0;
    };
    const figures =
      good.length === 0
        ? {}
        : {
            periodMs: Number((1e3 * Math.abs(middle(({ period }) => period))).toFixed(3)),
            spin: middle(({ period }) => period) < 0 ? "clockwise" : "counterclockwise",
            resultant: Number(middle(({ resultant }) => resultant).toFixed(4)),
            medianMrad: Number(middle(({ medianMrad }) => medianMrad).toFixed(2)),
          };
    return {
      status: wrong.length > 0 ? "fail" : "pass",
      coverage: { items, checked: good.length + wrong.length },
      observed: { sweeps: good.length, ...figures },
      defects: runsOf(wrong as readonly { sweep: Sweep; kind: Kind }[], nominalS),
    };
  },

  describe({ kind, frames, observed }) {
    const at = frames ? `sweeps ${frames[0]} to ${frames[1]}` : "sweeps";
    const percent = (share: unknown): string => `${(100 * Number(share)).toFixed(1)} %`;
    if (kind === "times-stuck") return `${at}: ${percent(observed["stuck"])} of the points have one and the same time`;
    if (kind === "times-shuffled") return `${at}: times belong to other points (${percent(observed["far"])} of the points are elsewhere)`;
    if (kind === "wrong-unit") return `${at}: times are ${observed["factor"]} times what their unit says`;
    if (kind === "wrong-reference")
      return `${at}: times ${observed["window"] === null ? "have another epoch than the stamps" : `lie ${(observed["window"] as number[]).join(" to ")} ms after the stamp`}`;
    if (kind === "late-laser") return `${at}: laser ${observed["laser"]} is ${observed["lateMs"]} ms off from all others`;
    return `${at}: ${kinds[kind as Kind].meaning}`;
  },
});

function sweepOf(table: PointTable, stampNs: bigint, stream: StreamInfo, kernels: Kernels): Sweep | null {
  const rows = sweepRows(table);
  if (!rows?.time) return null;
  const mark = kernels.mark();
  const out = kernels.alloc(8 * (SWEEP_FIGURES + 2 * SWEEP_LASERS));
  const points = kernels.exports.sweepFit(...rows.place, ...rows.time, ...rows.ring, out);
  const figures = new Float64Array(kernels.exports.memory.buffer, out, SWEEP_FIGURES + 2 * SWEEP_LASERS).slice();
  kernels.release(mark);
  const [
    ,
    spin = 0,
    ,
    ,
    resultant = 0,
    median = 0,
    ,
    least = 0,
    most = 0,
    back = 0,
    stuck = 0,
    far = 0,
    parts = 0,
    lost = 0,
    base = 0,
    begin = 0,
    span = 0,
  ] = figures;
  const stated = stream.rig?.pointTimeUnit ?? table.time?.unit;
  const known = pointTimes(table, stampNs, [begin, begin + span], kernels, stream.rig?.pointTimeUnit, base);
  const unitS = known?.unitS ?? 1;
  return {
    ...{ frame: table.frame, stampNs, points, rows: table.count, resultant, far, back, stuck, lost, parts },
    period: spin === 0 ? 0 : ((2 * Math.PI) / spin) * unitS,
    seen: Math.abs(spin * span),
    medianMrad: 1e3 * median,
    window: known && known.baseS !== null ? [known.baseS + begin * unitS, known.baseS + (begin + span) * unitS] : null,
    isUnitKnown: stated !== undefined,
    late: rows.ring[0] >= 0 ? lateLaser(figures) : null,
    isConstant: table.count >= LEAST_ROWS && least === most,
  };
}

/** The one laser whose phase stands apart from all others'. */
function lateLaser(figures: Float64Array): Sweep["late"] {
  const lasers = Array.from({ length: SWEEP_LASERS }, (_, laser) => ({
    ...{ laser, points: figures[SWEEP_FIGURES + 2 * laser] ?? 0, phase: figures[SWEEP_FIGURES + 2 * laser + 1] ?? 0 },
  })).filter(({ points, phase }) => points >= LEAST_LASER_POINTS && Number.isFinite(phase));
  if (lasers.length < LEAST_LASERS) return null;
  const turns = (angle: number): number => Math.abs(angle / (2 * Math.PI) - Math.round(angle / (2 * Math.PI)));
  const alone = lasers
    .map((one) => ({
      laser: one.laser,
      share: Math.min(...lasers.flatMap((other) => (other === one ? [] : [turns(other.phase - one.phase)]))),
    }))
    .filter(({ share }) => share > ISOLATED);
  const [first] = alone;
  return alone.length === 1 && first ? first : null;
}

function kindOf(sweep: Sweep, nominalS: number, { rig }: StreamInfo): Kind | "fine" | "unseen" | "few" {
  if (sweep.isConstant) return "times-constant";
  if (sweep.points === 0) return sweep.rows >= LEAST_ROWS && sweep.stuck > LOST_OF_STUCK ? "times-stuck" : "few";
  if (sweep.parts < LEAST_PARTS) return "unseen";
  if (sweep.resultant < FOLLOWS) {
    if (sweep.back >= SHUFFLED_BACK) return "times-shuffled";
    return sweep.back >= LEAST_BACK ? "times-of-packet" : "unseen";
  }
  if (sweep.seen < LEAST_SEEN) return "unseen";
  if (sweep.lost > MOST_LOST && sweep.lost > LOST_OF_STUCK * sweep.stuck) return "times-stuck";
  if (sweep.far > MOST_FAR) return "times-shuffled";
  if (sweep.isUnitKnown && nominalS > 0 && factorOf(sweep, nominalS) !== 1) return "wrong-unit";
  const stated = rig?.spin;
  if (stated && (stated === "clockwise") !== sweep.period < 0) return "reversed";
  const periodS = nominalS > 0 ? nominalS : Math.abs(sweep.period);
  if (!sweep.window || sweep.window[0] < -MOST_AWAY * periodS || sweep.window[1] > MOST_AWAY * periodS) return "wrong-reference";
  if (rig?.stampReference && Math.abs(momentOf(sweep.window, rig.stampReference)) > OFF_REFERENCE * periodS) return "wrong-reference";
  return sweep.late ? "late-laser" : "fine";
}

/** Where in the sweep the stamp should be, s after where it is. */
function momentOf([first, last]: readonly [number, number], reference: "start" | "middle" | "end"): number {
  return reference === "start" ? first : reference === "end" ? last : (first + last) / 2;
}

/** Power of ten by which a turn takes longer than the time between stamps; 1 where it does not. */
function factorOf({ period }: Sweep, nominalS: number): number {
  const ratio = Math.abs(period) / nominalS;
  return ratio > WRONG_UNIT || ratio < 1 / WRONG_UNIT ? tenTo(Math.round(log(ratio) / Math.LN10)) : 1;
}

/** One finding for each run of neighbouring sweeps with the same fault. */
function runsOf(wrong: readonly { readonly sweep: Sweep; readonly kind: Kind }[], nominalS: number): readonly Defect[] {
  const defects: Defect[] = [];
  for (let i = 0; i < wrong.length; i++) {
    const first = wrong[i];
    if (!first) continue;
    let last = first;
    for (; i + 1 < wrong.length; i++) {
      const next = wrong[i + 1];
      if (
        !next ||
        next.kind !== first.kind ||
        next.sweep.frame !== last.sweep.frame + 1 ||
        next.sweep.late?.laser !== first.sweep.late?.laser
      )
        break;
      last = next;
    }
    defects.push({
      kind: first.kind,
      severity: "error",
      frames: [first.sweep.frame, last.sweep.frame],
      timeNs: [first.sweep.stampNs, last.sweep.stampNs],
      ...figuresOf(first.sweep, first.kind, nominalS),
      signals: ["azimuth against time"],
    });
  }
  return defects;
}

function figuresOf(sweep: Sweep, kind: Kind, nominalS: number): Pick<Defect, "observed" | "expected"> {
  const round = (value: number): number => Number(value.toFixed(4));
  const resultant = round(sweep.resultant);
  if (kind === "times-constant") return { observed: { points: sweep.rows }, expected: { times: "many" } };
  if (kind === "times-stuck") return { observed: { stuck: round(sweep.stuck), far: round(sweep.far) }, expected: { stuck: 0 } };
  if (kind === "wrong-unit") return { observed: { factor: factorOf(sweep, nominalS) }, expected: { factor: 1 } };
  if (kind === "reversed")
    return {
      observed: { spin: sweep.period < 0 ? "clockwise" : "counterclockwise" },
      expected: { spin: sweep.period < 0 ? "counterclockwise" : "clockwise" },
    };
  if (kind === "wrong-reference") {
    return {
      observed: { window: sweep.window ? sweep.window.map((s) => round(1e3 * s)) : null },
      expected: { withinMs: round(1e3 * MOST_AWAY * (nominalS || Math.abs(sweep.period))) },
    };
  }
  if (kind === "late-laser") {
    return {
      observed: { laser: sweep.late?.laser ?? 0, lateMs: round(1e3 * (sweep.late?.share ?? 0) * Math.abs(sweep.period)) },
      expected: { lateMs: 0 },
    };
  }
  return { observed: { resultant, far: round(sweep.far), stepsBack: round(sweep.back) }, expected: { resultant: FOLLOWS } };
}

/**
 * points/motion-distortion: how far does the vehicle's motion bend a sweep, and are its points moved to one moment as the rig says?
 *
 * The bound is what the poses say: distance driven plus angle turned times range, while a sweep lasts. Whether that was taken out is seen in the
 * cloud itself: the place each sweep was measured from is fitted as a line in time (assembly/points/sweep-motion.ts). In a cloud as measured it stays;
 * in one moved to one moment (deskewed) it travels as the poses do, and the vehicle's turn adds to the sensor's spin. Where there are no poses,
 * the end of a sweep is held against its beginning (assembly/points/sweep-seam.ts).
 */
import { AMOUNT, type Conclusion, type Defect, defineStreamCheck } from "../../check/check.ts";
import { poseRows, poseTable } from "../../columns/poses.ts";
import { PosePath } from "../../geometry/pose-path.ts";
import type { Plain } from "../../types.ts";
import {
  displaced,
  HALF,
  type Motion,
  motionOf,
  type State,
  type Sweep,
  stateByPoses,
  stateBySeam,
  sweepOf,
  turnRemoved,
  wayRemoved,
} from "./_deskewed.ts";
import { periodOf } from "./_sweeps.ts";

interface Summary {
  readonly frames: number;
  readonly sweeps: readonly Sweep[];
}

const kinds = {
  "not-deskewed": { severity: "error", meaning: "points are where they were measured; the rig says they were moved to one moment" },
  "partly-deskewed": { severity: "error", meaning: "only the turns, or only the way driven, were taken out of the sweeps" },
  "already-deskewed": { severity: "error", meaning: "points were moved to one moment; the rig says they were not" },
  distorted: { severity: "info", meaning: "points are where they were measured, while the vehicle moved: the sweep is bent" },
} as const;
type Kind = keyof typeof kinds;

export const motionDistortion = defineStreamCheck<Summary>({
  id: "points/motion-distortion",
  title: "How far does motion bend a sweep, and are its points moved to one moment as the rig says?",
  level: 1,
  needs: ["frames", "points"],
  sees: [poseRows],
  defaults: { displacementM: 0.1, rangeM: 50 },
  ranges: { displacementM: AMOUNT, rangeM: AMOUNT },
  kinds,
  absent: "no point stream",
  blindSpots: [
    "whether points without a time of their own were moved, and those of sensors that do not spin; stamps are taken for the middle of such a sweep",
    "whether points were moved, where the vehicle stands or creeps; which moment they were moved to, and by whose poses",
    "poses that are wrong themselves: see time/sensor-offset",
    "objects that move: their own motion bends them too",
  ],
  appliesTo: ({ kind }) => kind === "points",

  observe({ frames, points = [] }, { kernels, stream }) {
    const seen = new Set<number>();
    const sweeps = points.flatMap((table) => {
      // A padded cloud is several tables; its first rows are no sweep.
      if (seen.has(table.frame)) return [];
      seen.add(table.frame);
      return sweepOf(table, frames.stampNs[table.frame] ?? 0n, stream, kernels) ?? [];
    });
    return { frames: frames.count, sweeps };
  },

  merge: (left, right, { skipped }) => ({
    frames: left.frames + skipped + right.frames,
    sweeps: [...left.sweeps, ...right.sweeps.map((one) => ({ ...one, frame: one.frame + left.frames + skipped }))],
  }),

  answer(summary, { info }, { seen }, options) {
    const sweeps = summary?.sweeps ?? [];
    const claim = info.rig?.deskewed;
    if (sweeps.length === 0) {
      const reason = summary ? "no sweeps: points of a survey, or not in rows this check reads" : "no sweep";
      return { status: "not_run", reason, coverage: { items: summary?.frames ?? 0, checked: 0 }, observed: {}, defects: [] };
    }
    const motions = motionsOf(
      sweeps,
      info.rig?.sweepPeriodMs !== undefined ? info.rig.sweepPeriodMs / 1e3 : periodOf(sweeps),
      seen.of(poseRows).flatMap((pieces) => (pieces ? [new PosePath(poseTable(pieces))] : [])),
    );
    const [way, turn] = [wayRemoved(motions), turnRemoved(motions)];
    const byPoses = stateByPoses(way, turn);
    const state = byPoses === "unknown" ? stateBySeam(sweeps) : byPoses;
    const bound = boundOf(motions, Number(options["rangeM"]));
    const walls = displaced(sweeps);
    const observed = {
      ...{ sweeps: sweeps.length, withPoses: motions.length, deskewed: state },
      ...(bound && { boundM: bound }),
      ...(walls.length > 0 && { wallsDisplacedM: digits(walls[walls.length >> 1] ?? 0) }),
      ...(way && { wayRemoved: digits(way.share), wayError: digits(way.error) }),
      ...(turn && { turnRemoved: digits(turn.share), turnError: digits(turn.error) }),
    };
    const isBent = (bound?.median ?? walls[0] ?? 0) > Number(options["displacementM"]);
    const kind = kindOf(state, claim, isBent);
    const coverage = { items: summary?.frames ?? 0, checked: sweeps.length };
    if (state === "unknown" && (claim !== undefined || !bound)) {
      return {
        status: "not_observable",
        reason: whyUnknown(sweeps, motions),
        coverage: { ...coverage, checked: 0 },
        observed,
        defects: [],
      };
    }
    return {
      status: kind && kinds[kind].severity === "error" ? "fail" : "pass",
      ...(state === "unknown"
        ? { reason: whyUnknown(sweeps, motions) }
        : !bound && { reason: "no poses: how far motion bends a sweep is not known" }),
      ...{ coverage, observed, defects: kind ? [defectOf(kind, observed, claim, sweeps)] : [] },
    } satisfies Conclusion;
  },

  describe({ kind, observed }) {
    const bound = observed["boundM"] as { median: number; p95: number } | undefined;
    const bend = bound
      ? `motion bends a sweep by up to ${bound.median} m (p95 ${bound.p95} m)`
      : `walls meet themselves ${observed["wallsDisplacedM"]} m beside where they are`;
    if (kind === "already-deskewed") return "points were already moved to one moment; the rig says they were not";
    if (kind === "partly-deskewed")
      return `only ${Number(observed["turnRemoved"]) > HALF ? "turns were" : "the way driven was"} taken out; ${bend}`;
    return kind === "not-deskewed"
      ? `points are where they were measured, the rig says deskewed; ${bend}`
      : `${bend}, and that is not taken out`;
  },
});

/** Of several pose streams the one that covers most: a transform that never changes is none. */
function motionsOf(sweeps: readonly Sweep[], periodS: number, paths: readonly PosePath[]): readonly Motion[] {
  return paths
    .map((path) => sweeps.flatMap((sweep) => motionOf(sweep, path, periodS) ?? []))
    .reduce<readonly Motion[]>((most, own) => (own.length > most.length ? own : most), []);
}

function boundOf(motions: readonly Motion[], rangeM: number): Record<"median" | "p95" | "most", number> | null {
  if (motions.length === 0) return null;
  const all = motions.map(({ distance, angle }) => distance + angle * rangeM).sort((a, b) => a - b);
  const at = (share: number): number => digits(all[Math.min(all.length - 1, Math.floor(share * all.length))] ?? 0);
  return { median: at(0.5), p95: at(0.95), most: at(1) };
}

function kindOf(state: State, claim: boolean | undefined, isBent: boolean): Kind | null {
  if (state === "unknown") return null;
  if (claim === true) return state === "yes" ? null : state === "no" ? "not-deskewed" : "partly-deskewed";
  if (claim === false) return state === "no" ? null : "already-deskewed";
  return state === "no" && isBent ? "distorted" : null;
}

function whyUnknown(sweeps: readonly Sweep[], motions: readonly Motion[]): string {
  if (sweeps.every(({ window }) => !window)) return "points have no time of their own, or one whose unit and reference nobody states";
  if (sweeps.every(({ moved }) => !moved)) return "azimuths do not follow the points' times: whether they were deskewed is not seen";
  if (motions.length === 0) return "no poses, and the sweeps alone do not tell whether the sensor moved";
  return "the vehicle moves too little while a sweep lasts to see whether its points were deskewed";
}

function defectOf(kind: Kind, observed: Readonly<Record<string, Plain>>, claim: boolean | undefined, sweeps: readonly Sweep[]): Defect {
  const [first, last] = [sweeps[0], sweeps.at(-1)];
  return {
    ...{ kind, severity: kinds[kind].severity },
    frames: first && last ? [first.frame, last.frame] : null,
    timeNs: first && last ? [first.stampNs, last.stampNs] : null,
    ...{ observed, expected: claim === undefined ? {} : { deskewed: claim } },
    signals: ["place the sweep was measured from", Number(observed["withPoses"]) > 0 ? "poses" : "where the sweep's ends meet"],
  };
}

function digits(value: number): number {
  return Number(value.toFixed(3));
}

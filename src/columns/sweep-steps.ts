/** How much a LiDAR turned from sweep to sweep: 24 bytes a sweep, and 14 KB a piece for the profiles of its two ends. */
import { PROFILE_BINS } from "../abi.ts";
import type { Table } from "../check/table.ts";
import type { Kernels } from "../kernels.ts";
import type { PointTable } from "../types.ts";
import { joinSteps, NO_STEP, type Profile, type Step, type Steps, type StepTable, stepsOf, stepTable } from "./_steps.ts";
import { fieldOf } from "./point-fields.ts";
import { FIELD_TYPES, pointTimes } from "./point-times.ts";

export type SweepSteps = Steps;

export const sweepSteps: Table<SweepSteps> = {
  id: "sweep-steps",
  needs: ["points"],
  bytesPerRow: 24,
  appliesTo: ({ kind }) => kind === "points",
  collect({ frames, points = [] }, kernels) {
    const profiles: Profile[] = new Array(frames.count).fill(null);
    const seen = new Set<number>();
    let unsureS = 0;
    for (const table of points) {
      // A padded cloud is several tables; its first rows are no sweep.
      if (seen.has(table.frame)) profiles[table.frame] = null;
      else {
        const made = profileOf(table, frames.stampNs[table.frame] ?? 0n, kernels);
        profiles[table.frame] = made?.profile ?? null;
        unsureS = Math.max(unsureS, made?.unsureS ?? 0);
      }
      seen.add(table.frame);
    }
    return stepsOf(frames.stampNs, profiles, unsureS, measure, kernels);
  },
  join: (left, right, meeting) => joinSteps(left, right, measure, meeting),
};

export function sweepTable(steps: SweepSteps): StepTable {
  return stepTable(steps);
}

/** A sweep whose points have no time may be stamped at its begin or its end: half of what turns at 10 Hz. */
const UNSURE_S = 0.05;
const LEAST_BINS = 60;

interface Made {
  readonly profile: Float32Array;
  readonly unsureS: number;
}

/** f32[2 * PROFILE_BINS]: ranges, then the times of their points as seconds after the stamp. */
function profileOf(table: PointTable, stampNs: bigint, kernels: Kernels): Made | null {
  const { pointer, count, stride, bigEndian } = table;
  const [x, y, z] = (["x", "y", "z"] as const).map((axis) => fieldOf(table, axis));
  if (pointer === null || bigEndian || count === 0 || !x || !y || !z || x.type !== y.type || x.type !== z.type) return null;
  const time = fieldOf(table, "time");
  const mark = kernels.mark();
  const out = kernels.alloc(8 * PROFILE_BINS);
  const span = kernels.alloc(16);
  const filled = kernels.exports.rangeProfile(
    ...([pointer, count, stride, x.offset, y.offset, z.offset, FIELD_TYPES.indexOf(x.type)] as const),
    ...([time?.offset ?? -1, time ? FIELD_TYPES.indexOf(time.type) : 0, out, out + 4 * PROFILE_BINS, span] as const),
  );
  const memory = kernels.exports.memory.buffer;
  const profile = new Float32Array(memory, out, 2 * PROFILE_BINS).slice();
  const [earliest = 0, latest = 0] = new Float64Array(memory, span, 2);
  kernels.release(mark);
  if (filled < LEAST_BINS) return null;
  const times = profile.subarray(PROFILE_BINS);
  const known = pointTimes(table, stampNs, [earliest, latest], kernels);
  if (!known || known.baseS === null) {
    times.fill(UNSURE_S);
    return { profile, unsureS: UNSURE_S };
  }
  const { baseS, unitS } = known;
  for (let i = 0; i < times.length; i++) times[i] = baseS + (times[i] as number) * unitS;
  return { profile, unsureS: 0 };
}

/** A turn whose profiles share less than this is a guess. */
const LEAST_SHARE = 0.15;

function measure(before: Float32Array, after: Float32Array, kernels: Kernels): Step {
  const mark = kernels.mark();
  const [a, b] = [before, after].map((profile) => kernels.put(new Uint8Array(profile.buffer, profile.byteOffset, profile.byteLength)));
  const out = kernels.alloc(32);
  const fits = kernels.exports.matchProfiles(a ?? 0, b ?? 0, out);
  const [turn = 0, momentS = 0, , share = 0] = new Float64Array(kernels.exports.memory.buffer, out, 4);
  kernels.release(mark);
  return fits > 0 && share >= LEAST_SHARE ? { turn, momentS } : NO_STEP;
}

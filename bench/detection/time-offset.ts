/**
 * How well offsets are found that no timestamp shows (time/sensor-offset, time/clock-model), and how often it is rightly left open.
 *
 * Recorded pairs of ../shared/data/6-sync, Argoverse 2 and twenty simulated drives, stamps shifted in memory. Thresholds were set on the first half
 * of each series (even cases); both halves are printed. Everything seeded. Results: bench/results/time-offset.json, docs/time-offset-error.svg.
 *
 *   npm run bench:time -- [--shared ../shared/data] [--drives FOLDER] [--seeds 20]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { clockModel } from "../../src/checks/time/_clock.ts";
import { closings } from "../../src/checks/time/offset/loops.ts";
import { type Motion, motionOfImu, motionOfPoses, motionOfSteps } from "../../src/checks/time/offset/motion.ts";
import { type Offset, PAIR_DEFAULTS, type PairAnswer, pairOffset } from "../../src/checks/time/offset/pair.ts";
import { standingOffset } from "../../src/checks/time/offset/standing.ts";
import { loadKernels } from "../../src/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";
import type { PoseColumns } from "../../src/types.ts";
import { type Columns, noisy, pairs, shifted, taken } from "./time-data.ts";
import { type Drive, drive, gather } from "./time-drives.ts";
import { heldStartRaw } from "./time-peer.ts";
import { errorPlot } from "./time-plot.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    shared: { type: "string", default: join(root, "../shared/data") },
    drives: { type: "string", default: join(tmpdir(), "plumbline-bench-drives") },
    seeds: { type: "string", default: "20" },
  },
});
const kernels = await loadKernels();
const EPOCH = 0n;
/** Clocks of the simulator (src/simulate/rig.ts). */
const OWN = {
  imu: { offsetS: -0.0004, ppm: -12 },
  poses: { offsetS: 0, ppm: 0 },
  sweeps: { offsetS: 0.0002, ppm: 3 },
  images: { offsetS: 0.0011, ppm: 7 },
} as const;
/** First row's exposure to the last one's, s. */
const LINES_S = 0.016;
const CLOCKS = [
  ["imu", "/imu/data", "imu"],
  ["poses", "/odometry", "poses"],
  ["sweeps", "/lidar/points", "sweeps"],
  ["sweeps", "/labels/boxes_3d", "labels"],
  ["images", "/camera/front/compressed", "images"],
] as const;
/** What the check allows: see the defaults of time/sensor-offset. */
const OPTIONS = { ...PAIR_DEFAULTS, mostHalfWidthS: 0.025 };

function motionOf(columns: Columns, epochNs = EPOCH): Motion | null {
  return "imu" in columns ? motionOfImu(columns.imu, epochNs) : motionOfPoses(columns.poses, epochNs);
}

function stampsOf(columns: Columns): BigInt64Array {
  return "imu" in columns ? columns.imu.stampNs : columns.poses.stampNs;
}

const epochOf = (columns: Columns): bigint => stampsOf(columns)[0] ?? 0n;

function ask(a: Columns, b: Columns): PairAnswer {
  const epoch = epochOf(a);
  const [left, right] = [motionOf(a, epoch), motionOf(b, epoch)];
  if (!left || !right) return { reason: "too few samples", peak: 0, contrast: 0 };
  return between(left, right);
}

function between(a: Motion, b: Motion): PairAnswer {
  const mark = kernels.mark();
  const answer = pairOffset(a, b, OPTIONS, kernels);
  kernels.release(mark);
  return answer;
}

const offsetOf = (answer: PairAnswer): Offset | null => ("offset" in answer ? answer.offset : null);
const MS = 1e3;
const round = (value: number, digits = 3): number => Math.round(value * 10 ** digits) / 10 ** digits;

function quantile(sizes: readonly number[], q: number): number {
  const sorted = [...sizes].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/** Errors in ms. */
function spread(errors: readonly number[]) {
  const sizes = errors.map(Math.abs);
  return { cases: errors.length, p50: round(quantile(sizes, 0.5)), p95: round(quantile(sizes, 0.95)), max: round(Math.max(0, ...sizes)) };
}

/** One case of a series: error against the truth, and whether the stated interval held it. */
interface Case {
  readonly errorMs: number | null;
  readonly halfWidthMs: number;
  readonly ratio: number;
}

function caseOf(answer: PairAnswer, truthS: number): Case {
  const offset = offsetOf(answer);
  if (!offset) return { errorMs: null, halfWidthMs: 0, ratio: 0 };
  return { errorMs: (offset.offsetS - truthS) * MS, halfWidthMs: offset.halfWidthS * MS, ratio: offset.excitation / offset.noise };
}

function scored(cases: readonly Case[]) {
  const half = (which: readonly Case[]) => {
    const answered = which.flatMap(({ errorMs, halfWidthMs }) => (errorMs === null ? [] : [{ errorMs, halfWidthMs }]));
    return {
      asked: which.length,
      answered: round(answered.length / Math.max(1, which.length)),
      ...spread(answered.map(({ errorMs }) => errorMs)),
      held: round(answered.filter(({ errorMs, halfWidthMs }) => Math.abs(errorMs) <= halfWidthMs).length / Math.max(1, answered.length)),
      halfWidthMs: round(
        quantile(
          answered.map(({ halfWidthMs }) => halfWidthMs),
          0.5,
        ),
      ),
    };
  };
  return { all: half(cases), even: half(cases.filter((_, i) => i % 2 === 0)), odd: half(cases.filter((_, i) => i % 2 === 1)) };
}

function keep(lists: Record<string, number[]>, name: string, value: number): void {
  const list = lists[name] ?? [];
  list.push(value);
  lists[name] = list;
}

const results: Record<string, unknown> = {};
function say(name: string, value: unknown): void {
  results[name] = value;
  process.stderr.write(`${name}: ${JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, " ")}\n`);
}

const SHIFTS = Array.from({ length: 143 }, (_, k) => -500 + 7 * k);
const recorded = await pairs(values.shared);

// 1. One stream's stamps are shifted: the change is found again.
{
  const changes: number[] = [];
  const each: Record<string, unknown> = {};
  for (const { name, a, b } of recorded) {
    const base = offsetOf(ask(a, b));
    if (!base) {
      each[name] = "not answered";
      continue;
    }
    const errors: number[] = [];
    let open = 0;
    for (const shift of SHIFTS) {
      const offset = offsetOf(ask(a, shifted(b, BigInt(shift) * 1_000_000n)));
      if (offset) errors.push((offset.offsetS - base.offsetS) * MS - shift);
      else open++;
    }
    changes.push(...errors);
    each[name] = { offsetMs: round(base.offsetS * MS), halfWidthMs: round(base.halfWidthS * MS), notAnswered: open, ...spread(errors) };
  }
  say("shifted -500..500 ms, change found (ms)", { all: spread(changes), each });
}

// 2. The common clock is cut: each stream keeps stamps the other has not, and 10 mrad/s of noise on every rate.
function cutInTwo(columns: Columns, every: number, sigma: number, seed: number, shiftNs = 0n): readonly [Columns, Columns] {
  const a = noisy(
    taken(columns, (row) => row % every === 0),
    sigma,
    2 * seed,
  );
  const b = noisy(
    taken(columns, (row) => row % every === every >> 1, shiftNs),
    sigma,
    2 * seed + 1,
  );
  return [a, b];
}
const truths = [
  { name: "KITTI 00 ground truth, 5 Hz each", columns: recorded[2]?.b, every: 2 },
  { name: "TUM motion capture, 14 Hz each", columns: recorded[1]?.b, every: 7 },
];
for (const { name, columns, every } of truths) {
  if (!columns) continue;
  const cases = SHIFTS.map((shift, k) => caseOf(ask(...cutInTwo(columns, every, 0.01, k, BigInt(shift) * 1_000_000n)), shift / MS));
  say(`clock cut, 10 mrad/s: ${name}`, scored(cases));
}

// 3. Twenty seconds against the whole log.
function windows(a: Columns, b: Columns, wholeS: number, stepS: number): readonly Case[] {
  const epoch = epochOf(a);
  const at = (columns: Columns, k: number): number => Number((stampsOf(columns).at(k) ?? 0n) - epoch) / 1e9;
  const [start, end] = [Math.max(at(a, 0), at(b, 0)), Math.min(at(a, -1), at(b, -1))];
  const cases: Case[] = [];
  for (let from = start; from + 20 <= end; from += stepS) {
    const inside = (margin: number) => (_: number, stamp: bigint) => {
      const t = Number(stamp - epoch) / 1e9;
      return t >= from - margin && t < from + 20 + margin;
    };
    cases.push(caseOf(ask(taken(a, inside(0)), taken(b, inside(0.5))), wholeS));
  }
  return cases;
}
const drives: Drive[] = [];
for (let seed = 1; seed <= Number(values.seeds); seed++) drives.push(await drive(values.drives, seed));
{
  const every: Case[] = [];
  for (const [k, stepS] of [
    [1, 1],
    [2, 5],
  ] as const) {
    const pair = recorded[k];
    const whole = pair && offsetOf(ask(pair.a, pair.b));
    if (!pair || !whole) continue;
    const cases = windows(pair.a, pair.b, whole.offsetS, stepS);
    say(`20 s windows: ${pair.name}`, scored(cases));
    every.push(...cases);
  }
  const simulated = drives.flatMap(({ imu, poses }) => {
    const whole = imu && poses ? offsetOf(ask({ imu }, { poses })) : null;
    return imu && poses && whole ? windows({ imu }, { poses }, whole.offsetS, 10) : [];
  });
  say("20 s windows: simulated gyroscope and odometry", scored(simulated));
  say("20 s windows: all", scored([...every, ...simulated]));
}

// 4. What cannot be answered: rest, motions that have nothing to do with each other, motion that repeats.
const sweepsOf = ({ sweeps }: Drive, epoch: bigint): Motion | null =>
  sweeps ? motionOfSteps(sweeps.stampNs, sweeps.turn, sweeps.momentS, epoch, sweeps.unsureS) : null;
{
  const tally: Record<string, { cases: number; answered: number; reasons: Record<string, number> }> = {};
  const count = (kind: string, answer: PairAnswer): void => {
    tally[kind] ??= { cases: 0, answered: 0, reasons: {} };
    const row = tally[kind];
    row.cases++;
    if ("offset" in answer) row.answered++;
    else row.reasons[answer.reason] = (row.reasons[answer.reason] ?? 0) + 1;
  };
  /** Cases nothing was chosen by. */
  const HELD_OUT = ", held out";
  const kitti = recorded[2];
  const hand = recorded[1];
  // Recorded motion against other recorded motion, laid over each other in time.
  const window = (columns: Columns, from: number, seconds: number): Columns => {
    const epoch = epochOf(columns);
    const start = BigInt(Math.round(from * 1e9));
    return taken(columns, (_, stamp) => stamp - epoch >= start && stamp - epoch < start + BigInt(seconds * 1e9), -epoch - start);
  };
  if (kitti && hand) {
    for (let k = 0; k < 200; k++) {
      const [i, j] = [(k * 37) % 440, (k * 53 + 211) % 440];
      if (Math.abs(i - j) < 40) continue;
      count(`unrelated: KITTI elsewhere on the drive${k < 80 ? "" : HELD_OUT}`, ask(window(kitti.a, i, 30), window(kitti.b, j, 30)));
    }
    for (let k = 0; k < 20; k++) count("unrelated: hand-held against a car", ask(window(hand.a, k % 4, 22), window(kitti.b, 22 * k, 22)));
  }
  for (const [i, one] of drives.entries()) {
    for (const step of [1, 3, 7, 2, 5, 9, 11]) {
      const part = [1, 3, 7].includes(step) ? "" : HELD_OUT;
      const other = drives[(i + step) % drives.length];
      if (!one.imu || !other?.poses || other === one) continue;
      count(`unrelated: gyroscope and odometry of two drives${part}`, ask({ imu: one.imu }, { poses: other.poses }));
      const lidar = sweepsOf(other, epochOf({ imu: one.imu }));
      const gyro = motionOf({ imu: one.imu }, epochOf({ imu: one.imu }));
      if (lidar && gyro) count(`unrelated: gyroscope and LiDAR of two drives${part}`, between(gyro, lidar));
    }
  }
  // Rest: the noise of sensors that stand still.
  for (let seed = 0; seed < 60; seed++) {
    const random = randomStream(seed, "rest");
    const sigma = [0.0003, 0.002, 0.02][seed % 3] ?? 0.002;
    const still = (rateHz: number): Columns => {
      const count_ = 40 * rateHz;
      const stampNs = BigInt64Array.from({ length: count_ }, (_, k) => BigInt(Math.round((k / rateHz) * 1e9)));
      const angularVelocity = Float64Array.from({ length: 3 * count_ }, () => sigma * random.normal());
      return {
        imu: { count: count_, frame: new Int32Array(count_), stampNs, angularVelocity, linearAcceleration: new Float64Array(3 * count_) },
      };
    };
    count("rest: two gyroscopes", ask(still(100), still(10)));
  }
  for (let k = 0; k < drives.length; k++) {
    const joined = stopsJoined(k);
    if (joined) count("rest: stops of simulated drives joined, gyroscope and LiDAR", between(...joined));
  }
  // Periodic: every lag by a period fits.
  for (let seed = 0; seed < 120; seed++) {
    const random = randomStream(seed, "periodic");
    const period = random.between(0.4, 1.9);
    const wave = (t: number): number => Math.sin((2 * Math.PI * t) / period) + 0.3 * Math.sin((4 * Math.PI * t) / period + 1);
    const made = (rateHz: number, phaseS: number): Columns => {
      const n = 40 * rateHz;
      const t = Array.from({ length: n }, (_, k) => phaseS + k / rateHz);
      const angularVelocity = Float64Array.from(
        t.flatMap((at) => [0.02, 0.05, 0.4].map((size) => size * wave(at) + 0.005 * random.normal())),
      );
      const stampNs = BigInt64Array.from(t, (at) => BigInt(Math.round(at * 1e9)));
      return { imu: { count: n, frame: new Int32Array(n), stampNs, angularVelocity, linearAcceleration: new Float64Array(3 * n) } };
    };
    count(`periodic: weaving${seed < 60 ? "" : HELD_OUT}`, ask(made(20, 0.011), made(100, 0)));
  }
  const total = Object.values(tally).reduce((sum, { cases }) => sum + cases, 0);
  const answered = Object.values(tally).reduce((sum, row) => sum + row.answered, 0);
  say("cannot be answered", { cases: total, confidentlyWrong: answered, each: tally });
}

/** The longest stops of several drives as one recording at rest: gyroscope and LiDAR. */
function stopsJoined(first: number): readonly [Motion, Motion] | null {
  const stampNs: bigint[] = [];
  const turn: number[] = [];
  const momentS: number[] = [];
  const gyroNs: bigint[] = [];
  const rates: number[] = [];
  let endNs = 0n;
  for (let k = 0; endNs < 15_000_000_000n && k < drives.length; k++) {
    const { sweeps, imu, stop } = drives[(first + k) % drives.length] as Drive;
    if (!sweeps || !imu || stop[1] - stop[0] < 8) continue;
    const [from, to] = [sweeps.stampNs[stop[0]] ?? 0n, sweeps.stampNs[stop[1] - 1] ?? 0n];
    for (let row = stop[0]; row < stop[1]; row++) {
      stampNs.push((sweeps.stampNs[row] as bigint) - from + endNs);
      turn.push(sweeps.turn[row] as number);
      momentS.push(sweeps.momentS[row] as number);
    }
    for (const [row, stamp] of imu.stampNs.entries()) {
      if (stamp < from || stamp >= to + 100_000_000n) continue;
      gyroNs.push(stamp - from + endNs);
      rates.push(...imu.angularVelocity.subarray(3 * row, 3 * row + 3));
    }
    endNs += to - from + 100_000_000n;
  }
  const lidar = motionOfSteps(BigInt64Array.from(stampNs), Float64Array.from(turn), Float64Array.from(momentS), 0n, 0);
  const count = gyroNs.length;
  const imu = {
    count,
    frame: new Int32Array(count),
    stampNs: BigInt64Array.from(gyroNs),
    angularVelocity: Float64Array.from(rates),
    linearAcceleration: new Float64Array(3 * count),
  };
  const gyro = motionOfImu(imu, 0n);
  return lidar && gyro ? [gyro, lidar] : null;
}

// 5. A peer's figure, by its convention.
{
  const pair = recorded[0];
  const [lidar, imu] = pair ? [motionOf(pair.a, epochOf(pair.a)), motionOf(pair.b, epochOf(pair.a))] : [null, null];
  if (pair && lidar && imu) {
    const ours = offsetOf(ask(pair.a, pair.b));
    say("lidar-imu-offset (s)", {
      "held-start-raw (the peer's convention)": round(heldStartRaw(lidar, imu), 4),
      "the same, rates at their interval's middle": round(heldStartRaw(lidar, imu, { middle: true }), 4),
      "the same, demeaned too": round(heldStartRaw(lidar, imu, { middle: true, demean: true }), 4),
      plumbline: ours && [round(ours.offsetS, 4), round(ours.offsetS - ours.halfWidthS, 4), round(ours.offsetS + ours.halfWidthS, 4)],
    });
  }
}

// 6. Error against excitation over noise: 20 s of KITTI and TUM, clock cut, ever more noise.
{
  const cases: Case[] = [];
  for (const { columns, every } of truths) {
    if (!columns) continue;
    const epoch = epochOf(columns);
    const length = Number((stampsOf(columns).at(-1) ?? 0n) - epoch) / 1e9;
    for (const [n, sigma] of [0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16].entries()) {
      for (let k = 0; k < 18; k++) {
        const from = ((length - 21) * k) / 17;
        const inside = (_: number, stamp: bigint): boolean =>
          Number(stamp - epoch) / 1e9 >= from && Number(stamp - epoch) / 1e9 < from + 20;
        const [a, b] = cutInTwo(taken(columns, inside), every, sigma, 1000 * n + k, 37_000_000n);
        cases.push(caseOf(ask(a, b), 0.037));
      }
    }
  }
  const edges = [0, 5, 10, 20, 40, 80, 160, 1e9];
  const answered = cases.flatMap(({ errorMs, ...rest }) => (errorMs === null ? [] : [{ errorMs, ...rest }]));
  const rows = edges.slice(1).flatMap((to, i) => {
    const from = edges[i] ?? 0;
    const inside = answered.filter(({ ratio }) => ratio >= from && ratio < to);
    if (inside.length < 5) return [];
    const held = inside.filter(({ errorMs, halfWidthMs }) => Math.abs(errorMs) <= halfWidthMs).length / inside.length;
    const halfWidthMs = round(
      quantile(
        inside.map((one) => one.halfWidthMs),
        0.5,
      ),
    );
    return [{ from, to: to < 1e9 ? to : null, ...spread(inside.map(({ errorMs }) => errorMs)), halfWidthMs, held: round(held) }];
  });
  say("error (ms) against excitation / noise (1/s), 20 s", { asked: cases.length, answered: answered.length, rows });
  writeFileSync(
    join(root, "docs/time-offset-error.svg"),
    errorPlot(answered.map(({ ratio, errorMs }) => ({ ratio, errorMs: Math.abs(errorMs) }))),
  );
}

// 7. Argoverse 2: poses shifted against labels, and what the nearest stamp says.
{
  const { poses, labels } = await gather(join(values.shared, "2-lidar/av2/7fab2350"));
  if (poses && labels) {
    const options = { maxOffsetS: OPTIONS.maxOffsetS, mostHalfWidthS: OPTIONS.mostHalfWidthS };
    const at = (shiftMs: number): PoseColumns => ({
      ...poses,
      stampNs: poses.stampNs.map((stamp) => stamp + BigInt(shiftMs) * 1_000_000n),
    });
    const shifts = [0, 1, 2, 5, 10, 20, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000].flatMap((size) =>
      size ? [-size, size] : [0],
    );
    const errors: number[] = [];
    let missed = 0;
    let accused = 0;
    const gaps: number[] = [];
    for (const shift of shifts) {
      const moved = at(shift);
      const answer = standingOffset(moved, labels, options);
      gaps.push(nearestGapMs(moved.stampNs, labels.stampNs));
      const offset = offsetOf(answer);
      const isAccused = offset !== null && Math.abs(offset.offsetS) - offset.halfWidthS > 0.005;
      if (offset) errors.push(offset.offsetS * MS + shift);
      if (Math.abs(shift) >= 10 && !isAccused) missed++;
      if (Math.abs(shift) <= 2 && isAccused) accused++;
    }
    const nearest = { "p95 of the nearest gap at 0 ms": gaps[0], "largest p95 of all shifts": Math.max(...gaps) };
    say("Argoverse 2, poses against labels (ms)", {
      shifts: shifts.length,
      size: spread(errors),
      missedFrom10: missed,
      accusedTo2: accused,
      ...nearest,
    });
  }
}

function nearestGapMs(poses: BigInt64Array, labels: BigInt64Array): number {
  const gaps = Array.from(labels, (stamp) => {
    let least = Number.POSITIVE_INFINITY;
    for (const pose of poses) least = Math.min(least, Math.abs(Number(pose - stamp)));
    return least / 1e6;
  });
  return round(
    quantile(
      gaps.filter((gap) => gap < 50),
      0.95,
    ),
  );
}

// 8. Simulated drives, from raw bytes: offsets of 5 to 200 ms and drifts of 5 to 100 ppm on each stream's stamps.
{
  const errors: Record<string, number[]> = {};
  const held: Record<string, number[]> = {};
  const drifts: Record<string, number[]> = {};
  const loops = { triangles: 0, closed: 0 };
  let open = 0;
  for (const one of drives) {
    const random = randomStream(one.seed, "clocks");
    const { imu, poses, sweeps, images, labels } = one;
    if (!imu || !poses || !sweeps || !labels) continue;
    const drawn = () => ({
      offsetS: (random.chance(0.5) ? 1 : -1) * random.between(0.005, 0.2),
      ppm: (random.chance(0.5) ? 1 : -1) * random.between(5, 100),
    });
    const clocks = { imu: drawn(), poses: drawn(), sweeps: drawn(), images: drawn(), labels: drawn() };
    const start = imu.stampNs[0] ?? 0n;
    const move = (stampNs: BigInt64Array, { offsetS, ppm }: { readonly offsetS: number; readonly ppm: number }): BigInt64Array =>
      stampNs.map((stamp) => stamp + BigInt(Math.round(offsetS * 1e9 + ppm * 1e-6 * Number(stamp - start))));
    const motions = {
      imu: motionOfImu({ ...imu, stampNs: move(imu.stampNs, clocks.imu) }, start),
      poses: motionOfPoses({ ...poses, stampNs: move(poses.stampNs, clocks.poses) }, start),
      sweeps: motionOfSteps(move(sweeps.stampNs, clocks.sweeps), sweeps.turn, sweeps.momentS, start, 0),
      images: images ? motionOfSteps(move(images.stampNs, clocks.images), images.turn, images.momentS, start, images.unsureS) : null,
    };
    /** What each clock shows in the middle of the drive, s: the simulator's own and what was added. */
    const shown = (name: keyof typeof OWN, added: keyof typeof clocks): number =>
      OWN[name].offsetS + OWN[name].ppm * 30e-6 + clocks[added].offsetS + clocks[added].ppm * 30e-6;
    const truth = {
      imu: shown("imu", "imu"),
      poses: shown("poses", "poses"),
      sweeps: shown("sweeps", "sweeps"),
      // An image shows the middle of its exposure and of its rows, and is stamped at the beginning of both: motion is seen later than stamped.
      images: shown("images", "images") - one.exposureS / 2 - LINES_S / 2,
      labels: shown("sweeps", "labels"),
    };
    const edges: { readonly a: number; readonly b: number; readonly offsetS: number; readonly halfWidthS: number }[] = [];
    const names = ["imu", "poses", "sweeps", "images"] as const;
    for (const [i, a] of names.entries()) {
      for (const [j, b] of names.entries()) {
        const [left, right] = [motions[a], motions[b]];
        if (j <= i || !left || !right) continue;
        const offset = offsetOf(between(left, right));
        if (!offset) {
          open++;
          continue;
        }
        edges.push({ a: i, b: j, ...offset });
        record(`${a} to ${b}`, offset, truth[b] - truth[a]);
      }
    }
    const standing = offsetOf(
      standingOffset(
        { ...poses, stampNs: move(poses.stampNs, clocks.poses) },
        { ...labels, stampNs: move(labels.stampNs, clocks.labels) },
        { maxOffsetS: 2, mostHalfWidthS: 0.025 },
      ),
    );
    if (standing) record("poses to labels", standing, truth.labels - truth.poses);
    else open++;
    for (const closing of closings(edges)) {
      if (!closing) continue;
      loops.triangles++;
      if (Math.abs(closing.residualS) <= 1.5 * closing.allowedS) loops.closed++;
    }
    for (const [name, stream, added] of CLOCKS) {
      const table = one.stamps[stream];
      const model = table && clockModel(move(table.stampNs, clocks[added]), table.logNs, kernels);
      if (model) keep(drifts, stream, model.driftPpm + OWN[name].ppm + clocks[added].ppm);
    }
    function record(pair: string, offset: Offset, truthS: number): void {
      keep(errors, pair, (offset.offsetS - truthS) * MS);
      keep(held, pair, Math.abs(offset.offsetS - truthS) <= offset.halfWidthS ? 1 : 0);
    }
  }
  const rows = Object.fromEntries(
    Object.entries(errors).map(([pair, list]) => [
      pair,
      { ...spread(list), held: round((held[pair] ?? []).reduce((sum, one) => sum + one, 0) / list.length) },
    ]),
  );
  say("simulated drives: offsets (ms)", { drives: drives.length, notAnswered: open, each: rows, loops });
  say("simulated drives: drifts (ppm)", Object.fromEntries(Object.entries(drifts).map(([stream, list]) => [stream, spread(list)])));
}

// 9. Speed: two series of one hour at 200 Hz, 801 lags.
{
  const [n, lags] = [720_000, 400];
  const random = randomStream(1, "speed");
  const mark = kernels.mark();
  const [a, b, out] = [kernels.alloc(4 * n), kernels.alloc(4 * (n + 2 * lags + 8)), kernels.alloc(8 * (2 * lags + 1))];
  const memory = kernels.exports.memory.buffer;
  const series = Float32Array.from({ length: n }, () => random.normal());
  new Float32Array(memory, a, n).set(series);
  new Float32Array(memory, b, n + 2 * lags + 8).fill(0);
  new Float32Array(memory, b, n + 2 * lags + 8).set(series, lags + 17);
  const times: number[] = [];
  for (let k = 0; k < 15; k++) {
    const begin = performance.now();
    kernels.exports.crossCorrelate(a, b, n, lags, out);
    times.push(performance.now() - begin);
  }
  const found = new Float64Array(memory, out, 2 * lags + 1);
  let top = 0;
  for (const [k, value] of found.entries()) if (value > (found[top] ?? 0)) top = k;
  kernels.release(mark);
  say("correlation of two 1-hour 200 Hz series over +-2 s", {
    msMedian: round(quantile(times, 0.5), 1),
    msLeast: round(Math.min(...times), 1),
    lagFound: top - lags,
    expected: 17,
  });
}

const report = {
  machine: { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version },
  note: "errors in ms unless said; even cases are what thresholds were set on, odd ones what they are scored on",
  results,
};
mkdirSync(join(root, "bench/results"), { recursive: true });
writeFileSync(join(root, "bench/results/time-offset.json"), `${JSON.stringify(report, null, 1)}\n`);

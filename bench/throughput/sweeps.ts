/**
 * Sweep timing: our kernel on rows in place (zero-copy), NumPy's arctan2 and polyfit on the same rows where a python3 has it
 * (bench/peers/requirements.txt; `PYTHON=/path/to/python3`), and a plain copy of the rows as the limit of memory. The kernel does more than the
 * peer: it fits the axis and each laser's phase, and holds every point against them. Beside it, in the same run: points in boxes, the nearest
 * stamps of two streams, and the correlation of two series of an hour. Contenders take turns; medians over rounds.
 *
 *   npm run bench:sweeps -- [--rounds 15]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BOX_POINTS_CHUNK, FIELD_F32, FIELD_U16, FIELD_U32, SWEEP_FIGURES, SWEEP_LASERS } from "../../src/abi.ts";
import { loadKernels } from "../../src/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "15" } } });
const rounds = Number(values.rounds);
const kernels = await loadKernels();
const LASERS = 64;
const PERIOD_S = 0.1;

/** Rows as drivers write them: f32 x y z at 0, 4, 8; time and laser where they say. */
const LAYOUTS = {
  "Velodyne's, 22 bytes": { stride: 22, time: 18, timeType: FIELD_F32, numpy: "<f4", perSecond: 1, ring: 16 },
  "Ouster's, 32 bytes": { stride: 32, time: 20, timeType: FIELD_U32, numpy: "<u4", perSecond: 1e9, ring: 26 },
  "x y z t, no lasers": { stride: 16, time: 12, timeType: FIELD_F32, numpy: "<f4", perSecond: 1, ring: -1 },
} as const;
type Layout = (typeof LAYOUTS)[keyof typeof LAYOUTS];

function sweep(count: number, { stride, time, timeType, perSecond, ring }: Layout): Uint8Array {
  const random = randomStream(1, "sweeps");
  const view = new DataView(new ArrayBuffer(stride * count));
  for (let i = 0; i < count; i++) {
    const [firing, laser, at] = [Math.floor(i / LASERS), i % LASERS, stride * i];
    const seconds = (PERIOD_S * firing * LASERS) / count;
    const azimuth = -((2 * Math.PI) / PERIOD_S) * seconds + 0.02 * (laser % 4) + 0.001 * random.normal();
    const range = 5 + 40 * random.uniform();
    view.setFloat32(at, range * Math.cos(azimuth), true);
    view.setFloat32(at + 4, range * Math.sin(azimuth), true);
    view.setFloat32(at + 8, range * Math.tan(-0.4 + (0.5 * laser) / LASERS), true);
    if (timeType === FIELD_U32) view.setUint32(at + time, Math.round(seconds * perSecond), true);
    else view.setFloat32(at + time, seconds * perSecond, true);
    if (ring >= 0) view.setUint16(at + ring, laser, true);
  }
  return new Uint8Array(view.buffer);
}

const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.NaN;
const timed = (run: () => void): number => {
  const began = performance.now();
  run();
  return (performance.now() - began) / 1000;
};
const rate = (count: number, seconds: number): number => Math.round(count / seconds);
const folder = mkdtempSync(join(tmpdir(), "plumbline-"));
const script = fileURLToPath(new URL("../peers/sweep_timing.py", import.meta.url));
const python = process.env["PYTHON"] ?? "python3";

/** Seconds of NumPy in one process, so that turns alternate with ours: one line over all points, and one for each laser. */
function numpy(file: string, count: number, { stride, time, numpy: type, ring }: Layout): readonly [number, number] | null {
  const { stdout, status } = spawnSync(python, [script, file, String(count), String(stride), String(time), type, String(ring), "3"], {
    encoding: "utf8",
  });
  if (status !== 0) return null;
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" ").map(Number));
  return [0, 1].map((column) => Math.min(...lines.map((line) => line[column] ?? Number.NaN))) as [number, number];
}

const sweeps = [];
for (const [name, layout] of Object.entries(LAYOUTS)) {
  for (const count of [100_000, 1_000_000, 10_000_000]) {
    kernels.release();
    const bytes = sweep(count, layout);
    const [rows, copy, out] = [kernels.put(bytes), kernels.alloc(bytes.length), kernels.alloc(8 * (SWEEP_FIGURES + 2 * SWEEP_LASERS))];
    const { stride, time, timeType, ring } = layout;
    const ours = (): void => {
      kernels.exports.sweepFit(rows, count, stride, 0, 4, 8, FIELD_F32, time, timeType, ring, FIELD_U16, out);
    };
    const limit = (): void => {
      new Uint8Array(kernels.exports.memory.buffer).copyWithin(copy, rows, rows + bytes.length);
    };
    const file = join(folder, "rows");
    writeFileSync(file, bytes);
    const [own, copied, bare, whole]: [number[], number[], number[], number[]] = [[], [], [], []];
    for (let i = 0; i < 3; i++) ours();
    for (let round = 0; round < rounds; round++) {
      own.push(timed(ours));
      copied.push(timed(limit));
      const peer = round % 5 === 0 ? numpy(file, count, layout) : null;
      if (peer) bare.push(peer[0]);
      if (peer) whole.push(peer[1]);
    }
    const one = {
      ...{ layout: name, points: count, pointsPerSecond: rate(count, median(own)), copyPointsPerSecond: rate(count, median(copied)) },
      ...(bare.length > 0 && {
        numpy: {
          pointsPerSecond: rate(count, median(bare)),
          ...(layout.ring >= 0 && { byLaserPointsPerSecond: rate(count, median(whole)) }),
        },
        times: Number((median(bare) / median(own)).toFixed(1)),
        ...(layout.ring >= 0 && { timesByLaser: Number((median(whole) / median(own)).toFixed(1)) }),
      }),
    };
    sweeps.push(one);
    const each =
      one.numpy && "byLaserPointsPerSecond" in one.numpy
        ? `, a line by laser ${(one.numpy.byLaserPointsPerSecond / 1e6).toFixed(1)} (${one.timesByLaser} times)`
        : "";
    const peer = one.numpy
      ? `NumPy's one line ${(one.numpy.pointsPerSecond / 1e6).toFixed(1)} (${one.times} times)${each}`
      : "NumPy not run";
    console.log(
      `${name.padEnd(22)} ${String(count).padStart(9)} points: ${(one.pointsPerSecond / 1e6).toFixed(0)} M/s, copy ${(one.copyPointsPerSecond / 1e6).toFixed(0)} M/s, ${peer}`,
    );
  }
}
rmSync(folder, { recursive: true });

/** Points in boxes: every pair counts. */
const boxes = [20, 100].map((n) => {
  kernels.release();
  const count = 1_000_000;
  const random = randomStream(2, "boxes");
  const rows = kernels.put(sweep(count, LAYOUTS["x y z t, no lasers"]));
  const columns = Float64Array.from(
    { length: 7 * n },
    (_, i) => [random.between(-40, 40), random.between(-40, 40), 0, 4, 2, 1.6, 0.3][i % 7] ?? 0,
  );
  const [at, scratch, out] = [kernels.put(new Uint8Array(columns.buffer)), kernels.alloc(8 * BOX_POINTS_CHUNK), kernels.alloc(32 * n)];
  const run = (): void => {
    kernels.exports.pointsInBoxes(rows, count, 16, 0, 4, 8, FIELD_F32, 12, FIELD_F32, at, n, scratch, out);
  };
  run();
  const perSecond = rate(count * n, median(Array.from({ length: rounds }, () => timed(run))));
  console.log(`points in boxes        ${String(n).padStart(9)} boxes:  ${(perSecond / 1e9).toFixed(2)} G tests/s`);
  return { boxes: n, points: count, testsPerSecond: perSecond };
});

/** Nearest stamps: both streams' stamps are counted. */
const association = [100_000, 1_000_000, 4_000_000].map((n) => {
  kernels.release();
  const random = randomStream(3, "stamps");
  const stamps = (): number => {
    let now = 1_700_000_000_000_000_000n;
    return kernels.put(new Uint8Array(BigInt64Array.from({ length: n }, () => (now += BigInt(1 + random.below(10_000_000)))).buffer));
  };
  const [a, b, index, gap] = [stamps(), stamps(), kernels.alloc(4 * n), kernels.alloc(8 * n)];
  const run = (): void => kernels.exports.nearestStamps(a, n, b, n, index, gap);
  run();
  const perSecond = rate(2 * n, median(Array.from({ length: rounds }, () => timed(run))));
  console.log(`nearest stamps         ${String(n).padStart(9)} each:   ${(perSecond / 1e6).toFixed(0)} M stamps/s`);
  return { stamps: n, stampsPerSecond: perSecond };
});

/** Two series at 200 Hz over +-2 s. */
const correlation = [0.25, 0.5, 1].map((hours) => {
  kernels.release();
  const [n, lags] = [hours * 720_000, 400];
  const random = randomStream(4, "series");
  const series = (length: number): number => kernels.put(new Uint8Array(Float32Array.from({ length }, () => random.normal()).buffer));
  const [a, b, out] = [series(n), series(n + 2 * lags + 8), kernels.alloc(8 * (2 * lags + 1))];
  const run = (): void => kernels.exports.crossCorrelate(a, b, n, lags, out);
  run();
  const ms = Number((1e3 * median(Array.from({ length: rounds }, () => timed(run)))).toFixed(1));
  console.log(`correlation            ${String(hours).padStart(9)} hours:  ${ms} ms`);
  return { hours, lags: 2 * lags + 1, ms };
});

const commit = spawnSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).stdout.trim();
const machine = { cpu: cpus()[0]?.model ?? "", node: process.version, commit, rounds };
writeFileSync(
  fileURLToPath(new URL("../results/sweeps.json", import.meta.url)),
  `${JSON.stringify({ machine, sweeps, boxes, association, correlation }, null, 2)}\n`,
);

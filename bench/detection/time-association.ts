/**
 * Stamps taken together: the peer's lists, offsets found end to end from text files, and how fast.
 *
 * Lists: associations of TUM's associate.py (../shared/data/6-sync/tum-euroc-timestamps), read as two streams of stamps each and paired again.
 * Files: the stamps of a text file are rewritten later or earlier and the whole folder checked by its rig, as a user would; the change must be found
 * by time/sensor-offset and must not show in time/association. Speed: two streams in kernel memory, no copies; medians of seven runs, seeded.
 *
 *   npm run bench:association -- [--shared ../shared/data]
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { associate, ordered } from "../../src/checks/time/_nearest.ts";
import { loadKernels } from "../../src/kernels.ts";
import { describeInput, openDescriptor } from "../../src/node/input.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { runCheck } from "../../src/pipeline/engine.ts";
import { inlineExecutor } from "../../src/pipeline/executor.ts";
import type { Rig } from "../../src/rig/rig.ts";
import { randomStream } from "../../src/simulate/random.ts";
import { decimalNs } from "../../src/sources/tables/decimal.ts";
import { gather } from "./time-drives.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({ options: { shared: { type: "string", default: join(root, "../shared/data") } } });
const kernels = await loadKernels();
const results: Record<string, unknown> = {};
function say(name: string, value: unknown): void {
  results[name] = value;
  process.stderr.write(`${name}: ${JSON.stringify(value)}\n`);
}
const round = (value: number, digits = 3): number => Math.round(value * 10 ** digits) / 10 ** digits;
function quantile(sizes: readonly number[], q: number): number {
  const sorted = [...sizes].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

// 1. The peer's lists.
for (const name of ["fr1_xyz", "fr1_desk", "fr2_desk"]) {
  const path = join(values.shared, `6-sync/tum-euroc-timestamps/associations/${name}.txt`);
  const { stamps } = await gather(path);
  const [rgb, depth] = ["rgb", "depth"].map((side) => ordered(stamps[`${name}/${side}`]?.stampNs ?? new BigInt64Array(0)).stampNs);
  if (!rgb || !depth) continue;
  const { pair } = associate(rgb, depth, 20_000_000, kernels);
  const ours = new Set([...pair].flatMap((row, i) => (row < 0 ? [] : [`${rgb[i]} ${depth[row]}`])));
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const theirs = lines.map((line) => [0, 2].map((at) => decimalNs(line.split(" ")[at], 9)).join(" "));
  say(`list ${name}`, { theirs: theirs.length, ours: ours.size, same: theirs.filter((one) => ours.has(one)).length });
}

// 2. From text files to a verdict.
const SHIFTS = Array.from({ length: 36 }, (_, k) => -500 + 28 * k);
const PAIRS = [
  {
    name: "lidar-imu-offset",
    files: ["6-sync/lidar-imu-offset/odom.txt", "6-sync/lidar-imu-offset/omega.txt"],
    second: { id: "imu", kind: "imu", columns: { stamp: 0, wx: 1, wy: 2, wz: 3 } },
  },
  {
    name: "TUM fr1_xyz: rgbdslam, motion capture",
    files: ["6-sync/evo-trajectories/freiburg1_xyz-rgbdslam.txt", "6-sync/evo-trajectories/freiburg1_xyz-groundtruth.txt"],
    second: { id: "imu", kind: "pose", columns: { stamp: 0, x: 1, y: 2, z: 3, qx: 4, qy: 5, qz: 6, qw: 7 } },
  },
] as const;
const scratch = mkdtempSync(join(tmpdir(), "plumbline-bench-"));
for (const { name, files, second } of PAIRS) {
  const texts = files.map((file) => readFileSync(join(values.shared, file), "utf8"));
  const poses = {
    id: "odom",
    kind: "pose",
    path: "odom.txt",
    columns: { stamp: 0, x: 1, y: 2, z: 3, qx: 4, qy: 5, qz: 6, qw: 7 },
  } as const;
  const rig: Rig = {
    schema: "plumbline.rig/1",
    streams: [
      { ...poses, units: { stamp: "s" } },
      { ...second, path: "imu.txt", units: { stamp: "ns" } },
    ],
    offsets: [{ between: ["odom", "imu"], expectedMs: 0, toleranceMs: 10 }],
    association: [{ between: ["odom", "imu"], toleranceMs: 25 }],
  };
  const found: { readonly shift: number; readonly offsetMs: number; readonly gapP95Ms: number }[] = [];
  for (const shift of [0, ...SHIFTS]) {
    const folder = join(scratch, "pair");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "odom.txt"), texts[0] ?? "");
    writeFileSync(join(folder, "imu.txt"), later(texts[1] ?? "", BigInt(shift) * 1_000_000n));
    const checks = ["time/sensor-offset", "time/association"];
    const report = await runCheck(openDescriptor(describeInput(folder)), nodePlatform, inlineExecutor, { rig, checks });
    const observed = (check: string) => report.verdicts.find((verdict) => verdict.check === check)?.observed ?? {};
    const [offsetMs, gapP95Ms] = [observed("time/sensor-offset")["offsetMs"], observed("time/association")["gapP95Ms"]];
    found.push({ shift, offsetMs: Number(offsetMs ?? Number.NaN), gapP95Ms: Number(gapP95Ms) });
  }
  const base = found[0]?.offsetMs ?? Number.NaN;
  const errors = found.slice(1).map(({ shift, offsetMs }) => Math.abs(offsetMs - base - shift));
  say(`from files: ${name} (ms)`, {
    unshiftedMs: base,
    shifts: errors.length,
    answered: errors.filter(Number.isFinite).length,
    p95: round(quantile(errors.filter(Number.isFinite), 0.95)),
    max: round(Math.max(...errors.filter(Number.isFinite))),
    "p95 of the nearest gap": [Math.min, Math.max].map((of) => round(of(...found.map(({ gapP95Ms }) => gapP95Ms)))),
  });
}
rmSync(scratch, { recursive: true });

/** The same rows with stamps in ns, later by so much. */
function later(text: string, shiftNs: bigint): string {
  const rows = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return rows.map((line) => line.trim().replace(/^\S+/, (stamp) => String((decimalNs(stamp, 9) ?? 0n) + shiftNs))).join("\n");
}

// 3. How fast. Zero-copy: both streams lie in kernel memory.
for (const n of [100_000, 1_000_000, 4_000_000]) {
  kernels.release();
  const [a, b, index, gap, work] = [8 * n, 8 * n, 4 * n, 8 * n, 56 * n].map((bytes) => kernels.alloc(bytes)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const random = randomStream(n, "stamps");
  const views = [a, b].map((at) => new BigInt64Array(kernels.exports.memory.buffer, at, n));
  for (const [k, view] of views.entries()) {
    for (let i = 0; i < n; i++) view[i] = BigInt(i) * 33_333_333n + BigInt(Math.floor(random.between(0, 3e6))) + BigInt(k) * 11_000_000n;
  }
  const [first, second] = views as [BigInt64Array, BigInt64Array];
  const contenders: Readonly<Record<string, () => unknown>> = {
    "nearest, kernel": () => kernels.exports.nearestStamps(a, n, b, n, index, gap),
    "nearest, JavaScript on BigInt64Array": () => nearest(first, second),
    "pairs within 20 ms, kernel": () => kernels.exports.pairStamps(a, n, b, n, 20e6, index, work),
    "pairs within 1 s (30 candidates each), kernel": () => kernels.exports.pairStamps(a, n, b, n, 1e9, index, work),
  };
  const times: Record<string, number[]> = {};
  for (let run = 0; run < 7; run++) {
    for (const [name, work_] of Object.entries(contenders)) {
      const start = performance.now();
      work_();
      times[name] = [...(times[name] ?? []), performance.now() - start];
    }
  }
  const speeds = Object.entries(times).map(([name, list]) => [name, round((2 * n) / quantile(list, 0.5) / 1e3, 1)]);
  say(`million stamps/s, ${n} stamps a stream, one core`, Object.fromEntries(speeds));
}

/** The same two pointers as plainly as JavaScript has them. */
function nearest(a: BigInt64Array, b: BigInt64Array): Int32Array {
  const out = new Int32Array(a.length);
  let j = 0;
  const size = (x: bigint): bigint => (x < 0n ? -x : x);
  for (const [i, stamp] of a.entries()) {
    while (j + 1 < b.length && size((b[j + 1] as bigint) - stamp) < size((b[j] as bigint) - stamp)) j++;
    out[i] = j;
  }
  return out;
}

const machine = { cpu: cpus()[0]?.model ?? "", cores: cpus().length, node: process.version };
const path = join(root, "bench/results/time-association.json");
writeFileSync(path, `${JSON.stringify({ machine, note: "stamps of both streams counted", results }, null, 2)}\n`);

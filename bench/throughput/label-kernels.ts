/**
 * Residuals and swap partners of 3D tracks, 70 objects a frame: our kernels (zero-copy), the same on plain JavaScript objects, and in
 * NumPy where a python3 has it (bench/peers/requirements.txt; `PYTHON=/path/to/python3`). Contenders take turns; medians over rounds.
 *
 *   node bench/throughput/label-kernels.ts [--rounds 7] [--rows 1000000]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadKernels } from "../../src/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "7" }, rows: { type: "string", default: "1000000" } } });
const PER_FRAME = 70;
const TRACK_FRAMES = 200;
const LEAST = 0.2;
const GAP = 3;
const SWAPS_A_FRAME = 0.08;
const kernels = await loadKernels();

interface Scene {
  readonly rows: number;
  readonly frames: number;
  readonly tracks: number;
  readonly track: Int32Array;
  readonly frame: Int32Array;
  readonly place: Float64Array;
  readonly seconds: Float64Array;
}

/** Cars at their own speeds, a centimetre of noise; in 8 % of the frames two change places. */
function scene(rows: number): Scene {
  const random = randomStream(1, "label kernels");
  const frames = Math.ceil(rows / PER_FRAME);
  const tracks = PER_FRAME * Math.ceil(frames / TRACK_FRAMES);
  const [track, frame, place] = [new Int32Array(rows), new Int32Array(rows), new Float64Array(4 * rows)];
  for (let row = 0; row < rows; row++) {
    const [f, own] = [Math.floor(row / PER_FRAME), row % PER_FRAME];
    frame[row] = f;
    track[row] = own + PER_FRAME * Math.floor(f / TRACK_FRAMES);
    place.set([4 * own + (0.2 + 0.01 * own) * f + 0.01 * random.normal(), 3 * own, 0.01 * random.normal(), 0], 4 * row);
  }
  for (let f = 1; f + 1 < frames; f++) {
    if (!random.chance(SWAPS_A_FRAME)) continue;
    const [a, b] = [PER_FRAME * f + random.below(PER_FRAME), PER_FRAME * f + random.below(PER_FRAME)];
    if (a < rows && b < rows) [track[a], track[b]] = [track[b] ?? 0, track[a] ?? 0];
  }
  return { rows, frames, tracks, track, frame, place, seconds: Float64Array.from({ length: frames }, (_, f) => f / 10) };
}

/** One pass over columns that lie in kernel memory. */
function inKernels({ rows, frames, tracks, ...columns }: Scene): () => number {
  kernels.release();
  const put = (column: Float64Array | Int32Array): number => kernels.put(new Uint8Array(column.buffer));
  const [track, frame, place, seconds] = [put(columns.track), put(columns.frame), put(columns.place), put(columns.seconds)];
  const least = put(new Float64Array(rows).fill(LEAST));
  const ints = (count: number): number => kernels.alloc(4 * count);
  const [starts, members, before, after, last] = [ints(frames + 1), ints(rows), ints(rows), ints(rows), ints(tracks)];
  const [partner, suspects, residual, fit] = [ints(rows), ints(rows), kernels.alloc(8 * rows), kernels.alloc(8 * rows)];
  const { sortByFrame, linkTracks, trackResiduals, swapPartners } = kernels.exports;
  return () => {
    const count = sortByFrame(frame, track, rows, frames, starts, members);
    linkTracks(members, count, track, frame, rows, tracks, GAP, before, after, last);
    trackResiduals(place, seconds, frame, before, after, 0, rows, residual);
    return swapPartners(place, seconds, frame, before, after, 0, members, starts, frames, residual, least, 400, partner, fit, suspects);
  };
}

interface Box {
  readonly track: number;
  readonly frame: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  expected: { readonly x: number; readonly y: number; readonly z: number } | null;
  residual: number;
  partner: Box | null;
}

/** The same, the way one writes it first. */
function onObjects({ rows, track, frame, place, seconds }: Scene): () => number {
  const boxes = Array.from({ length: rows }, (_, i): Box => {
    const at = (d: number): number => place[4 * i + d] ?? 0;
    const box = { track: track[i] ?? 0, frame: frame[i] ?? 0, x: at(0), y: at(1), z: at(2) };
    return { ...box, expected: null, residual: Number.NaN, partner: null };
  });
  const apart = (a: { x: number; y: number; z: number }, b: { x: number; y: number; z: number }): number =>
    Math.sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2 + (a.z - b.z) ** 2);
  return () => {
    const tracks = new Map<number, Box[]>();
    const frames = new Map<number, Box[]>();
    for (const box of boxes) {
      const own = tracks.get(box.track);
      if (own) own.push(box);
      else tracks.set(box.track, [box]);
    }
    for (const own of tracks.values()) {
      own.sort((a, b) => a.frame - b.frame);
      for (let i = 1; i + 1 < own.length; i++) {
        const [a, box, b] = [own[i - 1], own[i], own[i + 1]] as [Box, Box, Box];
        if (box.frame - a.frame > GAP || b.frame - box.frame > GAP) continue;
        const [from, at, to] = [seconds[a.frame] ?? 0, seconds[box.frame] ?? 0, seconds[b.frame] ?? 0];
        const share = (at - from) / (to - from);
        box.expected = { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share, z: a.z + (b.z - a.z) * share };
        box.residual = apart(box, box.expected);
        if (box.residual <= LEAST) continue;
        const suspects = frames.get(box.frame);
        if (suspects) suspects.push(box);
        else frames.set(box.frame, [box]);
      }
    }
    let found = 0;
    for (const suspects of frames.values()) {
      if (suspects.length < 2) continue;
      for (const box of suspects) {
        let nearest = Number.POSITIVE_INFINITY;
        for (const other of suspects) {
          if (other === box || !box.expected) continue;
          const distance = apart(other, box.expected);
          if (distance >= nearest) continue;
          nearest = distance;
          box.partner = other;
        }
        found++;
      }
    }
    return found;
  };
}

function inNumpy({ rows, frames, track, frame, place, seconds }: Scene, folder: string): (() => number) | null {
  const file = join(folder, "columns");
  writeFileSync(file, Buffer.concat([track, frame, place, seconds].map((column) => new Uint8Array(column.buffer))));
  const script = fileURLToPath(new URL("../peers/label_residuals.py", import.meta.url));
  const run = (): number => {
    const { stdout, status } = spawnSync(process.env["PYTHON"] ?? "python3", [script, file, String(rows), String(frames), "2"], {
      encoding: "utf8",
    });
    if (status !== 0) return Number.NaN;
    return Math.min(
      ...stdout
        .trim()
        .split("\n")
        .map((line) => Number(line.split(" ")[0])),
    );
  };
  return Number.isNaN(run()) ? null : run;
}

const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.NaN;
const timed = (run: () => number): number => {
  const began = performance.now();
  run();
  return (performance.now() - began) / 1000;
};

const folder = mkdtempSync(join(tmpdir(), "plumbline-"));
const rounds = Number(values.rounds);
const one = scene(Number(values.rows));
const contenders = new Map<string, () => number>();
const [ours, objects, numpy] = [inKernels(one), onObjects(one), inNumpy(one, folder)];
if (ours() !== objects()) throw new Error(`expected equal counts, got ${ours()} and ${objects()}`);
contenders.set("kernels, zero-copy", () => timed(ours));
contenders.set("plain JavaScript objects", () => timed(objects));
if (numpy) contenders.set("NumPy", numpy);
const seconds = new Map([...contenders.keys()].map((name) => [name, [] as number[]]));
for (let round = -1; round < rounds; round++) {
  for (const [name, run] of contenders) {
    const took = run();
    if (round >= 0) seconds.get(name)?.push(took);
  }
}
const results = [...seconds].map(([name, all]) => ({ name, boxesPerSecond: Math.round(one.rows / median(all)) }));
const rateOf = (name: string): number => results.find((result) => result.name === name)?.boxesPerSecond ?? Number.NaN;
for (const { name, boxesPerSecond } of results) {
  console.log(
    `${name.padEnd(28)} ${(boxesPerSecond / 1e6).toFixed(2)} M boxes/s, kernels ${(rateOf("kernels, zero-copy") / boxesPerSecond).toFixed(1)} times`,
  );
}
if (!numpy) console.log("NumPy: not run: no python3 with numpy (bench/peers/requirements.txt)");

const linear = [1e4, 1e5, 1e6, 1e7].map((rows) => {
  const run = inKernels(scene(rows));
  run();
  const boxesPerSecond = Math.round(rows / median(Array.from({ length: rounds }, () => timed(run))));
  console.log(`${String(rows).padEnd(28)} ${(boxesPerSecond / 1e6).toFixed(1)} M boxes/s`);
  return { rows, boxesPerSecond };
});
rmSync(folder, { recursive: true });

const git = spawnSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).stdout.trim();
const machine = { cpu: cpus()[0]?.model ?? "", node: process.version, commit: git, rows: one.rows, rounds };
writeFileSync(
  fileURLToPath(new URL("../results/label-kernels.json", import.meta.url)),
  `${JSON.stringify({ machine, results, linear }, null, 2)}\n`,
);

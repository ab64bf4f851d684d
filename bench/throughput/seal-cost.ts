/**
 * What sealing costs over checking: `plumbline seal` (XXH3-128) beside `plumbline check --level 0` on the same warm, uncompressed MCAP, with
 * large and with small messages. Both commands whole, as a user runs them, and less what each takes for a recording of a few messages. They
 * take turns and change who begins; a round's ratio is of its own two runs. Medians and quartiles.
 *
 *   npm run bench:seal -- [--gib 1] [--rounds 11] [--workers 1,2] [--message-bytes 1048576,1024] [--folder DIR]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Spread, spreadOf } from "./interleave.ts";
import { writeLargeMcap } from "./write-mcap.ts";

const { values } = parseArgs({
  options: {
    gib: { type: "string", default: "1" },
    rounds: { type: "string", default: "11" },
    workers: { type: "string", default: "1,2" },
    "message-bytes": { type: "string", default: "1048576,1024" },
    folder: { type: "string", default: join(tmpdir(), "plumbline-bench-seal") },
  },
});
const numbers = (list: string): readonly number[] => list.split(",").map(Number);
const rounds = Number(values.rounds);
const root = fileURLToPath(new URL("../..", import.meta.url));
const cli = join(root, "dist/bundle/main.js");
const large = join(values.folder, "large.mcap");
const tiny = join(values.folder, "tiny.mcap");
const seal = join(values.folder, "out.seal");

const COMMANDS = {
  check: (path: string) => ["check", path, "--level", "0", "--format", "json"],
  seal: (path: string) => ["seal", path, "--force", "--out", seal],
} as const;
type Command = keyof typeof COMMANDS;

function seconds(command: Command, path: string, workers: number): number {
  const begin = performance.now();
  const run = spawnSync(process.execPath, [cli, ...COMMANDS[command](path), "--workers", String(workers)], { maxBuffer: 1 << 28 });
  const taken = (performance.now() - begin) / 1000;
  if (run.status !== 0 && run.status !== 1) throw new Error(`plumbline ${command} ended with ${run.status}: ${run.stderr}`);
  return taken;
}

interface Measured {
  readonly messageBytes: number;
  readonly workers: number;
  readonly frames: number;
  readonly checkSeconds: Spread;
  readonly sealSeconds: Spread;
  readonly startUpSeconds: Readonly<Record<Command, number>>;
  readonly sealOverCheck: Spread;
  readonly sealOverCheckNetOfStartUp: Spread;
  readonly sealBytesPerFrame: number;
}

function measured(messageBytes: number, frames: number, workers: number): Measured {
  const taken: Record<Command, number[]> = { check: [], seal: [] };
  const start: Record<Command, number[]> = { check: [], seal: [] };
  // The first round warms the file and the code caches.
  for (let round = -1; round < rounds; round++) {
    for (const command of round % 2 === 0 ? (["check", "seal"] as const) : (["seal", "check"] as const)) {
      const [whole, idle] = [seconds(command, large, workers), seconds(command, tiny, workers)];
      if (round < 0) continue;
      taken[command].push(whole);
      start[command].push(idle);
    }
  }
  const idle = { check: spreadOf(start.check).median, seal: spreadOf(start.seal).median };
  const net = (command: Command, round: number): number => (taken[command][round] ?? Number.NaN) - idle[command];
  seconds("seal", large, workers);
  return {
    messageBytes,
    workers,
    frames,
    checkSeconds: spreadOf(taken.check),
    sealSeconds: spreadOf(taken.seal),
    startUpSeconds: idle,
    sealOverCheck: spreadOf(taken.check.map((check, i) => (taken.seal[i] ?? Number.NaN) / check)),
    sealOverCheckNetOfStartUp: spreadOf(taken.check.map((_, i) => net("seal", i) / net("check", i))),
    sealBytesPerFrame: statSync(seal).size / frames,
  };
}

mkdirSync(values.folder, { recursive: true });
try {
  const all: Measured[] = [];
  for (const messageBytes of numbers(values["message-bytes"])) {
    const frames = await writeLargeMcap({ path: large, bytes: Number(values.gib) * 2 ** 30, messageBytes, chunked: true, seed: 1 });
    await writeLargeMcap({ path: tiny, bytes: 8 * messageBytes, messageBytes, chunked: true, seed: 1 });
    for (const workers of numbers(values.workers)) all.push(measured(messageBytes, frames, workers));
  }
  const result = {
    what: `plumbline seal (xxh3-128) beside plumbline check --level 0: a warm ${values.gib} GiB uncompressed chunked MCAP`,
    command: `npm run bench:seal -- ${process.argv.slice(2).join(" ")}`.trim(),
    machine: { cpu: cpus()[0]?.model.trim() ?? "unknown", cores: cpus().length, memoryBytes: totalmem() },
    runtime: `node ${process.version}`,
    commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim(),
    rounds,
    targetSealOverCheck: 1.05,
    measured: all,
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  mkdirSync(join(root, "bench/results"), { recursive: true });
  writeFileSync(join(root, "bench/results/seal-cost.json"), `${JSON.stringify(result, null, 2)}\n`);
} finally {
  rmSync(values.folder, { recursive: true, force: true });
}

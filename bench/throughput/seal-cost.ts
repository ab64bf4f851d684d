/**
 * What sealing costs over checking: `plumbline seal` (XXH3-128) beside `plumbline check --level 0` on the same warm, uncompressed MCAP, with
 * large and with small messages. Both commands whole, as a user runs them, less what each takes for a recording of a few
 * messages. They take turns, and change who begins; a round's ratio is of its own two runs. Medians and quartiles.
 *
 *   npm run bench:seal -- [--gib 1] [--rounds 11] [--workers 2] [--folder DIR]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeLargeMcap } from "./write-mcap.ts";

const { values } = parseArgs({
  options: {
    gib: { type: "string", default: "1" },
    rounds: { type: "string", default: "11" },
    workers: { type: "string", default: "2" },
    folder: { type: "string", default: join(tmpdir(), "plumbline-bench-seal") },
  },
});
const rounds = Number(values.rounds);
const root = new URL("../..", import.meta.url).pathname;
const cli = join(root, "dist/cli/main.js");
const seal = join(values.folder, "out.seal");

const COMMANDS = {
  check: (path: string) => ["check", path, "--level", "0", "--format", "json"],
  seal: (path: string) => ["seal", path, "--out", seal],
} as const;
type Command = keyof typeof COMMANDS;

function seconds(command: Command, path: string): number {
  const begin = performance.now();
  const run = spawnSync(process.execPath, [cli, ...COMMANDS[command](path), "--workers", values.workers], { maxBuffer: 1 << 28 });
  const taken = (performance.now() - begin) / 1000;
  if (run.status !== 0 && run.status !== 1) throw new Error(`plumbline ${command} ended with ${run.status}: ${run.stderr}`);
  return taken;
}

interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

function quartiles(figures: readonly number[]): Spread {
  const sorted = [...figures].sort((a, b) => a - b);
  const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.round(q * (sorted.length - 1)))] ?? Number.NaN;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

async function measured(messageBytes: number): Promise<Readonly<Record<string, unknown>>> {
  const path = join(values.folder, "large.mcap");
  const tiny = join(values.folder, "tiny.mcap");
  const layout = { messageBytes, chunked: true, seed: 1 };
  const frames = await writeLargeMcap({ path, bytes: Number(values.gib) * 2 ** 30, ...layout });
  await writeLargeMcap({ path: tiny, bytes: 8 * messageBytes, ...layout });
  const taken: Record<Command, number[]> = { check: [], seal: [] };
  const start: Record<Command, number[]> = { check: [], seal: [] };
  for (let round = -1; round < rounds; round++) {
    const order: readonly Command[] = round % 2 === 0 ? ["check", "seal"] : ["seal", "check"];
    for (const command of order) {
      const [whole, idle] = [seconds(command, path), seconds(command, tiny)];
      // The first round warms the file and the code caches.
      if (round < 0) continue;
      taken[command].push(whole);
      start[command].push(idle);
    }
  }
  const idle = { check: quartiles(start.check).median, seal: quartiles(start.seal).median };
  const net = (command: Command, round: number): number => (taken[command][round] ?? Number.NaN) - idle[command];
  seconds("seal", path);
  return {
    messageBytes,
    frames,
    checkSeconds: quartiles(taken.check),
    sealSeconds: quartiles(taken.seal),
    startUpSeconds: idle,
    sealOverCheck: quartiles(taken.check.map((check, i) => (taken.seal[i] ?? Number.NaN) / check)),
    sealOverCheckNetOfStartUp: quartiles(taken.check.map((_, i) => net("seal", i) / net("check", i))),
    sealBytesPerFrame: statSync(seal).size / frames,
  };
}

mkdirSync(values.folder, { recursive: true });
try {
  const result = {
    what: `plumbline seal (xxh3-128) beside plumbline check --level 0: a warm ${values.gib} GiB uncompressed chunked MCAP, ${values.workers} workers`,
    command: `node bench/throughput/seal-cost.ts ${process.argv.slice(2).join(" ")}`.trim(),
    machine: { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, memoryBytes: totalmem() },
    runtime: `node ${process.version}`,
    commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim(),
    rounds,
    targetSealOverCheck: 1.05,
    messages: [await measured(1 << 20), await measured(1 << 10)],
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(root, "bench/results", `seal-cost-${values.workers}-workers.json`), `${JSON.stringify(result, null, 2)}\n`);
} finally {
  rmSync(values.folder, { recursive: true, force: true });
}

/**
 * Level-0 checks of a warm, large, uncompressed MCAP through the command line, beside what the machine can do:
 * one `dd` per worker over its share of the same file, and @mcap/core reading the file with its CRCs on.
 * Competitors take turns within each round; medians and the spread are printed and recorded.
 *
 *   npm run build && node bench/throughput/files.ts [--gib 4] [--rounds 7] [--workers 2] [--unchunked] [--peer] [--folder DIR]
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeLargeMcap } from "./write-mcap.ts";

const { values } = parseArgs({
  options: {
    gib: { type: "string", default: "4" },
    rounds: { type: "string", default: "7" },
    workers: { type: "string", default: "2" },
    unchunked: { type: "boolean", default: false },
    peer: { type: "boolean", default: false },
    folder: { type: "string", default: join(tmpdir(), "plumbline-bench") },
  },
});
const gib = Number(values.gib);
const rounds = Number(values.rounds);
const workers = Number(values.workers);
const root = new URL("../..", import.meta.url).pathname;
const cli = join(root, "dist/cli/main.js");
const layout = values.unchunked ? "unchunked" : "chunked";

mkdirSync(values.folder, { recursive: true });

async function recording(name: string, bytes: number): Promise<string> {
  const path = join(values.folder, `${name}.mcap`);
  try {
    if (statSync(path).size >= bytes) return path;
  } catch {
    // Not written yet.
  }
  process.stderr.write(`writing ${path}\n`);
  await writeLargeMcap({ path, bytes, messageBytes: 1 << 20, chunked: !values.unchunked, seed: 1 });
  return path;
}

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
}

function plumbline(path: string): Run {
  const cost = join(values.folder, "cost.json");
  const run = spawnSync(
    process.execPath,
    [cli, "check", path, "--level", "0", "--workers", String(workers), "--format", "json", "--cost", cost],
    {
      maxBuffer: 1 << 28,
    },
  );
  if (run.status !== 0 && run.status !== 1) throw new Error(`plumbline ended with ${run.status}: ${run.stderr}`);
  // The cost file holds one entry per PATH.
  const text = JSON.parse(readFileSync(cost, "utf8"));
  const entry = Array.isArray(text) ? text[0] : text;
  return { seconds: entry.wallMs / 1000, cpuSeconds: entry.cpuMs / 1000, peakRssBytes: entry.peakRssBytes };
}

/** One dd per worker, side by side, each over its share. */
async function dd(path: string): Promise<number> {
  const blocks = Math.floor(statSync(path).size / (1 << 20));
  const share = Math.ceil(blocks / workers);
  const begin = performance.now();
  await Promise.all(
    Array.from(
      { length: workers },
      (_, i) =>
        new Promise<void>((resolve, reject) => {
          const args = [`if=${path}`, "of=/dev/null", "bs=1M", `skip=${i * share}`, `count=${share}`];
          spawn("dd", args, { stdio: "ignore" }).on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`dd: ${code}`))));
        }),
    ),
  );
  return (performance.now() - begin) / 1000;
}

function peer(path: string): number {
  const script = new URL("./peer-mcap-core.ts", import.meta.url).pathname;
  return JSON.parse(execFileSync(process.execPath, [script, path], { encoding: "utf8" })).seconds;
}

function quartiles(figures: readonly number[]): { readonly median: number; readonly low: number; readonly high: number } {
  const sorted = [...figures].sort((a, b) => a - b);
  const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.round(q * (sorted.length - 1)))] ?? Number.NaN;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

const large = await recording(`${layout}-${gib}`, gib * 2 ** 30);
const twice = await recording(`${layout}-${2 * gib}`, 2 * gib * 2 ** 30);
const tiny = await recording(`${layout}-tiny`, workers * 4 * 2 ** 20);
const bytes = statSync(large).size;

await dd(large);
plumbline(large);
const figures = { startUp: [] as number[], check: [] as Run[], dd: [] as number[], peer: [] as number[] };
for (let round = 0; round < rounds; round++) {
  figures.dd.push(await dd(large));
  figures.check.push(plumbline(large));
  figures.startUp.push(plumbline(tiny).seconds);
  if (values.peer) figures.peer.push(peer(large));
}
const startUp = quartiles(figures.startUp).median;
const ratios = figures.check.map((run, i) => (figures.dd[i] ?? Number.NaN) / (run.seconds - startUp));
const double = plumbline(twice);
const result = {
  what: `level-0 checks of a warm ${gib} GiB uncompressed ${layout} MCAP of 1 MiB messages, ${workers} workers, net of start-up`,
  command: `node bench/throughput/files.ts ${process.argv.slice(2).join(" ")}`.trim(),
  machine: { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, memoryBytes: totalmem() },
  runtime: `node ${process.version}`,
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim(),
  rounds,
  bytes,
  startUpSeconds: startUp,
  checkSeconds: quartiles(figures.check.map((run) => run.seconds)),
  checkCpuSeconds: quartiles(figures.check.map((run) => run.cpuSeconds)),
  ddSeconds: quartiles(figures.dd),
  checkBytesPerSecondNet: bytes / (quartiles(figures.check.map((run) => run.seconds)).median - startUp),
  ddBytesPerSecond: bytes / quartiles(figures.dd).median,
  shareOfParallelDd: quartiles(ratios),
  ...(values.peer && {
    mcapCoreSeconds: quartiles(figures.peer),
    timesMcapCore: quartiles(figures.peer).median / quartiles(figures.check.map((r) => r.seconds)).median,
  }),
  peakRssBytes: quartiles(figures.check.map((run) => run.peakRssBytes)),
  peakRssBytesTwiceTheSize: double.peakRssBytes,
};
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
writeFileSync(join(root, "bench/results", `files-${layout}-${workers}-workers.json`), `${JSON.stringify(result, null, 2)}\n`);
rmSync(join(values.folder, "cost.json"), { force: true });

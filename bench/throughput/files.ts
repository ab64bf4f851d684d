/**
 * Level-0 checks of a warm, large MCAP through the command line, beside what the machine can do: one `dd` per worker
 * over its share of the file, the bare loop that reads and decompresses (or sums) its chunks, @mcap/core reading it with its CRCs on and, where
 * the tool is on the PATH, `mcap doctor`. Competitors take turns within each round; medians and quartiles are printed
 * and recorded. Times of ours are net of start-up: a run over a recording of one chunk per worker is taken off.
 *
 *   npm run bench:files -- [--gib 4] [--rounds 5] [--compression none,lz4,zstd] [--workers 1,2] [--message-bytes 1048576]
 *                          [--unchunked] [--folder DIR]
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Spread, spreadOf } from "./interleave.ts";
import { type Compression, writeLargeMcap } from "./write-mcap.ts";

const { values } = parseArgs({
  options: {
    gib: { type: "string", default: "4" },
    rounds: { type: "string", default: "5" },
    compression: { type: "string", default: "none,lz4,zstd" },
    workers: { type: "string", default: "1,2" },
    "message-bytes": { type: "string", default: String(1 << 20) },
    unchunked: { type: "boolean", default: false },
    folder: { type: "string", default: join(tmpdir(), "plumbline-bench") },
  },
});
const gib = Number(values.gib);
const rounds = Number(values.rounds);
const messageBytes = Number(values["message-bytes"]);
const root = fileURLToPath(new URL("../..", import.meta.url));
const cli = join(root, "dist/bundle/main.js");
const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const PIECE = 1 << 20;

mkdirSync(values.folder, { recursive: true });

async function recording(compression: Compression, bytes: number): Promise<string> {
  const path = join(values.folder, `${values.unchunked ? "unchunked" : "chunked"}-${compression}-${messageBytes}-${bytes}.mcap`);
  try {
    if (statSync(path).size > 0) return path;
  } catch {
    // Not written yet.
  }
  process.stderr.write(`writing ${path}\n`);
  await writeLargeMcap({ path, bytes, messageBytes, chunked: !values.unchunked, compression, seed: 1 });
  return path;
}

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakRssBytes: number;
}

function plumbline(path: string, workers: number): Cost {
  const cost = join(values.folder, "cost.json");
  const args = [cli, "check", path, "--level", "0", "--workers", String(workers), "--format", "json", "--cost", cost];
  const run = spawnSync(process.execPath, args, { maxBuffer: 1 << 28 });
  if (run.status !== 0 && run.status !== 1) throw new Error(`plumbline ended with ${run.status}: ${run.stderr}`);
  const text: unknown = JSON.parse(readFileSync(cost, "utf8"));
  // The cost file holds one entry per PATH.
  return (Array.isArray(text) ? text[0] : text) as Cost;
}

/** One dd per worker, side by side, each over its share. @returns seconds */
async function dd(path: string, workers: number): Promise<number> {
  const share = Math.ceil(statSync(path).size / PIECE / workers);
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: workers }, (_, i) => output("dd", [`if=${path}`, "of=/dev/null", "bs=1M", `skip=${i * share}`, `count=${share}`])),
  );
  return (performance.now() - begin) / 1000;
}

/** One process per worker, from the first one's begin to the last one's end. @returns seconds */
async function bareDecoder(path: string, workers: number): Promise<number> {
  const runs = await Promise.all(
    Array.from({ length: workers }, async (_, i) => {
      const text = await output(process.execPath, [beside("./bare-decoder.ts"), path, String(i), String(workers)]);
      return JSON.parse(text) as { readonly begin: number; readonly end: number };
    }),
  );
  // Each for itself: their starts differ by more than they take to agree on one.
  return Math.max(...runs.map(({ begin, end }) => end - begin)) / 1000;
}

function output(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    child.stdout.on("data", (part) => {
      text += String(part);
    });
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(text) : reject(new Error(`${command} ended with ${code}`))));
  });
}

function mcapCore(path: string): number {
  return JSON.parse(execFileSync(process.execPath, [beside("./peer-mcap-core.ts"), path], { encoding: "utf8" })).seconds;
}

/** @returns seconds, or null where the tool is not there */
function doctor(path: string): number | null {
  const begin = performance.now();
  const run = spawnSync("mcap", ["doctor", path], { stdio: "ignore" });
  return run.error || run.status === null ? null : (performance.now() - begin) / 1000;
}

interface Row {
  readonly compression: Compression;
  readonly workers: number;
  readonly fileBytes: number;
  readonly startUpSeconds: Spread;
  readonly checkSeconds: Spread;
  readonly checkNetSeconds: number;
  readonly checkCpuSeconds: Spread;
  readonly peakRssBytes: number;
  readonly ddSeconds: Spread;
  readonly shareOfDd: number;
  readonly bareDecoderSeconds: Spread | null;
  readonly shareOfBareDecoder: number | null;
  readonly mcapCoreSeconds: Spread;
  readonly timesMcapCore: number;
  readonly mcapDoctorSeconds: Spread | null;
}

async function measure(compression: Compression, workers: number): Promise<Row> {
  const large = await recording(compression, gib * 2 ** 30);
  const tiny = await recording(compression, workers * Math.max(messageBytes, PIECE));
  const taken: Record<"dd" | "check" | "startUp" | "cpu" | "decoder" | "core" | "doctor", number[]> = {
    dd: [],
    check: [],
    startUp: [],
    cpu: [],
    decoder: [],
    core: [],
    doctor: [],
  };
  let peakRssBytes = 0;
  for (let round = -1; round < rounds; round++) {
    // Page caches are reclaimed behind our back: each round begins with a file that is all there.
    await dd(large, workers);
    const ddSeconds = await dd(large, workers);
    const run = plumbline(large, workers);
    const small = plumbline(tiny, workers);
    const decoder = values.unchunked ? null : await bareDecoder(large, workers);
    // The peers have one thread, whatever ours has.
    const core = round < Math.min(3, rounds) ? mcapCore(large) : null;
    const doctorSeconds = round < 1 ? doctor(large) : null;
    if (round < 0) continue;
    taken.dd.push(ddSeconds);
    taken.check.push(run.wallMs / 1000);
    taken.cpu.push(run.cpuMs / 1000);
    taken.startUp.push(small.wallMs / 1000);
    peakRssBytes = Math.max(peakRssBytes, run.peakRssBytes);
    if (decoder !== null) taken.decoder.push(decoder);
    if (core !== null) taken.core.push(core);
    if (doctorSeconds !== null) taken.doctor.push(doctorSeconds);
  }
  const check = spreadOf(taken.check);
  const startUp = spreadOf(taken.startUp);
  const ddSpread = spreadOf(taken.dd);
  const core = spreadOf(taken.core);
  const net = check.median - startUp.median;
  const decoder = taken.decoder.length > 0 ? spreadOf(taken.decoder) : null;
  return {
    compression,
    workers,
    fileBytes: statSync(large).size,
    startUpSeconds: startUp,
    checkSeconds: check,
    checkNetSeconds: net,
    checkCpuSeconds: spreadOf(taken.cpu),
    peakRssBytes,
    ddSeconds: ddSpread,
    shareOfDd: ddSpread.median / net,
    bareDecoderSeconds: decoder,
    shareOfBareDecoder: decoder && decoder.median / net,
    mcapCoreSeconds: core,
    timesMcapCore: core.median / net,
    mcapDoctorSeconds: taken.doctor.length > 0 ? spreadOf(taken.doctor) : null,
  };
}

const rows: Row[] = [];
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
say("compression workers  net s  GB/s out  of dd  of bare loop  x @mcap/core  RSS MB");
for (const compression of values.compression.split(",") as Compression[]) {
  for (const workers of values.workers.split(",").map(Number)) {
    const row = await measure(compression, workers);
    rows.push(row);
    const share = row.shareOfBareDecoder === null ? "-" : row.shareOfBareDecoder.toFixed(2);
    const cells = [
      row.compression.padEnd(11),
      String(workers).padStart(7),
      row.checkNetSeconds.toFixed(3).padStart(6),
      ((gib * 2 ** 30) / row.checkNetSeconds / 1e9).toFixed(2).padStart(9),
      row.shareOfDd.toFixed(2).padStart(6),
      share.padStart(13),
      row.timesMcapCore.toFixed(1).padStart(13),
      (row.peakRssBytes / 1e6).toFixed(0).padStart(7),
    ];
    say(cells.join(" "));
  }
}
const twice = await recording("none", 2 * gib * 2 ** 30);
const twiceRss = plumbline(twice, 2).peakRssBytes;
say(`RSS of 2 workers on an uncompressed file twice the size: ${(twiceRss / 1e6).toFixed(0)} MB`);
if (rows.every(({ mcapDoctorSeconds }) => mcapDoctorSeconds === null)) say("mcap doctor: not on the PATH, not measured");

const result = {
  what: `level-0 checks of a warm MCAP of ${gib} GiB in messages of ${messageBytes} bytes, net of start-up`,
  command: `npm run bench:files -- ${process.argv.slice(2).join(" ")}`.trim(),
  machine: { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, memoryBytes: totalmem() },
  runtime: `node ${process.version}`,
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim(),
  rounds,
  rows,
  peakRssBytesTwiceTheSize: twiceRss,
};
mkdirSync(join(root, "bench/results"), { recursive: true });
writeFileSync(join(root, "bench/results/files.json"), `${JSON.stringify(result, null, 2)}\n`);
rmSync(join(values.folder, "cost.json"), { force: true });

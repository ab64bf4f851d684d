/**
 * Digests against peers. First everybody must agree on every length 0..4200, then all are timed, taking turns.
 *
 *   npm run bench:checksums -- [--node 22|24|26|all] [--rounds 15] [--milliseconds 12] [--agree-only]
 *
 * Prints GB/s (median, half the distance of the quartiles in percent) and the ratios the project aims at; writes
 * bench/results/checksums.json and the tables of docs/checksums.md. Exit code 1 when digests differ.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { arch, cpus, platform, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { agree } from "./checksums-agree.ts";
import { type Contender, loadField } from "./checksums-contenders.ts";
import { cached, type Input, walked } from "./checksums-input.ts";
import { QUIET, type Result, type Run, resultText, runText, withRatios } from "./checksums-report.ts";
import { judge } from "./checksums-targets.ts";
import { interleave, type Spread, spreadOf } from "./interleave.ts";

const { values } = parseArgs({
  options: {
    node: { type: "string" },
    rounds: { type: "string", default: "15" },
    milliseconds: { type: "string", default: "12" },
    "agree-only": { type: "boolean", default: false },
    out: { type: "string" },
  },
});

const KIB = 1024;
const MIB = KIB * KIB;
const NODES = ["22", "24", "26"];
/** Small pieces are digested this many bytes at a time, so that an iteration can be timed. */
const ITERATION_BYTES = 256 * KIB;

const bench = fileURLToPath(new URL("..", import.meta.url));
const say = (text: string): boolean => process.stdout.write(`${text}\n`);

/** Where the last result of every contender goes, so that no engine can leave the work out. */
const sink: { last: unknown } = { last: null };

const idOf = (contender: { readonly digest: string; readonly name: string }): string => `${contender.digest} ${contender.name}`;

async function time(contenders: readonly Contender[], input: Input): Promise<ReadonlyMap<string, readonly number[]>> {
  const calls = Math.max(1, Math.floor(ITERATION_BYTES / input.pieceBytes));
  const tasks = contenders.map((contender) => {
    const read = contender.prepare(input.pieces);
    const run = (): void => {
      for (let n = 0; n < calls; n++) sink.last = read(input.next());
    };
    return { name: idOf(contender), run };
  });
  const options = { rounds: Number(values.rounds), warmUp: 2, millisecondsPerTask: Number(values.milliseconds), seed: input.pieceBytes };
  const iterations = await interleave(tasks, options);
  return new Map([...iterations].map(([id, seconds]) => [id, seconds.map((s) => s / calls)]));
}

async function runHere(): Promise<Run> {
  say(`\nNode ${process.version}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${platform()} ${arch()}`);
  const { contenders, missing } = await loadField();
  for (const line of missing) say(`missing: ${line}`);

  const agreements = await agree(contenders);
  for (const { digest, lengths, agreeing } of agreements)
    say(`${digest}: ${agreeing.length} agree on ${lengths} lengths: ${agreeing.join(", ")}`);
  for (const { digest, differing } of agreements) if (differing.length > 0) throw new Error(`${digest} differs: ${differing.join(", ")}`);
  const agreed = Object.fromEntries(agreements.map(({ digest, agreeing }) => [digest, agreeing]));
  const run = { runtime: `node ${process.version}`, missing, agreed };
  if (values["agree-only"]) return { ...run, coreShare: 0, rows: [], targets: [] };

  const inputs = [
    () => cached("1 KiB", KIB, 1),
    () => cached("4 KiB", 4 * KIB, 2),
    () => cached("64 KiB", 64 * KIB, 3),
    () => cached("1 MiB", MIB, 4),
    () => cached("8 MiB", 8 * MIB, 5),
    () => walked(6),
  ];
  const timed = contenders.filter((one) => !one.untimed);
  const seconds = new Map<string, readonly number[]>();
  const speeds = new Map<Contender, Readonly<Record<string, Spread>>>();
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  for (const make of inputs) {
    const input = make();
    process.stderr.write(`timing ${input.name}\n`);
    const taken = await time(timed, input);
    for (const one of timed) {
      const each = taken.get(idOf(one)) ?? [];
      seconds.set(`${idOf(one)} ${input.name}`, each);
      speeds.set(one, { ...speeds.get(one), [input.name]: spreadOf(each.map((s) => input.pieceBytes / s)) });
    }
  }
  const { user, system } = process.cpuUsage(cpu);
  const coreShare = (user + system) / 1000 / (performance.now() - wall);
  const rows = timed.map((one) => ({ digest: one.digest, name: one.name, access: one.access, bytesPerSecond: speeds.get(one) ?? {} }));
  return { ...run, coreShare, rows, targets: judge((digest, name, input) => seconds.get(`${idOf({ digest, name })} ${input}`)) };
}

/** The same on another Node; where the machine was busy up to three times, of which the quietest counts. */
function runOn(version: string): Run {
  let best = runOnce(version);
  for (let more = values["agree-only"] ? 0 : 2; more > 0 && best.coreShare < QUIET; more--) {
    const run = runOnce(version);
    if (run.coreShare > best.coreShare) best = run;
  }
  return best;
}

/** In a process of its own. */
function runOnce(version: string): Run {
  const node = join(bench, "node_modules", `node-${version}`, "bin", "node");
  if (!existsSync(node)) throw new Error(`expected Node ${version} in bench/node_modules, got none for ${platform()} ${arch()}`);
  const folder = mkdtempSync(join(tmpdir(), "plumbline-bench-"));
  const out = join(folder, "run.json");
  try {
    const rest = ["--rounds", values.rounds, "--milliseconds", values.milliseconds, ...(values["agree-only"] ? ["--agree-only"] : [])];
    const child = spawnSync(node, ["--disable-warning=ExperimentalWarning", fileURLToPath(import.meta.url), "--out", out, ...rest], {
      stdio: "inherit",
    });
    if (child.status !== 0) throw new Error(`Node ${version} ended with ${child.status ?? child.signal}`);
    return (JSON.parse(readFileSync(out, "utf8")) as { runs: [Run] }).runs[0];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: bench, encoding: "utf8" }).trim();
}

/** Versions of what is compared with, by the name it has in bench/package.json. */
function peerVersions(): Readonly<Record<string, string>> {
  const manifest = JSON.parse(readFileSync(join(bench, "package.json"), "utf8")) as Record<string, Record<string, string>>;
  return { ...manifest["dependencies"], ...manifest["optionalDependencies"] };
}

async function runs(): Promise<readonly Run[]> {
  if (values.node) return (values.node === "all" ? NODES : [values.node]).map(runOn);
  const run = await runHere();
  if (run.rows.length > 0) say(runText(run));
  return [run];
}

try {
  const done = await runs();
  const result: Result = {
    what: "digests against peers: bytes per second, and ratios within rounds of contenders that take turns",
    command: `npm run bench:checksums -- ${process.argv.slice(2).join(" ")}`.trim(),
    machine: { cpu: cpus()[0]?.model.trim() ?? "unknown", cores: cpus().length, memoryBytes: totalmem() },
    commit: `${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain", "--", "../assembly", "../src", "../native", "throughput", "package-lock.json") ? " with changes" : ""}`,
    peers: peerVersions(),
    runs: done,
  };
  if (values.out) {
    writeFileSync(values.out, JSON.stringify(result));
  } else if (!values["agree-only"]) {
    mkdirSync(join(bench, "results"), { recursive: true });
    writeFileSync(join(bench, "results/checksums.json"), resultText(result));
    const docs = join(bench, "../docs/checksums.md");
    writeFileSync(docs, withRatios(readFileSync(docs, "utf8"), result));
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

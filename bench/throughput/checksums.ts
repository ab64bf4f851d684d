/**
 * Digests against peers. First everybody must agree on every length 0..4200, then all are timed, taking turns.
 *
 *   npm run bench:checksums -- [--node 22|24|26|all] [--rounds 15] [--milliseconds 12] [--agree-only]
 *
 * Prints GB/s (median, half the distance of the quartiles in percent) and the ratios the project aims at; writes
 * bench/results/checksums.json. Exit code 1 when digests differ.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { arch, cpus, platform, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { agree } from "./checksums-agree.ts";
import { type Contender, DIGITS, type DigestName, loadField } from "./checksums-contenders.ts";
import { cached, type Input, walked } from "./checksums-input.ts";
import { judge, type Outcome } from "./checksums-targets.ts";
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

interface Row {
  readonly digest: DigestName;
  readonly name: string;
  readonly access: string;
  readonly input: string;
  readonly bytesPerSecond: Spread;
}

interface Run {
  readonly runtime: string;
  readonly missing: readonly string[];
  readonly agreed: Readonly<Record<string, readonly string[]>>;
  readonly rows: readonly Row[];
  readonly targets: readonly Outcome[];
}

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
  if (values["agree-only"]) return { ...run, rows: [], targets: [] };

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
  const rows: Row[] = [];
  for (const make of inputs) {
    const input = make();
    process.stderr.write(`timing ${input.name}\n`);
    const taken = await time(timed, input);
    for (const one of timed) {
      const each = taken.get(idOf(one)) ?? [];
      seconds.set(`${idOf(one)} ${input.name}`, each);
      const bytesPerSecond = spreadOf(each.map((s) => input.pieceBytes / s));
      rows.push({ digest: one.digest, name: one.name, access: one.access, input: input.name, bytesPerSecond });
    }
  }
  return { ...run, rows, targets: judge((digest, name, input) => seconds.get(`${idOf({ digest, name })} ${input}`)) };
}

function print({ rows, targets }: Run): void {
  const inputs = [...new Set(rows.map((row) => row.input))];
  const line = (name: string, access: string, cells: readonly string[]): boolean =>
    say(`  ${name.padEnd(30)}${access.padEnd(10)}${cells.map((cell) => cell.padStart(11)).join("")}`);
  say("\nGB/s, median and spread (half the distance of the quartiles)");
  for (const digest of Object.keys(DIGITS)) {
    const here = rows.filter((row) => row.digest === digest);
    say("");
    line(digest, "", inputs);
    for (const [name, access] of new Map(here.map((row) => [row.name, row.access]))) {
      line(
        name,
        access,
        inputs.map((input) => cell(here.find((row) => row.name === name && row.input === input)?.bytesPerSecond)),
      );
    }
  }
  say("\ntargets: ours over the peer's, within each round");
  for (const { digest, access, peer, times, wanted, met, ratios } of targets) {
    const verdict = met === null ? "no peer" : met ? "met" : wanted ? "not yet" : "NOT MET";
    const figures = Object.entries(ratios).map(([input, { median }]) => `${input} ${median.toFixed(2)}`);
    say(
      `  ${verdict.padEnd(8)} ${`${digest} ${access}`.padEnd(20)} ${`${wanted ? "wanted " : ""}>= ${times} x`.padEnd(15)} ${peer.padEnd(29)} ${figures.join(", ")}`,
    );
  }
}

function cell(spread: Spread | undefined): string {
  if (!spread) return "-";
  const gigabytes = spread.median / 1e9;
  const percent = ((spread.high - spread.low) / 2 / spread.median) * 100;
  return `${gigabytes.toFixed(gigabytes < 10 ? 2 : 1)} ±${percent.toFixed(0)}%`;
}

/** The same on another Node, in a process of its own. */
function runOn(version: string): Run {
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
  if (run.rows.length > 0) print(run);
  return [run];
}

try {
  const done = await runs();
  const result = {
    what: "digests against peers: bytes per second, and ratios within rounds of contenders that take turns",
    command: `npm run bench:checksums -- ${process.argv.slice(2).join(" ")}`.trim(),
    machine: { cpu: cpus()[0]?.model.trim() ?? "unknown", cores: cpus().length, memoryBytes: totalmem() },
    commit: `${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain", "--", "../assembly", "../src", "../native", "throughput", "package-lock.json") ? " with changes" : ""}`,
    peers: peerVersions(),
    runs: done,
  };
  if (values.out || !values["agree-only"]) {
    mkdirSync(join(bench, "results"), { recursive: true });
    writeFileSync(values.out ?? join(bench, "results/checksums.json"), `${JSON.stringify(result, null, 1)}\n`);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

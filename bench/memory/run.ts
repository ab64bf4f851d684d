/**
 * What `plumbline check` holds at most (peak RSS of the process, as `--cost` states it) against the boxes on one spot, streams, messages and
 * threads of a recording, under the default budget. A process each. The last column is the digest of the report, which the threads must not change.
 *
 *   npm run bench:memory -- [--folder DIR] [--only boxes,streams,messages,inflating]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { inflatingMcap } from "../../test/inflating-mcap.ts";
import { writeLargeMcap } from "../throughput/write-mcap.ts";
import { writeSpot } from "../throughput/write-spot.ts";

const { values } = parseArgs({
  options: {
    folder: { type: "string", default: join(tmpdir(), "plumbline-bench-memory") },
    only: { type: "string", default: "boxes,streams,messages,inflating" },
  },
});
const root = fileURLToPath(new URL("../..", import.meta.url));
const cli = join(root, "dist/bundle/main.js");
const cost = join(values.folder, "cost.json");

interface Case {
  readonly axis: string;
  readonly size: number;
  readonly workers: readonly number[];
  /** @returns its path */
  readonly write: () => string | Promise<string>;
}

const mcap = async (bytes: number, messageBytes: number, streams: number): Promise<string> => {
  const path = join(values.folder, "large.mcap");
  await writeLargeMcap({ path, bytes, messageBytes, chunked: true, seed: 1, streams });
  return path;
};
const inflating = (chunks: number): string => {
  const path = join(values.folder, "inflating.mcap");
  writeFileSync(path, inflatingMcap(Array(chunks).fill(256 * 2 ** 20)));
  return path;
};

const CASES: readonly Case[] = [
  ...[10_000, 100_000, 400_000].map((size) => ({
    axis: "boxes",
    size,
    workers: [2],
    write: () => writeSpot(values.folder, "mot", size, 1),
  })),
  ...[10, 100, 1000].map((size) => ({ axis: "streams", size, workers: [2], write: () => mcap(300e6, 4096, size) })),
  ...[50_000, 200_000, 800_000].map((size) => ({ axis: "messages", size, workers: [2], write: () => mcap(100 * size, 100, 4) })),
  ...[1, 40].map((size) => ({ axis: "inflating", size, workers: [1, 2, 4, 8], write: () => inflating(size) })),
];

interface Measured {
  readonly axis: string;
  readonly size: number;
  readonly fileBytes: number;
  readonly workers: number;
  readonly exit: number | null;
  readonly peakRssBytes: number;
  readonly reportSha256: string;
}

function measured({ axis, size }: Case, path: string, workers: number): Measured {
  const args = ["check", path, "--workers", String(workers), "--format", "json", "--cost", cost, "--force"];
  const run = spawnSync(process.execPath, [cli, ...args], { maxBuffer: 1 << 28 });
  if (run.status !== 0 && run.status !== 1) throw new Error(`plumbline check ended with ${run.status ?? run.signal}: ${run.stderr}`);
  const { peakRssBytes } = JSON.parse(readFileSync(cost, "utf8")) as { peakRssBytes: number };
  const reportSha256 = createHash("sha256").update(run.stdout).digest("hex").slice(0, 16);
  return { axis, size, fileBytes: statSync(path).size, workers, exit: run.status, peakRssBytes, reportSha256 };
}

mkdirSync(values.folder, { recursive: true });
const all: Measured[] = [];
try {
  console.log("| of | how many | file MB | threads | exit | peak MB | report |\n|---|--:|--:|--:|--:|--:|---|");
  for (const one of CASES.filter(({ axis }) => values.only.split(",").includes(axis))) {
    const path = await one.write();
    for (const workers of one.workers) {
      const row = measured(one, path, workers);
      all.push(row);
      const megabytes = [(row.fileBytes / 1e6).toFixed(1), workers, row.exit, Math.round(row.peakRssBytes / 1e6), row.reportSha256];
      console.log(`| ${[row.axis, row.size, ...megabytes].join(" | ")} |`);
    }
    rmSync(path);
  }
} finally {
  rmSync(values.folder, { recursive: true, force: true });
}
const result = {
  what: "peak RSS of plumbline check against boxes on one spot, streams of a 300 MB MCAP, messages, and chunks of 256 MiB in zstd by threads",
  command: `npm run bench:memory -- ${process.argv.slice(2).join(" ")}`.trim(),
  machine: { cpu: cpus()[0]?.model.trim() ?? "unknown", cores: cpus().length, memoryBytes: totalmem() },
  runtime: `node ${process.version}`,
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim(),
  measured: all,
};
writeFileSync(join(root, "bench/results/memory.json"), `${JSON.stringify(result, null, 2)}\n`);

/** One budget over all workers (acceptance case S02): forty chunks that each become 256 MiB. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inflatingMcap } from "../inflating-mcap.ts";
import { plumbline, temporaryFolder } from "./run.ts";

const folder = temporaryFolder();

test("300 KB of zstd stay below 700 MB for any number of workers, and say the same", { timeout: 600_000 }, async () => {
  const path = join(folder, "inflating.mcap");
  const cost = join(folder, "cost.json");
  writeFileSync(path, inflatingMcap(Array(40).fill(256 * 2 ** 20)));
  const said = new Set<string>();
  for (const workers of ["1", "2", "4", "8"]) {
    said.add((await plumbline(["check", path, "--workers", workers, "--format", "json", "--cost", cost])).stdout);
    expect([workers, JSON.parse(readFileSync(cost, "utf8")).peakRssBytes < 700e6]).toEqual([workers, true]);
  }
  expect(said.size).toBe(1);
});

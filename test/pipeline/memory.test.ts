/** The memory budget: what a unit may take is a matter of the budget alone, never of how many threads there are. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { check } from "../../src/index.ts";
import { render } from "../../src/report/json.ts";
import { inflatingMcap } from "../inflating-mcap.ts";

const folder = mkdtempSync(join(tmpdir(), "plumbline-memory-"));
const path = join(folder, "inflating.mcap");
const MIB = 2 ** 20;

beforeAll(() => writeFileSync(path, inflatingMcap([20, 20, 40, 20, 1, 40, 20].map((mib) => mib * MIB))));
afterAll(() => rmSync(folder, { recursive: true }));

test("a chunk beyond half of it is named and not read, the others are, for any number of threads", async () => {
  const reports = await Promise.all([0, 1, 2, 4].map((workers) => check(path, { workers, memoryMiB: 64, spanBytes: 1 })));
  expect(new Set(reports.map((report) => render([report]))).size).toBe(1);
  const [report] = reports;
  expect(report?.recording.streams[0]?.frames).toBe(5);
  const over = report?.findings.filter(({ kind }) => kind === "over-memory-budget") ?? [];
  expect(over.map(({ severity, expected }) => [severity, expected])).toEqual([0, 1].map(() => ["error", { most: 32 * MIB }]));
  for (const { bytes } of over) expect(bytes?.[0]).toBeLessThan(bytes?.[1] ?? 0);
});

test("with enough of it nothing is left out", async () => {
  const { recording, findings } = await check(path, { workers: 2 });
  expect(recording.streams[0]?.frames).toBe(7);
  expect(findings.filter(({ kind }) => kind === "over-memory-budget")).toEqual([]);
});

test.each([63, 64.5, Number.NaN, 2 ** 20 + 1])("%s MiB is refused", async (memoryMiB) => {
  await expect(check(path, { memoryMiB })).rejects.toThrow(RangeError);
});

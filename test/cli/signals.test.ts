/** Ctrl-C and SIGTERM end every phase soon: with what was done so far where that can be had, else without. More in signals.long.test.ts. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { randomStream } from "../../src/simulate/random.ts";
import { makePipes } from "../special-files.ts";
import { temporaryFolder, writeSample } from "./run.ts";
import { endings, exitOf, makePhases, type Phase, shortRunMs, stateOf, struck } from "./signals.ts";

const folder = temporaryFolder();
let phases: readonly Phase[];
let shortMs = 0;

beforeAll(async () => {
  phases = await makePhases(folder);
  shortMs = await shortRunMs(folder);
});

const random = randomStream(11, "signals");

test.each([
  ["SIGTERM", "opening a bag that must be searched", 1.5],
  ["SIGINT", "reading a table, inline", random.uniform()],
  ["SIGTERM", "reading many recordings, in workers", 2 * random.uniform()],
  ["SIGINT", "analysing labels", 2 * random.uniform()],
  ["SIGTERM", "summing for S3", 2],
  ["SIGINT", "simulating", 1.5],
] as const)("%s while %s", async (signal, name, shortRuns) => {
  const phase = phases.find((one) => one.name === name);
  if (!phase) throw new Error(`expected a phase, got "${name}"`);
  const before = phase.inputs.map(stateOf);
  const ended = await struck(phase.args, signal, shortMs * shortRuns);
  if (ended.tookMs !== null) expect(endings(signal)).toContain(exitOf(ended));
  expect(phase.inputs.map(stateOf)).toEqual(before);
  expect(phase.outputs.filter(existsSync)).toEqual([]);
});

test("SIGTERM leaves the report so far, as Ctrl-C does", async () => {
  const phase = phases.find(({ name }) => name === "reading many recordings, in workers");
  const { code, stdout, stderr } = await struck(phase?.args ?? [], "SIGTERM", 3 * shortMs);
  expect(code).toBe(130);
  expect(stderr).toContain("plumbline: interrupted: reporting what was done so far");
  expect(JSON.parse(stdout).length).toBeGreaterThan(0);
});

test("a report that nobody takes does not hold the process", async () => {
  const pipe = join(folder, "pipe");
  makePipes(pipe);
  const small = await writeSample(join(folder, "small.mcap"));
  const ended = await struck(["check", small, "--out", pipe], "SIGTERM", 3 * shortMs);
  expect(endings("SIGTERM")).toContain(exitOf(ended));
});

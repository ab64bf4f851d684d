/** A hundred and more signals at random moments of every phase. */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomStream } from "../../src/simulate/random.ts";
import { temporaryFolder } from "./run.ts";
import { endings, exitOf, makePhases, type Phase, shortRunMs, stateOf, struck } from "./signals.ts";

const folder = temporaryFolder();
const TIMES = 6;
/** Of the phases below, in the order they are made. */
const PHASES = 10;
let phases: readonly Phase[];
let shortMs = 0;
const took: { readonly name: string; readonly ms: number; readonly how: string }[] = [];

beforeAll(async () => {
  phases = await makePhases(folder);
  shortMs = await shortRunMs(folder);
}, 60_000);

// For people: no test judges by it.
afterAll(() => {
  const ms = took.map((one) => one.ms).sort((a, b) => a - b);
  const how = Map.groupBy(took, (one) => one.how);
  const counts = [...how].map(([key, list]) => `${list.length} by ${key}`).join(", ");
  const slowest = took.reduce((a, b) => (b.ms > a.ms ? b : a), { name: "", ms: 0, how: "" });
  process.stdout.write(
    `${took.length} signals: ${counts}; median ${Math.round(ms[ms.length >> 1] ?? 0)} ms, longest ${Math.round(slowest.ms)} ms (${slowest.name})\n`,
  );
});

test("there is a case for every phase", () => expect(phases).toHaveLength(PHASES));

describe.each(["SIGINT", "SIGTERM"] as const)("%s", (signal) => {
  const random = randomStream(3, signal);
  test.each(Array.from({ length: PHASES * TIMES }, (_, i) => i))(
    "%i",
    async (i) => {
      const phase = phases[i % PHASES];
      if (!phase) throw new Error("expected a phase");
      const before = phase.inputs.map(stateOf);
      const afterMs = shortMs * (0.1 + 3 * random.uniform());
      const ended = await struck(phase.args, signal, afterMs);
      if (ended.tookMs === null) return;
      took.push({ name: phase.name, ms: ended.tookMs, how: exitOf(ended) });
      expect([phase.name, endings(signal).includes(exitOf(ended)), exitOf(ended)]).toEqual([phase.name, true, exitOf(ended)]);
      expect(phase.inputs.map(stateOf)).toEqual(before);
      expect(phase.outputs.filter(existsSync)).toEqual([]);
    },
    60_000,
  );
});

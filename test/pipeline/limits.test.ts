/** The stated limit of located findings holds in every check, also one of somebody's own, and what it leaves out is told. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AnyCheck, type Defect, defineCheck } from "../../src/check/check.ts";
import { gravest, LOCATED, MOST_LOCATED } from "../../src/check/gravest.ts";
import { check as checkPath, checks } from "../../src/index.ts";
import { exitCode } from "../../src/pipeline/exit-code.ts";
import type { More, Report, Severity } from "../../src/types.ts";
import { SCENES } from "../hostile-labels.ts";

const folder = mkdtempSync(join(tmpdir(), "plumbline-limits-"));
const tiny = join(folder, "tiny.txt");
beforeAll(() => writeFileSync(tiny, "1,1,9,9,9,9,1,-1,-1,-1\n2,1,9,9,9,9,1,-1,-1,-1\n"));
afterAll(() => rmSync(folder, { recursive: true }));

const KINDS = { a: { severity: "error", meaning: "" }, b: { severity: "warning", meaning: "" } } as const;

/** A check of one's own that finds what it is given, of each stream; more where it counts some itself. */
function own(streams: readonly (readonly Defect[])[], more: readonly More[] = [], locates?: number): AnyCheck {
  return defineCheck({
    ...{ id: "own/found", title: "", level: 0, needs: [], defaults: {}, kinds: KINDS, blindSpots: [] },
    ...(locates !== undefined && { locates }),
    describe: ({ kind }) => kind,
    conclude: () =>
      streams.map((defects, i) => ({
        ...{ stream: `/s${i}`, status: "fail" as const, coverage: { items: 1, checked: 1 }, observed: {}, defects, more },
      })),
  });
}

const run = (check: AnyCheck): Promise<Report> => checkPath(tiny, { workers: 0, catalogue: [check] });
const total = (list: readonly More[] = []): number => list.reduce((sum, { count }) => sum + count, 0);

/** Places in any order, severities and weights that say which are grave. */
const found = (count: number, of: (i: number) => Partial<Defect> = () => ({})): Defect[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ kind: "a", severity: "error", frames: [i, i], timeNs: [BigInt(i), BigInt(i)], observed: {}, expected: {} },
    ...of(i),
  }));

describe("conclude", () => {
  test("a flood is cut to the limit, the others are counted with their place, and the summary counts all", async () => {
    const report = await run(own([found(200_000)]));
    expect(report.findings.map(({ frames }) => frames?.[0])).toEqual(Array.from({ length: LOCATED }, (_, i) => i));
    expect(report.verdicts[0]?.more).toEqual([
      { kind: "a", severity: "error", count: 199_900, frames: [100, 199_999], timeNs: [100n, 199_999n] },
    ]);
    expect(report.summary).toEqual({ pass: 0, fail: 1, not_run: 0, not_observable: 0, findings: 200_000, more: 199_900 });
  });

  test("what fits is as it was: no word of a limit", async () => {
    const report = await run(own([found(LOCATED)]));
    expect(report.findings.length).toBe(LOCATED);
    expect([Object.keys(report.verdicts[0] ?? {}), report.summary]).toEqual([
      ["check", "stream", "status", "coverage", "observed"],
      { pass: 0, fail: 1, not_run: 0, not_observable: 0, findings: LOCATED },
    ]);
  });

  test("the gravest of any defects, printed in order of place", async () => {
    const defect = fc.record({
      kind: fc.constantFrom("a", "b"),
      severity: fc.constantFrom<Severity[]>("error", "warning", "info"),
      frames: fc.nat(500).map((frame) => [frame, frame] as const),
      weight: fc.integer({ min: -5, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(defect, { minLength: 90, maxLength: 300, size: "max" }), async (list) => {
        const defects = list.map((one) => ({ ...one, timeNs: null, observed: {}, expected: {} }));
        const { findings, verdicts, summary } = await run(own([defects]));
        const byPlace = defects.toSorted((a, b) => a.frames[0] - b.frames[0] || (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0));
        const { kept } = gravest(byPlace, LOCATED);
        expect(findings.map(({ kind, severity, frames }) => [kind, severity, frames])).toEqual(
          kept.map(({ kind, severity, frames }) => [kind, severity, frames]),
        );
        expect([findings.length + total(verdicts[0]?.more), summary.findings]).toEqual([list.length, list.length]);
        expect(findings.every((one) => !("weight" in one))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("what a check counts itself and what the limit leaves out add up", async () => {
    const more: More[] = [{ kind: "a", severity: "error", count: 7, frames: [5000, 6000], timeNs: null }];
    const report = await run(own([found(150)], more));
    expect(report.verdicts[0]?.more).toEqual([{ kind: "a", severity: "error", count: 57, frames: [100, 6000], timeNs: [100n, 149n] }]);
    expect(report.summary.findings).toBe(157);
  });

  test("over all streams no more than the limit of all, and every stream has its turn", async () => {
    const streams = Array.from({ length: 900 }, (_, s) => found(s === 5 ? 100 : 3, (i) => ({ weight: s === 5 ? 1000 : i })));
    const report = await run(own(streams));
    expect(report.findings.length).toBe(MOST_LOCATED);
    expect(new Set(report.findings.map(({ stream }) => stream)).size).toBe(900);
    expect(total(report.verdicts.flatMap(({ more = [] }) => more)) + MOST_LOCATED).toBe(899 * 3 + 100);
    // In the order of the streams, as without a limit.
    const order = report.findings.map(({ stream }) => Number(stream?.slice(2)));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  test("a check may ask for more, up to the limit of all", async () => {
    expect((await run(own([found(900)], [], 800))).findings.length).toBe(800);
    expect((await run(own([found(5000)], [], 1e9))).findings.length).toBe(MOST_LOCATED);
  });

  test("an error that is only counted is an error for the exit code", async () => {
    const more: More[] = [{ kind: "a", severity: "error", count: 1, frames: null, timeNs: null }];
    const report = await run(own([[]], more));
    const code = (failOn: Severity): number =>
      exitCode([{ kind: "report", report, rig: null }], { failOn, strict: false, interrupted: false });
    expect([code("error"), code("warning")]).toEqual([1, 1]);
    const mild = await run(own([[]], [{ ...(more[0] as More), severity: "info" }]));
    expect(exitCode([{ kind: "report", report: mild, rig: null }], { failOn: "warning", strict: false, interrupted: false })).toBe(0);
  });
});

describe("every check over hostile labels", () => {
  test.each(Object.entries(SCENES))("%s", async (_, { text, expected }) => {
    const path = join(folder, "scene.csv");
    writeFileSync(path, text());
    const report = await checkPath(path, { workers: 0 });
    for (const { check, stream } of report.verdicts) {
      const own = report.findings.filter((one) => one.check === check && one.stream === stream);
      expect([check, own.length <= LOCATED]).toEqual([check, true]);
    }
    for (const { tracks = [] } of report.findings) expect(tracks.length).toBeLessThanOrEqual(16);
    expected(report);
  });
});

test("every check states a limit that holds", () => {
  for (const { id, locates = LOCATED } of checks) expect([id, locates <= MOST_LOCATED]).toEqual([id, true]);
});

import { describe, expect, test } from "vitest";
import { CONTAINER, defineCheck } from "../../src/check/check.ts";
import type { AnyTable } from "../../src/check/table.ts";
import { ConfigError } from "../../src/errors.ts";
import { makePlan, passesOf } from "../../src/pipeline/plan.ts";
import { NO_FACTS } from "../../src/pipeline/source.ts";
import type { Need, RecordingIndex, Span, StreamInfo } from "../../src/types.ts";

const words = { title: "", defaults: {}, kinds: {}, blindSpots: [], describe: () => "", conclude: () => [] } as const;
const folding = (looksAt: (stream: StreamInfo) => boolean) => ({ looksAt, observe: () => 0, merge: () => 0 });
const table = (id: string, kind: StreamInfo["kind"], needs: readonly Need[]): AnyTable => ({
  ...{ id, needs, bytesPerRow: 1, appliesTo: (stream) => stream.kind === kind, collect: () => 0, join: () => 0 },
});
const [poses, labels, imu] = [table("poses", "pose", ["poses"]), table("labels", "labels", ["labels"]), table("imu", "imu", ["imu"])];

const checks = [
  defineCheck({
    ...words,
    id: "time/a",
    level: 0,
    needs: ["frames"],
    defaults: { most: 3, least: 1 },
    fold: folding(({ kind }) => kind === "imu"),
  }),
  defineCheck({ ...words, id: "time/b", level: 1, needs: ["images"], sees: [imu, poses], fold: folding(() => false) }),
  defineCheck({
    ...words,
    id: "tables/c",
    level: 2,
    needs: ["points"],
    sees: [poses, labels],
    early: true,
    fold: folding(({ kind }) => kind === "points"),
  }),
  defineCheck({ ...words, id: "seal/d", level: 0, needs: ["digests"], requires: "seal", fold: folding((stream) => stream === CONTAINER) }),
];
const leaves = { algorithm: "xxh3-128" } as unknown as NonNullable<Parameters<typeof makePlan>[1]["leaves"]>;
const CENSUS = ["digests", "frames", "labels", "points"];

describe("which checks run", () => {
  test("those of the level that is asked for, and why the others do not", () => {
    const plan = makePlan(checks, { level: 1, seed: 7 });
    expect(plan).toEqual({
      ...{ seed: 7, leaves: null, together: [], tables: ["imu", "poses"], needs: [...CENSUS, "images", "imu", "poses"].sort() },
      checks: [
        { check: "time/a", rate: 1 },
        { check: "time/b", rate: 1 },
        { check: "tables/c", rate: 0, reason: "level 2 not asked for" },
        { check: "seal/d", rate: 0, reason: "no seal given" },
      ],
      run: [
        { id: "time/a", options: { most: 3, least: 1 } },
        { id: "time/b", options: {} },
      ],
    });
  });

  test("tables that are seen early are not collected on the way, nor their columns read", () => {
    const { tables, needs } = makePlan(checks, { level: 2, seed: 1, checks: ["tables/*"] });
    expect([tables, needs]).toEqual([[], CENSUS]);
  });

  test("by name or by domain, and those that need a seal only with one", () => {
    const ran = (names: readonly string[], seal = false): readonly string[] =>
      makePlan(checks, { level: 2, seed: 1, checks: names, ...(seal && { leaves }) }).run.map(({ id }) => id);
    expect(ran(["time/*"])).toEqual(["time/a", "time/b"]);
    expect(ran(["tables/c", "time/a"])).toEqual(["time/a", "tables/c"]);
    expect(ran(["seal/*"])).toEqual([]);
    expect(ran(["seal/*"], true)).toEqual(["seal/d"]);
    expect(makePlan(checks, { level: 2, seed: 1, checks: ["time/a"] }).checks[1]).toEqual({
      check: "time/b",
      rate: 0,
      reason: "not selected",
    });
    expect(makePlan(checks, { level: 0, seed: 1, leaves }).leaves).toBe(leaves);
  });

  test("one that is not there, or lacks what it needs, is one clear line", () => {
    const plan = (names: readonly string[]) => () => makePlan(checks, { level: 2, seed: 1, checks: names });
    expect(plan(["time/x"])).toThrow(new ConfigError('expected a check (see: plumbline checks), got "time/x"; did you mean time/a?'));
    expect(plan(["time/a", "nothing/*"])).toThrow(new ConfigError('expected a check (see: plumbline checks), got "nothing/*"'));
    expect(plan(["time"])).toThrow(ConfigError);
    expect(plan(["seal/d"])).toThrow(new ConfigError("seal/d: expected a seal, got none"));
  });

  test("options stand over defaults, and must be there and numbers", () => {
    const plan = (options: Record<string, number>) => () => makePlan(checks, { level: 0, seed: 1, options: { "time/a": options } });
    expect(plan({ most: 9 })().run[0]?.options).toEqual({ most: 9, least: 1 });
    expect(plan({ other: 1 })).toThrow(new ConfigError("options.time/a.other: unknown option; expected one of most, least"));
    expect(plan({ most: Number.NaN })).toThrow(new ConfigError("options.time/a.most: expected a finite number, got NaN"));
  });
});

describe("the pass before", () => {
  const SPANS: readonly Span[] = [
    { kind: "frames", stream: 0, start: 0, end: 5, bytes: 1 },
    { kind: "frames", stream: 1, start: 0, end: 5, bytes: 1 },
    { kind: "bytes", file: 0, start: 0, end: 9, bytes: 9 },
  ];
  const indexOf = (...kinds: StreamInfo["kind"][]): RecordingIndex => ({
    ...{ format: "test", name: "drive", bytes: 1, attachments: 0, metadata: 0, facts: NO_FACTS, claims: {}, detail: null, spans: SPANS },
    streams: kinds.map((kind, i) => ({ id: `${i}`, kind, type: "", stamps: "log", sequenced: false })),
  });
  const passes = (index: RecordingIndex, names?: readonly string[]) => {
    const plan = makePlan(checks, { level: 2, seed: 3, ...(names && { checks: names }) });
    return { plan, ...{ passes: passesOf(checks, plan, index) } };
  };

  test("collects what is seen early, from the spans it can be in, and not again in the pass itself", () => {
    const { plan, passes: found } = passes(indexOf("points", "pose"));
    expect(found.before).toEqual({
      plan: { ...plan, run: [], needs: ["labels", "poses"], tables: ["poses", "labels"], leaves: null },
      spans: [SPANS[1], SPANS[2]],
    });
    expect(found.plan).toEqual({ ...plan, tables: ["imu"] });
  });

  test("there is none where no check asks, or none that is planned, or nothing holds what is asked for", () => {
    for (const { plan, passes: found } of [
      passes(indexOf("imu", "pose")),
      passes(indexOf("points", "pose"), ["time/*"]),
      passes(indexOf("points", "image")),
    ]) {
      expect([found.before, found.plan]).toEqual([null, plan]);
    }
  });

  test("a check that folds nothing, or looks at the container, asks of any recording", () => {
    const early = (fold?: ReturnType<typeof folding>) =>
      defineCheck<number>({ ...words, id: "x/e", level: 0, needs: [], sees: [poses], early: true, ...(fold && { fold }) });
    for (const [check, asks] of [
      [early(), true],
      [early(folding((stream) => stream === CONTAINER)), true],
      [early(folding(() => false)), false],
    ] as const) {
      const found = passesOf([check], makePlan([check], { level: 0, seed: 1 }), indexOf("pose"));
      expect(found.before !== null).toBe(asks);
    }
  });
});

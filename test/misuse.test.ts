/** Misuse from a program: refused as from the command line, with what was expected, before a verdict is given. */
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  allocate,
  type CheckOptions,
  ConfigError,
  check,
  checkProof,
  checks,
  clearMot,
  crc32Combine,
  createDigest,
  defineCheck,
  digest,
  LabelWatch,
  learnRig,
  openRecording,
  openSeal,
  parseFaults,
  parseProof,
  prove,
  type Seal,
  seal,
  simulate,
  verify,
} from "../src/index.ts";
import { sampleMcap } from "./sample-mcap.ts";

const folder = mkdtempSync(join(tmpdir(), "plumbline-misuse-"));
const sample = join(folder, "sample.mcap");
const out = join(folder, "out.mcap");
let opened: Seal;
beforeAll(async () => {
  writeFileSync(sample, await sampleMcap());
  opened = (await seal(sample)).seal;
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The class and the message of what is thrown, now or later. */
async function refusal(call: () => unknown): Promise<readonly [string, string]> {
  try {
    await call();
  } catch (error) {
    return error instanceof Error ? [error.name, error.message] : ["no Error", String(error)];
  }
  return ["nothing", "was refused"];
}

const RIG = { schema: "plumbline.rig/1" };
const [rate] = checks.filter(({ id }) => id === "time/rate");
const broken = (change: object): unknown => [{ ...rate, ...change }];

/** Options of `check`, the error's class, and its words. */
const options: readonly (readonly [unknown, string, string])[] = [
  [null, "TypeError", "options: expected an object, got nothing"],
  ["fast", "TypeError", 'options: expected an object, got "fast"'],
  [[], "TypeError", "options: expected an object, got a list of 0"],
  [{ unknownOption: 1 }, "TypeError", "unknownOption: unknown option; expected one of source, spanBytes,"],
  [{ wrokers: 2 }, "TypeError", "wrokers: unknown option; did you mean workers?"],
  [JSON.parse('{"__proto__": {"level": 0}}'), "TypeError", "__proto__: unknown option"],
  [{ level: 7 }, "RangeError", "level: expected an integer from 0 to 2, got 7"],
  [{ level: -1 }, "RangeError", "level: expected an integer from 0 to 2, got -1"],
  [{ level: "2" }, "TypeError", 'level: expected an integer from 0 to 2, got "2"'],
  [{ level: null }, "TypeError", "level: expected an integer from 0 to 2, got nothing"],
  [{ workers: Number.NaN }, "RangeError", "workers: expected an integer from 0 to 256, got NaN"],
  [{ workers: "2" }, "TypeError", 'workers: expected an integer from 0 to 256, got "2"'],
  [{ spanBytes: -5 }, "RangeError", "spanBytes: expected an integer >= 1, got -5"],
  [{ spanBytes: 1e300 }, "RangeError", "spanBytes: expected an integer >= 1, got 1e+300"],
  [{ seed: 1.5 }, "RangeError", "seed: expected an integer >= 0, got 1.5"],
  [{ seed: 5n }, "TypeError", "seed: expected an integer >= 0, got 5"],
  [{ signal: {} }, "TypeError", "signal: expected an AbortSignal, got a map"],
  [{ signal: new AbortController() }, "TypeError", "signal: expected an AbortSignal, got a map"],
  [{ onProgress: "log" }, "TypeError", 'onProgress: expected a function, got "log"'],
  [{ onCost: {} }, "TypeError", "onCost: expected a function, got a map"],
  [{ labels: "" }, "TypeError", 'labels: expected a list of paths, got ""'],
  [{ labels: [""] }, "ConfigError", "labels[0]: expected a path, got nothing"],
  [{ labels: [7] }, "TypeError", "labels[0]: expected a path, got 7"],
  [{ source: 7 }, "TypeError", "source: expected text, got 7"],
  [{ source: "mcapp" }, "ConfigError", 'got "mcapp"; did you mean mcap?'],
  [{ checks: "time/rate" }, "TypeError", 'checks: expected a list of ids, got "time/rate"'],
  [{ checks: [/time/] }, "TypeError", "checks[0]: expected text, got a map"],
  [{ checks: ["time/raet"] }, "ConfigError", 'expected a check (see: plumbline checks), got "time/raet"; did you mean time/rate?'],
  [{ checks: ["tmie/*"] }, "ConfigError", 'got "tmie/*"'],
  [{ options: 7 }, "ConfigError", "options: expected a map of names to values, got 7"],
  [{ options: { "time/rates": { maxGapPeriods: 3 } } }, "ConfigError", 'got "time/rates"; did you mean time/rate?'],
  [{ options: { "time/*": { maxGapPeriods: 3 } } }, "ConfigError", 'got "time/*"'],
  [{ options: { "time/rate": 3 } }, "ConfigError", "options.time/rate: expected a map of names to values, got 3"],
  [
    { options: { "time/rate": { maxGapPeriod: 3 } } },
    "ConfigError",
    "options.time/rate.maxGapPeriod: unknown option; did you mean maxGapPeriods?",
  ],
  [
    { options: { "time/rate": { constructor: 1 } } },
    "ConfigError",
    "options.time/rate.constructor: unknown option; expected one of maxGapPeriods",
  ],
  [{ options: { "integrity/seal": { a: 1 } }, level: 0 }, "ConfigError", "options.integrity/seal.a: unknown option; expected none"],
  [{ options: { "time/rate": { maxGapPeriods: "3" } } }, "ConfigError", 'options.time/rate.maxGapPeriods: expected a number, got "3"'],
  [
    { options: { "time/rate": { maxGapPeriods: Number.NaN } } },
    "ConfigError",
    "options.time/rate.maxGapPeriods: expected a number, got NaN",
  ],
  [{ options: { "time/rate": { maxGapPeriods: -1 } } }, "ConfigError", "options.time/rate.maxGapPeriods: expected a number >= 1, got -1"],
  [
    { options: { "time/rate": { minPeriodicShare: 1.5 } } },
    "ConfigError",
    "options.time/rate.minPeriodicShare: expected a number from 0 to 1, got 1.5",
  ],
  [
    { options: { "labels/geometry": { minSizeM: -1 } }, checks: ["time/rate"] },
    "ConfigError",
    "options.labels/geometry.minSizeM: expected a number >= 0, got -1",
  ],
  [{ rig: "rig.yaml" }, "ConfigError", 'rig: expected a map, got "rig.yaml"'],
  [{ rig: null }, "ConfigError", "rig: expected a map, got nothing"],
  [{ rig: { streams: 3 } }, "ConfigError", "rig.schema: expected a value, got nothing"],
  [{ rig: { ...RIG, streams: 3 } }, "ConfigError", "rig.streams: expected a list, got 3"],
  [{ rig: { streams: [{ id: "/a", rateHz: "fast" }] } }, "ConfigError", "rig.schema: expected a value, got nothing"],
  [{ rig: { ...RIG, streams: [{ id: "/a", rateHz: "fast" }] } }, "ConfigError", 'rig.streams[0].rateHz: expected a number > 0, got "fast"'],
  [{ rig: { ...RIG, streams: [{ id: "/a", rateHz: -1 }] } }, "ConfigError", "rig.streams[0].rateHz: expected a number > 0, got -1"],
  [{ rig: { ...RIG, streams: [{ id: "/a", rateHZ: 1 }] } }, "ConfigError", "rig.streams[0].rateHZ: unknown key; did you mean rateHz?"],
  [
    { rig: { ...RIG, streams: [{ id: "/a" }, { id: "/a" }] } },
    "ConfigError",
    'rig.streams[1].id: expected an id of its own, got "/a" as in rig.streams[0]',
  ],
  [{ rig: { ...RIG, streams: new Array(2) } }, "ConfigError", "rig.streams[0]: expected a map, got nothing"],
  [{ checks: new Array(1) }, "TypeError", "checks[0]: expected text, got nothing"],
  [{ seed: 10n ** 100n }, "TypeError", "seed: expected an integer >= 0, got 1000000000"],
  [{ rig: { ...RIG, stream: [] } }, "ConfigError", "rig.stream: unknown key; did you mean streams?"],
  [
    { rig: { ...RIG, streams: [JSON.parse('{"id": "/a", "__proto__": {"required": true}}')] } },
    "ConfigError",
    "rig.streams[0].__proto__: unknown key",
  ],
  [{ rig: new Map([["schema", "plumbline.rig/1"]]) }, "ConfigError", "rig: expected a map, got a map"],
  [
    { rig: { ...RIG, accept: [{ check: "a", status: "no", why: "x", by: "y" }] } },
    "ConfigError",
    "rig.accept[0].status: expected one of pass, fail,",
  ],
  [{ seal: {} }, "TypeError", "seal: expected an opened seal (see openSeal), got a map"],
  [{ seal: new Uint8Array(3) }, "TypeError", "seal: expected an opened seal"],
  [{ catalogue: {} }, "TypeError", "catalogue: expected a list of checks, got a map"],
  [{ catalogue: [7] }, "TypeError", "catalogue[0]: expected an object, got 7"],
  [{ catalogue: [rate, rate] }, "RangeError", 'catalogue[1].id: expected an id of its own, got "time/rate" as in catalogue[0]'],
  [{ catalogue: broken({ id: "rate" }) }, "RangeError", 'catalogue[0].id: expected domain/name, got "rate"'],
  [{ catalogue: broken({ level: 3 }) }, "RangeError", "catalogue[0].level: expected an integer from 0 to 2, got 3"],
  [{ catalogue: broken({ fold: { looksAt: () => true } }) }, "TypeError", "catalogue[0].fold.observe: expected a function, got nothing"],
  [{ catalogue: broken({ conclude: undefined }) }, "TypeError", "catalogue[0].conclude: expected a function, got nothing"],
  [{ catalogue: broken({ describe: "words" }) }, "TypeError", "catalogue[0].describe: expected a function"],
  [{ catalogue: broken({ needs: ["pixels"] }) }, "RangeError", "catalogue[0].needs[0]: expected one of frames,"],
  [{ catalogue: broken({ defaults: { a: "b" } }) }, "TypeError", "catalogue[0].defaults.a: expected a number"],
  [
    { catalogue: broken({ kinds: { gap: { severity: "bad", meaning: "m" } } }) },
    "RangeError",
    "catalogue[0].kinds.gap.severity: expected one of error, warning, info",
  ],
  [{ catalogue: broken({ early: "yes" }) }, "TypeError", 'catalogue[0].early: expected true or false, got "yes"'],
  [{ catalogue: broken({ sees: [{ id: "x" }] }) }, "TypeError", "catalogue[0].sees[0].needs: expected a list of needs"],
  [
    { catalogue: broken({ ranges: { noSuch: { least: 0 } } }) },
    "RangeError",
    "catalogue[0].ranges.noSuch: expected a range that holds the option's default",
  ],
  [{ catalogue: broken({ requires: "rig" }) }, "TypeError", 'catalogue[0].requires: expected "seal", got "rig"'],
];

describe("check", () => {
  test.each(options.map(([given, name, message], i) => [`${i}: ${message}`, given, name, message] as const))(
    "%s",
    async (_, given, name, message) => {
      const [kind, words] = await refusal(() => check(sample, given as CheckOptions));
      expect([kind, words.includes(message) ? message : words]).toEqual([name, message]);
      expect(words).not.toContain("\n");
    },
  );

  test.each([
    [undefined, "TypeError", "path: expected a path, got nothing"],
    [42, "TypeError", "path: expected a path, got 42"],
    [["a"], "TypeError", "path: expected a path, got a list of 1"],
    ["", "ConfigError", "path: expected a path, got nothing"],
    ["a\0b", "ConfigError", 'path: expected a path, got "a\\u0000b"'],
  ])("path %j, of every function that takes one", async (path, name, message) => {
    for (const call of [check, openRecording, seal, verify]) expect(await refusal(() => call(path as string))).toEqual([name, message]);
  });

  test("what is undefined is absent, and a frozen or inherited object will do", async () => {
    const expected = await check(sample);
    const nothing = Object.fromEntries(
      ["rig", "seal", "level", "checks", "options", "source", "workers", "signal"].map((key) => [key, undefined]),
    );
    expect(await check(sample, nothing)).toEqual(expected);
    expect((await check(sample, Object.freeze({ level: 0 } as const))).plan.checks).not.toEqual(expected.plan.checks);
    expect(await check(sample, Object.create({ level: 0 }) as CheckOptions)).toEqual(await check(sample, { level: 0 }));
  });

  test("a rig is looked at once and never written to", async () => {
    const freeze = <T>(value: T): T => {
      if (typeof value === "object" && value !== null) for (const one of Object.values(Object.freeze(value))) freeze(one);
      return value;
    };
    const rig = freeze({
      schema: "plumbline.rig/1" as const,
      streams: [
        {
          id: "/camera",
          kind: "bytes" as const,
          rateHz: 10,
          columns: JSON.parse('{"__proto__": 0}'),
          extrinsic: { rotation: [0, 0, 0.6, 0.8] as const },
        },
        { id: "/gone", required: true, classes: null as never },
      ],
      offsets: null as never,
    });
    const before = JSON.stringify(rig);
    const report = await check(sample, { rig });
    expect(report.findings).toContainEqual(expect.objectContaining({ check: "time/modality", stream: "/gone" }));
    expect(JSON.stringify(rig)).toBe(before);
    expect(({} as Record<string, unknown>)["rateHz"]).toBeUndefined();
    const later = { ...RIG, streams: [{ id: "/camera", rateHz: 10 }] } as {
      schema: "plumbline.rig/1";
      streams: { id: string; rateHz: number }[];
    };
    const running = check(sample, { rig: later });
    (later.streams[0] ?? { rateHz: 0 }).rateHz = 1000;
    expect(await running).toEqual(await check(sample, { rig: { ...RIG, streams: [{ id: "/camera", rateHz: 10 }] } as never }));
  });

  test("a rig from another realm is a rig", async () => {
    const { runInNewContext } = await import("node:vm");
    const rig = runInNewContext('({ schema: "plumbline.rig/1", streams: [{ id: "/gone", required: true }] })');
    expect((await check(sample, { rig, checks: ["time/modality"] })).summary.fail).toBe(1);
  });

  test("whatever is given, a report or one of three errors", async () => {
    const junk = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
      fc.constantFrom(() => {}, Symbol("s"), 1, 0, "mcap", ["time/rate"]),
    );
    const name = fc.constantFrom(
      "rig",
      "seal",
      "level",
      "checks",
      "options",
      "source",
      "seed",
      "spanBytes",
      "signal",
      "onProgress",
      "onCost",
      "labels",
      "workers",
      "catalogue",
      "x",
    );
    await fc.assert(
      fc.asyncProperty(name, junk, async (key, value) => {
        fc.pre(!(key === "workers" && typeof value === "number" && value > 1));
        const [kind, message] = await refusal(() => check(sample, { level: 0, checks: ["time/order"], [key]: value } as CheckOptions));
        expect(["nothing", "TypeError", "RangeError", "ConfigError"]).toContain(kind);
        expect([message.includes("\n"), message.length < 400]).toEqual([false, true]);
      }),
      { numRuns: 150, seed: 11 },
    );
  });
});

describe("a callback that throws", () => {
  const large = join(folder, "large.mcap");
  beforeAll(async () => writeFileSync(large, await sampleMcap({ frames: 3000 })));

  /** Handles of the recording that are open still. */
  const handles = (): number =>
    existsSync("/proc/self/fd")
      ? readdirSync("/proc/self/fd").filter((fd) => {
          try {
            return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
          } catch {
            return false;
          }
        }).length
      : 0;
  const threads = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "MessagePort" || kind === "Worker").length;

  const error = new Error("from the callback");
  const thrown = (): never => {
    throw error;
  };
  const rejected = async (): Promise<never> => thrown();
  const late = (): Promise<never> => new Promise((_, reject) => setTimeout(reject, 5, error));

  test.each([
    ["onProgress, on the thread itself", { workers: 0, onProgress: thrown }],
    ["onProgress, with workers", { workers: 2, onProgress: thrown }],
    ["onProgress, a promise that is rejected", { workers: 0, onProgress: rejected }],
    ["onProgress, a promise that is rejected, with workers", { workers: 2, onProgress: rejected }],
    ["onCost", { workers: 0, onCost: thrown }],
    ["onCost, with workers", { workers: 2, onCost: thrown }],
    ["onCost, a promise that is rejected", { workers: 2, onCost: rejected }],
  ] as const)("%s: the promise rejects with it, and all is released", async (_, callbacks) => {
    const before = threads();
    for (const spanBytes of [1, 1 << 20]) await expect(check(large, { ...callbacks, spanBytes })).rejects.toBe(error);
    await expect(seal(large, callbacks)).rejects.toBe(error);
    expect([handles(), threads() <= before]).toEqual([0, true]);
  });

  test("it ends the run in its course", async () => {
    for (const workers of [0, 2]) {
      const seen: number[] = [];
      const onProgress = ({ spans, totalSpans }: { readonly spans: number; readonly totalSpans: number }): never => {
        seen.push(spans / totalSpans);
        throw error;
      };
      await expect(check(large, { workers, spanBytes: 1, onProgress })).rejects.toBe(error);
      expect(seen).toHaveLength(1);
      expect(seen[0]).toBeLessThan(1);
    }
  });

  test("a rejection after the run is swallowed, not left to the process", async () => {
    const report = await check(sample, { workers: 0, onProgress: late as () => void, onCost: late as () => void });
    expect(report.recording.name).toBe("sample.mcap");
    await new Promise((resolve) => setTimeout(resolve, 30));
  });

  test("simulate", async () => {
    const small = { seconds: 1, camera: null, lidar: { rings: 4, columns: 16 }, out };
    for (const onProgress of [thrown, rejected]) await expect(simulate({ ...small, onProgress })).rejects.toBe(error);
    expect(readdirSync(folder).filter((name) => name.includes("out") || name.includes("tmp"))).toEqual([]);
  });

  test("openRecording of what is none leaves nothing open", async () => {
    const none = join(folder, "none.bin");
    writeFileSync(none, "x".repeat(1000));
    await expect(openRecording(none)).rejects.toThrow("no recording recognised");
    await expect(openRecording(sample, { labels: [none] })).rejects.toThrow(ConfigError);
    expect(handles()).toBe(0);
  });
});

describe("the other functions", () => {
  const bytes = new Uint8Array(8);
  const report = { recording: { name: "a", streams: [] }, verdicts: [], findings: [] };
  const box = { frame: 0, track: "a", box: [0, 0, 1, 1] };

  const cases: readonly (readonly [string, () => unknown, string, string])[] = [
    [
      "openRecording: options",
      () => openRecording(sample, { workers: 1 } as never),
      "TypeError",
      "workers: unknown option; expected one of source, labels",
    ],
    ["openRecording: source", () => openRecording(sample, { source: 1 } as never), "TypeError", "source: expected text, got 1"],
    [
      "openRecording: labels",
      () => openRecording(sample, { labels: "x" } as never),
      "TypeError",
      'labels: expected a list of paths, got "x"',
    ],
    ["seal: options", () => seal(sample, { level: 0 } as never), "TypeError", "level: unknown option; expected one of source, spanBytes,"],
    [
      "seal: algorithm",
      () => seal(sample, { algorithm: "sha1" } as never),
      "ConfigError",
      'expected an algorithm (xxh3-128, blake3), got "sha1"',
    ],
    ["seal: algorithm", () => seal(sample, { algorithm: 3 } as never), "TypeError", "algorithm: expected text, got 3"],
    [
      "seal: frames",
      () => seal(sample, { framesPerBlock: 0 }),
      "RangeError",
      "framesPerBlock: expected an integer from 1 to 1000000, got 0",
    ],
    ["seal: key", () => seal(sample, { key: "secret" } as never), "TypeError", 'key: expected a Uint8Array, got "secret"'],
    ["seal: key", () => seal(sample, { key: bytes }), "ConfigError", "key: expected 32 bytes, got 8"],
    ["seal: sign", () => seal(sample, { sign: bytes } as never), "TypeError", "sign: expected text, got a map"],
    ["verify: seal", () => verify(sample, { seal: 7 } as never), "TypeError", "seal: expected an opened seal (see openSeal), got 7"],
    ["verify: options", () => verify(sample, { seal: opened, strict: true } as never), "TypeError", "strict: unknown option"],
    [
      "verify: level",
      () => verify(sample, { seal: opened, level: 9 } as never),
      "RangeError",
      "level: expected an integer from 0 to 2, got 9",
    ],
    ["openSeal: from", () => openSeal(7 as never), "TypeError", "seal: expected a path, got 7"],
    ["openSeal: from", () => openSeal(""), "ConfigError", "seal: expected a path, got nothing"],
    ["openSeal: options", () => openSeal(bytes, { pem: "" } as never), "TypeError", "pem: unknown option; expected one of key, publicKey"],
    ["openSeal: key", () => openSeal(bytes, { key: bytes }), "ConfigError", "key: expected 32 bytes, got 8"],
    ["prove: seal", () => prove({} as never, "/camera", 0), "TypeError", "seal: expected an opened seal (see openSeal), got a map"],
    ["prove: stream", () => prove(opened, 7 as never, 0), "TypeError", "stream: expected text, got 7"],
    ["prove: frame", () => prove(opened, "/camera", "0" as never), "TypeError", 'frame: expected a number, got "0"'],
    ["prove: frame", () => prove(opened, "/camera", Number.NaN), "ConfigError", "expected a frame from 0 to 59, got NaN"],
    ["prove: key", () => prove(opened, "/camera", 0, { key: "x" } as never), "TypeError", 'key: expected a Uint8Array, got "x"'],
    ["checkProof: proof", () => checkProof({} as never), "ConfigError", "schema: expected a value, got nothing"],
    ["checkProof: proof", () => checkProof(null as never), "ConfigError", "expected a map, got nothing"],
    [
      "checkProof: root",
      async () => checkProof(await prove(opened, "/camera", 0), { root: 7 } as never),
      "TypeError",
      "root: expected text, got 7",
    ],
    [
      "checkProof: options",
      async () => checkProof(await prove(opened, "/camera", 0), { rot: "" } as never),
      "TypeError",
      "rot: unknown option; did you mean root?",
    ],
    ["parseProof", () => parseProof(7 as never), "TypeError", "proof: expected text, got 7"],
    ["parseFaults", () => parseFaults(7 as never, "f"), "TypeError", "faults: expected text, got 7"],
    ["learnRig: reports", () => learnRig(7 as never), "TypeError", "reports: expected a list of reports, got 7"],
    ["learnRig: report", () => learnRig([{}] as never), "TypeError", "reports[0].recording: expected a recording, got nothing"],
    [
      "learnRig: stream",
      () => learnRig([{ ...report, recording: { name: "a", streams: [{ id: 7 }] } }] as never),
      "TypeError",
      "reports[0].recording.streams[0].id: expected text, got 7",
    ],
    [
      "learnRig: kind",
      () => learnRig([{ ...report, recording: { name: "a", streams: [{ id: "a", kind: "sonar", frames: 1 }] } }] as never),
      "TypeError",
      'kind: expected one of points, imu, pose, image, labels, stamps, bytes, got "sonar"',
    ],
    ["simulate: options", () => simulate(undefined as never), "TypeError", "options: expected an object, got nothing"],
    ["simulate: out", () => simulate({} as never), "TypeError", "out: expected a path, got nothing"],
    ["simulate: out", () => simulate({ out: "" }), "ConfigError", "out: expected a path, got nothing"],
    ["simulate: seconds", () => simulate({ out, seconds: "20" } as never), "TypeError", 'seconds: expected a number, got "20"'],
    ["simulate: seconds", () => simulate({ out, seconds: -1 }), "ConfigError", "seconds: expected a number above 0, at most 86400, got -1"],
    ["simulate: unknown", () => simulate({ out, second: 1 } as never), "TypeError", "second: unknown option; did you mean seconds?"],
    ["simulate: lidar", () => simulate({ out, lidar: null } as never), "ConfigError", "lidar: expected a map, got nothing"],
    [
      "simulate: lidar",
      () => simulate({ out, lidar: { rings: 64, columns: 64, colums: 1 } } as never),
      "ConfigError",
      "lidar.colums: unknown key; did you mean columns?",
    ],
    ["simulate: camera", () => simulate({ out, camera: "none" } as never), "ConfigError", 'camera: expected a map, got "none"'],
    [
      "simulate: faults",
      () => simulate({ out, faults: [{ kind: "explode", stream: "/a", from: 0 }] } as never),
      "ConfigError",
      "faults[0].kind: expected one of bit-flip",
    ],
    [
      "simulate: faults",
      () => simulate({ out, faults: [{ kind: "drop", stream: "/imu/data", from: 2, to: 1 }] }),
      "ConfigError",
      "faults[0].to: expected a moment after from (2), got 1",
    ],
    ["simulate: signal", () => simulate({ out, signal: {} } as never), "TypeError", "signal: expected an AbortSignal, got a map"],
    ["digest: bytes", () => digest("abc" as never, "crc32"), "TypeError", "expected a Uint8Array, got string"],
    ["digest: algorithm", () => digest(bytes, "md5" as never), "RangeError", 'got "md5"'],
    ["digest: algorithm", () => digest(bytes, 1n as never), "RangeError", "got 1"],
    ["digest: options", () => digest(bytes, "xxh3-64", { sed: 1 } as never), "TypeError", "sed: unknown option; did you mean seed?"],
    ["digest: options", () => digest(bytes, "xxh3-64", null as never), "TypeError", "options: expected an object, got nothing"],
    [
      "createDigest: options",
      () => createDigest("blake3", { keys: bytes } as never),
      "TypeError",
      "keys: unknown option; did you mean key?",
    ],
    ["allocate", () => allocate("9" as never), "RangeError", "expected a length"],
    ["crc32Combine", () => crc32Combine({} as never, 0, 1), "TypeError", "expected a CRC-32"],
    ["clearMot: boxes", () => clearMot(7 as never, []), "TypeError", "truth: expected a list of boxes, got 7"],
    [
      "clearMot: box",
      () => clearMot([], [{ ...box, box: [0, 0, 1] }] as never),
      "TypeError",
      "tested[0].box: expected a list of 4 numbers, got a list of 3",
    ],
    [
      "clearMot: side",
      () => clearMot([{ ...box, box: [0, 0, 1, Number.NaN] }] as never, []),
      "RangeError",
      "truth[0].box[3]: expected a finite number, got NaN",
    ],
    ["clearMot: frame", () => clearMot([{ ...box, frame: 0.5 }] as never, []), "RangeError", "truth[0].frame: expected an integer"],
    ["clearMot: track", () => clearMot([{ ...box, track: 5 }] as never, []), "TypeError", "truth[0].track: expected text, got 5"],
    [
      "clearMot: overlap",
      () => clearMot([], [], { leastIou: "0.5" } as never),
      "TypeError",
      'leastIou: expected a share above 0, at most 1, got "0.5"',
    ],
    ["clearMot: options", () => clearMot([], [], { iou: 0.5 } as never), "TypeError", "iou: unknown option; expected one of leastIou"],
    [
      "LabelWatch: window",
      () => new LabelWatch({ windowFrames: "40" } as never),
      "TypeError",
      'windowFrames: expected an integer >= 20, got "40"',
    ],
    ["LabelWatch: options", () => new LabelWatch({ window: 40 } as never), "TypeError", "window: unknown option"],
    [
      "LabelWatch: size",
      () => new LabelWatch({ imageSize: { width: 0, height: 1 } }),
      "RangeError",
      "imageSize.width: expected a number above 0, got 0",
    ],
    ["LabelWatch: stamp", () => new LabelWatch().push(5 as never, []), "TypeError", "stampNs: expected a bigint, got 5"],
    ["LabelWatch: stamp", () => new LabelWatch().push(2n ** 63n, []), "RangeError", "stampNs: expected an int64"],
    ["LabelWatch: boxes", () => new LabelWatch().push(0n, {} as never), "TypeError", "boxes: expected a list of boxes, got a map"],
    ["LabelWatch: box", () => new LabelWatch().push(0n, [{}] as never), "TypeError", "boxes[0].class: expected text, got nothing"],
    [
      "LabelWatch: 3D",
      () => new LabelWatch().push(0n, [{ class: "car", box3d: [1, 2, 3] }] as never),
      "TypeError",
      "boxes[0].box3d: expected a list of 7 numbers, got a list of 3",
    ],
    ["defineCheck", () => defineCheck({} as never), "TypeError", "id: expected text, got nothing"],
    ["defineCheck", () => defineCheck(7 as never), "TypeError", "expected an object, got 7"],
  ];

  test.each(cases.map(([what, call, name, message], i) => [`${what} (${i})`, call, name, message] as const))(
    "%s",
    async (_, call, name, message) => {
      const [kind, words] = await refusal(call);
      expect([kind, words.includes(message) ? message : words]).toEqual([name, message]);
    },
  );

  test("a time that is not after the one before, and the frame is not taken", () => {
    const watch = new LabelWatch();
    watch.push(5n, []);
    expect(() => watch.push(5n, [])).toThrow(new RangeError("stampNs: expected a time after 5, got 5"));
    expect(watch.push(6n, [])).toEqual([]);
  });

  test("boxes are copied: who pushes the same array again changes nothing that was said", () => {
    const boxes = [{ class: "car", track: "a", box2d: [0, 0, 10, 10] as [number, number, number, number] }];
    const watch = new LabelWatch();
    for (let i = 0; i < 30; i++) {
      expect(watch.push(BigInt(i) * 100_000_000n, boxes)).toEqual([]);
      for (const { box2d } of boxes) box2d[0] += 1;
      for (const { box2d } of boxes) box2d[2] += 1;
    }
  });
});

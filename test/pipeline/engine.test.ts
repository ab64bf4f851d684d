import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError, InputError } from "../../src/errors.ts";
import { check, openRecording, type Progress } from "../../src/index.ts";
import { render } from "../../src/report/json.ts";
import { damagedMcap, sampleMcap } from "../sample-mcap.ts";
import { describeShared, SHARED } from "../shared-data.ts";

const folder = mkdtempSync(join(tmpdir(), "plumbline-engine-"));
const sample = join(folder, "sample.mcap");
const damaged = join(folder, "damaged.mcap");

beforeAll(async () => {
  writeFileSync(sample, await sampleMcap());
  writeFileSync(damaged, await damagedMcap());
});
afterAll(() => rmSync(folder, { recursive: true }));

const MiB = 1 << 20;
/** Workers, and bytes of a span: threads take most of the time, so recordings of some size see them once. */
const FEW = [
  [0, 1],
  [0, 3000],
  [0, MiB],
  [2, 3000],
] as const;
const MANY = [...FEW, [1, MiB], [2, 1], [2, MiB]] as const;

/** The report's bytes for every number of workers and grain of work; all must be the same. */
async function reports(path: string, runs: typeof FEW | typeof MANY = MANY): Promise<Set<string>> {
  const seen = new Set<string>();
  for (const [workers, spanBytes] of runs) seen.add(render([await check(path, { workers, spanBytes })]));
  return seen;
}

describe("the law of splits, through the whole engine", () => {
  test("a healthy recording", async () => {
    expect((await reports(sample)).size).toBe(1);
  });

  test("a damaged recording", async () => {
    const all = await reports(damaged);
    expect(all.size).toBe(1);
    expect(JSON.parse([...all][0] ?? "").findings.length).toBeGreaterThan(2);
  });
});

test("an index that lies is not believed: what it says is told, and every frame is read, for every worker count", async () => {
  const bytes = await sampleMcap();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // The first chunk index of the summary says a later start; without a checksum nothing but the chunk speaks against it.
  const footer = bytes.length - 37;
  let at = Number(view.getBigUint64(footer + 9, true));
  while (bytes[at] !== 8) at += 9 + Number(view.getBigUint64(at + 1, true));
  view.setBigUint64(at + 9, view.getBigUint64(at + 9, true) + 1n, true);
  view.setUint32(footer + 25, 0, true);
  const path = join(folder, "lying.mcap");
  writeFileSync(path, bytes);
  const all = await reports(path);
  expect(all.size).toBe(1);
  const [report, honest] = [JSON.parse([...all][0] ?? ""), await check(sample, { workers: 0 })];
  expect(report.findings.map(({ kind }: { kind: string }) => kind)).toEqual(["index-mismatch"]);
  expect(report.recording.streams).toEqual(JSON.parse(render([honest])).recording.streams);
});

describeShared("the law of splits on real recordings", () => {
  const shared = SHARED ?? "";
  const paths = [
    ...["1-mcap/recorded", "1-mcap/damaged"].flatMap((group) =>
      readdirSync(join(shared, group))
        .filter((name) => name.endsWith(".mcap"))
        .map((name) => join(group, name)),
    ),
    // Their compression, cut, order and edges; the rest differ from these by their messages only (test/sources/rosbag*.test.ts).
    ...["example-bz2", "example-unsorted-chunks", "no-messages", "robot_localization-test1", "tf_example"].map(
      (name) => `1-rosbag1/${name}.bag`,
    ),
    ...["cdr_test_0", "empty_bag_0", "multiple_files_0", "wbag_0"].map((name) => `1-rosbag2-db3/${name}.db3`),
    "2-lidar/nebula-packets/xt16/1732848127890747768",
    "2-lidar/kitti-raw-2011_09_26",
    "2-lidar/kitti-tracking-0001",
    "2-lidar/av2/7fab2350",
    "3-labels/kitti-tracking",
    "3-labels/motchallenge/TUD-Campus",
  ];
  test.each(paths)("%s", async (path) => {
    expect((await reports(join(shared, path), FEW)).size).toBe(1);
  });
});

describe("running", () => {
  test("an aborted run resolves with a report that says so and passes nothing", async () => {
    for (const workers of [0, 2]) {
      const report = await check(sample, { workers, spanBytes: 1, signal: AbortSignal.abort() });
      expect(report.interrupted).toBe(true);
      expect(report.summary.pass).toBe(0);
    }
  });

  test("aborting midway keeps what was folded", async () => {
    const stop = new AbortController();
    const report = await check(sample, {
      workers: 2,
      spanBytes: 1,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    expect(report.recording.bytes).toBe(statSync(sample).size);
  });

  test("progress grows and ends at the whole", async () => {
    for (const workers of [0, 2]) {
      const seen: Progress[] = [];
      await check(sample, { workers, spanBytes: 1, onProgress: (progress) => seen.push(progress) });
      const last = seen.at(-1);
      expect(last?.spans).toBe(last?.totalSpans);
      expect(last?.bytes).toBe(last?.totalBytes);
      for (const [i, p] of seen.entries()) if (i > 0) expect(p.bytes).toBeGreaterThanOrEqual(seen[i - 1]?.bytes ?? 0);
    }
  });

  test("misuse is refused with what was expected", async () => {
    await expect(check(sample, { workers: -1 })).rejects.toThrow(new RangeError("workers: expected an integer from 0 to 256, got -1"));
    await expect(check(sample, { workers: 1.5 })).rejects.toThrow(RangeError);
    await expect(check(sample, { spanBytes: 0 })).rejects.toThrow(RangeError);
    await expect(check(sample, { checks: ["no/such"] })).rejects.toThrow(ConfigError);
    await expect(check(sample, { options: { "time/rate": { noSuch: 1 } } })).rejects.toThrow(ConfigError);
    await expect(check(sample, { source: "nope" })).rejects.toThrow(ConfigError);
    await expect(check(42 as unknown as string)).rejects.toThrow(TypeError);
    await expect(check(join(folder, "missing"))).rejects.toThrow(InputError);
  });

  test("only the checks asked for run, and the plan says what was left out", async () => {
    const report = await check(sample, { checks: ["time/*"], workers: 0 });
    expect(new Set(report.verdicts.map((v) => v.check.split("/")[0]))).toEqual(new Set(["time"]));
    expect(report.plan.checks.find((c) => c.check === "integrity/container")).toEqual({
      check: "integrity/container",
      rate: 0,
      reason: "not selected",
    });
  });
});

describe("reading a recording", () => {
  test("frames come in file order with their place in the stream", async () => {
    const recording = await openRecording(sample);
    const counts = new Map<string, number>();
    let logNs = 0n;
    for await (const frame of recording.frames()) {
      expect(frame.index).toBe(counts.get(frame.stream) ?? 0);
      counts.set(frame.stream, frame.index + 1);
      expect(frame.logNs).toBeGreaterThanOrEqual(logNs);
      logNs = frame.logNs;
    }
    recording.close();
    const report = await check(sample, { workers: 0 });
    expect(Object.fromEntries(counts)).toEqual(
      Object.fromEntries(report.recording.streams.filter((s) => s.frames > 0).map((s) => [s.id, s.frames])),
    );
  });

  test("two readers of one recording do not disturb each other", async () => {
    const recording = await openRecording(sample);
    const a = recording.frames();
    const b = recording.frames();
    for (let i = 0; i < 50; i++) expect((await a.next()).value).toEqual((await b.next()).value);
    recording.close();
  });
});

/** A whole drive: read by others, the same every time, and true to its truth. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "@foxglove/rosmsg";
import { MessageReader } from "@foxglove/rosmsg2-serialization";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digest } from "../../src/digest/digest.ts";
import { ConfigError } from "../../src/errors.ts";
import { check, simulate } from "../../src/index.ts";
import { type DriveOptions, settingsOf } from "../../src/simulate/options.ts";
import { type Message, messagesOf, type Recorded, record, SMALL } from "./record.ts";

/** Of SMALL. A change here is a change of every drive: say so in the changelog. */
const DIGEST = "8be588c57787303f680c70ae4f385d7c";

const folder = mkdtempSync(join(tmpdir(), "plumbline-drive-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let drive: Recorded;
let messages: readonly Message[];
beforeAll(async () => {
  drive = await record(SMALL);
  messages = await messagesOf(drive.mcap);
});

describe("a drive", () => {
  test("is the same bytes in every run, and those of every machine", async () => {
    const again = await record(SMALL);
    expect(digest(again.mcap, "xxh3-128")).toBe(digest(drive.mcap, "xxh3-128"));
    expect(again.truth).toBe(drive.truth);
    expect(digest(drive.mcap, "xxh3-128")).toBe(DIGEST);
  });

  test("is another one with another seed", async () => {
    const other = await record({ ...SMALL, seed: 12 });
    expect(digest(other.mcap, "xxh3-128")).not.toBe(digest(drive.mcap, "xxh3-128"));
  });

  test("is read by mcap's reader and a ROS library, message by message, in the order they were logged", () => {
    const readers = new Map<string, MessageReader>();
    for (const [i, { topic, schemaText, data, logNs }] of messages.entries()) {
      const reader = readers.get(topic) ?? new MessageReader(parse(schemaText, { ros2: true }));
      readers.set(topic, reader);
      expect(reader.readMessage(data)).toBeTypeOf("object");
      expect(logNs >= (messages[i - 1]?.logNs ?? 0n)).toBe(true);
    }
    const truth = JSON.parse(drive.truth);
    const counts: Record<string, number> = {};
    for (const { topic } of messages) counts[topic] = (counts[topic] ?? 0) + 1;
    expect(truth.messages).toEqual(counts);
    expect(counts).toMatchObject({ "/lidar/points": 20, "/imu/data": 400, "/odometry": 100, "/tf_static": 1, "/labels/boxes_3d": 20 });
    expect(truth.moments).toHaveLength(20);
  });

  test("numbers the messages of each stream from 0 without a gap", () => {
    const next = new Map<string, number>();
    for (const { topic, sequence } of messages) {
      expect([topic, sequence]).toEqual([topic, next.get(topic) ?? 0]);
      next.set(topic, sequence + 1);
    }
  });

  test("passes every level-0 check", async () => {
    const path = join(folder, "clean.mcap");
    writeFileSync(path, drive.mcap);
    const report = await check(path, { level: 0, workers: 0 });
    expect(report.findings).toEqual([]);
    expect(report.verdicts.filter(({ status }) => status === "pass").length).toBeGreaterThan(20);
  });

  test("has the same beginning however long it is", async () => {
    const longer = await messagesOf((await record({ ...SMALL, seconds: 3 })).mcap);
    const one = (list: readonly Message[]): readonly string[] =>
      list.filter(({ topic }) => topic === "/lidar/points" || topic === "/imu/data").map(({ topic, payload }) => `${topic} ${payload}`);
    const [short, long] = [one(messages), one(longer)];
    expect(long.slice(0, short.length - 60)).toEqual(short.slice(0, -60));
  });
});

describe("files", () => {
  test("are whole: the recording and its truth, and nothing else", async () => {
    const out = join(folder, "files", "..", "drive.mcap");
    const done = await simulate({ ...SMALL, seconds: 0.5, out });
    expect(done.truth).toBe(join(folder, "files", "..", "drive.truth.json"));
    expect(readdirSync(folder).filter((name) => name.includes("tmp"))).toEqual([]);
    expect(readdirSync(folder)).toContain("drive.truth.json");
  });

  test("are not there when the drive is interrupted", async () => {
    const controller = new AbortController();
    const out = join(folder, "interrupted.mcap");
    const running = simulate({ ...SMALL, out, signal: controller.signal, onProgress: (now) => now > 0.3 && controller.abort() });
    await expect(running).rejects.toThrow();
    expect(readdirSync(folder).filter((name) => name.includes("interrupted") || name.includes("tmp"))).toEqual([]);
  });

  test("do not replace what is no file", async () => {
    await expect(simulate({ ...SMALL, out: folder })).rejects.toThrow(new ConfigError(`out ${folder}: expected a file, got a folder`));
    await expect(simulate({ ...SMALL, out: "/dev/null" })).rejects.toThrow("out /dev/null: expected a file, got a device or pipe");
  });

  test("replace an earlier drive, and anything else only when that is asked for", async () => {
    const out = join(folder, "again.mcap");
    const truth = join(folder, "again.json");
    const short = { ...SMALL, seconds: 0.2, out, truth };
    await simulate(short);
    await simulate({ ...short, seed: 5 });
    expect(JSON.parse(readFileSync(truth, "utf8"))).toMatchObject({ settings: { seed: 5 } });
    for (const path of [out, truth]) {
      const before = readFileSync(path);
      writeFileSync(path, "somebody's");
      await expect(simulate(short)).rejects.toThrow(/again\.\w+: expected a new file or .*, got a file that is there already/);
      expect(readFileSync(path, "utf8")).toBe("somebody's");
      writeFileSync(path, before);
    }
    writeFileSync(truth, "somebody's");
    await simulate({ ...short, force: true });
    expect(JSON.parse(readFileSync(truth, "utf8"))).toMatchObject({ settings: { seed: SMALL.seed } });
    await expect(simulate({ ...short, truth: out })).rejects.toThrow("expected a file of its own");
  });
});

describe("options", () => {
  const cases: readonly (readonly [DriveOptions, string])[] = [
    [{ seconds: -1 }, "seconds: expected a number above 0, at most 86400, got -1"],
    [{ seconds: Number.NaN }, "seconds: expected a number above 0, at most 86400, got NaN"],
    [{ seed: -1 }, "seed: expected a whole number from 0 to 2^53 - 1, got -1"],
    [{ lidar: { rings: 6, columns: 100 } }, "lidar rings: expected a multiple of 4 from 4 to 128, got 6"],
    [{ lidar: { rings: 8, columns: 8 } }, "lidar columns: expected a whole number from 16 to 4096, got 8"],
    [{ camera: { width: 65, height: 64 } }, "camera width: expected a multiple of 16 from 64 to 4096, got 65"],
    [{ rateHz: 100 }, "rate: expected a number from 5 to 20, got 100"],
    [{ annotators: 0 }, "annotators: expected a whole number from 1 to 10, got 0"],
    [{ faults: [{ kind: "drop", stream: "/imu/data", from: 30 }] }, "faults[0].from: expected less than the drive's 20 s, got 30"],
  ];
  for (const [options, message] of cases) test(message, () => expect(() => settingsOf(options)).toThrow(message));
});

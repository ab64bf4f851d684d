/** The walls hold: a page, with nothing but the core, gives Node's report byte for byte. */
import { describe, expect, type TestContext, test } from "vitest";
import { commands } from "vitest/browser";
import { ConfigError, check, checks, InputError, openSeal, seal, verify } from "../../src/browser/index.ts";
import { render } from "../../src/report/json.ts";
import { recording, SAMPLE } from "./recording.ts";

async function expectNodesReport(name: string, context: TestContext): Promise<void> {
  const report = await check(await recording(name, context));
  expect(render([report])).toBe(await commands.checkOnNode(name));
  expect(report.recording.streams.length).toBeGreaterThan(0);
}

describe("Node's JSON byte for byte", () => {
  test("a generated MCAP with planted defects", (context) => expectNodesReport(SAMPLE, context));
  test("a recorded MCAP: JSON messages, plain chunks", (context) =>
    expectNodesReport("1-mcap/recorded/lichtblick-custom-camera-model.mcap", context));
  test("a recorded MCAP: ROS 2 messages, zstd chunks", (context) => expectNodesReport("1-mcap/recorded/wbag_0.mcap", context));
  test("a recorded MCAP with a damaged chunk", (context) =>
    expectNodesReport("1-mcap/damaged/lichtblick-custom-camera-model--chunk-bitflip.mcap", context));
  test("a ROS 1 bag in bz2", (context) => expectNodesReport("1-rosbag1/example-bz2.bag", context));
  test("a ROS 1 bag in LZ4", (context) => expectNodesReport("1-rosbag1/tf_example.bag", context));
  test("a ROS 2 bag in SQLite", (context) => expectNodesReport("1-rosbag2-db3/wbag_0.db3", context));
  test("a ROS 2 bag in SQLite, a folder without metadata", (context) =>
    expectNodesReport("2-lidar/nebula-packets/vlp16/1673400471837873222", context));
  test("a folder of PCD clouds", (context) => expectNodesReport("2-lidar/pcd", context));
  test("a folder of LAS and LAZ clouds", (context) => expectNodesReport("2-lidar/las", context));
  test("a KITTI raw folder", (context) => expectNodesReport("2-lidar/kitti-raw-2011_09_26", context));
  test("a folder of TUM trajectories", (context) => expectNodesReport("6-sync/evo-trajectories", context));
  test("lists of EuRoC stamps", (context) => expectNodesReport("6-sync/tum-euroc-timestamps/euroc", context));
  test("an Argoverse 2 log: Feather in zstd and LZ4", (context) => expectNodesReport("2-lidar/av2/7fab2350", context));
});

describe("a check on a page", () => {
  test("tells its progress and ends with all bytes", async (context) => {
    const told: number[] = [];
    const report = await check(await recording(SAMPLE, context), { onProgress: ({ bytes }) => told.push(bytes), spanBytes: 4096 });
    expect(told.at(-1)).toBeGreaterThan(report.recording.bytes / 2);
    expect(told).toEqual([...told].sort((a, b) => a - b));
  });

  test("gives a partial report when it is cancelled", async (context) => {
    const report = await check(await recording(SAMPLE, context), { signal: AbortSignal.abort() });
    expect(report.interrupted).toBe(true);
  });

  test("refuses what is no recording with an InputError", async () => {
    await expect(check(new File(["not a recording"], "x.txt"))).rejects.toThrow(InputError);
    await expect(check(new File([], "empty.mcap"))).rejects.toThrow(InputError);
  });

  test("refuses wrong options with the error Node gives", async (context) => {
    const file = await recording(SAMPLE, context);
    await expect(check(file, { spanBytes: 0 })).rejects.toThrow(RangeError);
    await expect(check(file, { checks: ["no/such"] })).rejects.toThrow(/no\/such/);
    const wrong: readonly (readonly [unknown, new (message: string) => Error, string])[] = [
      [null, TypeError, "options: expected an object, got nothing"],
      [{ unknownOption: () => {} }, TypeError, "unknownOption: unknown option"],
      [{ workers: 2 }, TypeError, "workers: unknown option"],
      [{ catalogue: [] }, TypeError, "catalogue: unknown option"],
      [{ level: 7 }, RangeError, "level: expected an integer from 0 to 2, got 7"],
      [{ signal: {} }, TypeError, "signal: expected an AbortSignal"],
      [{ onProgress: 7 }, TypeError, "onProgress: expected a function"],
      [{ labels: "" }, TypeError, "labels: expected a list of recordings"],
      [{ labels: ["boxes.json"] }, TypeError, "expected a File"],
      [{ rig: "rig.yaml" }, ConfigError, "rig: expected a map"],
      [
        { rig: { schema: "plumbline.rig/1", streams: [{ id: "a", rateHz: "fast" }] } },
        ConfigError,
        "rig.streams[0].rateHz: expected a number",
      ],
      [{ options: { "time/rates": {} } }, ConfigError, "did you mean time/rate?"],
      [{ options: { "time/rate": { maxGapPeriods: -1 } } }, ConfigError, "options.time/rate.maxGapPeriods: expected a number >= 1, got -1"],
      [{ seal: {} }, TypeError, "seal: expected an opened seal"],
    ];
    for (const [options, kind, message] of wrong) {
      const refused = check(file, options as never);
      await expect(refused, message).rejects.toThrow(kind);
      await expect(refused).rejects.toThrow(message);
    }
    await expect(verify(file, { strict: true } as never)).rejects.toThrow("strict: unknown option");
    await expect(seal(file, { key: "secret" } as never)).rejects.toThrow("key: expected a Uint8Array");
    await expect(openSeal("drive.seal" as never)).rejects.toThrow("seal: expected a file or bytes");
  });

  test("ends with the error of a callback, thrown or rejected", async (context) => {
    const file = await recording(SAMPLE, context);
    const error = new Error("from the callback");
    const thrown = (): never => {
      throw error;
    };
    await expect(check(file, { onProgress: thrown })).rejects.toBe(error);
    await expect(check(file, { onProgress: async () => thrown() })).rejects.toBe(error);
    await expect(seal(file, { onProgress: thrown })).rejects.toBe(error);
  });

  test("of a folder that holds one recording gives the report of that", async (context) => {
    const file = await recording(SAMPLE, context);
    if (!(file instanceof File)) throw new TypeError("expected a file");
    const readme = new File(["# A drive\n".repeat(20)], "README.md");
    const files = [
      { path: file.name, blob: file },
      { path: "README.md", blob: readme },
    ];
    const report = await check({ name: "drive", files });
    expect(report).toEqual(await check(file));
    const sealed = await seal({ name: "drive", files });
    expect((await verify({ name: "drive", files }, { seal: sealed.bytes })).summary.fail).toBe(0);
  });

  test("can list the checks", () => {
    expect(checks.map(({ id }) => id)).toContain("integrity/container");
  });
});

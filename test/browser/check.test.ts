/** The walls hold: a page, with nothing but the core, gives Node's report byte for byte. */
import { describe, expect, type TestContext, test } from "vitest";
import { commands } from "vitest/browser";
import { check, checks, InputError } from "../../src/browser/index.ts";
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
  });

  test("can list the checks", () => {
    expect(checks.map(({ id }) => id)).toContain("integrity/container");
  });
});

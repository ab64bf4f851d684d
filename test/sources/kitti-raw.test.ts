import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LOCATED } from "../../src/check/gravest.ts";
import { kittiRaw } from "../../src/sources/folders/kitti-raw.ts";
import { kittiTracking } from "../../src/sources/folders/kitti-tracking.ts";
import { memoryInput } from "../memory-input.ts";
import { testShared } from "../shared-data.ts";
import { diskInput, readAll as readWhole, withoutSpans } from "./read-all.ts";

/** What is wrong; that there are gaps between sweeps is told in any drive and has tests of its own. */
const readAll: typeof readWhole = async (...given) => {
  const whole = await readWhole(...given);
  return { ...whole, damages: whole.damages.filter(({ kind, severity }) => kind !== "sweep-gaps" || severity !== "info") };
};

testShared("drive 2011_09_26: 5 scans of 180 stamps", async (shared) => {
  const input = diskInput(join(shared, "2-lidar/kitti-raw-2011_09_26"));
  expect(kittiRaw.detect(input)).toBe(true);
  expect(kittiTracking.detect(input)).toBe(false);
  const { streams, damages } = await readAll(kittiRaw, input);
  const stream = streams["data_bin"];
  expect(Object.keys(streams)).toEqual(["data_bin"]);
  expect(stream?.info).toMatchObject({ kind: "points", stamps: "sensor", sequenced: true });
  expect(stream?.points.map((p) => p.count)).toEqual([1883344, 1883904, 1883648, 1882928, 1882624].map((bytes) => bytes / 16));
  expect(stream?.stampNs[0]).toBe(BigInt(Date.UTC(2011, 8, 26, 14, 30, 15)) * 1_000_000n + 2263428n);
  expect(stream?.malformed).toEqual([]);
  expect(damages).toEqual([
    {
      kind: "missing-file",
      severity: "warning",
      file: "timestamps_mid.txt",
      bytes: [150, 5400],
      stream: 0,
      timeNs: [1317047415519923756n, 1317047433538156172n],
      observed: { folder: "data_bin", stamps: 180, files: 5, missing: 175, first: 5, last: 179 },
      expected: { missing: 0 },
    },
  ]);
});

const scan = (points: number): Uint8Array => new Uint8Array(Float32Array.from({ length: 4 * points }, (_, i) => i / 8).buffer);
const OXTS = "49.0 8.4 114 0 0 0.5 0 0 0 0 0 1 2 3 0 0 0 0.1 0.2 0.3 0 0 0 0 0 4 7 4 4 0";
/** Sweeps of 100 ms that touch each other; `plusNs` moves them. */
const times = (count: number, plusNs = 0): string =>
  Array.from(
    { length: count },
    (_, i) => `2011-09-26 14:30:${String(15 + Math.floor(i / 10))}.${String((i % 10) * 100_000_000 + plusNs).padStart(9, "0")}`,
  ).join("\n");
const name = (i: number, extension: string): string => `${String(i).padStart(10, "0")}.${extension}`;
const START = BigInt(Date.UTC(2011, 8, 26, 14, 30, 15)) * 1_000_000n;

/** A drive with three sensors; PNG headers only, since nobody decodes the pixels. */
function drive(prefix = "", frames = 6): Record<string, Uint8Array | string> {
  const png = Uint8Array.from([
    0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 4, 0xd8, 0, 0, 1, 0x77, 8, 2, 0, 0, 0,
  ]);
  const files: Record<string, Uint8Array | string> = {};
  for (const sensor of ["velodyne_points", "image_02", "oxts"]) files[`${prefix}${sensor}/timestamps.txt`] = times(frames, 500);
  files[`${prefix}velodyne_points/timestamps_start.txt`] = times(frames, 0);
  files[`${prefix}velodyne_points/timestamps_end.txt`] = times(frames, 900);
  for (let i = 0; i < frames; i++) {
    files[`${prefix}velodyne_points/data/${name(i, "bin")}`] = scan(10 + i);
    files[`${prefix}image_02/data/${name(i, "png")}`] = png;
    files[`${prefix}oxts/data/${name(i, "txt")}`] = `${OXTS.replace("8.4", String(8.4 + i * 1e-5))}\n`;
  }
  return files;
}

const DRIVE = "2011_09_26/2011_09_26_drive_0001_sync/";

describe("a synthetic drive", () => {
  test.each([1, 65536, 8 << 20])("cut at %i bytes", async (spanBytes) => {
    const whole = await readAll(kittiRaw, memoryInput("drive", drive(DRIVE)), spanBytes);
    expect(withoutSpans(whole)).toEqual(withoutSpans(await readAll(kittiRaw, memoryInput("drive", drive(DRIVE)), 100)));
    expect(Object.keys(whole.streams)).toEqual(["image_02/data", "oxts/data", "velodyne_points/data"]);
    expect(whole.damages).toEqual([]);
    const { "velodyne_points/data": points, "oxts/data": oxts, "image_02/data": images } = whole.streams;
    expect(points?.points.map((p) => p.count)).toEqual([10, 11, 12, 13, 14, 15]);
    expect(points?.stampNs).toEqual([0, 1, 2, 3, 4, 5].map((i) => START + BigInt(i) * 100_000_000n + 500n));
    expect(points?.sequence).toEqual([0, 1, 2, 3, 4, 5]);
    expect(images?.images[5]).toMatchObject({ frame: 5, encoding: "png", width: 1240, height: 375 });
    expect(images?.info.imageSize).toEqual({ width: 1240, height: 375 });
    // The origin is the recording's first record, in whichever span the frame is.
    expect(oxts?.poses[5]?.xyz[0]).toBeCloseTo(((5e-5 * Math.PI) / 180) * 6378137 * Math.cos((49 * Math.PI) / 180), 6);
    expect(oxts?.imu[5]).toEqual({ frame: 5, angular: [0.1, 0.2, 0.3], linear: [1, 2, 3] });
  });

  test("ids do not depend on where the drive lies; two drives are told apart", async () => {
    for (const prefix of ["", "2011_09_26_drive_0001_sync/", DRIVE]) {
      const input = memoryInput("drive", drive(prefix));
      expect(kittiRaw.detect(input)).toBe(true);
      expect(Object.keys((await readAll(kittiRaw, input)).streams)).toEqual(["image_02/data", "oxts/data", "velodyne_points/data"]);
    }
    const two = memoryInput("date", { ...drive("a_drive_0001_sync/"), ...drive("a_drive_0002_sync/") });
    expect(Object.keys((await readAll(kittiRaw, two)).streams)).toHaveLength(6);
  });

  test("the same drive with CR LF, no final newline or a byte order mark", async () => {
    const plain = await readAll(kittiRaw, memoryInput("drive", drive()));
    for (const change of [(t: string) => t.replaceAll("\n", "\r\n"), (t: string) => `${t}\n\n\n`, (t: string) => `\ufeff${t}`]) {
      const files = Object.fromEntries(
        Object.entries(drive()).map(([path, content]) => [
          path,
          path.includes("timestamps") && typeof content === "string" ? change(content) : content,
        ]),
      );
      const other = await readAll(kittiRaw, memoryInput("drive", files));
      expect(other.streams).toEqual(plain.streams);
      expect(other.damages).toEqual([]);
    }
  });
});

describe("stamps", () => {
  const velodyne = "velodyne_points/data";
  const only = (files: Record<string, Uint8Array | string>) =>
    Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith("velodyne_points")));

  test("a missing scan is named by its number and line", async () => {
    const files = only(drive());
    delete files[`${velodyne}/${name(2, "bin")}`];
    delete files[`${velodyne}/${name(4, "bin")}`];
    const { streams, damages } = await readAll(kittiRaw, memoryInput("drive", files));
    expect(streams[velodyne]?.sequence).toEqual([0, 1, 3, 5]);
    expect(streams[velodyne]?.stampNs[2]).toBe(START + 300_000_500n);
    expect(damages).toHaveLength(1);
    expect(damages[0]).toMatchObject({
      kind: "missing-file",
      severity: "warning",
      file: "velodyne_points/timestamps.txt",
      bytes: [60, 150],
      timeNs: [START + 200_000_500n, START + 400_000_500n],
      observed: { stamps: 6, files: 4, missing: 2, first: 2, last: 4 },
    });
  });

  test("scans beyond the last stamp are named and keep their place in time", async () => {
    const files = { ...only(drive()), "velodyne_points/timestamps.txt": times(4, 500) };
    const { streams, damages } = await readAll(kittiRaw, memoryInput("drive", files));
    expect(streams[velodyne]?.stampNs.slice(3)).toEqual([START + 300_000_500n, START + 300_000_500n, START + 300_000_500n]);
    expect(damages).toHaveLength(1);
    expect(damages[0]).toMatchObject({
      kind: "missing-stamp",
      bytes: [119, 119],
      observed: { stamps: 4, files: 6, missing: 2, first: 4, last: 5 },
    });
  });

  test("a line that is no time is located; its scan is named as without a stamp", async () => {
    const lines = times(6, 500).split("\n");
    lines[3] = "2011-09-31 14:30:15.3";
    const files = { ...only(drive()), "velodyne_points/timestamps.txt": lines.join("\n") };
    const { damages, streams } = await readAll(kittiRaw, memoryInput("drive", files));
    expect(streams[velodyne]?.stampNs.slice(2, 5)).toEqual([START + 200_000_500n, START + 200_000_500n, START + 400_000_500n]);
    expect(damages.map((d) => [d.kind, d.bytes, d.observed])).toEqual([
      ["bad-stamp", [90, 112], { firstLine: 4, lastLine: 4 }],
      ["missing-stamp", [90, 112], { folder: velodyne, stamps: 6, files: 6, missing: 1, first: 3, last: 3 }],
    ]);
  });

  test("a bad line whose scan is missing too is one defect, not two", async () => {
    const lines = times(6, 500).split("\n");
    lines[3] = "";
    const files: Record<string, Uint8Array | string> = { ...only(drive()), "velodyne_points/timestamps.txt": lines.join("\n") };
    delete files[`${velodyne}/${name(3, "bin")}`];
    expect((await readAll(kittiRaw, memoryInput("drive", files))).damages.map((d) => d.kind)).toEqual(["bad-stamp"]);
  });

  test("a stamp outside its sweep is located by line", async () => {
    const start = times(6, 0).split("\n");
    const end = times(6, 900).split("\n");
    start[1] = "2011-09-26 14:30:15.100000501";
    end[4] = "2011-09-26 14:30:15.400000490";
    const files = {
      ...only(drive()),
      "velodyne_points/timestamps_start.txt": start.join("\n"),
      "velodyne_points/timestamps_end.txt": end.join("\n"),
    };
    const { damages } = await readAll(kittiRaw, memoryInput("drive", files));
    expect(damages.map((d) => [d.kind, d.severity, d.bytes, d.observed])).toEqual([
      ["sweep-bounds", "error", [30, 60], { firstLine: 2, lastLine: 2, beforeStartNs: 1n, afterEndNs: 0n }],
      ["sweep-bounds", "error", [120, 150], { firstLine: 5, lastLine: 5, beforeStartNs: 0n, afterEndNs: 10n }],
    ]);
  });

  test("a stamps file of nothing but damage names a bounded number of places", async () => {
    const bad = Array.from({ length: 1000 }, (_, i) => (i % 2 ? "x" : "2011-09-26 14:30:15.0")).join("\n");
    const input = memoryInput("drive", { ...only(drive()), "velodyne_points/timestamps.txt": bad });
    const { damages, moreDamages } = await readAll(kittiRaw, input);
    const places = damages.filter((d) => d.kind === "bad-stamp");
    const others = moreDamages.find((d) => d.kind === "bad-stamp");
    expect(places.length).toBeLessThanOrEqual(LOCATED);
    expect(places.length + (others?.count ?? 0)).toBe(500);
  });

  test("without stamps they are nominal, and that is said", async () => {
    const { streams, damages } = await readAll(kittiRaw, memoryInput("drive", { [`${velodyne}/${name(3, "bin")}`]: scan(1) }));
    expect(streams[velodyne]?.info.stamps).toBe("nominal");
    expect(streams[velodyne]?.stampNs).toEqual([300_000_000n]);
    expect(damages.map((d) => [d.kind, d.file])).toEqual([["missing-file", "velodyne_points/timestamps.txt"]]);
  });

  test("an empty stamps file leaves every scan without one", async () => {
    const { streams, damages } = await readAll(kittiRaw, memoryInput("drive", { ...only(drive()), "velodyne_points/timestamps.txt": "" }));
    expect(streams[velodyne]?.stampNs).toEqual(new Array(6).fill(0n));
    expect(damages.map((d) => [d.kind, d.observed["missing"]])).toEqual([["missing-stamp", 6]]);
  });
});

describe("damaged frames", () => {
  test("a truncated scan, text where numbers belong, a record of too many columns", async () => {
    const files = {
      ...drive(),
      [`velodyne_points/data/${name(1, "bin")}`]: scan(2).subarray(0, 31),
      [`oxts/data/${name(1, "txt")}`]: OXTS.replace("114", "NaN"),
      [`oxts/data/${name(2, "txt")}`]: "1 ".repeat(30_000),
      [`oxts/data/${name(3, "txt")}`]: "\n\n",
      [`oxts/data/${name(4, "txt")}`]: "1 ".repeat(1_000_000),
    };
    const { streams } = await readAll(kittiRaw, memoryInput("drive", files));
    expect(streams["velodyne_points/data"]?.malformed).toEqual([{ frame: 1, reason: "ends inside a point" }]);
    expect(streams["oxts/data"]?.malformed).toEqual([
      { frame: 1, reason: "not a finite number" },
      { frame: 2, reason: "wrong column count" },
      { frame: 3, reason: "expected 30 numbers, got none" },
      { frame: 4, reason: "wrong column count" },
    ]);
    expect(streams["oxts/data"]?.poses.map((p) => p.frame)).toEqual([0, 5]);
  });

  test("the first record being unreadable moves the origin to the next", async () => {
    const { streams } = await readAll(kittiRaw, memoryInput("drive", { ...drive(), [`oxts/data/${name(0, "txt")}`]: "x" }), 1);
    expect(streams["oxts/data"]?.poses.map((p) => p.frame)).toEqual([1, 2, 3, 4, 5]);
    expect(streams["oxts/data"]?.poses[0]?.xyz).toEqual([0, 0, 0]);
  });

  test("numbers beyond 32 bits are no frames", async () => {
    const files = { ...drive(), [`velodyne_points/data/9999999999.bin`]: scan(1), [`velodyne_points/data/4294967295.bin`]: scan(1) };
    const { streams } = await readAll(kittiRaw, memoryInput("drive", files));
    expect(streams["velodyne_points/data"]?.sequence).toEqual([0, 1, 2, 3, 4, 5, 4294967295]);
  });
});

describe("detection", () => {
  const stamps = times(1);
  test.each([
    ["a flat folder", { "data/0000000000.bin": "x", "timestamps_mid.txt": stamps }, true],
    ["a flat folder with other stamps", { "data/0000000000.bin": "x", "timestamps.txt": "1317047415.0\n" }, false],
    ["a data folder alone", { "data/0000000000.bin": "x" }, false],
    ["a tracking folder", { "velodyne/0001/000000.bin": "x", "oxts/0001.txt": OXTS }, false],
    ["a drive two folders down", { "a/b/c_drive_0001_sync/oxts/data/0000000000.txt": OXTS }, false],
  ])("%s", (_, files, expected) => expect(kittiRaw.detect(memoryInput("x", files))).toBe(expected));
});

describe("gaps between sweeps", () => {
  const gapsOf = async (startNs: number, endNs: number) => {
    const files = drive();
    files["velodyne_points/timestamps_start.txt"] = times(6, startNs);
    files["velodyne_points/timestamps_end.txt"] = times(6, endNs);
    const { damages } = await readWhole(kittiRaw, memoryInput("drive", files));
    return damages.filter(({ kind }) => kind === "sweep-gaps").map(({ severity, observed }) => [severity, observed]);
  };

  test("are information", async () => {
    const observed = { sweeps: 6, ordered: 6, touching: 0, gaps: 5, leastNs: 99_999_100n, mostNs: 99_999_100n };
    expect(await gapsOf(0, 900)).toEqual([["info", observed]]);
  });

  test("count the stamps that lie within their sweep", async () => {
    const files = drive();
    files["velodyne_points/timestamps.txt"] = times(6, 500).replace(".200000500", ".200000950");
    const { damages } = await readWhole(kittiRaw, memoryInput("drive", files));
    expect(damages.map(({ kind, observed }) => [kind, observed["ordered"]])).toEqual([
      ["sweep-bounds", undefined],
      ["sweep-gaps", 5],
    ]);
  });

  test("below nothing are none: sweeps overlap", async () => {
    const files = drive();
    files["velodyne_points/timestamps_end.txt"] = times(8).split("\n").slice(2).join("\n");
    const { damages } = await readWhole(kittiRaw, memoryInput("drive", files));
    expect(damages.map(({ kind, severity }) => [kind, severity])).toEqual([["sweep-gaps", "warning"]]);
  });

  testShared("of drive 2011_09_26: 0 to 1,481 ns, and every stamp within its sweep", async (shared) => {
    const { damages } = await readWhole(kittiRaw, diskInput(join(shared, "2-lidar/kitti-raw-2011_09_26")));
    const [gaps] = damages.filter(({ kind }) => kind === "sweep-gaps");
    expect(gaps?.observed).toEqual({ sweeps: 180, ordered: 180, touching: 154, gaps: 179, leastNs: 0n, mostNs: 1481n });
    expect(gaps?.severity).toBe("info");
  });
});

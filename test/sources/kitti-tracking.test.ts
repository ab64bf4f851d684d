import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { kittiTracking } from "../../src/sources/folders/kitti-tracking.ts";
import { memoryInput } from "../memory-input.ts";
import { describeShared, testShared } from "../shared-data.ts";
import { countBy, diskInput, readAll, tally, withoutSpans } from "./read-all.ts";

interface Expected {
  readonly rows: number;
  readonly frames: readonly [number, number];
  readonly tracks: number;
  readonly classes: Readonly<Record<string, number>>;
}

describeShared("label_02 0000 to 0010", (shared) => {
  const folder = join(shared, "3-labels/kitti-tracking");

  test("rows, classes, frame spans and tracks of every file", async () => {
    const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Record<string, Expected>;
    const { streams, damages } = await readAll(kittiTracking, diskInput(folder));
    const found = Object.fromEntries(
      Object.entries(streams)
        .filter(([id]) => id.startsWith("label_02/"))
        .map(([id, stream]) => {
          const sequence = stream.sequence;
          const rows: Expected = {
            rows: stream.labels.length,
            frames: [sequence[0] ?? -1, sequence[sequence.length - 1] ?? -1],
            tracks: tally(stream).tracks,
            classes: countBy(stream.labels, (row) => row.class),
          };
          return [`${id.slice(-4)}.txt`, rows];
        }),
    );
    const wanted = Object.entries(expected).map(([name, { rows, frames, tracks, classes }]) => [name, { rows, frames, tracks, classes }]);
    expect(found).toEqual(Object.fromEntries(wanted));
    expect(damages).toEqual([]);
    expect(Object.values(streams).flatMap((stream) => stream.malformed)).toEqual([]);
  });

  test("DontCare rows are no boxes and have no track", async () => {
    const { streams } = await readAll(kittiTracking, diskInput(join(folder, "label_02/0000.txt")));
    expect(Object.keys(streams)).toEqual(["label_02"]);
    expect(tally(streams["label_02"])).toEqual({ boxes: 1089 - 378, tracks: 15, frames: 154 });
    const ignored = streams["label_02"]?.labels.filter((row) => row.ignored) ?? [];
    expect(ignored.every((row) => row.class === "DontCare" && row.track === null && row.box3d.every(Number.isNaN))).toBe(true);
  });

  test("a folder of nothing but label files, and detections alone", async () => {
    const labels = diskInput(join(folder, "label_02"));
    expect(kittiTracking.detect(labels)).toBe(true);
    expect(Object.keys((await readAll(kittiTracking, labels)).streams)).toHaveLength(10);
    const { streams } = await readAll(kittiTracking, diskInput(join(folder, "detections/0000.txt")));
    expect(streams["detections"]?.labels[0]).toMatchObject({
      frame: 0,
      track: null,
      class: "Car",
      confidence: 8.2981,
      box2d: [298.3125, 165.18, 458.2292, 293.4391],
    });
  });
});

testShared("sequence 0001 with scans, images and poses", async (shared) => {
  const input = diskInput(join(shared, "2-lidar/kitti-tracking-0001"));
  expect(kittiTracking.detect(input)).toBe(true);
  const { streams, damages } = await readAll(kittiTracking, input);
  expect(Object.keys(streams)).toEqual(["image_02", "label_02", "oxts", "velodyne"]);
  expect(damages).toEqual([]);
  expect(streams["velodyne"]?.points.map((p) => p.count)).toEqual([1957120 / 16, 1933872 / 16]);
  expect(streams["image_02"]?.images).toEqual([
    { frame: 0, encoding: "png", width: 1242, height: 375, bytes: 781623 },
    { frame: 1, encoding: "png", width: 1242, height: 375, bytes: 791018 },
  ]);
  expect(tally(streams["label_02"])).toEqual({ boxes: 3030, tracks: 98, frames: 447 });
  expect(streams["label_02"]?.info.imageSize).toEqual({ width: 1242, height: 375 });
  expect(streams["oxts"]?.poses).toHaveLength(447);
  expect(streams["oxts"]?.poses[0]?.xyz).toEqual([0, 0, 0]);
  // The record's own speeds (10.70 m/s forward) over 0.1 s, within their change.
  const [east = 0, north = 0] = streams["oxts"]?.poses[1]?.xyz ?? [];
  expect(Math.hypot(east, north)).toBeGreaterThan(1.0);
  expect(Math.hypot(east, north)).toBeLessThan(1.3);
  expect(streams["oxts"]?.imu[0]).toEqual({
    frame: 0,
    angular: [0.016662646247367, -0.036831580656409, 0.003311640516573],
    linear: [0.0059525410318346, 0.845164147132, 9.9149729634473],
  });
});

const CAR = "0 0 -1.57 100 150 200 250 1.5 1.6 4.0 2.0 1.7 20.0 0.1";
const DONT_CARE = "-1 DontCare -1 -1 -10 1 2 3 4 -1000 -1000 -1000 -10 -1 -1 -1";
const row = (frame: number | string, id: number | string, rest = CAR): string => `${frame} ${id} Car ${rest}`;
const labels = (text: string) => memoryInput("drive", { "label_02/0000.txt": text });

async function read(text: string) {
  const whole = await readAll(kittiTracking, labels(text));
  const stream = whole.streams["label_02"];
  if (!stream) throw new Error("expected a label_02 stream");
  return { ...whole, stream };
}

describe("labels", () => {
  test("boxes: 2D as written, 3D from the bottom centre to the centre, sizes reordered", async () => {
    const { stream } = await read(`${row(3, 7)} 0.25\n3 ${DONT_CARE}\n`);
    expect(stream.labels).toEqual([
      {
        frame: 0,
        track: "7",
        class: "Car",
        ignored: false,
        confidence: 0.25,
        box2d: [100, 150, 200, 250],
        box3d: [2, 1.7 - 0.75, 20, 4, 1.6, 1.5, 0.1],
      },
      {
        frame: 0,
        track: null,
        class: "DontCare",
        ignored: true,
        confidence: Number.NaN,
        box2d: [1, 2, 3, 4],
        box3d: new Array(7).fill(Number.NaN),
      },
    ]);
    expect([stream.stampNs, stream.sequence, stream.info.stamps]).toEqual([[300_000_000n], [3], "nominal"]);
  });

  test("boxes of one kind only: a location of -1000 or sizes of -1 are no 3D box, four -1 no 2D box", async () => {
    const flat = ["1 2 3 -1000 -1000 -1000 0", "-1 -1 -1 -1000 -1000 -1000 -10", "-1 -1 -1 4 5 6 0"];
    const { stream } = await read(
      [...flat.map((box) => row(0, 1, `0 0 0 1 2 3 4 ${box}`)), row(0, 1, "0 0 0 -1 -1 -1 -1 1 2 3 4 5 6 0")].join("\n"),
    );
    expect(stream.labels.map((l) => [l.box2d.some(Number.isNaN), l.box3d.every(Number.isNaN)])).toEqual([
      [false, true],
      [false, true],
      [false, true],
      [true, false],
    ]);
  });

  test("one frame per number; a number without rows is no frame; every byte belongs to one", async () => {
    const text = `${row(0, 1)}\n${row(0, 2)}\n${row(5, 1)}`;
    const { stream } = await read(text);
    expect(stream.sequence).toEqual([0, 5]);
    const payloads = stream.payload.map((p) => new TextDecoder().decode(p));
    expect(payloads).toEqual([`${row(0, 1)}\n${row(0, 2)}\n`, row(5, 1)]);
    expect(stream.range.map(([a, b]) => text.slice(a, b))).toEqual(payloads);
  });

  test("rows of a frame that comes again join it, and it is named", async () => {
    const { stream } = await read(`${row(0, 1)}\n${row(1, 1)}\n${row(0, 2)}\n${row(2, 1)}\n`);
    expect(stream.sequence).toEqual([0, 1, 2]);
    expect(stream.labels.map((l) => [l.frame, l.track])).toEqual([
      [0, "1"],
      [0, "2"],
      [1, "1"],
      [2, "1"],
    ]);
    expect(stream.malformed).toEqual([{ frame: 0, reason: "frame number out of order" }]);
    expect(new TextDecoder().decode(stream.payload[0])).toBe(`${row(0, 1)}\n${row(0, 2)}\n`);
  });

  test("frames that only go backwards stay in file order", async () => {
    const { stream } = await read(`${row(4, 1)}\n${row(2, 1)}\n`);
    expect([stream.sequence, stream.malformed]).toEqual([[4, 2], []]);
  });

  test("CR LF, no final newline and a byte order mark change nothing", async () => {
    const lines = [row(0, 1), row(1, 1), row(1, 2)];
    const plain = await read(`${lines.join("\n")}\n`);
    for (const text of [lines.join("\r\n"), `\ufeff${lines.join("\n")}`, `\n\n${lines.join("\n\n")}\n\n`, lines.join(" \t\n")]) {
      const other = await read(text);
      expect(other.stream.labels).toEqual(plain.stream.labels);
      expect(other.stream.malformed).toEqual([]);
      expect(other.stream.bytes.reduce((a, b) => a + b, 0)).toBe(new TextEncoder().encode(text).length);
    }
  });

  test.each([
    ["a short row", "1 2 Car 0 0", "wrong column count"],
    ["a row of a million columns", "1 ".repeat(1_000_000), "wrong column count"],
    ["NaN", row(1, 2, CAR.replace("20.0", "nan")), "not a finite number"],
    ["text for a number", row(1, 2, CAR.replace("20.0", "far")), "not a finite number"],
    ["a frame number of 2^53", row("9007199254740992", 2), "frame number out of range"],
    ["a negative frame number", row(-1, 2), "frame number out of range"],
    ["a fractional frame number", row(1.5, 2), "frame number out of range"],
    ["a fractional track", row(1, 2.5), "track id is not an integer"],
  ])("%s marks its frame and the other rows stay", async (_, bad, reason) => {
    const { stream } = await read(`${row(0, 1)}\n${row(1, 1)}\n${bad}\n${row(1, 3)}\n${row(2, 1)}\n`);
    expect(stream.malformed).toEqual([{ frame: 1, reason }]);
    expect(stream.labels.map((l) => [l.frame, l.track])).toEqual([
      [0, "1"],
      [1, "1"],
      [1, "3"],
      [2, "1"],
    ]);
  });

  test("what stands before the first row is the first frame's", async () => {
    const { stream } = await read(`frame id type\n${row(4, 1)}\n`);
    expect([stream.sequence, stream.malformed]).toEqual([[4], [{ frame: 0, reason: "wrong column count" }]]);
  });

  test("an empty file and one without a row are damage, not an error", async () => {
    const files = { "label_02/0000.txt": "", "label_02/0001.txt": "garbage\n", "label_02/0002.txt": row(0, 1) };
    const { damages, lostBytes, streams } = await readAll(kittiTracking, memoryInput("drive", files));
    expect(damages.map((d) => [d.kind, d.severity, d.file, d.bytes, d.stream])).toEqual([
      ["empty-file", "warning", "label_02/0000.txt", null, 0],
      ["no-rows", "error", "label_02/0001.txt", [0, 8], 1],
    ]);
    expect(lostBytes).toBe(8);
    expect(tally(streams["label_02/0002"]).boxes).toBe(1);
  });
});

function scan(points: number): Uint8Array {
  return new Uint8Array(Float32Array.from({ length: 4 * points }, (_, i) => i / 8).buffer);
}

const OXTS = "49.0 8.4 114 0.07 0.001 -0.27 -2.9 10.2 10.6 0.08 -0.07 1 2 3 4 5 6 0.1 0.2 0.3 0.4 0.5 0.6 0.4 0.05 4 7 4 4 0";

function drive(): Record<string, Uint8Array | string> {
  const files: Record<string, Uint8Array | string> = { "calib/0003.txt": "P0: 1\n", "notes.md": "not ours" };
  for (let i = 0; i < 12; i++) files[`velodyne/0003/${String(i).padStart(6, "0")}.bin`] = scan(100 + 50 * i);
  files["label_02/0003.txt"] = Array.from({ length: 30 }, (_, i) => row(i >> 1, i % 2)).join("\n");
  files["oxts/0003.txt"] = `${OXTS}\n${OXTS.replace("49.0", "49.00001")}\n\n${OXTS.replace("8.4", "x")}\n`;
  return files;
}

describe("folders", () => {
  test.each([
    [1, 12],
    [65536, 2],
    [8 << 20, 1],
  ])("cut at %i bytes", async (spanBytes, spans) => {
    const whole = await readAll(kittiTracking, memoryInput("drive", drive()), spanBytes);
    expect(withoutSpans(whole)).toEqual(withoutSpans(await readAll(kittiTracking, memoryInput("drive", drive()), 4096)));
    expect(whole.index.spans.filter((s) => s.kind === "frames")).toHaveLength(spans);
    expect(whole.streams["velodyne"]?.points.map((p) => p.count)).toEqual(Array.from({ length: 12 }, (_, i) => 100 + 50 * i));
    expect(whole.streams["velodyne"]?.points[3]?.rows).toEqual(scan(250));
    expect(new Set(whole.streams["velodyne"]?.digest).size).toBe(12);
  });

  test("a span holds a bounded number of frames, however small they are", async () => {
    const files = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`velodyne/0000/${String(i).padStart(6, "0")}.bin`, ""]));
    const { index, streams } = await readAll(kittiTracking, memoryInput("drive", files), 8 << 20);
    expect(index.spans.map((s) => [s.start, s.end])).toEqual([
      [0, 1024],
      [1024, 1500],
    ]);
    expect(streams["velodyne"]?.stampNs).toHaveLength(1500);
  });

  test("the recording's size is of its own files", async () => {
    const files = drive();
    const { index } = await readAll(kittiTracking, memoryInput("drive", files));
    const size = (content: Uint8Array | string): number => content.length;
    const own = Object.entries(files).filter(([path]) => path !== "notes.md");
    expect(index.bytes).toBe(own.reduce((sum, [, content]) => sum + size(content), 0));
  });

  test("OXTS: a line is a frame, a blank one is missing, a bad one is named, positions count from the first", async () => {
    const stream = (await readAll(kittiTracking, memoryInput("drive", drive()))).streams["oxts"];
    expect(stream?.sequence).toEqual([0, 1, 3]);
    expect(stream?.malformed).toEqual([{ frame: 2, reason: "not a finite number" }]);
    expect(stream?.poses.map((p) => p.frame)).toEqual([0, 1]);
    // One hundred-thousandth of a degree of latitude on a sphere of the devkit's radius.
    expect(stream?.poses[1]?.xyz[1]).toBeCloseTo(((1e-5 * Math.PI) / 180) * 6378137, 4);
    expect(stream?.imu[0]).toEqual({ frame: 0, angular: [0.1, 0.2, 0.3], linear: [1, 2, 3] });
    const [x = 0, y = 0, z = 0, w = 0] = stream?.poses[0]?.quaternion ?? [];
    expect(Math.hypot(x, y, z, w)).toBeCloseTo(1, 12);
    expect(Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))).toBeCloseTo(-0.27, 12);
    expect(Math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))).toBeCloseTo(0.07, 12);
  });

  test("several sequences are told apart in the ids; training and testing too", async () => {
    const two = memoryInput("x", { "training/label_02/0000.txt": row(0, 1), "training/label_02/0001.txt": row(0, 1) });
    expect(Object.keys((await readAll(kittiTracking, two)).streams)).toEqual(["label_02/0000", "label_02/0001"]);
    const both = memoryInput("x", { "training/label_02/0000.txt": row(0, 1), "testing/oxts/0000.txt": OXTS });
    expect(Object.keys((await readAll(kittiTracking, both)).streams)).toEqual(["testing/oxts/0000", "training/label_02/0000"]);
  });

  test("the image size of labels is that of their own sequence", async () => {
    const png = (width: number): Uint8Array =>
      Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, width, 0, 0, 0, 9]);
    const files = Object.fromEntries(
      [10, 20].flatMap((width, i) => [
        [`image_02/000${i}/000000.png`, png(width)],
        [`label_02/000${i}.txt`, row(0, 1)],
      ]),
    );
    const { streams } = await readAll(kittiTracking, memoryInput("x", files));
    expect([0, 1].map((i) => streams[`label_02/000${i}`]?.info.imageSize)).toEqual([
      { width: 10, height: 9 },
      { width: 20, height: 9 },
    ]);
  });

  test("a truncated scan keeps its whole points; an empty one is a frame without any", async () => {
    const files = { "velodyne/0000/000000.bin": scan(3).subarray(0, 40), "velodyne/0000/000002.bin": new Uint8Array(0) };
    const stream = (await readAll(kittiTracking, memoryInput("drive", files))).streams["velodyne"];
    expect(stream?.malformed).toEqual([{ frame: 0, reason: "ends inside a point" }]);
    expect(stream?.points.map((p) => [p.frame, p.count])).toEqual([[0, 2]]);
    expect([stream?.bytes, stream?.sequence]).toEqual([
      [40, 0],
      [0, 2],
    ]);
  });

  test("a file that shrank, cannot be read, or is too large is damage and the others count", async () => {
    const files = Object.fromEntries([0, 1, 2, 3].map((i) => [`velodyne/0000/00000${i}.bin`, scan(4)]));
    const input = memoryInput("drive", files, {
      unreadable: ["velodyne/0000/000001.bin"],
      claimedSizes: { "velodyne/0000/000002.bin": 128, "velodyne/0000/000003.bin": 2 ** 45 },
    });
    const { streams, damages, lostBytes } = await readAll(kittiTracking, input);
    expect(damages.map((d) => [d.kind, d.file, d.bytes])).toEqual([
      ["unreadable-file", "velodyne/0000/000001.bin", [0, 64]],
      ["file-shrunk", "velodyne/0000/000002.bin", [64, 128]],
      ["file-too-large", "velodyne/0000/000003.bin", [0, 2 ** 45]],
    ]);
    expect(streams["velodyne"]?.points.map((p) => [p.frame, p.count])).toEqual([
      [0, 4],
      [2, 4],
    ]);
    expect(lostBytes).toBe(64 + 64 + 2 ** 45);
  });

  test("an image that is none is named", async () => {
    const files = { "image_02/0000/000000.png": "GIF89a", "velodyne/0000/000000.bin": scan(1) };
    const { streams } = await readAll(kittiTracking, memoryInput("drive", files));
    expect(streams["image_02"]?.malformed).toEqual([{ frame: 0, reason: "neither PNG nor JPEG" }]);
    expect(streams["image_02"]?.info.imageSize).toBeUndefined();
  });

  test("only what is needed is decoded; damage does not depend on it", async () => {
    const input = memoryInput("drive", { ...drive(), "velodyne/0003/000020.bin": scan(1).subarray(0, 9) });
    const { streams } = await readAll(kittiTracking, input, 4096, new Set(["frames"]));
    expect([streams["velodyne"]?.points.length, streams["oxts"]?.poses.length, streams["oxts"]?.imu.length]).toEqual([0, 0, 0]);
    expect(streams["velodyne"]?.malformed).toEqual([{ frame: 12, reason: "ends inside a point" }]);
    expect(streams["velodyne"]?.digest.every((d) => d === 0n)).toBe(true);
    expect(streams["velodyne"]?.payload[0]).toEqual(scan(100));
  });
});

describe("detection", () => {
  test.each([
    ["a label file", memoryInput("0000.txt", { "0000.txt": `x\n${row(0, 1)}` }, { kind: "file" }), true],
    ["a label file of another name", memoryInput("car.txt", { "car.txt": row(0, 1) }, { kind: "file" }), true],
    ["a KITTI object label", memoryInput("000008.txt", { "000008.txt": `Car ${CAR}` }, { kind: "file" }), false],
    ["an OXTS file alone", memoryInput("0000.txt", { "0000.txt": OXTS }, { kind: "file" }), false],
    ["label_02 of another kind", memoryInput("x", { "label_02/0000.txt": "1,2,3\n" }), false],
    ["a KITTI raw drive", memoryInput("x", { "oxts/data/0000000000.txt": OXTS, "velodyne_points/data/0000000000.bin": "x" }), false],
    ["scans", memoryInput("x", { "velodyne/0001/000000.bin": scan(1) }), true],
    ["a deeper folder", memoryInput("x", { "a/velodyne/0001/000000.bin": scan(1) }), false],
  ])("%s", (_, input, expected) => expect(kittiTracking.detect(input)).toBe(expected));

  test("asked for what it is not, it says so in one line", async () => {
    await expect(readAll(kittiTracking, memoryInput("x", { "a.txt": "1" }))).rejects.toThrow(
      "x: expected a kitti-tracking recording, got no stream of it",
    );
  });
});

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { motchallenge } from "../../src/sources/folders/motchallenge.ts";
import { memoryInput } from "../memory-input.ts";
import { testShared } from "../shared-data.ts";
import { diskInput, readAll, tally, withoutSpans } from "./read-all.ts";

testShared("TUD-Campus: 359 boxes of 8 tracks in 71 frames", async (shared) => {
  const input = diskInput(join(shared, "3-labels/motchallenge/TUD-Campus"));
  expect(motchallenge.detect(input)).toBe(true);
  const { streams, damages } = await readAll(motchallenge, input);
  expect(Object.keys(streams)).toEqual(["det", "gt", "test"]);
  expect(tally(streams["gt"])).toEqual({ boxes: 359, tracks: 8, frames: 71 });
  expect(tally(streams["det"])).toMatchObject({ tracks: 0, frames: 71 });
  expect(streams["gt"]?.sequence).toEqual(Array.from({ length: 71 }, (_, i) => i + 1));
  expect(streams["det"]?.labels[0]).toEqual({
    frame: 0,
    track: null,
    class: "pedestrian",
    ignored: false,
    confidence: 0.997784,
    box2d: [281.931, 187.466, 281.931 + 79.93, 187.466 + 209.537],
    box3d: new Array(7).fill(Number.NaN),
  });
  expect(streams["test"]?.labels[0]?.confidence).toBeNaN();
  expect(damages).toEqual([]);
});

testShared("a file alone, and the one file of a folder that is in this format", async (shared) => {
  const gt = diskInput(join(shared, "3-labels/motchallenge/TUD-Campus/gt.txt"));
  expect(motchallenge.detect(gt)).toBe(true);
  expect(tally((await readAll(motchallenge, gt)).streams["gt"]).boxes).toBe(359);
  const mixed = await readAll(motchallenge, diskInput(join(shared, "3-labels/motchallenge/iotest")));
  expect(Object.keys(mixed.streams)).toEqual(["motchallenge"]);
  expect(mixed.index.bytes).toBe(150);
});

const JPEG = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 17, 8, 0x04, 0x38, 0x07, 0x80, 3, 0, 0, 0, 0xff, 0xd9]);
const MOT17 =
  "1,2,100,50,10,20,1,1,0.9\n2,2,101,50,10,20,0,8,1\n3,2,102,50,10,20,1,3,0.5\n1,5,300,50,10,20,1,1,1\n3,5,301,50,10,20,1,99,1\n";
const INFO = "[Sequence]\nname=X\nimDir=img1\nframeRate=14\nseqLength=3\nimWidth=1920\nimHeight=1080\nimExt=.jpg\n";

function sequence(): Record<string, Uint8Array | string> {
  const files: Record<string, Uint8Array | string> = {
    "gt/gt.txt": MOT17,
    "det/det.txt": "1,-1,1,2,3,4,0.5,-1,-1,-1\n",
    "seqinfo.ini": INFO,
  };
  for (let i = 1; i <= 3; i++) files[`img1/00000${i}.jpg`] = JPEG;
  return files;
}

describe("a sequence of MOT17", () => {
  test.each([1, 65536, 8 << 20])("cut at %i bytes", async (spanBytes) => {
    const input = memoryInput("MOT17-02", sequence());
    expect(motchallenge.detect(input)).toBe(true);
    const whole = await readAll(motchallenge, input, spanBytes);
    expect(withoutSpans(whole)).toEqual(withoutSpans(await readAll(motchallenge, input, 30)));
    expect(Object.keys(whole.streams)).toEqual(["det", "gt", "img1"]);
    expect(whole.streams["img1"]?.images.map((i) => [i.encoding, i.width, i.height])).toEqual(new Array(3).fill(["jpeg", 1920, 1080]));
    expect(whole.streams["img1"]?.sequence).toEqual([1, 2, 3]);
    expect(whole.streams["img1"]?.stampNs).toEqual([0n, 71_428_571n, 142_857_142n]);
    expect(whole.index.claims.frames).toEqual(new Map([[2, 3]]));
  });

  test("rows sorted by track become frames by number, none out of order; payloads are their lines", async () => {
    const stream = (await readAll(motchallenge, memoryInput("x", sequence()))).streams["gt"];
    expect(stream?.sequence).toEqual([1, 2, 3]);
    expect(stream?.malformed).toEqual([]);
    expect(stream?.labels.map((l) => [l.frame, l.track, l.class, l.ignored])).toEqual([
      [0, "2", "pedestrian", false],
      [0, "5", "pedestrian", false],
      [1, "2", "distractor", true],
      [2, "2", "car", false],
      [2, "5", "99", false],
    ]);
    expect(stream?.payload.map((p) => new TextDecoder().decode(p))).toEqual([
      "1,2,100,50,10,20,1,1,0.9\n1,5,300,50,10,20,1,1,1\n",
      "2,2,101,50,10,20,0,8,1\n",
      "3,2,102,50,10,20,1,3,0.5\n3,5,301,50,10,20,1,99,1\n",
    ]);
    expect(stream?.bytes.reduce((a, b) => a + b, 0)).toBe(MOT17.length);
    expect(stream?.labels[0]?.box2d).toEqual([100, 50, 110, 70]);
    expect(stream?.labels.every((l) => Number.isNaN(l.confidence))).toBe(true);
  });

  test("column 7 is a flag in gt files only, column 8 a class in files of 9 columns only", async () => {
    const row = "1,1,10,20,30,40,0,3,0.5,9";
    const { streams } = await readAll(motchallenge, memoryInput("x", { "gt.txt": row, "det.txt": row }));
    expect(streams["gt"]?.labels[0]).toMatchObject({ class: "pedestrian", ignored: true, confidence: Number.NaN });
    expect(streams["det"]?.labels[0]).toMatchObject({ class: "pedestrian", ignored: false, confidence: 0 });
  });

  test("image size: of seqinfo.ini, else of the first image, else unknown", async () => {
    const files = sequence();
    const size = async () => (await readAll(motchallenge, memoryInput("x", files))).streams["gt"]?.info.imageSize;
    expect(await size()).toEqual({ width: 1920, height: 1080 });
    files["seqinfo.ini"] = "imWidth=640\r\nimHeight=480\r\n";
    expect(await size()).toEqual({ width: 640, height: 480 });
    delete files["seqinfo.ini"];
    expect(await size()).toEqual({ width: 1920, height: 1080 });
    for (let i = 1; i <= 3; i++) delete files[`img1/00000${i}.jpg`];
    expect(await size()).toBeUndefined();
  });

  test.each([
    ["29.97", 33_366_700n],
    ["", 33_333_333n],
    ["0", 33_333_333n],
    ["-5", 33_333_333n],
    ["1e9", 33_333_333n],
    ["fast", 33_333_333n],
  ])("a frame rate of %j", async (rate, second) => {
    const { streams } = await readAll(motchallenge, memoryInput("x", { "gt/gt.txt": MOT17, "seqinfo.ini": `frameRate=${rate}\n` }));
    expect(streams["gt"]?.stampNs.slice(0, 2)).toEqual([0n, second]);
  });
});

describe("damaged tables", () => {
  const ROW = "1,1,10,20,30,40,1,-1,-1,-1";
  test.each([
    ["NaN text", "2,1,10,nan,30,40,1,-1,-1,-1", "not a finite number"],
    ["missing columns", "2,1,10", "wrong column count"],
    ["a million columns", "2,".repeat(1_000_000), "wrong column count"],
    ["an empty field", "2,1,,20,30,40,1,-1,-1,-1", "not a finite number"],
    ["a frame number of 2^53", `9007199254740992${ROW.slice(1)}`, "frame number out of range"],
    ["a negative frame number", `-${ROW}`, "frame number out of range"],
    ["a track that is none", "2,1.5,10,20,30,40,1,-1,-1,-1", "track id is not an integer"],
  ])("%s", async (_, bad, reason) => {
    const { streams } = await readAll(motchallenge, memoryInput("x", { "gt.txt": `${ROW}\n2${ROW.slice(1)}\n${bad}\n3${ROW.slice(1)}` }));
    expect(streams["gt"]?.malformed).toEqual([{ frame: 1, reason }]);
    expect(tally(streams["gt"])).toEqual({ boxes: 3, tracks: 1, frames: 3 });
  });

  test("a bad row is its frame's, also where frames come in another order than their rows", async () => {
    const { streams } = await readAll(motchallenge, memoryInput("x", { "gt.txt": `5${ROW.slice(1)}\n5,x\n2${ROW.slice(1)}\n` }));
    expect([streams["gt"]?.sequence, streams["gt"]?.malformed]).toEqual([[2, 5], [{ frame: 1, reason: "wrong column count" }]]);
  });

  test("CR LF, a byte order mark, blanks and no final newline change nothing", async () => {
    const plain = (await readAll(motchallenge, memoryInput("x", { "gt.txt": `${ROW}\n2${ROW.slice(1)}\n` }))).streams["gt"];
    for (const text of [
      `${ROW}\r\n2${ROW.slice(1)}`,
      `\ufeff${ROW}\n2${ROW.slice(1)}`,
      `${ROW.replaceAll(",", ", ")}\n\n2${ROW.slice(1)},\n`,
    ]) {
      const other = (await readAll(motchallenge, memoryInput("x", { "gt.txt": text }))).streams["gt"];
      expect([other?.labels, other?.malformed]).toEqual([plain?.labels, []]);
    }
  });

  test("an empty file is said to be one", async () => {
    const { damages, streams } = await readAll(motchallenge, memoryInput("x", { "gt.txt": "", "det.txt": ROW }));
    expect(damages.map((d) => [d.kind, d.file])).toEqual([["empty-file", "gt.txt"]]);
    expect(tally(streams["det"]).boxes).toBe(1);
  });

  test("frame 0 has a stamp before frame 1", async () => {
    const { streams } = await readAll(motchallenge, memoryInput("x", { "gt.txt": `0${ROW.slice(1)}\n${ROW}` }));
    expect(streams["gt"]?.stampNs).toEqual([-33_333_333n, 0n]);
  });
});

describe("detection", () => {
  const AB3DMOT = "0,2,298.3,165.1,458.2,293.4,8.2,1.9,1.8,4.7,-4.5,1.8,13.5,-2.1,-1.7";
  test.each([
    ["gt.txt of another kind", { "gt.txt": "0 1 2 3" }, false],
    ["detections of AB3DMOT", { "0000.txt": AB3DMOT, "gt.txt": AB3DMOT }, false],
    ["a table of poses", { "odom.txt": "1,2,3,4,5,6,7,8\n" }, false],
    ["a table of ten whole numbers", { "counts.txt": "1,2,3,4,5,6,7,8,9,10\n" }, false],
    ["a result file", { "tracker.txt": "1,2,3,4,5,6,0.5,-1,-1,-1\n", "README.txt": "hello" }, true],
    ["a result file in another folder", { "a/b.txt": "1,2,3,4,5,6,0.5,-1,-1,-1\n" }, false],
    ["images with seqinfo.ini", { "img1/000001.jpg": "x", "seqinfo.ini": INFO }, true],
    ["images alone", { "img1/000001.jpg": "x" }, false],
  ])("%s", (_, files, expected) => expect(motchallenge.detect(memoryInput("x", files))).toBe(expected));
});

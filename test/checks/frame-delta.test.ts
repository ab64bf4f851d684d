import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { frameDelta } from "../../src/checks/labels/frame-delta.ts";
import { labelRows } from "../../src/columns/labels.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import type { Block, ImageTable, StreamInfo } from "../../src/types.ts";
import { blockOf, censusOf, contextOf, cutBlock, folded, healthy, lookOf, SENSOR } from "../blocks.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const WIDTH = 480;
const HEIGHT = 248;
const FRAMES = 16;
const CAMERA: StreamInfo = { ...SENSOR, id: "image_02", kind: "image", type: "image" };
const LABELS: StreamInfo = { ...SENSOR, id: "label_02", kind: "labels", type: "labels" };

type Box = readonly [number, number, number, number];
type Boxes = Map<string, Box>;

/** Objects of one place, one size and one steady motion, each with a look of its own. */
const OBJECTS = [
  { name: "a", at: [40, 14], size: [56, 48], motion: [9, 0], look: 1 },
  { name: "b", at: [320, 80], size: [64, 56], motion: [-10, 1], look: 2 },
  { name: "c", at: [270, 10], size: [48, 56], motion: [8, 0], look: 3 },
  { name: "d", at: [60, 184], size: [64, 48], motion: [16, -1], look: 4 },
] as const;

const boxOf = ({ at, size, motion }: (typeof OBJECTS)[number], frame: number): Box => {
  const [x, y] = [at[0] + motion[0] * frame, at[1] + motion[1] * frame];
  return [x, y, x + size[0], y + size[1]];
};

const drawn = new Map<string, Uint8Array>();

function pixelsAt(frame: number, exposure: number): Uint8Array {
  const known = drawn.get(`${frame} ${exposure}`) ?? draw(frame, exposure);
  drawn.set(`${frame} ${exposure}`, known);
  return known;
}

function draw(frame: number, exposure: number): Uint8Array {
  const pixels = new Uint8Array(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      let value = 90 + 20 * Math.sin(x / 21 + y / 33) + 15 * Math.sin(x / 7 - y / 12);
      for (const one of OBJECTS) {
        const [left, top, right, bottom] = boxOf(one, frame);
        if (x < left || x >= right || y < top || y >= bottom) continue;
        const [u, v] = [x - left, y - top];
        value = 60 + 25 * one.look + 40 * Math.sin((u * one.look) / 20 + one.look) + 35 * Math.cos(v / (6 + 2 * one.look) + u / 31);
      }
      pixels[y * WIDTH + x] = Math.min(255, Math.max(0, value * exposure));
    }
  }
  return pixels;
}

interface Scene {
  /** What each image shows, and the labels of each frame. */
  readonly shows?: (frame: number) => number;
  readonly label?: (frame: number, boxes: Boxes) => Boxes;
  readonly exposure?: (frame: number) => number;
  readonly image?: (frame: number) => Partial<ImageTable>;
  readonly streams?: readonly StreamInfo[];
  readonly cuts?: readonly number[];
}

function ask({
  shows = (f) => f,
  label = (_f, b) => b,
  exposure = () => 1,
  image = () => ({}),
  streams = [LABELS, CAMERA],
  cuts = [],
}: Scene) {
  kernels.release();
  const frames = healthy(FRAMES);
  const rows = frames.map((frame, i) => {
    const boxes = label(i, new Map(OBJECTS.map((one) => [one.name, boxOf(one, i)])));
    return { ...frame, boxes: [...boxes].map(([track, box2d]) => ({ class: "car", track, box2d })) };
  });
  const looked = new Map<string, number>();
  const images = frames.map((_, frame): ImageTable => {
    const key = `${shows(frame)} ${exposure(frame)}`;
    const pointer = looked.get(key) ?? kernels.put(pixelsAt(shows(frame), exposure(frame)));
    looked.set(key, pointer);
    return { frame, encoding: "mono8", width: WIDTH, height: HEIGHT, step: WIDTH, pointer, bytes: WIDTH * HEIGHT, ...image(frame) };
  });
  const block: Block = { ...blockOf(frames), images };
  const pieces = labelRows.collect(blockOf(rows), kernels, LABELS);
  const labels = streams.map(({ kind }) => (kind === "labels" ? pieces : null));
  const look = lookOf(CAMERA, { options: frameDelta.defaults, streams, collected: { labels }, kernels });
  const summary = folded(frameDelta, cutBlock(block, cuts), look);
  const census = censusOf(CAMERA, block);
  const context = { ...contextOf([census], null, false, { kernels }), seen: look.seen };
  const { defects, ...rest } = frameDelta.answer(summary, census, context, frameDelta.defaults);
  return { ...rest, defects, found: defects.map(({ kind, frames, tracks }) => [kind, frames?.[0], frames?.[1], (tracks ?? []).join()]) };
}

const moved = (box: Box, dx: number, dy = 0): Box => [box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy];
const at = (name: string, frame: number): Box => {
  const one = OBJECTS.find((each) => each.name === name);
  if (!one) throw new RangeError(name);
  return boxOf(one, frame);
};

describe("labels/frame-delta", () => {
  test("labels on their pixels pass, whatever the exposure does", () => {
    const calm = ask({});
    expect([calm.status, calm.defects]).toEqual(["pass", []]);
    expect(calm.observed).toMatchObject({ labels: "label_02", images: FRAMES, steps: FRAMES - 1 });
    expect(calm.coverage.checked).toBeGreaterThan(0.7 * calm.coverage.items);
    expect(ask({ exposure: (frame) => 1 + 0.25 * Math.sin(2 * frame) }).found).toEqual([]);
  });

  test("two tracks take each other's places, for one frame and from one on", () => {
    const swapped = (boxes: Boxes): Boxes => new Map([...boxes, ["a", boxes.get("d") ?? at("d", 0)], ["d", boxes.get("a") ?? at("a", 0)]]);
    expect(ask({ label: (frame, boxes) => (frame === 7 ? swapped(boxes) : boxes) }).found).toEqual([["swapped-tracks", 7, 7, "a,d"]]);
    expect(ask({ label: (frame, boxes) => (frame >= 7 ? swapped(boxes) : boxes) }).found).toEqual([["swapped-tracks", 7, 7, "a,d"]]);
  });

  test("labels of the frame before again, once and for three frames", () => {
    const stale = (from: number, to: number) => (frame: number, boxes: Boxes) =>
      frame >= from && frame <= to ? new Map(OBJECTS.map((one) => [one.name, boxOf(one, from - 1)])) : boxes;
    expect(ask({ label: stale(6, 6) }).found).toEqual([["stale-labels", 6, 6, ""]]);
    expect(ask({ label: stale(6, 8) }).found).toEqual([["stale-labels", 6, 8, ""]]);
  });

  test("the labels of two frames are exchanged", () => {
    const exchanged = (frame: number): Boxes =>
      new Map(OBJECTS.map((one) => [one.name, boxOf(one, frame === 8 ? 9 : frame === 9 ? 8 : frame)]));
    expect(ask({ label: exchanged }).found.map(([kind, first]) => [kind, first])).toEqual([["shifted-labels", 8]]);
  });

  test("one label leaves its pixels; one stays behind", () => {
    const jump = (frame: number, boxes: Boxes): Boxes => (frame === 9 ? new Map([...boxes, ["b", moved(at("b", 9), 30)]]) : boxes);
    expect(ask({ label: jump }).found).toEqual([["moved-label", 9, 9, "b"]]);
    const behind = (frame: number, boxes: Boxes): Boxes => (frame === 9 ? new Map([...boxes, ["d", at("d", 8)]]) : boxes);
    const { found } = ask({ label: behind });
    expect(found.map(([kind, first, , who]) => [kind, first, who])).toEqual([["frozen-label", 9, "d"]]);
  });

  test("an image again under labels that move; and where nothing moves, nothing is said", () => {
    expect(ask({ shows: (frame) => (frame === 5 || frame === 6 ? 4 : frame) }).found).toEqual([["frozen-image", 5, 6, ""]]);
    const still = ask({ shows: () => 3, label: () => new Map(OBJECTS.map((one) => [one.name, boxOf(one, 3)])) });
    expect(still.found).toEqual([]);
  });

  test("evidence: figures, labels concerned, signals", () => {
    const { defects, status } = ask({ label: (frame, boxes) => (frame === 9 ? new Map([...boxes, ["b", moved(at("b", 9), 30)]]) : boxes) });
    const [defect] = defects;
    expect(status).toBe("fail");
    expect(defect).toMatchObject({
      severity: "warning",
      from: { stream: "label_02", frames: [9, 9] },
      signals: ["pixel motion", "course"],
    });
    expect(Number(defect?.observed["lumaUnderLabel"])).toBeGreaterThan(2 * Number(defect?.observed["lumaAtBest"]));
    expect(frameDelta.describe({ ...defect, check: "", stream: "", fingerprint: "", signals: [] } as never)).toMatch(
      /^track b in image 9: the label moves by/,
    );
  });

  test("what cannot be answered says why", () => {
    const of = (scene: Scene): string => {
      const { status, reason, defects } = ask(scene);
      expect(defects).toEqual([]);
      return `${status}: ${reason}`;
    };
    expect(of({ streams: [CAMERA] })).toBe("not_run: no 2D boxes with tracks");
    expect(of({ label: () => new Map() })).toBe("not_run: no 2D boxes with tracks");
    const other = { ...CAMERA, id: "left" };
    expect(of({ streams: [{ ...LABELS, id: "truth" }, CAMERA, other] })).toBe(
      "not_observable: which camera the labels belong to is not stated",
    );
    expect(of({ image: () => ({ encoding: "h264" }) })).toBe("not_run: encoding of the images is not read");
    expect(of({ image: (frame) => (frame % 2 ? { encoding: "h264" } : {}) })).toBe("not_observable: no two images in a row with labels");
    const small = (_: number, boxes: Boxes): Boxes => new Map([...boxes].map(([name, [x, y]]) => [name, [x, y, x + 8, y + 8]]));
    expect(of({ label: small })).toBe("not_observable: boxes too small, cut off or without texture to see them move");
  });

  test("images that contradict themselves are named, with their reason", () => {
    const reason = "image data is shorter than its size";
    const one = ask({ image: (frame) => (frame === 4 || frame === 5 ? { bytes: 100 } : {}) });
    expect(one).toMatchObject({ status: "fail", observed: { broken: 2, images: FRAMES - 2 } });
    expect(one.defects).toMatchObject([{ kind: "broken-image", severity: "error", frames: [4, 5], observed: { reason } }]);
    const all = ask({ image: () => ({ bytes: 100 }) });
    expect(all).toMatchObject({ status: "fail", reason, defects: [{ frames: [0, FRAMES - 1] }] });
  });

  test("labels of a camera: by number, by name space, by size, the only ones", () => {
    const label = (id: string, more: Partial<StreamInfo> = {}): StreamInfo => ({ ...LABELS, id, ...more });
    expect(ask({ streams: [label("label_02"), label("label_03"), CAMERA, { ...CAMERA, id: "image_03" }] }).observed).toMatchObject({
      labels: "label_02",
    });
    expect(ask({ streams: [label("truth"), CAMERA] }).observed).toMatchObject({ labels: "truth" });
    expect(ask({ streams: [label("one"), label("two"), CAMERA] }).status).toBe("not_observable");
  });

  test("the law of splits: cut anywhere, the same conclusion", () => {
    const label = (frame: number, boxes: Boxes): Boxes => {
      if (frame === 4) return new Map([...boxes, ["a", at("d", 4)], ["d", at("a", 4)]]);
      if (frame === 11) return new Map([...boxes, ["b", moved(at("b", 11), -30)]]);
      return boxes;
    };
    const scene: Scene = { label, shows: (frame) => (frame === 8 ? 7 : frame), image: (frame) => (frame === 14 ? { bytes: 9 } : {}) };
    const whole = JSON.stringify(ask(scene), (_, v: unknown) => (typeof v === "bigint" ? `${v}n` : v));
    expect(ask(scene).found.length).toBe(4);
    fc.assert(
      fc.property(fc.array(fc.nat(FRAMES), { minLength: 1, maxLength: FRAMES }), (cuts) => {
        expect(JSON.stringify(ask({ ...scene, cuts }), (_, v: unknown) => (typeof v === "bigint" ? `${v}n` : v))).toBe(whole);
      }),
      { numRuns: 15 },
    );
  });
});

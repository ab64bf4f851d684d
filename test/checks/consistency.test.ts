import { describe, expect, test } from "vitest";
import { consistency } from "../../src/checks/labels/consistency.ts";
import type { LabelRow } from "../../src/columns/builder.ts";
import type { Rig } from "../../src/rig/rig.ts";
import type { StreamInfo } from "../../src/types.ts";
import { type Asked, ask, type Frame, healthy, places } from "../blocks.ts";

type Box = Omit<LabelRow, "frame">;
const LABELS: Partial<StreamInfo> = { id: "boxes", kind: "labels", type: "label table" };
const GOOD: Box = { class: "car", track: "1", box2d: [100, 100, 200, 180], box3d: [10, 2, 0, 4.2, 1.8, 1.5, 0.3] };
const other = (more: Partial<Box> = {}): Box => ({ ...GOOD, track: "7", ...more });
const rig = (classes: readonly string[]): Rig => ({ schema: "plumbline.rig/1", streams: [{ id: "boxes", kind: "labels", classes }] });

/** Ten frames of one good box; `boxes` are added to the frames they are given for. */
function labelled(boxes: Record<number, Box[]> = {}): Frame[] {
  return healthy(10).map((frame, i) => ({ ...frame, boxes: [GOOD, ...(boxes[i] ?? [])] }));
}
const judge = (frames: Frame[], asked: Asked = {}) => ask(consistency, frames, { ...asked, info: { ...LABELS, ...asked.info } });

describe("labels/consistency", () => {
  test("healthy labels pass", () => {
    expect(judge(labelled({ 3: [other()] }))).toEqual({
      status: "pass",
      coverage: { items: 11, checked: 11 },
      observed: { tracked: 11, classes: "not checked: the rig states none" },
      defects: [],
      more: [],
    });
    expect(judge(labelled(), { rig: rig(["car"]) })).toMatchObject({ status: "pass", observed: { classes: "checked" } });
  });

  test.each<[string, Record<number, Box[]>]>([
    ["error duplicate-track 4-5", { 4: [GOOD], 5: [GOOD] }],
    ["error unit-square 2-2", { 2: [other({ box2d: [0.1, 0.2, 0.4, 1] })] }],
    ["warning angle-unit 6-6", { 6: [other({ box3d: [10, 2, 0, 4.2, 1.8, 1.5, 90] })] }],
  ])("%s", (what, boxes) => {
    for (const cuts of [[], [5], [1, 2, 3, 4, 5, 6]]) expect(places(judge(labelled(boxes), { cuts }))).toEqual([what]);
  });

  test("a class the rig does not know, whatever the cut", () => {
    const frames = labelled({ 2: [other({ class: "cart" })], 8: [other({ class: "cart" }), other({ track: "8", class: "" })] });
    for (const cuts of [[], [3], [8], [2, 5]]) {
      const { defects } = judge(frames, { rig: rig(["car"]), cuts });
      expect(defects).toMatchObject([{ kind: "unknown-class", frames: [2, 8], observed: { classes: ["", "cart"], boxes: 3 } }]);
    }
  });

  test.each<[string, Record<number, Box[]>, Partial<StreamInfo>?]>([
    ["two annotators draw the same track", { 4: [{ ...GOOD, annotator: "b" }] }],
    [
      "boxes without a track",
      {
        4: [
          { class: "car", box2d: [1, 2, 3, 4] },
          { class: "car", box2d: [1, 2, 3, 4] },
        ],
      },
    ],
    ["rows to ignore", { 4: [{ ...GOOD, ignored: true }] }],
    ["shapes of one drawn entity", { 4: [GOOD] }, { type: "foxglove.SceneUpdate" }],
    ["a full turn", { 4: [other({ box3d: [10, 2, 0, 4.2, 1.8, 1.5, -6.28] })] }],
    ["a box at the corner of the image", { 4: [other({ box2d: [-3, -3, 1, 1] })] }],
    ["a box without extent is labels/geometry's", { 4: [other({ box2d: [0.5, 0.5, 0.5, 0.5] })] }],
  ])("quiet: %s", (_, boxes, info) => {
    expect(judge(labelled(boxes), { info: info ?? {} }).defects).toEqual([]);
  });

  test("fractions throughout: only an image size tells", () => {
    const frames = healthy(3).map((frame) => ({ ...frame, boxes: [{ class: "car", track: "1", box2d: [0.1, 0.2, 0.3, 0.4] as const }] }));
    expect(judge(frames).status).toBe("pass");
    expect(places(judge(frames, { info: { imageSize: { width: 640, height: 480 } } }))).toEqual(["error unit-square 0-2"]);
  });

  test("nothing to judge is not observable", () => {
    expect(judge(healthy(3))).toMatchObject({ status: "not_observable", reason: "no boxes" });
    expect(judge([])).toMatchObject({ status: "not_observable", reason: "no frames" });
  });

  test("wording", () => {
    const { defects } = judge(labelled({ 4: [GOOD], 2: [other({ class: "cart" })] }), { rig: rig(["car"]) });
    const texts = defects.map((defect) =>
      consistency.describe({ check: "labels/consistency", stream: "boxes", fingerprint: "", signals: [], ...defect }),
    );
    expect(texts[0]).toBe("track 1 has 2 boxes at a time in frame 4");
    expect(texts[1]).toBe('1 boxes in frame 2 have a class the rig does not know: "cart"');
  });
});

import { describe, expect, test } from "vitest";
import { geometry } from "../../src/checks/labels/geometry.ts";
import type { LabelRow } from "../../src/columns/builder.ts";
import type { StreamInfo } from "../../src/types.ts";
import { type Asked, ask, type Frame, healthy, places } from "../blocks.ts";

type Box = Omit<LabelRow, "frame">;
const LABELS: Partial<StreamInfo> = { id: "label_02", kind: "labels", type: "kitti", imageSize: { width: 1242, height: 375 } };
const GOOD: Box = { class: "car", track: "1", box2d: [100, 100, 200, 180], box3d: [10, 2, 0, 4.2, 1.8, 1.5, 0.3] };
const NaN2d = [Number.NaN, Number.NaN, Number.NaN, Number.NaN] as const;

/** Ten frames of one good box; `boxes` are added to the frames they are given for. */
function labelled(boxes: Record<number, Box[]> = {}): Frame[] {
  return healthy(10).map((frame, i) => ({ ...frame, boxes: [GOOD, ...(boxes[i] ?? [])] }));
}
const judge = (frames: Frame[], asked: Asked = {}) => ask(geometry, frames, { ...asked, info: { ...LABELS, ...asked.info } });
const box2d = (...b: [number, number, number, number]): Box => ({ class: "car", track: "7", box2d: b });
const box3d = (...size: [number, number, number]): Box => ({ class: "car", track: "7", box3d: [1, 2, 3, ...size, 0] });

describe("labels/geometry", () => {
  test("healthy boxes pass", () => {
    expect(judge(labelled())).toEqual({
      status: "pass",
      coverage: { items: 10, checked: 10 },
      observed: { boxes2d: 10, boxes3d: 10, ignored: 0, outsideImage: "checked" },
      defects: [],
      more: [],
    });
  });

  test.each<[string, Box, Record<string, unknown>]>([
    ["error inverted", box2d(50, 10, 40, 30), { size: -10 }],
    ["error inverted", box2d(10, 30, 40, 10), { size: -20 }],
    ["error degenerate", box2d(10, 30, 10, 40), { size: 0 }],
    ["error degenerate", box2d(10, 30, 20, 30), { size: 0 }],
    ["error degenerate", box2d(10, 30, 10 + 1e-7, 40), { size: 0 }],
    ["error non-finite", box2d(10, Number.NaN, 20, 30), { values: 1 }],
    ["error non-finite", box2d(10, 20, Number.POSITIVE_INFINITY, Number.NaN), { values: 2 }],
    ["error outside-image", box2d(1243, 10, 1300, 50), { beyondPx: 1 }],
    ["error outside-image", box2d(10, 400, 50, 450), { beyondPx: 25 }],
    ["error outside-image", box2d(-50, 10, -3, 50), { beyondPx: 3 }],
    ["error outside-image", box2d(10, -50, 50, -4), { beyondPx: 4 }],
    ["error negative-size", box3d(4, -1.8, 1.5), { size: -1.8 }],
    ["error degenerate", box3d(4, 1.8, 0), { size: 0 }],
    ["error degenerate", box3d(1e-7, 1.8, 1), { size: 0 }],
    ["error non-finite", box3d(4, Number.NaN, 1), { values: 1 }],
    ["warning absurd-size", box3d(4, 1.8, 101), { size: 101 }],
  ])("%s %#", (what, box, observed) => {
    const { defects, status } = judge(labelled({ 4: [box] }));
    expect([status, ...places({ defects })]).toEqual(["fail", `${what} 4-4`]);
    expect(defects[0]).toMatchObject({ tracks: ["7"], observed });
  });

  test.each<[string, Box]>([
    ["reaches beyond the border (MOT)", box2d(-30, -10, 40, 500)],
    ["covers the image", box2d(-10, -10, 2000, 800)],
    ["touches the border", box2d(1242, 10, 1300, 50)],
    ["a needle", box3d(0.01, 0.01, 0.01)],
    ["100 m", box3d(100, 3, 4)],
    ["no box at all", { class: "car", box2d: NaN2d }],
    ["to be ignored", { ...box2d(50, 10, 40, 30), ignored: true }],
  ])("not accused: %s", (_, box) => {
    expect(judge(labelled({ 4: [box] }))).toMatchObject({ status: "pass", defects: [] });
  });

  test("without the size of the image the outside is not judged, and that is said", () => {
    const frames = labelled({ 4: [box2d(5000, 10, 5100, 50)] });
    const { imageSize: _, ...info } = LABELS;
    const result = ask(geometry, frames, { info });
    expect([result.status, result.observed["outsideImage"]]).toEqual(["pass", "not checked: image size unknown"]);
    const only3d = healthy(3).map((frame) => ({ ...frame, boxes: [box3d(4, 2, 1.5)] }));
    expect(judge(only3d).observed["outsideImage"]).toBe("no 2D boxes");
  });

  test("neighbouring frames of a track and kind are one defect, over any cut", () => {
    const bad = box3d(4, -1, 1);
    const frames = labelled({ 2: [bad], 3: [bad], 4: [bad, { ...bad, track: "8" }], 5: [{ ...bad, track: "8" }], 7: [bad] });
    for (const cuts of [[], [3], [4], [5], [2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6, 7, 8, 9]]) {
      const { defects, observed } = judge(frames, { cuts });
      expect(defects.map((d) => [d.tracks, d.frames])).toEqual([
        [["7"], [2, 4]],
        [["8"], [4, 5]],
        [["7"], [7, 7]],
      ]);
      expect(observed["negative-size"]).toBe(6);
    }
  });

  test("rows without a track: one defect per stretch of frames, no track named", () => {
    const { track: _, ...bad } = box2d(50, 10, 40, 30);
    const { defects, observed } = judge(labelled({ 2: [bad, bad], 3: [bad] }), { cuts: [3] });
    expect(places({ defects })).toEqual(["error inverted 2-3"]);
    expect([defects[0]?.tracks, observed["inverted"]]).toEqual([undefined, 3]);
  });

  test("one row, one kind: the gravest", () => {
    expect(places(judge(labelled({ 4: [{ ...box2d(50, 10, 40, 30), box3d: [0, 0, 0, -1, 0, 200, 0] }] })))).toEqual([
      "error negative-size 4-4",
    ]);
  });

  test("no frames, no boxes", () => {
    expect(judge([])).toMatchObject({ status: "not_observable", reason: "no frames", coverage: { items: 0, checked: 0 } });
    expect(judge(healthy(3))).toMatchObject({ status: "not_observable", reason: "no boxes" });
  });

  test("a flood of bad boxes is counted and capped", () => {
    const frames = healthy(300).map((frame, i) => ({
      ...frame,
      boxes: [
        { ...box2d(50, 10, 40, 30), track: `t${i}` },
        { ...GOOD, box2d: NaN2d, track: "g" },
      ],
    }));
    const { defects, observed, more } = judge(frames, { cuts: [50, 100, 101] });
    expect([defects.length, observed["inverted"], defects[0]?.frames, defects.at(-1)?.frames]).toEqual([100, 300, [0, 0], [99, 99]]);
    expect(more).toMatchObject([{ kind: "inverted", severity: "error", count: 200, frames: [100, 299] }]);
  });

  test("the gravest boxes are located, wherever they are", () => {
    const frames = healthy(300).map((frame, i) => ({ ...frame, boxes: [{ ...box2d(50 + i, 10, 40, 30), track: `t${i}` }] }));
    const { defects } = judge(frames, { cuts: [50, 250] });
    expect([defects.length, defects[0]?.frames, defects.at(-1)?.frames]).toEqual([100, [200, 200], [299, 299]]);
  });
});

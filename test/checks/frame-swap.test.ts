import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frameSwap } from "../../src/checks/labels/frame-swap.ts";
import { askSequence, pavement, type Scene, said, street, told } from "../label-scene.ts";

const ask = (scene: Scene, asked = {}) => askSequence(frameSwap, scene, asked);

/** The labels of frames [first, last] become those of `k` frames before. */
function late(scene: Scene, first: number, last: number, k: number): Scene {
  return scene.map((boxes, frame) => (frame >= first && frame <= last ? (scene[frame - k] ?? []).map((box) => ({ ...box })) : boxes));
}

function exchanged(scene: Scene, frame: number): Scene {
  return scene.map((boxes, f) => (f === frame ? (scene[f + 1] ?? []) : f === frame + 1 ? (scene[f - 1] ?? []) : boxes));
}

for (const [name, make] of [
  ["3D", street],
  ["2D", pavement],
] as const) {
  describe(name, () => {
    test("clean passes", () => expect(ask(make(40)).status).toBe("pass"));

    test("two frames exchanged", () => {
      const answer = ask(exchanged(make(40), 12));
      expect(said(answer)).toEqual(["exchange 12-13"]);
      expect(answer.defects[0]?.observed).toMatchObject({ tracksAgreeing: 4, tracksMoving: 4 });
    });

    test("a stale frame", () => {
      const answer = ask(late(make(40), 12, 12, 1));
      expect(said(answer)).toEqual(["stale 12-12"]);
      expect(told(frameSwap, answer)).toEqual(["frame 12: the labels are those of frame 11, 4 tracks were moving"]);
    });

    test("a stretch one frame late, one frame early, two frames late", () => {
      expect(said(ask(late(make(60), 20, 26, 1)))).toEqual(["shift 20-26"]);
      const early = ask(late(make(60), 20, 26, -1));
      expect(said(early)).toEqual(["shift 20-26"]);
      expect(told(frameSwap, early)).toEqual(["frames 20-26: the labels are 1 frame(s) early"]);
      expect(said(ask(late(make(60), 20, 26, 2)))).toEqual(["shift 20-26"]);
    });
  });
}

test("cars that stand prove nothing", () => {
  const still = street(40).map((_boxes, _frame, all) => (all[0] ?? []).map((box) => ({ ...box })));
  expect([ask(still).status, ask(still).reason]).toEqual(["not_observable", "nothing moves"]);
});

test("a cut shows nothing else", () => {
  const scene = exchanged(late(street(60), 40, 44, 1), 12);
  const whole = ask(scene);
  expect(whole.defects.length).toBe(2);
  fc.assert(
    fc.property(fc.array(fc.nat(60), { maxLength: 8 }), (cuts) => {
      expect(ask(scene, { cuts })).toEqual(whole);
    }),
  );
});

describe("no exchange of sets", () => {
  test("where only some of the tracks change frames and the others do not", () => {
    const scene = street(40);
    for (const name of ["car 0", "car 1"]) {
      const [a, b] = [12, 13].map((frame) => scene[frame]?.find(({ track }) => track === name));
      if (a?.box3d && b?.box3d) [a.box3d, b.box3d] = [b.box3d, a.box3d];
    }
    expect(said(ask(scene))).toEqual([]);
  });

  test("where a car weaves faster than a straight line can follow", () => {
    const scene = street(60);
    for (const [frame, boxes] of scene.entries()) {
      for (const box of boxes) box.box3d = (box.box3d ?? []).map((v, i) => (i === 1 ? v + 3 * Math.sin((2 * Math.PI * frame) / 9) : v));
    }
    expect(said(ask(scene))).toEqual([]);
  });
});

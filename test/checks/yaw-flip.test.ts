import { expect, test } from "vitest";
import { yawFlip } from "../../src/checks/labels/yaw-flip.ts";
import { askSequence, type Box, boxOf, pavement, type Scene, said, street, told } from "../label-scene.ts";

const ask = (scene: Scene) => askSequence(yawFlip, scene);
const flip = (scene: Scene, first: number, last: number): void => {
  for (let frame = first; frame <= last; frame++) {
    const box = boxOf(scene, frame, "car 1");
    box.box3d = (box.box3d ?? []).map((v, i) => (i === 6 ? v + Math.PI : v));
  }
};

test("clean passes", () => expect(ask(street(40)).status).toBe("pass"));
test("2D boxes have no heading", () => expect(ask(pavement(40)).status).toBe("not_observable"));

test("a flip of one and of some frames", () => {
  const scene = street(40);
  flip(scene, 10, 10);
  flip(scene, 25, 28);
  const answer = ask(scene);
  expect(said(answer)).toEqual(["yaw-flip 10-10 car 1", "yaw-flip 25-28 car 1"]);
  expect(told(yawFlip, answer)[0]).toMatch(/turns by 3\.1\d+ rad/);
});

test("a flip for good: the shorter side is the wrong one", () => {
  const scene = street(40);
  flip(scene, 30, 39);
  expect(said(ask(scene))).toEqual(["yaw-flip 30-39 car 1"]);
});

test("angles that pass half a circle are no flip", () => {
  const scene = street(40);
  for (const [frame, boxes] of scene.entries()) {
    const box = boxes[1] as Box;
    const angle = 2.8 + 0.02 * frame;
    box.box3d = (box.box3d ?? []).map((v, i) => (i === 6 ? Math.atan2(Math.sin(angle), Math.cos(angle)) : v));
  }
  expect(ask(scene).status).toBe("pass");
});

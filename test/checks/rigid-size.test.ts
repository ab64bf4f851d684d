import { expect, test } from "vitest";
import { rigidSize } from "../../src/checks/labels/rigid-size.ts";
import { askSequence, boxOf, pavement, type Scene, said, street, told } from "../label-scene.ts";

const ask = (scene: Scene) => askSequence(rigidSize, scene);
const longer = (scene: Scene, frame: number, share: number): void => {
  const box = boxOf(scene, frame, "car 1");
  box.box3d = (box.box3d ?? []).map((v, i) => (i === 3 ? v * (1 + share) : v));
};

test("clean passes", () => expect(ask(street(40)).status).toBe("pass"));

test("2D boxes are not asked", () => {
  expect([ask(pavement(40)).status, ask(pavement(40)).reason]).toEqual(["not_observable", "2D boxes breathe with their objects"]);
});

test("a jump of one frame", () => {
  const scene = street(40);
  longer(scene, 20, 0.3);
  const answer = ask(scene);
  expect(said(answer)).toEqual(["size-jump 20-20 car 1"]);
  expect(told(rigidSize, answer)).toEqual(["track car 1 in frame 20: size 5.46,1.8,1.5 m, usual is 4.2,1.8,1.5 m"]);
});

test("a drift", () => {
  const scene = street(60);
  for (let frame = 20; frame < 40; frame++) longer(scene, frame, 0.01 * (frame - 19));
  const answer = ask(scene);
  expect(answer.defects.map(({ kind }) => kind)).toEqual(["size-drift"]);
  expect(answer.defects[0]?.frames?.[0]).toBeLessThanOrEqual(22);
});

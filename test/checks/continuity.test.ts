import { expect, test } from "vitest";
import { continuity } from "../../src/checks/labels/continuity.ts";
import { askSequence, type Box, boxOf, pavement, type Scene, said, street, told } from "../label-scene.ts";

const ask = (scene: Scene) => askSequence(continuity, scene);

test("clean passes", () => {
  expect(ask(street(40)).status).toBe("pass");
  expect(ask(pavement(40)).status).toBe("pass");
});

test("a box off its track", () => {
  const scene = street(40);
  const box = boxOf(scene, 20, "car 1");
  box.box3d = (box.box3d ?? []).map((v, i) => (i === 1 ? v + 2 : v));
  const answer = ask(scene);
  expect(said(answer)).toEqual(["teleport 20-20 car 1"]);
  expect(answer.defects[0]?.observed["off"]).toBeCloseTo(2, 1);
  const people = pavement(40);
  const other = boxOf(people, 20, "person 1");
  other.box2d = (other.box2d ?? []).map((v) => v + 50);
  expect(said(ask(people))).toEqual(["teleport 20-20 person 1"]);
});

test("a sharp turn is no leap", () => {
  const scene = street(40);
  for (const [frame, boxes] of scene.entries()) {
    const box = boxes[1] as Box;
    if (frame > 20) box.box3d = (box.box3d ?? []).map((v, i) => (i === 1 ? v + (frame - 20) * 1.5 : v));
  }
  expect(ask(scene).status).toBe("pass");
});

test("a frame without its box", () => {
  const scene = street(40);
  scene[20] = (scene[20] ?? []).filter(({ track }) => track !== "car 1");
  const answer = ask(scene);
  expect(said(answer)).toEqual(["missing 20-20 car 1"]);
  expect(told(continuity, answer)).toEqual(["track car 1 in frame 20: no box between two on each side"]);
});

test("a box that belongs to nothing", () => {
  const scene = street(40);
  scene[20]?.push({ track: "ghost", class: "car", box3d: [-50, 30, 1, 4, 2, 1.5, 0] });
  expect(said(ask(scene))).toEqual(["ghost 20-20 ghost"]);
});

test("a track that goes on under another id", () => {
  const scene = street(40);
  for (const boxes of scene.slice(20)) (boxes[1] as Box).track = "heir";
  expect(said(ask(scene))).toEqual(["broken 20-20 car 1, heir"]);
});

import { expect, test } from "vitest";
import { classFlip } from "../../src/checks/labels/class-flip.ts";
import { askSequence, boxOf, type Scene, said, street, swapTracks, told } from "../label-scene.ts";

const ask = (scene: Scene) => askSequence(classFlip, scene);
const paint = (scene: Scene, track: string, name: string, first: number, last: number): void => {
  for (let frame = first; frame <= last; frame++) boxOf(scene, frame, track).class = name;
};

test("clean passes", () => expect(ask(street(30)).status).toBe("pass"));

test("flicker of one and of three frames", () => {
  const scene = street(40);
  paint(scene, "car 1", "van", 10, 10);
  paint(scene, "car 2", "bus", 20, 22);
  const answer = ask(scene);
  expect(said(answer)).toEqual(["class-flicker 10-10 car 1", "class-flicker 20-22 car 2"]);
  expect(told(classFlip, answer)[0]).toBe("track car 1 in frame 10: class van, expected car");
});

test("flicker twice in a track", () => {
  const scene = street(40);
  paint(scene, "car 1", "van", 10, 10);
  paint(scene, "car 1", "van", 20, 20);
  expect(said(ask(scene))).toEqual(["class-flicker 10-10 car 1", "class-flicker 20-20 car 1"]);
});

test("a switch for good", () => {
  const scene = street(40);
  paint(scene, "car 1", "van", 25, 39);
  expect(said(ask(scene))).toEqual(["class-switch 25-39 car 1"]);
});

test("two tracks that exchange their classes are one finding", () => {
  const scene = street(40);
  paint(scene, "car 1", "van", 0, 39);
  paint(scene, "car 1", "car", 15, 15);
  paint(scene, "car 2", "van", 15, 15);
  const answer = ask(scene);
  expect(said(answer)).toEqual(["class-swap 15-15 car 1, car 2"]);
  expect(told(classFlip, answer)[0]).toContain("classes car,van, expected van,car");
});

test("a swapped identity brings its class along: no finding here", () => {
  const scene = street(40);
  paint(scene, "car 1", "van", 0, 39);
  swapTracks(scene, "car 1", "car 2", 15);
  expect(ask(scene).status).toBe("pass");
});

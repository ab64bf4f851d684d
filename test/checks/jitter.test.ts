import { expect, test } from "vitest";
import { jitter } from "../../src/checks/labels/jitter.ts";
import { askSequence, type Box, boxOf, type Scene, street, told } from "../label-scene.ts";

const ask = (scene: Scene) => askSequence(jitter, scene);
/** -1 to 1, the same on every machine. */
const noise = (n: number): number => ((Math.imul(n + 1, 2654435761) >>> 8) % 2001) / 1000 - 1;

test("clean passes", () => expect(ask(street(60)).status).toBe("pass"));

test("a track that shakes for eight frames", () => {
  const scene = street(60);
  for (let frame = 20; frame < 28; frame++) {
    const box = boxOf(scene, frame, "car 1");
    box.box3d = (box.box3d ?? []).map((v, i) => (i < 2 ? v + 0.6 * noise(frame * 2 + i) : v));
  }
  const answer = ask(scene);
  expect(answer.defects.map(({ kind, tracks }) => [kind, tracks])).toEqual([["jitter", ["car 1"]]]);
  const [first = 0, last = 0] = answer.defects[0]?.frames ?? [];
  expect(first).toBeGreaterThanOrEqual(17);
  expect(last).toBeLessThanOrEqual(30);
  expect(told(jitter, answer)[0]).toContain("boxes shake by");
});

test("a hard turn is no shaking", () => {
  const scene = street(60);
  for (const [frame, boxes] of scene.entries()) {
    const box = boxes[1] as Box;
    if (frame > 20) box.box3d = (box.box3d ?? []).map((v, i) => (i === 1 ? v + 0.1 * Math.min(frame - 20, 15) ** 2 : v));
  }
  expect(ask(scene).status).toBe("pass");
});

test("a swerve is no shaking", () => {
  const scene = street(60);
  for (let frame = 20; frame < 44; frame++) {
    const box = boxOf(scene, frame, "car 1");
    box.box3d = (box.box3d ?? []).map((v, i) => (i === 1 ? v + 2 * Math.sin((2 * Math.PI * (frame - 20)) / 12) : v));
  }
  expect(ask(scene).defects).toEqual([]);
});

test("states how restless each annotator's boxes are", () => {
  const scene = street(60);
  for (const [frame, boxes] of scene.entries()) {
    for (const [i, box] of boxes.entries()) box.box3d = (box.box3d ?? []).map((v, d) => (d === 1 ? v + 0.05 * noise(7 * frame + i) : v));
  }
  const [one] = ask(scene).observed["noise"] as { annotator: null; boxes: number; placeM: number; lengthM: number }[];
  expect(one).toMatchObject({ annotator: null, boxes: 4 * 58, lengthM: 0 });
  // Evenly spread over 10 cm: a standard deviation of 29 mm, by a median a little more.
  expect(one?.placeM).toBeGreaterThan(0.02);
  expect(one?.placeM).toBeLessThan(0.05);
});

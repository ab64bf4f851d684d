import { expect, test } from "vitest";
import { duplicateObject } from "../../src/checks/labels/duplicate-object.ts";
import { askSequence, type Box, pavement, type Scene, said, street, told } from "../label-scene.ts";

const ask = (scene: Scene) => askSequence(duplicateObject, scene);

for (const [name, make] of [
  ["3D", street],
  ["2D", pavement],
] as const) {
  test(`${name}: clean passes, also side by side`, () => expect(ask(make(40)).status).toBe("pass"));

  test(`${name}: two labels on one object`, () => {
    const scene = make(40);
    for (const boxes of scene.slice(10, 30)) boxes.push({ ...boxes[1], track: "double" } as Box);
    const answer = ask(scene);
    expect(said(answer)).toEqual([`duplicate 10-29 ${name === "3D" ? "car 1, double" : "double, person 1"}`]);
    expect(told(duplicateObject, answer)[0]).toContain("lie on one object in 20 frames, frames 10-29");
  });
}

test("four frames are not enough", () => {
  const scene = street(40);
  for (const boxes of scene.slice(10, 14)) boxes.push({ ...boxes[1], track: "double" } as Box);
  expect(ask(scene).status).toBe("pass");
});

test("a container on its truck shares the place, not the size", () => {
  const scene = street(40);
  for (const boxes of scene) {
    const { box3d = [] } = boxes[1] as Box;
    boxes.push({ track: "container", class: "container", box3d: box3d.map((v, i) => (i === 3 || i === 4 ? 0.7 * v : v)) });
  }
  expect(ask(scene).status).toBe("pass");
});

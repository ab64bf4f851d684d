import { expect, test } from "vitest";
import { sightsAround, sightsInImage, toVehicle, turn } from "../../src/simulate/sights.ts";
import type { TrueBox } from "../../src/simulate/types.ts";
import { boxAt, CAMERA, momentAt } from "./moments.ts";

const seen = (...boxes: readonly TrueBox[]) =>
  sightsInImage(
    momentAt(0, () => boxes),
    CAMERA,
  );

test("a box straight ahead is projected to the rectangle around its corners", () => {
  // Its rear is 20 - 2.25 m ahead of the vehicle, so 16.75 m ahead of the camera; top 3.6 and bottom 2.0 above 0, the camera at 3.5.
  const [sight] = seen(boxAt(0, 1, [20, 0]));
  const half = (700 * 0.9) / 16.75;
  const expected = [480 - half, 270 - (700 * 0.1) / 16.75, 480 + half, 270 + (700 * 1.5) / 16.75];
  for (const [i, value] of expected.entries()) expect(sight?.values[i]).toBeCloseTo(value, 6);
  expect(sight).toMatchObject({ truncation: 0, occlusion: 0, object: 1 });
  expect(sight?.distance).toBeCloseTo(Math.hypot(20, 0.8), 9);
});

test("behind the camera or beside the image there is nothing; across an edge it is cut, and says how much", () => {
  expect(seen(boxAt(0, 1, [-20, 0]), boxAt(0, 2, [10, 30]))).toEqual([]);
  const [cut] = seen(boxAt(0, 1, [12, 5.9]));
  expect(cut?.values[0]).toBe(0);
  expect(cut?.truncation).toBeGreaterThan(0.2);
  expect(cut?.truncation).toBeLessThan(0.8);
  // Passing the lens: one end ahead of it, one behind.
  // Its far end is 2.75 m ahead of the camera, its inner side 0.6 m to the right; the cut at the lens is far outside.
  const [passing] = seen(boxAt(0, 1, [1.5, -1.5]));
  expect(passing?.values[0]).toBeCloseTo(480 + (700 * 0.6) / 2.75, 6);
  expect(passing?.values.slice(2)).toEqual([960, 540]);
  // A wide one whose corners ahead of the lens all lie inside the image, but not where it passes the lens.
  const [wide] = seen(boxAt(0, 1, [3, -0.3], { length: 6, width: 0.2, height: 0.2, z: 3.5 }));
  expect(wide?.values.map((value) => Math.round(value * 10) / 10)).toEqual([480 + 28, 0, 960, 540].map((v) => v));
});

test("what stands before another hides it, in the image and around the vehicle", () => {
  const [near, far, beside] = [boxAt(0, 1, [10, 0]), boxAt(0, 2, [30, 0]), boxAt(0, 3, [30, 12])];
  for (const sights of [seen(near, far, beside), sightsAround(momentAt(0, () => [near, far, beside]))]) {
    expect(sights.map(({ object, occlusion }) => [object, occlusion > 0.95, occlusion > 0.05])).toEqual([
      [1, false, false],
      [2, true, true],
      [3, false, false],
    ]);
  }
  const [, half] = sightsAround(momentAt(0, () => [near, boxAt(0, 2, [30, 7])]));
  expect(half?.occlusion).toBeGreaterThan(0.1);
  expect(half?.occlusion).toBeLessThan(0.9);
});

test("map to vehicle", () => {
  const moment = momentAt(7, () => []);
  const box = boxAt(0.7, 1, [12, -3], { yaw: 0.5 + Math.PI - 0.1 });
  const { centre, yaw } = toVehicle(moment, [box.x, box.y, box.z], box.yaw);
  for (const [i, value] of [12, -3, 0.8].entries()) expect(centre[i]).toBeCloseTo(value, 9);
  expect(yaw).toBeCloseTo(Math.PI - 0.1, 9);
  expect([turn(0), turn(4), turn(-4)].map((x) => Math.round(x * 1e6) / 1e6)).toEqual([0, -2.283185, 2.283185]);
});

import { expect, test } from "vitest";
import { closings, fused } from "../../../src/checks/time/offset/loops.ts";

const edge = (a: number, b: number, offsetS: number, halfWidthS = 0.001) => ({ a, b, offsetS, halfWidthS });

test("a loop that closes, in any direction of its edges", () => {
  const loop = closings([edge(0, 1, 0.01), edge(2, 1, -0.02), edge(0, 2, 0.03)]);
  for (const one of loop) expect(one?.residualS).toBeCloseTo(0, 12);
});

test("a loop that does not close tells by how much", () => {
  for (const one of closings([edge(0, 1, 0.01), edge(1, 2, 0.02), edge(0, 2, 0.08)]))
    expect(Math.abs(one?.residualS ?? 0)).toBeCloseTo(0.05, 12);
  expect(closings([edge(0, 1, 0.01), edge(1, 2, 0.02)])).toEqual([null, null]);
});

test("fused offsets add up, and the sure ones move least", () => {
  const [ab = 0, bc = 0, ac = 0] = fused([edge(0, 1, 0.01, 0.0001), edge(1, 2, 0.02, 0.001), edge(0, 2, 0.033, 0.001)]);
  expect(ab + bc).toBeCloseTo(ac, 9);
  expect(Math.abs(ab - 0.01)).toBeLessThan(1e-4);
  expect(bc).toBeCloseTo(0.0215, 3);
});

import { expect, test } from "vitest";
import { Random, randomStream } from "../../src/simulate/random.ts";

test("the generator gives the published numbers", () => {
  // From the tests of the Rust crate rand_xoshiro, made with the authors' C code.
  const random = new Random([1, 2, 3, 4]);
  const published = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804];
  expect(published.map(() => random.u32())).toEqual(published);
});

test("a seed and a name give the same numbers for ever", () => {
  const random = randomStream(1, "lidar");
  expect(Array.from({ length: 4 }, () => random.u32())).toEqual([3015646343, 1531263790, 121322312, 2819730981]);
  expect([random.uniform(), random.normal(), random.normal()]).toEqual([0.0661773365820475, -0.7946868205484588, 0.3358777393272582]);
});

test("one stream per name and per seed, both halves of the seed count", () => {
  const first = (seed: number, name: string): number => randomStream(seed, name).u32();
  const all = [first(1, "a"), first(1, "b"), first(2, "a"), first(2 ** 32 + 1, "a"), first(2 ** 52 + 1, "a"), first(1, "")];
  expect(new Set(all).size).toBe(all.length);
  expect(first(1, "a")).toBe(first(1, "a"));
  for (const seed of [-1, 0.5, 2 ** 53, Number.NaN]) expect(() => randomStream(seed, "a")).toThrow("expected a seed");
});

test("streams whose names differ a little do not resemble each other", () => {
  for (const [a, b] of [
    ["camera_1", "camera_2"],
    ["imu", "imv"],
    ["a", "aa"],
  ] as const) {
    const [one, two] = [randomStream(7, a), randomStream(7, b)];
    let sum = 0;
    for (let i = 0; i < 4000; i++) sum += one.normal() * two.normal();
    expect(Math.abs(sum / 4000)).toBeLessThan(0.06);
  }
});

test("uniform, normal and exponential have their moments", () => {
  const random = randomStream(9, "moments");
  const n = 100_000;
  const moments = (draw: () => number): readonly number[] => {
    let [s1, s2, s3, s4] = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const x = draw();
      s1 += x;
      s2 += x * x;
      s3 += x * x * x;
      s4 += x * x * x * x;
    }
    return [s1 / n, s2 / n, s3 / n, s4 / n];
  };
  const close = (got: readonly number[], want: readonly number[], by: number): void =>
    want.forEach((value, i) => {
      expect([i, Math.abs((got[i] ?? 0) - value) < by]).toEqual([i, true]);
    });
  close(
    moments(() => random.uniform()),
    [1 / 2, 1 / 3, 1 / 4, 1 / 5],
    0.01,
  );
  close(
    moments(() => random.normal()),
    [0, 1, 0, 3],
    0.1,
  );
  close(
    moments(() => random.normal(2)),
    [0, 4],
    0.1,
  );
  close(
    moments(() => random.exponential(3)),
    [3, 18],
    0.4,
  );
  const counts = new Array<number>(7).fill(0);
  for (let i = 0; i < 70_000; i++) counts[random.below(7)] = (counts[random.below(7)] ?? 0) + 1;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

test("choices", () => {
  const random = randomStream(1, "choices");
  expect(random.chance(0)).toBe(false);
  expect(random.chance(1)).toBe(true);
  expect(new Set(Array.from({ length: 60 }, () => random.pick(["a", "b", "c"])))).toEqual(new Set(["a", "b", "c"]));
  expect(() => random.pick([])).toThrow(RangeError);
  for (let i = 0; i < 1000; i++) expect(Math.abs(random.between(-2, 3) - 0.5)).toBeLessThanOrEqual(2.5);
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { clearMot, type TrackedBox } from "../../src/evaluate/clear-mot.ts";
import { describeShared } from "../shared-data.ts";

const box = (frame: number, track: string, left: number): TrackedBox => ({ frame, track, box: [left, 0, left + 10, 10] });

describe("figures", () => {
  test("a switch, a gap and a false box", () => {
    const truth = [0, 1, 2, 3].map((frame) => box(frame, "a", 0));
    const tested = [box(0, "x", 0), box(1, "x", 1), box(3, "y", 0), box(3, "z", 500)];
    expect(clearMot(truth, tested)).toMatchObject({
      ...{ frames: 4, objects: 4, predictions: 4, matches: 3, falsePositives: 1, misses: 1, switches: 1, fragmentations: 1 },
      ...{ mostlyTracked: 0, partiallyTracked: 1, mostlyLost: 0, mota: 0.25 },
    });
  });

  test("a pair of the frame before is kept though another overlaps more", () => {
    const truth = [box(0, "a", 0), box(1, "a", 0)];
    const tested = [box(0, "x", 0), box(1, "x", 3), box(1, "y", 0)];
    expect(clearMot(truth, tested)).toMatchObject({ switches: 0, falsePositives: 1 });
  });

  test("pairs are the most, then the closest", () => {
    const truth = [box(0, "a", 0), box(0, "b", 4)];
    const tested = [box(0, "x", 3), box(0, "y", 7)];
    expect(clearMot(truth, tested)).toMatchObject({ matches: 2, misses: 0 });
  });

  test("nothing", () => {
    expect(clearMot([], [])).toMatchObject({ objects: 0, matches: 0, mota: Number.NaN, motp: Number.NaN });
    expect(clearMot([box(0, "a", 0)], [])).toMatchObject({ misses: 1, mota: 0, mostlyLost: 1 });
  });

  test("misuse", () => {
    expect(() => clearMot([], [], { leastIou: 0 })).toThrow(RangeError);
  });
});

describeShared("TUD-Campus", (data) => {
  const read = (name: string): TrackedBox[] =>
    readFileSync(join(data, "3-labels/motchallenge/TUD-Campus", name), "utf8")
      .trim()
      .split("\n")
      .map((line) => {
        const [frame = 0, track = 0, left = 0, top = 0, width = 0, height = 0] = line.split(",").map(Number);
        return { frame, track: String(track), box: [left, top, left + width, top + height] };
      });

  test("the MOTChallenge's and py-motmetrics' figures", () => {
    const found = clearMot(read("gt.txt"), read("test.txt"));
    expect(found).toMatchObject({
      ...{ frames: 71, objects: 359, falsePositives: 13, misses: 150, switches: 7, fragmentations: 7 },
      ...{ mostlyTracked: 1, partiallyTracked: 6, mostlyLost: 1 },
    });
    expect(found.mota).toBeCloseTo(0.526, 3);
    expect(found.motp).toBeCloseTo(0.277, 3);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  Clock,
  type Edge,
  edgeAt,
  LONGEST_NS,
  ms,
  nsBetween,
  rounded,
  seamStrip,
  shiftEdge,
  stampedStrip,
  stripOf,
} from "../../src/summary/seam.ts";
import { blockOf, healthy, SENSOR } from "../blocks.ts";

const stamp = fc.oneof(
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.constantFrom(0n, 1n, -1n, 2n ** 32n, 2n ** 32n - 1n, -(2n ** 32n), 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)),
);

/** The definition: exact up to 2^53 - 1 either way, and the nearest double beyond. */
function between(a: bigint, b: bigint): number {
  return Number(b - a);
}

describe("time between stamps", () => {
  test("a column read by halves: the difference, exact up to 104 days and the nearest double beyond", () => {
    fc.assert(
      fc.property(fc.array(stamp, { minLength: 1, maxLength: 9 }), fc.nat(8), fc.nat(8), fc.nat(3), (stamps, a, b, before) => {
        const [i, j] = [a % stamps.length, b % stamps.length];
        const ns = BigInt64Array.from([...new Array<bigint>(before).fill(9n), ...stamps]).subarray(before);
        const clock = new Clock(ns);
        expect(clock.between(i, j) + 0).toBe(between(stamps[i] ?? 0n, stamps[j] ?? 0n));
        expect(clock.isZero(i)).toBe(stamps[i] === 0n);
        expect(nsBetween(stamps[i] ?? 0n, stamps[j] ?? 0n)).toBe(between(stamps[i] ?? 0n, stamps[j] ?? 0n));
      }),
      { numRuns: 2000 },
    );
  });

  test("at the limit, and one beyond it", () => {
    const most = BigInt(LONGEST_NS);
    for (const [b, want] of [
      [most - 1n, LONGEST_NS - 1],
      [most, LONGEST_NS],
      [most + 1n, 2 ** 53],
      [most + 2n, 2 ** 53],
      [-most + 1n, -LONGEST_NS + 1],
      [-most - 1n, -(2 ** 53)],
      [2n ** 63n - 1n, 2 ** 63],
    ] as const) {
      expect([new Clock(BigInt64Array.of(0n, b)).between(0, 1), nsBetween(0n, b)]).toEqual([want, want]);
    }
  });
});

describe("rows either side of a cut", () => {
  const edge: Edge = { index: 4, stampNs: 5n, logNs: 6n, sequence: 7, bytes: 8, digest: 9n, content: 10 };
  const other: Edge = { index: 11, stampNs: 12n, logNs: 13n, sequence: 14, bytes: 15, digest: 16n, content: 17 };

  test("are two rows that know their frames", () => {
    const strip = seamStrip(edge, other);
    expect([strip.count, strip.index, edgeAt(strip, 0), edgeAt(strip, 1)]).toEqual([2, [4, 11], edge, other]);
  });

  test("of a block, a row is its frame, and has no second fingerprint unless one was taken", () => {
    const { frames } = blockOf(healthy(3));
    expect(edgeAt(stripOf(frames), 2)).toEqual({
      ...{ index: 2, stampNs: frames.stampNs[2], logNs: frames.logNs[2], sequence: 3, bytes: 1000, digest: frames.digest[2] },
      content: Number.NaN,
    });
    expect(edgeAt(stripOf(frames, Float64Array.of(1, 2, 3)), 1)).toMatchObject({ index: 1, content: 2 });
  });

  test("move with the frames of the part before", () => {
    expect(shiftEdge(edge, 3)).toEqual({ ...edge, index: 7 });
    expect(shiftEdge(edge, 0)).toBe(edge);
  });
});

test("a payload that does not decode has no stamp of the sensor, but one of the log", () => {
  const frames = healthy(4);
  const block = blockOf(frames.map((frame, i) => (i === 1 || i === 3 ? { ...frame, malformed: "cut" } : frame)));
  const stamps = frames.map(({ stampNs }) => stampNs);
  expect([...stampedStrip(block, SENSOR).stampNs]).toEqual([stamps[0], 0n, stamps[2], 0n]);
  expect([...stampedStrip(block, { ...SENSOR, stamps: "log" }).stampNs]).toEqual(stamps);
  expect([...block.frames.stampNs]).toEqual(stamps);
  expect([...stampedStrip(blockOf(frames), SENSOR).stampNs]).toEqual(stamps);
  const one = blockOf(frames.map((frame, i) => (i === 2 ? { ...frame, malformed: "cut" } : frame)));
  expect(stampedStrip(one, SENSOR).stampNs[2]).toBe(0n);
});

test("figures of a report: milliseconds to the nanosecond, and decimals", () => {
  expect([ms(1_234_567.4), ms(-1_500_000), ms(0.4), ms(1.6)]).toEqual([1.234567, -1.5, 0, 0.000002]);
  expect([rounded(1 / 3), rounded(2 / 3, 2), rounded(-0.0000014), rounded(12_345.678, 0)]).toEqual([0.333333, 0.67, -0.000001, 12_346]);
});

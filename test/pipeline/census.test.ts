/** What a stream holds, counted: against a plain count, whatever the cut. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { LabelRow } from "../../src/columns/builder.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { type CensusPart, concludeCensus, mergeCensus, observeCensus } from "../../src/pipeline/census.ts";
import type { Block, StreamInfo } from "../../src/types.ts";
import { blockOf, cutBlock, healthy, SENSOR } from "../blocks.ts";
import { crc64Nvme } from "../reference/crc.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const row = fc.record(
  { class: fc.constantFrom("car", "bus"), track: fc.constantFrom("a", "b", "c"), ignored: fc.boolean() },
  { requiredKeys: ["class"] },
);
const frame = fc.record({
  lagNs: fc.constantFrom(0n, 5n, -300_000_000n, 400_000_000n),
  bytes: fc.nat(5000),
  points: fc.option(fc.nat(99)),
  boxes: fc.option(fc.array(row, { maxLength: 4 })),
});
const frames = fc.array(frame, { minLength: 1, maxLength: 20 });

function built(rows: readonly (typeof frame extends fc.Arbitrary<infer T> ? T : never)[]): Block {
  return blockOf(
    healthy(rows.length).map((own, i) => {
      const { lagNs = 0n, bytes = 0, points = null, boxes = null } = rows[i] ?? {};
      return {
        ...{ ...own, logNs: own.logNs + lagNs, bytes },
        ...(points !== null && { points: { count: points, pointer: 0 } }),
        ...(boxes && { boxes: boxes as Omit<LabelRow, "frame">[] }),
      };
    }),
  );
}

/** The definition. */
function plain({ frames: { count, logNs, bytes, digest }, points, labels }: Block): CensusPart {
  const log = [...logNs].sort((a, b) => (a < b ? -1 : 1));
  const rows = Array.from({ length: labels?.count ?? 0 }, (_, i) => i).filter((i) => labels?.ignored[i] !== 1);
  return {
    ...{ frames: count, bytes: [...bytes].reduce((a, b) => a + b, 0), startNs: log[0] ?? 0n, endNs: log.at(-1) ?? 0n },
    digest: crc64Nvme(new Uint8Array(digest.buffer)),
    points: points ? points.reduce((sum, table) => sum + table.count, 0) : null,
    boxes: labels ? rows.length : null,
    tracks: [...new Set(rows.flatMap((i) => labels?.tracks[labels.track[i] ?? -1] ?? []))].sort(),
  };
}

describe("the census", () => {
  test("is the plain count, for any cut and either tree", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(20), { maxLength: 4 }), (rows, cuts) => {
        const block = built(rows);
        const mark = kernels.mark();
        const parts = cutBlock(block, cuts).flatMap((piece) => observeCensus(piece, kernels) ?? []);
        const join = (a: CensusPart, b: CensusPart): CensusPart => mergeCensus(a, b, kernels);
        for (const whole of [parts.reduce(join), parts.reduceRight((right, left) => join(left, right))])
          expect({ ...whole, tracks: [...whole.tracks].sort() }).toEqual(plain(block));
        expect(kernels.mark()).toBe(mark);
      }),
    );
  });

  test("of a block without frames there is none", () => {
    expect(observeCensus(blockOf([]), kernels)).toBe(null);
  });
});

describe("as the report states it", () => {
  const info = (kind: StreamInfo["kind"]): StreamInfo => ({ ...SENSOR, kind });
  const part: CensusPart = {
    frames: 2,
    bytes: 30,
    startNs: 4n,
    endNs: 5n,
    digest: 0xabcn,
    points: null,
    boxes: null,
    tracks: ["a", "b"],
  };

  test("the digest has 16 digits, and what a stream of its kind cannot hold is null", () => {
    expect(concludeCensus(part, info("imu"))).toEqual({
      ...{ info: info("imu"), frames: 2, bytes: 30, startNs: 4n, endNs: 5n, digest: "0000000000000abc" },
      ...{ points: null, boxes: null, tracks: null },
    });
  });

  test("points and labels are counted where there is none, too", () => {
    const figures = (of: CensusPart | null, kind: StreamInfo["kind"]) => {
      const { frames, points, boxes, tracks } = concludeCensus(of, info(kind));
      return [frames, points, boxes, tracks];
    };
    expect(figures(part, "points")).toEqual([2, 0, null, null]);
    expect(figures(part, "labels")).toEqual([2, null, 0, 2]);
    expect(figures({ ...part, points: 7, boxes: 8 }, "labels")).toEqual([2, 7, 8, 2]);
    expect(figures(null, "points")).toEqual([0, 0, null, null]);
    expect(figures(null, "labels")).toEqual([0, null, 0, 0]);
    expect(concludeCensus(null, info("bytes"))).toMatchObject({ startNs: null, endNs: null, digest: "0000000000000000", bytes: 0 });
  });
});

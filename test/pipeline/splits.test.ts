/**
 * The law of splits (DESIGN.md 3): cutting a stream anywhere and merging in any tree gives the same conclusion.
 * One property over every stream check, on streams full of every defect a check knows.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnyCheck, Check, Look, StreamCheck } from "../../src/check/check.ts";
import { checks } from "../../src/checks/index.ts";
import type { LabelRow } from "../../src/columns/builder.ts";
import type { Rig } from "../../src/rig/rig.ts";
import type { StreamInfo } from "../../src/types.ts";
import { blockOf, censusOf, contextOf, cutBlock, type Frame, lookOf, memory, SENSOR } from "../blocks.ts";

const RUNS = 400;

/** Advances and values drawn so that every kind of defect is common, also side by side and over a cut. */
const step = <T>(usual: T, ...odd: T[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, { weight: 2, arbitrary: fc.constantFrom(...odd) });

const box: fc.Arbitrary<Omit<LabelRow, "frame">> = fc.record(
  {
    class: fc.constantFrom("car", "pedestrian"),
    track: fc.constantFrom("a", "b", "c", "d"),
    box2d: fc.constantFrom(
      [10, 10, 50, 50] as const,
      [50, 10, 10, 50] as const,
      [10, 10, 10, 50] as const,
      [900, 10, 950, 50] as const,
      [-200, -100, -150, -50] as const,
      [Number.NaN, 1, 2, 3] as const,
    ),
    box3d: fc.constantFrom(
      [1, 2, 3, 4, 2, 1.5, 0] as const,
      [1, 2, 3, -4, 2, 1.5, 0] as const,
      [1, 2, 3, 0, 2, 1.5, 0] as const,
      [1, 2, 3, 400, 2, 1.5, 0] as const,
      [1, Number.POSITIVE_INFINITY, 3, 4, 2, 1.5, 0] as const,
    ),
    ignored: fc.boolean(),
  },
  { requiredKeys: ["class"] },
);

const noisy = fc.record({
  advanceNs: fc.oneof(
    { weight: 20, arbitrary: step(100_000_000n, 0n, 1n, 250_000n, -30_000_000n, 200_000_000n, 1_000_000_000n, 100_400_000n) },
    { weight: 1, arbitrary: fc.constantFrom(2n ** 63n, 2n ** 62n, -(2n ** 61n)) },
  ),
  unset: step(false, true),
  lagNs: step(2_000_000n, 0n, 500_000_000n, -80_000_000n),
  advance: step(1, 0, 2, 3, -1, -2, 70_000, 65_536, -100_000),
  restart: step<number | null>(null, 0, 1, 65_535),
  payload: step<"new" | "same" | "empty">("new", "same", "empty"),
  bytes: step(1000, 10, 900, 5000, 20_000),
  content: fc.constantFrom(0, 4096, 4096, 8192),
  points: step(200, 0, 100),
  malformed: step<string | null>(null, "too short", "bad length"),
  boxes: fc.array(box, { maxLength: 4 }),
});

type Row = typeof noisy extends fc.Arbitrary<infer T> ? T : never;

const CALM: Row = {
  advanceNs: 100_000_000n,
  unset: false,
  lagNs: 2_000_000n,
  advance: 1,
  restart: null,
  payload: "new",
  bytes: 1000,
  content: 4096,
  points: 200,
  malformed: null,
  boxes: [],
};

/** Wild streams have every defect at once; in calm ones the rest is regular enough for the checks to judge it. */
const rows: fc.Arbitrary<Row[]> = fc.oneof(
  fc.array(noisy, { minLength: 1, maxLength: 150, size: "max" }),
  fc.array(fc.oneof({ weight: 20, arbitrary: fc.constant(CALM) }, { weight: 1, arbitrary: noisy }), {
    minLength: 1,
    maxLength: 150,
    size: "max",
  }),
);

const rig: fc.Arbitrary<Rig | null> = fc.constantFrom(null, {
  schema: "plumbline.rig/1",
  streams: [{ id: "/s", rateHz: 11, maxGapMs: 150 }],
} as const);

const stream: fc.Arbitrary<StreamInfo> = fc.record({
  id: fc.constant("/s"),
  kind: fc.constantFrom("points", "image", "imu", "pose", "labels", "bytes"),
  type: fc.constantFrom(SENSOR.type, "tf2_msgs/msg/TFMessage"),
  stamps: fc.constantFrom("sensor", "sensor", "log", "nominal"),
  sequenced: fc.boolean(),
  imageSize: fc.constant({ width: 640, height: 480 }),
});

const wrap = (ns: bigint): bigint => BigInt.asIntN(64, ns);

function framesFrom(rows: readonly Row[], info: StreamInfo): Frame[] {
  let stampNs = 1_000_000_000n;
  let sequence = 7;
  let digest = 1n;
  return rows.map((row) => {
    stampNs = wrap(stampNs + row.advanceNs);
    sequence = (row.restart ?? sequence + row.advance) >>> 0;
    if (row.payload !== "same") digest++;
    const stamp = row.unset ? 0n : stampNs;
    return {
      stampNs: stamp,
      logNs: info.stamps === "log" ? stamp : wrap(stampNs + row.lagNs),
      sequence,
      bytes: row.payload === "empty" ? 0 : row.bytes,
      digest,
      ...(info.kind === "points" && { points: { count: row.points, pointer: row.content } }),
      ...(info.kind === "image" && { image: { bytes: row.points, pointer: row.content } }),
      ...(row.malformed !== null && { malformed: row.malformed }),
      ...(info.kind === "labels" && { boxes: row.boxes }),
    };
  });
}

/** Merges neighbours in an order the numbers choose, until one is left. */
function mergeTree<S>(check: StreamCheck<S>, parts: readonly S[], picks: readonly number[], look: Look): S {
  const left = [...parts];
  for (let k = 0; left.length > 1; k++) {
    const i = (picks[k % Math.max(1, picks.length)] ?? 0) % (left.length - 1);
    left.splice(i, 2, check.merge(left[i] as S, left[i + 1] as S, { ...look, touching: true, skipped: 0 }));
  }
  return left[0] as S;
}

const content = Uint8Array.from({ length: 65536 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255);
const kernels = memory(content);
const isStreamCheck = (check: AnyCheck): check is Check<unknown> & StreamCheck<unknown> => "appliesTo" in check;
const streamChecks = checks.filter(isStreamCheck);

describe("the law of splits", () => {
  test("there are stream checks to test", () => expect(streamChecks.length).toBeGreaterThan(3));

  for (const check of streamChecks) {
    test(check.id, () => {
      fc.assert(
        fc.property(
          stream,
          rows,
          rig,
          fc.array(fc.nat(150), { minLength: 1, maxLength: 12 }),
          fc.array(fc.nat(1000), { maxLength: 12 }),
          (info, given, stated, cuts, picks) => {
            const asked = { ...info, kind: check.appliesTo(info) ? info.kind : ("labels" as const) };
            const block = blockOf(framesFrom(given, asked));
            const known = { labels: [null], poses: [null] };
            const look = lookOf(asked, { options: check.defaults, collected: known, kernels });
            const observe = (piece: typeof block): unknown => check.observe(piece, look);
            const census = censusOf(asked, block);
            const context = contextOf([census], stated, false, { collected: known });
            const conclude = (summary: unknown) => check.answer(summary, census, context, check.defaults);
            const summary = observe(block);
            const whole = conclude(summary);
            // Plain data: a summary crosses to another thread between any two steps.
            const parts = cutBlock(block, cuts).map((piece) => structuredClone(observe(piece)));
            const tree = structuredClone(mergeTree(check, parts, picks, look));
            const merged = conclude(tree);
            expect(tree).toEqual(summary);
            expect(merged).toEqual(whole);
            expect(text(merged)).toBe(text(whole));
          },
        ),
        { numRuns: RUNS },
      );
    });
  }
});

/** Key order too. */
function text(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? `${v}n` : v));
}

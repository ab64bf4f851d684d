/** What a counter of frames says, against sequences of numbers written by hand, and against what was left out of generated ones. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stripOf } from "../../src/summary/seam.ts";
import { type Jump, observeSteps, readSteps, type StepRule, type Steps, stepBetween } from "../../src/summary/step-runs.ts";
import { blockOf } from "../blocks.ts";

const RULE: StepRule = { minStepShare: 0.5, maxBackShare: 0.2 };
const PERIOD_NS = 100n;

/** @param stamps by frame, ns; every 100 ns where absent */
function read(numbers: readonly number[], { stamps, rule = RULE }: { stamps?: bigint[]; rule?: StepRule } = {}): Steps {
  const frames = numbers.map((sequence, i) => {
    const stampNs = stamps?.[i] ?? PERIOD_NS * BigInt(i);
    return { stampNs, logNs: stampNs, sequence, bytes: 1, digest: BigInt(i) };
  });
  return readSteps(observeSteps(stripOf(blockOf(frames).frames), true), rule);
}

const upTo = (count: number, from = 1, step = 1): number[] => Array.from({ length: count }, (_, i) => from + i * step);
const jump = (part: Partial<Jump> & Pick<Jump, "kind" | "first" | "last">): unknown =>
  expect.objectContaining({ missing: 0, back: 0, ...part });

describe("steps of a counter", () => {
  test("wrap at 32 bits, and at 16 where both sides are near the end of those", () => {
    for (const [a, b, step] of [
      [1, 2, 1],
      [5, 3, -2],
      [0xffffffff, 0, 1],
      [0xfffffffe, 3, 5],
      [2, 0xffffffff, -3],
      [0xffff, 0, 1],
      [0xffff - 1023, 1023, 2047],
      [0xffff - 1024, 1023, 1023 - (0xffff - 1024)],
      [0xffff - 1023, 1024, 1024 - (0xffff - 1023)],
      [0x10000, 5, 5 - 0x10000],
    ] as const) {
      expect([a, b, stepBetween(a, b)]).toEqual([a, b, step]);
    }
  });
});

describe("whether the numbers count frames", () => {
  test("they do, whatever the step", () => {
    for (const step of [1, 2, 1000]) {
      expect(read(upTo(9, 5, step))).toEqual({
        sequence: "counts",
        step,
        jumps: [],
        missing: 0,
        reordered: 0,
        restAhead: null,
        restBack: null,
      });
    }
  });

  test("of two steps that are as common the first is the usual one", () => {
    expect(read([1, 2, 3, 5, 7])).toMatchObject({ sequence: "counts", step: 1, jumps: [{ missing: 2, first: 2, last: 4 }] });
  });

  test("three steps are too few to tell by two, and enough by three", () => {
    expect([read([]), read([1]), read([1, 2, 3])].map(({ sequence }) => sequence)).toEqual(new Array(3).fill("too few frames"));
    expect(read([1, 2, 3, 4]).sequence).toBe("counts");
  });

  test("a number that never changes", () => {
    expect(read([7, 7, 7, 7])).toEqual({
      sequence: "constant",
      step: 0,
      jumps: [],
      missing: 0,
      reordered: 0,
      restAhead: null,
      restBack: null,
    });
  });

  test("no usual step, a usual one that stands or goes back, and too many that go back", () => {
    const sequence = (numbers: readonly number[], rule = RULE): string => read(numbers, { rule }).sequence;
    expect(sequence([1, 2, 4, 7, 11])).toBe("unreliable");
    expect(sequence([1, 1, 1, 1, 2])).toBe("unreliable");
    expect(sequence([9, 8, 7, 6, 5])).toBe("unreliable");
    // Half of the steps are the usual one: just enough.
    expect(sequence([1, 2, 3, 5, 8])).toBe("counts");
    expect(sequence([1, 2, 3, 5, 8, 12])).toBe("unreliable");
    // One step in five goes back: just few enough.
    expect(sequence([1, 2, 3, 4, 3, 4])).toBe("counts");
    expect(sequence([1, 2, 3, 4, 3, 4], { ...RULE, maxBackShare: 0.19 })).toBe("unreliable");
  });
});

describe("jumps", () => {
  test("lost frames: how many, between which, and how many periods it took", () => {
    const stamps = [0n, 100n, 200n, 300n, 750n, 850n];
    const { jumps } = read([10, 12, 14, 16, 24, 26], { stamps });
    expect(jumps).toEqual([{ kind: "missing", first: 3, last: 4, startNs: 300n, endNs: 750n, missing: 3, back: 0, periods: 4.5 }]);
  });

  test("without time there are no periods", () => {
    const { jumps } = read([1, 2, 3, 4, 6], { stamps: [5n, 5n, 5n, 5n, 5n] });
    expect(jumps).toMatchObject([{ missing: 1, periods: Number.NaN }]);
    expect(read([1, 2, 3, 4, 6], { stamps: [5n, 5n, 5n, 5n, 9n] }).jumps).toMatchObject([{ periods: Number.NaN }]);
    expect(read([1, 2, 3, 4, 6], { stamps: [5n, 5n, 5n, 6n, 7n] }).jumps).toMatchObject([{ periods: 3 }]);
  });

  test("steps of one length in a row lose what lies between each two", () => {
    expect(read([1, 2, 3, 4, 5, 8, 11, 14, 15, 16, 17]).jumps).toEqual([jump({ kind: "missing", first: 4, last: 7, missing: 6 })]);
  });

  test("a late frame is one defect: not lost where it is missing, out of place where it comes", () => {
    expect(read([1, 2, 3, 5, 6, 7, 4, 8, 9, 10]).jumps).toEqual([jump({ kind: "reordered", first: 6, last: 6, back: 3 })]);
    // Of two stretches the shorter is out of place, of equals the later.
    expect(read([1, 2, 3, 4, 9, 5, 6, 7, 8, 10, 11]).jumps).toEqual([jump({ kind: "reordered", first: 4, last: 4, back: 4 })]);
    expect(read([1, 2, 3, 4, 5, 7, 6, 8, 9, 10, 11]).jumps).toEqual([jump({ kind: "reordered", first: 6, last: 6, back: 1 })]);
  });

  test("what a jump lost is told once", () => {
    // 5, 6 and 8 are lost; 7 comes late, with holes on both sides.
    const { jumps } = read([1, 2, 3, 4, 9, 10, 11, 7, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(jumps).toEqual([
      jump({ kind: "missing", first: 3, last: 4, missing: 3 }),
      jump({ kind: "reordered", first: 7, last: 7, back: 4 }),
    ]);
  });

  test("the first frame may be the one out of place", () => {
    expect(read([9, 5, 6, 7, 8, 10, 11]).jumps).toEqual([jump({ kind: "reordered", first: 0, last: 0, back: 4 })]);
  });

  test("numbers that a jump off the beat has skipped are lost, too", () => {
    expect(read([10, 12, 14, 16, 21, 23, 25]).jumps).toEqual([jump({ kind: "missing", first: 3, last: 4, missing: 2 })]);
  });

  test("a frame that repeats its number is no jump, and no loss", () => {
    expect(read([1, 2, 3, 3, 4, 5, 6]).jumps).toEqual([]);
  });

  test("a counter that begins again while time goes on", () => {
    const numbers = [...upTo(8, 500), ...upTo(8, 1)];
    expect(read(numbers).jumps).toEqual([jump({ kind: "restarted", first: 8, last: 8, back: 506 })]);
    // It counts on from there: what is lost behind it is, what was before it is not.
    const after = [...upTo(8, 500), ...upTo(4, 0), ...upTo(4, 6)];
    expect(read(after).jumps).toEqual([
      jump({ kind: "restarted", first: 8, last: 8, back: 507 }),
      jump({ kind: "missing", first: 11, last: 12, missing: 2 }),
    ]);
    // Twice.
    expect(read([...upTo(8, 500), ...upTo(8, 1), ...upTo(8, 0)]).jumps).toMatchObject([
      { kind: "restarted" },
      { kind: "restarted", back: 8 },
    ]);
  });

  test("back to a number beyond the first, or while time does not go on, is disorder", () => {
    expect(read([...upTo(8, 500), ...upTo(8, 2)]).jumps).toMatchObject([{ kind: "reordered" }]);
    const stamps = upTo(16, 0, 100).map((at, i) => BigInt(i === 8 ? 700 : at));
    expect(read([...upTo(8, 500), ...upTo(8, 1)], { stamps }).jumps).toMatchObject([{ kind: "reordered" }]);
  });

  test("over the end of its numbers", () => {
    expect(read(upTo(20, 0xfffffff5).map((n) => n >>> 0)).jumps).toEqual([]);
    expect(read(upTo(20, 0xfff5).map((n) => n & 0xffff)).jumps).toEqual([]);
    const lost = upTo(20, 0xfff5).filter((n) => n !== 0xffff && n !== 0x10000);
    expect(read(lost.map((n) => n & 0xffff)).jumps).toEqual([jump({ kind: "missing", first: 9, last: 10, missing: 2 })]);
  });
});

test("of a counter with frames lost and frames late, as many are told as are lost", () => {
  const plan = fc.record({
    step: fc.constantFrom(1, 3),
    gaps: fc.array(fc.tuple(fc.integer({ min: 6, max: 14 }), fc.nat(3), fc.boolean()), { maxLength: 8 }),
  });
  fc.assert(
    fc.property(plan, ({ step, gaps }) => {
      const numbers: number[] = [];
      let [next, lost, late] = [100, 0, 0];
      const take = (): number => {
        next += step;
        return next - step;
      };
      for (const [run, missing, isLate] of gaps) {
        for (let i = 0; i < run; i++) numbers.push(take());
        next += missing * step;
        lost += missing;
        if (!isLate) continue;
        // One comes after the four behind it.
        const one = take();
        for (let i = 0; i < 4; i++) numbers.push(take());
        numbers.push(one);
        late++;
      }
      for (let i = 0; i < 40; i++) numbers.push(take());
      const steps = read(numbers);
      expect([steps.sequence, steps.step]).toEqual(["counts", step]);
      const of = (kind: Jump["kind"]): readonly Jump[] => steps.jumps.filter((one) => one.kind === kind);
      expect(of("missing").reduce((sum, one) => sum + one.missing, 0)).toBe(lost);
      expect(of("reordered").length).toBe(late);
      expect(of("restarted")).toEqual([]);
    }),
  );
});

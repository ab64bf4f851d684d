import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Before,
  gravestRuns,
  joinRuns,
  moreOf,
  NO_RUNS,
  oneRun,
  type Rest,
  type Run,
  type Runs,
  RunsBuilder,
  shiftRuns,
  timesOf,
} from "../../src/summary/runs.ts";
import { gravestTrackRuns, mergeTrackRuns, type TrackRun, type TrackRuns, TrackRunsBuilder } from "../../src/summary/track-runs.ts";

/** Per frame: null where nothing was found, else tag, figure, and what it adds to a total. */
interface Found {
  readonly tag: string;
  readonly worst: number;
  readonly total: number;
}
const found = fc.array(fc.option(fc.record({ tag: fc.constantFrom("a", "b"), worst: fc.nat(9), total: fc.nat(5) }), { freq: 3 }), {
  maxLength: 60,
  size: "max",
});
const stampOf = (frame: number): bigint => BigInt(1000 * frame);

function build(frames: readonly (Found | null)[], from: number, to: number, cap: number, summed: boolean): Runs {
  const stampNs = BigInt64Array.from({ length: to - from }, (_, i) => stampOf(from + i));
  const builder = new RunsBuilder(stampNs, cap);
  for (let i = from; i < to; i++) {
    const frame = frames[i];
    const before = (): Before => ({ frame: i - from - 1, ns: stampOf(i - 1), counter: { at: BigInt(i - from), number: i } });
    if (frame) builder.add(i - from, i - from, frame.worst, frame.tag, summed ? frame.total : undefined, before);
  }
  return builder.finish();
}

/** The definition: all runs, by a plain walk. */
function plain(frames: readonly (Found | null)[], summed: boolean): Run[] {
  const runs: Run[] = [];
  for (const [i, frame] of frames.entries()) {
    if (!frame) continue;
    const last = runs.at(-1);
    if (last && last.last === i - 1 && last.tag === frame.tag) {
      const sum = summed ? { total: (last.total ?? 0) + frame.total } : {};
      runs[runs.length - 1] = { ...last, last: i, endNs: stampOf(i), worst: Math.max(last.worst, frame.worst), ...sum };
    } else {
      runs.push({
        ...{ first: i, last: i, startNs: stampOf(i), endNs: stampOf(i), worst: frame.worst, ...(summed && { total: frame.total }) },
        ...{ tag: frame.tag, before: { frame: i - 1, ns: stampOf(i - 1), counter: { at: BigInt(i), number: i } } },
      });
    }
  }
  return runs;
}

const gravity = (run: Run): number => run.total ?? run.worst;
const frames = ({ first, last }: Run): number => last - first + 1;
const byTag = (a: Run, b: Run): number => (`${a.tag}` < `${b.tag}` ? -1 : `${a.tag}` > `${b.tag}` ? 1 : 0);
const byPlace = (a: Run, b: Run): number => a.first - b.first || byTag(a, b);

/** The definition of what is kept. */
function split(all: readonly Run[], cap: number): { kept: Run[]; rest: Rest | null } {
  const sorted = all.toSorted((a, b) => gravity(b) - gravity(a) || frames(b) - frames(a) || byPlace(a, b));
  const left = sorted.slice(cap);
  const rest: Rest | null =
    left.length === 0
      ? null
      : {
          runs: left.length,
          frames: left.reduce((sum, run) => sum + frames(run), 0),
          first: Math.min(...left.map(({ first }) => first)),
          last: Math.max(...left.map(({ last }) => last)),
          startNs: stampOf(Math.min(...left.map(({ first }) => first))),
          endNs: stampOf(Math.max(...left.map(({ last }) => last))),
          worst: Math.max(...left.map(({ worst }) => worst)),
        };
  return { kept: sorted.slice(0, cap).sort(byPlace), rest };
}

/** Parts joined in the order the numbers choose, until one is left. */
function joinTree<T>(parts: readonly T[], join: (a: T, b: T) => T, picks: readonly number[]): T {
  const left = [...parts];
  for (let k = 0; left.length > 1; k++) {
    const i = (picks[k % Math.max(1, picks.length)] ?? 0) % (left.length - 1);
    left.splice(i, 2, join(left[i] as T, left[i + 1] as T));
  }
  return left[0] as T;
}

const cuts = (n: number, at: readonly number[]): number[] =>
  [...new Set([0, n, ...at.map((cut) => Math.min(cut, n))])].sort((a, b) => a - b);
const anyCuts = fc.array(fc.nat(60), { maxLength: 8 });
const picks = fc.array(fc.nat(100), { maxLength: 8 });

describe("runs", () => {
  test("any cuts, any tree, any cap: the gravest runs of the whole, and what is left of it", () => {
    fc.assert(
      fc.property(found, fc.integer({ min: 1, max: 6 }), anyCuts, picks, fc.boolean(), (list, cap, at, order, summed) => {
        const n = list.length;
        const ends = cuts(n, at);
        const parts = ends.slice(1).map((to, i) => {
          const from = ends[i] ?? 0;
          return shiftRuns(build(list, from, to, cap, summed), from, BigInt(from));
        });
        const merged = parts.length === 0 ? NO_RUNS : joinTree(parts, (a, b) => joinRuns(a, b, cap), order);
        const all = plain(list, summed);
        const expected: Runs = {
          frames: list.filter(Boolean).length,
          runs: all.length,
          head: all[0] ?? null,
          tail: all.at(-1) ?? null,
          ...split(all.slice(1, -1), cap),
        };
        expect(merged).toEqual(expected);
        expect(build(list, 0, n, cap, summed)).toEqual(expected);
        expect(gravestRuns(merged, cap)).toEqual(split(all, cap));
      }),
      { numRuns: 1000 },
    );
  });

  test("nothing joins nothing", () => {
    const run: Run = { first: 3, last: 4, startNs: 1n, endNs: 2n, worst: 0 };
    const one = oneRun(run);
    expect(one).toEqual({ frames: 2, runs: 1, head: run, tail: run, kept: [], rest: null });
    expect(joinRuns(NO_RUNS, one)).toBe(one);
    expect(joinRuns(one, NO_RUNS)).toBe(one);
    expect(shiftRuns(one, 2).head).toEqual({ first: 5, last: 6, startNs: 1n, endNs: 2n, worst: 0 });
    expect(gravestRuns(NO_RUNS)).toEqual({ kept: [], rest: null });
    expect(moreOf("gap", "info", null)).toEqual([]);
  });

  test("the times of a run are given in order", () => {
    const builder = new RunsBuilder(BigInt64Array.of(10n, 20n, 5n));
    builder.add(1, 1);
    builder.add(2, 2);
    const run = builder.finish().head as Run;
    expect([run.startNs, run.endNs, ...timesOf(run)]).toEqual([20n, 5n, 5n, 20n]);
  });

  test("the longest one after a hundred short ones is kept, and the others are told with their place", () => {
    for (const count of [100, 10_000]) {
      const builder = new RunsBuilder(BigInt64Array.from({ length: 3 * count + 50 }, (_, i) => stampOf(i)));
      for (let i = 0; i < count; i++) builder.add(3 * i, 3 * i);
      for (let i = 3 * count; i < 3 * count + 50; i++) builder.add(i, i);
      const { kept, rest } = gravestRuns(builder.finish());
      expect(kept.at(-1)).toMatchObject({ first: 3 * count, last: 3 * count + 49 });
      expect([kept.length, rest?.runs, rest?.first, rest?.last]).toEqual([100, count - 99, 3 * 99, 3 * (count - 1)]);
    }
  });
});

describe("runs per track", () => {
  const names = ["d", "b", "", "a", "c", "e"];
  const rows = fc.array(fc.uniqueArray(fc.nat(names.length - 1), { maxLength: 5 }), { minLength: 1, maxLength: 60, size: "max" });
  const worstOf = (frame: number, track: number): number => (7 * frame + track) % 5;

  function buildTracks(list: readonly (readonly number[])[], from: number, to: number): TrackRuns {
    const stampNs = BigInt64Array.from({ length: to - from }, (_, i) => stampOf(from + i));
    const builder = new TrackRunsBuilder(stampNs, names);
    // Rows without a track are of the track without a name.
    for (let i = from; i < to; i++)
      for (const track of list[i] ?? []) builder.add(i - from, names[track] === "" && i % 2 ? -1 : track, worstOf(i, track));
    return builder.finish();
  }

  function plainTracks(list: readonly (readonly number[])[]): TrackRun[] {
    return names
      .flatMap((tag, track) =>
        plain(
          list.map((frame, i) => (frame.includes(track) ? { tag, worst: worstOf(i, track), total: 0 } : null)),
          false,
        ).map(({ before: _, ...run }) => ({ ...run, tag })),
      )
      .sort(byPlace);
  }

  test("any cuts, any tree: the gravest runs of the whole, and exact counts", () => {
    fc.assert(
      fc.property(rows, anyCuts, picks, (list, at, order) => {
        const n = list.length;
        const ends = cuts(n, at);
        const parts = ends.slice(1).map((to, i) => ({ runs: buildTracks(list, ends[i] ?? 0, to), frames: to - (ends[i] ?? 0) }));
        const join = (a: (typeof parts)[0], b: (typeof parts)[0]) => ({
          runs: mergeTrackRuns(a.runs, b.runs, a.frames),
          frames: a.frames + b.frames,
        });
        const { runs } = joinTree(parts, join, order);
        const all = plainTracks(list);
        expect(runs).toEqual(buildTracks(list, 0, n));
        expect([runs.runs, runs.rows]).toEqual([all.length, list.flat().length]);
        expect(gravestTrackRuns(runs, n)).toEqual(split(all, 100));
      }),
      { numRuns: 1000 },
    );
  });

  test("more tracks than are kept, all at both ends of a part", () => {
    const many = Array.from({ length: 300 }, (_, i) => `t${String(i).padStart(3, "0")}`);
    const part = (): TrackRuns => {
      const builder = new TrackRunsBuilder(BigInt64Array.of(7n), many);
      for (const track of many.keys()) builder.add(0, track, track);
      return builder.finish();
    };
    const whole = mergeTrackRuns(mergeTrackRuns(part(), part(), 1), part(), 2);
    const { kept, rest } = gravestTrackRuns(whole, 3);
    expect(kept.map(({ tag, first, last }) => [tag, first, last])).toEqual(many.slice(200).map((tag) => [tag, 0, 2]));
    expect([whole.runs, whole.rows, rest?.runs, rest?.frames, rest?.worst]).toEqual([300, 900, 200, 600, 199]);
  });

  test("a run ends before a hole, and another begins behind it", () => {
    const part = (): TrackRuns => {
      const builder = new TrackRunsBuilder(BigInt64Array.of(7n), ["a"]);
      builder.add(0, 0, 1);
      return builder.finish();
    };
    const seen = (skipped: number, touching: boolean) =>
      gravestTrackRuns(mergeTrackRuns(part(), part(), 1, { touching, skipped }), 2 + skipped).kept.map(({ first, last }) => [first, last]);
    expect(seen(0, true)).toEqual([[0, 1]]);
    expect(seen(4, false)).toEqual([
      [0, 0],
      [5, 5],
    ]);
    expect(seen(0, false)).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });
});

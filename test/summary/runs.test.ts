import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joinRuns, NO_RUNS, oneRun, type Run, type Runs, RunsBuilder, shiftRuns, timesOf } from "../../src/summary/runs.ts";
import { mergeTrackRuns, NO_TRACK_RUNS, type TrackRun, type TrackRuns, TrackRunsBuilder } from "../../src/summary/track-runs.ts";

interface Found {
  readonly worst: number;
  readonly tag?: string;
}

/** Per frame: null where nothing was found, else the figure and, of some, a tag. */
const one: fc.Arbitrary<Found> = fc.record({ tag: fc.constantFrom("a", "b"), worst: fc.nat(9) }, { requiredKeys: ["worst"] });
const found = fc.array(fc.option(one, { freq: 3 }), { maxLength: 60 });
const stampOf = (frame: number): bigint => BigInt(1000 * frame);

function build(frames: readonly (Found | null)[], from: number, to: number, cap: number): Runs {
  const builder = new RunsBuilder(
    BigInt64Array.from({ length: to - from }, (_, i) => stampOf(from + i)),
    cap,
  );
  for (let i = from; i < to; i++) {
    const frame = frames[i];
    if (frame) builder.add(i - from, i - from, frame.worst, frame.tag);
  }
  return builder.finish();
}

/** The definition: all runs, by a plain walk. */
function plain(frames: readonly (Found | null)[]): Run[] {
  const runs: Run[] = [];
  for (const [i, frame] of frames.entries()) {
    if (!frame) continue;
    const last = runs.at(-1);
    if (last && last.last === i - 1 && last.tag === frame.tag)
      runs[runs.length - 1] = { ...last, last: i, endNs: stampOf(i), worst: Math.max(last.worst, frame.worst) };
    else runs.push({ first: i, last: i, startNs: stampOf(i), endNs: stampOf(i), ...frame });
  }
  return runs;
}

describe("runs", () => {
  test("any cut, any tree, any cap: the first runs of the whole, and exact counts", () => {
    fc.assert(
      fc.property(found, fc.integer({ min: 1, max: 6 }), fc.nat(60), fc.nat(60), fc.boolean(), (frames, cap, x, y, leftFirst) => {
        const n = frames.length;
        const [a, b] = [Math.min(x, y, n), Math.min(Math.max(x, y), n)];
        const part = (from: number, to: number): Runs => shiftRuns(build(frames, from, to, cap), from);
        const [p, q, r] = [part(0, a), part(a, b), part(b, n)];
        const merged = leftFirst ? joinRuns(joinRuns(p, q, cap), r, cap) : joinRuns(p, joinRuns(q, r, cap), cap);
        const all = plain(frames);
        const expected: Runs = {
          frames: frames.filter(Boolean).length,
          runs: all.length,
          kept: all.slice(0, cap),
          tail: all.at(-1) ?? null,
        };
        expect(merged).toEqual(expected);
        expect(build(frames, 0, n, cap)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  test("nothing joins nothing", () => {
    const run: Run = { first: 3, last: 4, startNs: 1n, endNs: 2n, worst: 0 };
    const one = oneRun(run);
    expect(one).toEqual({ frames: 2, runs: 1, kept: [run], tail: run });
    expect(joinRuns(NO_RUNS, one)).toBe(one);
    expect(joinRuns(one, NO_RUNS)).toBe(one);
    expect(shiftRuns(one, 2)).toEqual(oneRun({ ...run, first: 5, last: 6 }));
    expect(shiftRuns(NO_RUNS, 2)).toBe(NO_RUNS);
  });

  test("a hundred are kept where nobody says how many, and a frame needs no figure", () => {
    const builder = new RunsBuilder(new BigInt64Array(300));
    for (let i = 0; i < 101; i++) builder.add(2 * i, 2 * i);
    const runs = builder.finish();
    expect([runs.runs, runs.kept.length, runs.kept[99]?.worst]).toEqual([101, 100, 0]);
    const part = (frames: number): Runs => ({ ...runs, runs: frames, frames, kept: runs.kept.slice(0, frames) });
    expect(joinRuns(part(60), shiftRuns(part(60), 1000)).kept.length).toBe(100);
  });

  test("a run may begin at the stamp of another row, and its times are given in order", () => {
    const builder = new RunsBuilder(BigInt64Array.of(10n, 20n, 5n));
    builder.add(1, 1, 0, undefined, 0);
    builder.add(2, 2, 0, undefined, 1);
    const run = builder.finish().kept[0] as Run;
    expect([run.startNs, run.endNs, ...timesOf(run)]).toEqual([10n, 5n, 5n, 10n]);
  });
});

describe("runs per track", () => {
  const rows = fc.array(fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", ""), { maxLength: 5 }), { minLength: 1, maxLength: 60 });

  function buildTracks(frames: readonly (readonly string[])[], from: number, to: number): TrackRuns {
    const builder = new TrackRunsBuilder(BigInt64Array.from({ length: to - from }, (_, i) => stampOf(from + i)));
    for (let i = from; i < to; i++) for (const track of frames[i] ?? []) builder.add(i - from, track, i % 7);
    return builder.finish();
  }

  function plainTracks(frames: readonly (readonly string[])[]): TrackRun[] {
    const tracks = [...new Set(frames.flat())];
    const runs = tracks.flatMap((tag) =>
      plain(frames.map((frame, i) => (frame.includes(tag) ? { tag, worst: i % 7 } : null))).map((run) => ({ ...run, tag })),
    );
    return runs.sort((a, b) => a.first - b.first || (a.tag < b.tag ? -1 : 1));
  }

  test("any cut, any tree: the first runs of the whole, and exact counts", () => {
    fc.assert(
      fc.property(rows, fc.nat(60), fc.nat(60), fc.boolean(), (frames, x, y, leftFirst) => {
        const n = frames.length;
        const cuts = [...new Set([0, Math.min(x, n), Math.min(y, n), n])].sort((a, b) => a - b);
        const parts = cuts.slice(1).map((to, i) => ({ runs: buildTracks(frames, cuts[i] ?? 0, to), frames: to - (cuts[i] ?? 0) }));
        const join = (a: (typeof parts)[0], b: (typeof parts)[0]) => ({
          runs: mergeTrackRuns(a.runs, b.runs, a.frames),
          frames: a.frames + b.frames,
        });
        const { runs } = leftFirst ? parts.reduce(join) : parts.reduceRight((b, a) => join(a, b));
        const all = plainTracks(frames);
        const byTrack = (a: TrackRun, b: TrackRun): number => (a.tag < b.tag ? -1 : 1);
        expect(runs).toEqual({
          runs: all.length,
          rows: frames.flat().length,
          kept: all.slice(0, 100),
          heads: all.filter(({ first }) => first === 0),
          tails: all.filter(({ last }) => last === n - 1).sort(byTrack),
        });
      }),
      { numRuns: 500 },
    );
  });

  test("of no row there is none", () => {
    expect(new TrackRunsBuilder(new BigInt64Array(3)).finish()).toEqual(NO_TRACK_RUNS);
  });

  test("the first hundred of more, by first frame and track, and exact counts", () => {
    // Three tracks that each come every third frame, twice: 240 runs.
    const frames = Array.from({ length: 120 }, (_, i) => [`z${i % 3}`, `a${i % 3}`]);
    const whole = buildTracks(frames, 0, 120);
    expect([whole.runs, whole.rows, whole.kept.length]).toEqual([240, 240, 100]);
    expect(whole.kept.at(-1)).toMatchObject({ first: 49, tag: "z1" });
    for (const cut of [1, 30, 49, 50, 51, 100]) {
      expect(mergeTrackRuns(buildTracks(frames, 0, cut), buildTracks(frames, cut, 120), cut)).toEqual(whole);
    }
  });
});

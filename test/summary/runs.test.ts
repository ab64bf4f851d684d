import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joinRuns, NO_RUNS, oneRun, type Run, type Runs, RunsBuilder, shiftRuns, timesOf } from "../../src/summary/runs.ts";
import { mergeTrackRuns, type TrackRun, type TrackRuns, TrackRunsBuilder } from "../../src/summary/track-runs.ts";

/** Per frame: null where nothing was found, else tag and figure. */
const found = fc.array(fc.option(fc.record({ tag: fc.constantFrom("a", "b"), worst: fc.nat(9) }), { freq: 3 }), { maxLength: 60 });
const stampOf = (frame: number): bigint => BigInt(1000 * frame);

function build(frames: readonly ({ tag: string; worst: number } | null)[], from: number, to: number, cap: number): Runs {
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
function plain(frames: readonly ({ tag: string; worst: number } | null)[]): Run[] {
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
    const one = oneRun({ first: 3, last: 4, startNs: 1n, endNs: 2n, worst: 0 });
    expect(joinRuns(NO_RUNS, one)).toBe(one);
    expect(joinRuns(one, NO_RUNS)).toBe(one);
    expect(shiftRuns(one, 2).kept).toEqual([{ first: 5, last: 6, startNs: 1n, endNs: 2n, worst: 0 }]);
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
});

import { beforeAll, describe, expect, test } from "vitest";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";
import * as reference from "../reference/track-residuals.ts";
import { guarded, guardedBytes } from "./regions.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const GAP = 3;
const i32 = (values: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);
const f64 = (values: readonly number[]): Uint8Array => new Uint8Array(Float64Array.from(values).buffer);

/** Tracks that come, go, swap and tear; rows out of order, twice in one frame, without a track. */
function scene(seed: number, flat: boolean): { readonly rows: readonly reference.Row[]; readonly seconds: readonly number[] } {
  const random = randomStream(seed, "tracks");
  const frames = 1 + random.below(30);
  const tracks = 1 + random.below(12);
  const seconds: number[] = [];
  for (let f = 0; f < frames; f++) seconds.push((seconds.at(-1) ?? 0) + random.between(0.05, 0.2));
  const rows: reference.Row[] = [];
  for (let frame = 0; frame < frames; frame++) {
    for (let t = 0; t < tracks; t++) {
      if (random.chance(0.15)) continue;
      const jump = random.chance(0.1) ? random.between(-9, 9) : 0;
      const place = Array.from({ length: 4 }, (_, d) => 10 * t + d * frame * 0.3 + jump + 0.01 * random.normal());
      if (!flat) place[3] = 0;
      rows.push({ track: random.chance(0.05) ? -1 : t, frame, place, edges: flat ? (random.chance(0.3) ? random.below(16) : 0) : null });
      if (random.chance(0.03)) rows.push({ track: t, frame: random.below(frames), place, edges: flat ? 0 : null });
    }
  }
  return { rows, seconds };
}

function put({ rows, seconds }: ReturnType<typeof scene>) {
  const tracks = 12;
  const frame = guardedBytes(kernels, i32(rows.map((row) => row.frame)));
  const regions = {
    track: guardedBytes(kernels, i32(rows.map((row) => row.track))),
    frame,
    place: guardedBytes(kernels, f64(rows.flatMap((row) => row.place))),
    seconds: guardedBytes(kernels, f64(seconds)),
    edges: guardedBytes(
      kernels,
      Uint8Array.from(rows, (row) => row.edges ?? 0),
    ),
    starts: guarded(kernels, 4 * (seconds.length + 1)),
    members: guarded(kernels, 4 * rows.length),
    before: guarded(kernels, 4 * rows.length),
    after: guarded(kernels, 4 * rows.length),
    last: guarded(kernels, 4 * tracks),
    residual: guarded(kernels, 8 * rows.length),
  };
  const linked = kernels.exports.sortByFrame(
    frame.pointer,
    regions.track.pointer,
    rows.length,
    seconds.length,
    regions.starts.pointer,
    regions.members.pointer,
  );
  kernels.exports.linkTracks(
    regions.members.pointer,
    linked,
    regions.track.pointer,
    frame.pointer,
    rows.length,
    tracks,
    GAP,
    regions.before.pointer,
    regions.after.pointer,
    regions.last.pointer,
  );
  const edges = rows.some((row) => row.edges !== null) ? regions.edges.pointer : 0;
  const { place, seconds: at, before, after, residual } = regions;
  kernels.exports.trackResiduals(
    place.pointer,
    at.pointer,
    frame.pointer,
    before.pointer,
    after.pointer,
    edges,
    rows.length,
    residual.pointer,
  );
  return { ...regions, linked, edgesOr0: edges };
}

function expectNear(got: number, want: number | undefined): void {
  if (Number.isNaN(want)) expect(got).toBeNaN();
  else expect(got).toBeCloseTo(want ?? 0, 9);
}

for (const flat of [false, true]) {
  describe(flat ? "in 2D" : "in 3D", () => {
    for (let seed = 0; seed < 40; seed++) {
      test(`scene ${seed}`, () => {
        const mark = kernels.mark();
        const it = scene(seed, flat);
        const { rows, seconds } = it;
        const own = put(it);
        const ints = (pointer: number): number[] => [...new Int32Array(kernels.exports.memory.buffer, pointer, rows.length)];
        const doubles = (pointer: number): Float64Array => new Float64Array(kernels.exports.memory.buffer, pointer, rows.length);
        const links = reference.linkTracks(rows, GAP);
        expect(ints(own.before.pointer)).toEqual(links.before);
        expect(ints(own.after.pointer)).toEqual(links.after);
        const residuals = reference.trackResiduals(rows, seconds, GAP);
        for (const [i, got] of doubles(own.residual.pointer).entries()) expectNear(got, residuals[i]);

        const frames = seconds.length;
        const members = reference.sortByFrame(rows);
        expect(ints(own.members.pointer).slice(0, own.linked)).toEqual(members);
        const starts = Array.from({ length: frames + 1 }, (_, f) => members.filter((i) => (rows[i]?.frame ?? 0) < f).length);
        expect([...new Int32Array(kernels.exports.memory.buffer, own.starts.pointer, frames + 1)]).toEqual(starts);
        const least = rows.map((_, i) => 0.05 + (i % 7) / 10);
        const leasts = guardedBytes(kernels, f64(least));
        const outputs = [guarded(kernels, 4 * rows.length), guarded(kernels, 8 * rows.length), guarded(kernels, 4 * rows.length)] as const;
        const found = kernels.exports.swapPartners(
          own.place.pointer,
          own.seconds.pointer,
          own.frame.pointer,
          own.before.pointer,
          own.after.pointer,
          own.edgesOr0,
          own.members.pointer,
          own.starts.pointer,
          frames,
          own.residual.pointer,
          leasts.pointer,
          100,
          outputs[0].pointer,
          outputs[1].pointer,
          outputs[2].pointer,
        );
        const partners = ints(outputs[0].pointer).map((partner, i) => (members.includes(i) ? partner : -1));
        const fits = doubles(outputs[1].pointer);
        const want = reference.swapPartners(rows, seconds, GAP, least);
        expect(found).toBe(want.length);
        expect(partners.filter((partner) => partner >= 0).length).toBe(want.length);
        for (const [row, , fit] of want) {
          expect(partners[row]).toBeGreaterThanOrEqual(0);
          expect(fits[row]).toBeCloseTo(fit, 9);
        }

        const who = guardedBytes(kernels, i32(rows.map(() => 4)));
        const scratch = guarded(kernels, 8 * rows.length);
        const out = guarded(kernels, 16);
        for (const [d, angle] of [
          [0, false],
          [1, true],
        ] as const) {
          kernels.exports.secondDifferenceMad(
            own.place.pointer + 8 * d,
            32,
            angle ? 1 : 0,
            own.frame.pointer,
            own.before.pointer,
            own.after.pointer,
            who.pointer,
            4,
            rows.length,
            scratch.pointer,
            out.pointer,
          );
          const [noise = 0, count] = new Float64Array(kernels.exports.memory.buffer, out.pointer, 2);
          const values = rows.map((row) => row.place[d] ?? 0);
          const [wantNoise, wantCount] = reference.secondDifferenceMad(rows, values, GAP, angle);
          expect(count).toBe(wantCount);
          expect(noise).toBeCloseTo(wantNoise, 9);
        }
        for (const region of [
          own.starts,
          own.members,
          own.track,
          own.frame,
          own.place,
          own.seconds,
          own.edges,
          own.before,
          own.after,
          own.last,
          own.residual,
        ]) {
          region.expectIntact();
        }
        for (const region of [leasts, ...outputs, who, scratch, out]) region.expectIntact();
        kernels.release(mark);
      });
    }
  });
}

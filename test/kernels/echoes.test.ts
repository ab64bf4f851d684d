import { beforeAll, expect, test } from "vitest";
import { FIRING_ROW, HIT_GROUP } from "../../src/abi.ts";
import { loadSimulatorKernels, type SimulatorKernels } from "../../src/simulate/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";
import * as reference from "../reference/echoes.ts";
import { guarded } from "./regions.ts";

const ROW = 24;

let kernels: SimulatorKernels;
beforeAll(async () => {
  kernels = await loadSimulatorKernels();
});

for (const [rings, firings, returns] of [
  [4, 1, 1],
  [8, 7, 2],
  [64, 30, 1],
  [64, 30, 2],
] as const) {
  test(`formEchoes makes the reference's points: ${firings} firings of ${rings} rings, ${returns} returns`, () => {
    const random = randomStream(rings * firings, "echoes");
    const mark = kernels.mark();
    const [aims, beams, hits] = [
      kernels.alloc(firings * FIRING_ROW),
      kernels.alloc(rings * 16),
      kernels.alloc(firings * (rings / 2) * HIT_GROUP),
    ];
    const rows = guarded(kernels, firings * rings * returns * ROW);
    const objects = guarded(kernels, firings * rings * returns * 4);
    const memory = kernels.exports.memory.buffer;
    const [f32, u32, i32] = [new Float32Array(memory), new Uint32Array(memory), new Int32Array(memory)];
    const receiver = { leastRange: 1, noise: 0.02, threshold: 3e-6, returns, seed: 0x89abcdef };
    for (let n = 0; n < firings; n++) {
      f32.set([Math.cos(n), Math.sin(n)], (aims + n * FIRING_ROW) / 4 + 13);
      u32[(aims + n * FIRING_ROW) / 4 + 15] = n * 55_000;
    }
    for (let ring = 0; ring < rings; ring++) {
      f32.set([Math.cos(ring / 200), 0.01 * ring, Math.sin(ring / 200)], beams / 4 + 4 * ring);
      u32[beams / 4 + 4 * ring + 3] = 700 * ring;
    }
    const want: (reference.Echo & { readonly ring: number; readonly firing: number })[] = [];
    for (let n = 0; n < firings; n++) {
      for (let ring = 0; ring < rings; ring++) {
        const near = random.between(0.5, 100);
        const half = (range: number): reference.HalfBeam => ({
          range: random.chance(0.15) ? Number.POSITIVE_INFINITY : Math.fround(range),
          cosine: Math.fround(random.uniform()),
          reflectivity: Math.fround(random.between(0, 0.8)),
          object: random.below(50),
        });
        const halves = [half(near), half(near + random.pick([0, 0.01, 0.4, 0.899, 0.901, 7]))] as const;
        for (const [k, { range, cosine, reflectivity, object }] of halves.entries()) {
          const at = (hits + (n * (rings / 2) + 2 * (ring >> 2) + k) * HIT_GROUP) / 4 + (ring & 3);
          [f32[at], f32[at + 4], f32[at + 8], i32[at + 12]] = [range, cosine, reflectivity, object];
        }
        for (const echo of reference.formEchoes(...halves, n * rings + ring, receiver)) want.push({ ...echo, ring, firing: n });
      }
    }
    const { leastRange, noise, threshold, seed } = receiver;
    const count = kernels.exports.formEchoes(
      aims,
      firings,
      beams,
      rings,
      hits,
      leastRange,
      noise,
      threshold,
      returns,
      seed | 0,
      rows.pointer,
      objects.pointer,
    );
    rows.expectIntact();
    objects.expectIntact();
    expect(count).toBe(want.length);
    const view = new DataView(memory, rows.pointer, count * ROW);
    const f = Math.fround;
    for (const [i, { range, intensity, which, object, ring, firing }] of want.entries()) {
      const [x, y, z] = [f32[beams / 4 + 4 * ring] ?? 0, f32[beams / 4 + 4 * ring + 1] ?? 0, f32[beams / 4 + 4 * ring + 2] ?? 0];
      const [c, s] = [f(Math.cos(firing)), f(Math.sin(firing))];
      const point = [f(range * f(f(c * x) - f(s * y))), f(range * f(f(s * x) + f(c * y))), f(range * z), intensity];
      expect([0, 4, 8, 12].map((at) => view.getFloat32(i * ROW + at, true))).toEqual(point);
      expect([view.getUint32(i * ROW + 16, true), view.getUint16(i * ROW + 20, true), view.getUint16(i * ROW + 22, true)]).toEqual([
        firing * 55_000 + 700 * ring,
        ring,
        which,
      ]);
      expect(new Int32Array(memory)[objects.pointer / 4 + i]).toBe(object);
    }
    kernels.release(mark);
  });
}

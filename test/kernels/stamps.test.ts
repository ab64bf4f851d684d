import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MALFORMED } from "../../src/abi.ts";
import { loadKernels } from "../../src/kernels.ts";
import { decodeStamps, encodeStamps } from "../../src/seal/stamps.ts";
import * as reference from "../reference/stamps.ts";
import { atTheEnd, guarded, guardedBytes } from "./regions.ts";

const kernels = await loadKernels();
const encoded = (stamps: readonly bigint[]): Uint8Array => encodeStamps(BigInt64Array.from(stamps), kernels);
const decoded = (code: Uint8Array, count: number): readonly bigint[] | null => {
  const stamps = decodeStamps(code, count, kernels);
  return stamps && [...stamps];
};

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const edge = fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 0n, 1n, -1n, 2n ** 62n, -(2n ** 62n));
const walk = fc.tuple(int64, fc.array(fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }))).map(([start, steps]) => {
  let t = start;
  return [t, ...steps.map((step) => (t = BigInt.asIntN(64, t + BigInt(step))))];
});
const coarse = walk.map((all) => all.map((t) => BigInt.asIntN(64, t * 1_000_000n)));
const jitter = fc
  .tuple(fc.nat(1000), fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.array(fc.nat(5), { maxLength: 40 }))
  .map(([start, period, off]) => off.map((d, i) => BigInt(start) + BigInt(i) * BigInt(period) + BigInt(d) * BigInt(d)));
const any = fc.oneof(
  fc.array(int64, { minLength: 1 }),
  fc.array(edge, { minLength: 1 }),
  walk,
  coarse,
  jitter.filter((all) => all.length > 0),
);

describe("stampsPlan, stampsEncode, stampsDecode", () => {
  test("are the reference's, whatever the stamps, and come back", () => {
    fc.assert(
      fc.property(any, (stamps) => {
        const code = encoded(stamps);
        expect(code).toEqual(reference.stampsEncode(stamps, reference.stampsPlan(stamps)));
        expect(decoded(code, stamps.length)).toEqual(stamps);
        expect(reference.stampsDecode(code, stamps.length)).toEqual(stamps);
      }),
      { seed: 12, numRuns: 1500 },
    );
  });

  test("a code with a byte changed or lost decodes as the reference says, or is refused as it refuses it", () => {
    let read = 0;
    fc.assert(
      fc.property(any, fc.nat(), fc.nat(255), fc.nat(2), fc.nat(1), (stamps, at, value, fewer, cut) => {
        const code = encoded(stamps);
        const given = code.with(at % code.length, value).subarray(0, code.length - cut);
        const count = Math.max(1, stamps.length - fewer);
        const expected = reference.stampsDecode(given, count);
        expect(decoded(given, count)).toEqual(expected);
        if (expected) read++;
      }),
      { seed: 6, numRuns: 1500 },
    );
    expect(read).toBeGreaterThan(100);
  });

  test("any bytes decode as the reference says, or are refused as it refuses them", () => {
    const code = fc.tuple(
      fc.constantFrom(0, 1, 2, 3),
      fc.nat(52),
      fc.constantFrom(0n, 1n, 7n, 2n ** 63n),
      fc.uint8Array({ maxLength: 60 }),
    );
    let read = 0;
    fc.assert(
      fc.property(code, fc.integer({ min: 1, max: 60 }), fc.nat(3), ([order, k, unit, bits], count, cut) => {
        const bytes = new Uint8Array(18 + bits.length);
        bytes.set([order, k]);
        new DataView(bytes.buffer).setBigUint64(2, unit, true);
        bytes.set(bits, 18);
        const given = bytes.subarray(0, bytes.length - (cut === 0 ? count : 0));
        const expected = reference.stampsDecode(given, count);
        expect(decoded(given, count)).toEqual(expected);
        if (expected) read++;
      }),
      { seed: 5, numRuns: 4000 },
    );
    expect(read).toBeGreaterThan(10);
  });

  test("write nothing but the code and 8 bytes, the stamps and nothing else; the input stays", () => {
    for (let count = 1; count <= 130; count++) {
      const stamps = BigInt64Array.from({ length: count }, (_, i) => BigInt(i) * 1_000_003n + (BigInt(i * i) % 97n));
      const mark = kernels.mark();
      const input = guardedBytes(kernels, new Uint8Array(stamps.buffer), count % 16);
      const head = guarded(kernels, 18, 1);
      const most = kernels.exports.stampsPlan(input.pointer, count, head.pointer);
      const code = guarded(kernels, most + 8, 3);
      const bytes = kernels.exports.stampsEncode(input.pointer, count, head.pointer, code.pointer);
      expect(bytes).toBeLessThanOrEqual(most);
      const out = guarded(kernels, 8 * count, 5);
      expect(kernels.exports.stampsDecode(code.pointer, bytes, count, out.pointer)).toBe(0);
      for (const region of [input, head, code, out]) region.expectIntact();
      expect(kernels.u8(out.pointer, 8 * count)).toEqual(new Uint8Array(stamps.buffer));
      kernels.release(mark);
    }
  });

  test("no byte after the code is read: memory ends there", async () => {
    const stamps = Array.from({ length: 40 }, (_, i) => BigInt(i * i) * 12_345n);
    const code = encoded(stamps);
    const { kernels: last, place } = await atTheEnd(code.length);
    const out = last.alloc(8 * 41);
    expect(last.exports.stampsDecode(place(code), code.length, 40, out)).toBe(0);
    expect([...last.i64(out, 40)]).toEqual(stamps);
    for (let bytes = 0; bytes < code.length; bytes++) {
      expect([bytes, last.exports.stampsDecode(place(code.subarray(0, bytes)), bytes, 40, out)]).toEqual([bytes, MALFORMED]);
    }
  });
});

describe("stamps of a stream", () => {
  test("none take nothing", () => {
    expect(encoded([])).toEqual(new Uint8Array(0));
    expect(decoded(new Uint8Array(0), 0)).toEqual([]);
    expect(decoded(new Uint8Array(1), 0)).toBeNull();
  });

  test("regular ones take a bit, with a millisecond of jitter three bytes, of one tick each nothing more", () => {
    const n = 8000;
    const bytesPerFrame = (of: (i: number) => bigint): number => encoded(Array.from({ length: n }, (_, i) => of(i))).length / n;
    expect(bytesPerFrame((i) => BigInt(i) * 100_000_000n)).toBeLessThan(0.14);
    expect(bytesPerFrame((i) => BigInt(i) * 100_000_000n + BigInt((i * 7919) % 1000) * 1000n)).toBeLessThan(1.7);
    expect(bytesPerFrame((i) => BigInt(i) * 100_000_000n + BigInt((i * 7919_333) % 1_000_000))).toBeLessThan(3);
    expect(bytesPerFrame((i) => BigInt(i) ** 2n * 3_000_000n)).toBeLessThan(1.2);
  });

  test("of another number, with bits left or missing, are refused, and take no memory", () => {
    const code = encoded(Array.from({ length: 50 }, (_, i) => BigInt(i * i * i)));
    const before = kernels.exports.memory.buffer.byteLength;
    for (const count of [49, 51, 2 ** 30, 2 ** 40]) expect(decoded(code, count)).toBeNull();
    expect(decoded(Uint8Array.of(...code, 0), 50)).toBeNull();
    expect(decoded(code.subarray(0, -1), 50)).toBeNull();
    for (const [at, value] of [
      [0, 0],
      [0, 3],
      [1, 51],
      [2, 0],
    ] as const)
      expect(decoded(code.with(at, value), 50)).toBeNull();
    expect(kernels.exports.memory.buffer.byteLength).toBe(before);
  });
});

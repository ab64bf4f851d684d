import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AlgorithmName,
  algorithms,
  allocate,
  crc32Combine,
  createDigest,
  type DigestOptions,
  digest,
} from "../../src/digest/digest.ts";
import { benchOf } from "../../src/digest/memory.ts";
import { painted } from "../kernels/regions.ts";
import { blake3 } from "../reference/blake3.ts";
import { crc32, crc32c, crc64Nvme } from "../reference/crc.ts";
import { xxh3Seeded } from "../reference/xxh3.ts";
import { xxh3Wide } from "../reference/xxh3-wide.ts";

const KEY = painted(32, 9);
const number = (value: bigint | number, digits: number): string => value.toString(16).padStart(digits, "0");

/** Every algorithm by its definition, with the options it takes. */
const DEFINITIONS: readonly {
  readonly name: AlgorithmName;
  readonly options: DigestOptions;
  readonly define: (bytes: Uint8Array) => string;
}[] = [
  { name: "crc32", options: {}, define: (bytes) => number(crc32(bytes), 8) },
  { name: "crc32c", options: {}, define: (bytes) => number(crc32c(bytes), 8) },
  { name: "crc64-nvme", options: {}, define: (bytes) => number(crc64Nvme(bytes), 16) },
  { name: "xxh3-64", options: {}, define: (bytes) => number(xxh3Seeded(bytes, 0n), 16) },
  { name: "xxh3-64", options: { seed: 2n ** 64n - 3n }, define: (bytes) => number(xxh3Seeded(bytes, 2n ** 64n - 3n), 16) },
  { name: "xxh3-128", options: {}, define: (bytes) => number(xxh3Wide(bytes, 0n), 32) },
  { name: "xxh3-128", options: { seed: 77 }, define: (bytes) => number(xxh3Wide(bytes, 77n), 32) },
  { name: "blake3", options: {}, define: (bytes) => Buffer.from(blake3(bytes)).toString("hex") },
  { name: "blake3", options: { key: KEY }, define: (bytes) => Buffer.from(blake3(bytes, KEY)).toString("hex") },
];

/** For what TypeScript would refuse. */
const loosely = digest as (bytes: unknown, algorithm: unknown, options?: unknown) => string;

/** A copy of `bytes` in kernel memory. */
function inKernelMemory(bytes: Uint8Array): Uint8Array {
  const copy = allocate(bytes.length);
  copy.set(bytes);
  return copy;
}

describe("digest", () => {
  test.each([
    ["crc32", "123456789", "cbf43926"],
    ["crc32c", "123456789", "e3069283"],
    ["crc64-nvme", "123456789", "ae8b14860a799888"],
    ["xxh3-64", "", "2d06800538d394c2"],
    ["xxh3-128", "", "99aa06d3014798d86001c324468d497f"],
    ["blake3", "", "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"],
  ] as const)("published: %s of '%s'", (name, text, expected) => {
    expect(digest(new TextEncoder().encode(text), name)).toBe(expected);
  });

  test("every algorithm has its definition here", () => {
    expect([...new Set(DEFINITIONS.map(({ name }) => name))]).toEqual(algorithms);
    expect(Object.isFrozen(algorithms)).toBe(true);
  });

  test.each(DEFINITIONS)("$name $options: by definition, copied in and in place, and what is longer than the window", (one) => {
    for (const length of [0, 1, 9, 100, 1023, 5000, 600_001]) {
      const bytes = painted(length, length + 1);
      const expected = one.define(bytes);
      expect([length, digest(bytes, one.name, one.options)]).toEqual([length, expected]);
      expect([length, digest(inKernelMemory(bytes), one.name, one.options)]).toEqual([length, expected]);
      expect(Buffer.compare(bytes, painted(length, length + 1))).toBe(0);
    }
  });

  test("a small digest may begin with zeros: all its digits are shown", () => {
    const digests = Array.from({ length: 400 }, (_, i) => digest(Uint8Array.of(i & 255, i >> 8), "crc32"));
    expect(digests.every((text) => /^[0-9a-f]{8}$/.test(text))).toBe(true);
    expect(digests.some((text) => text.startsWith("0"))).toBe(true);
  });

  test("reads the view and not its buffer; takes a Buffer and shared memory", () => {
    const bytes = painted(300, 4);
    const shared = new Uint8Array(new SharedArrayBuffer(300));
    shared.set(bytes);
    for (const name of algorithms) {
      const part = digest(bytes.slice(7, 207), name);
      expect(digest(bytes.subarray(7, 207), name)).toBe(part);
      expect(digest(Buffer.from(bytes).subarray(7, 207), name)).toBe(part);
      expect(digest(shared.subarray(7, 207), name)).toBe(part);
    }
  });

  test("a key or a seed leaves nothing behind for the next digest", () => {
    const bytes = painted(2000, 3);
    const plain = algorithms.map((name) => digest(bytes, name));
    digest(bytes, "blake3", { key: KEY });
    digest(bytes, "xxh3-64", { seed: 5n });
    expect(algorithms.map((name) => digest(bytes, name))).toEqual(plain);
    expect(digest(bytes, "xxh3-64", { seed: 0 })).toBe(digest(bytes, "xxh3-64"));
  });

  const none = new Uint8Array(0);
  test.each<[string, unknown[], typeof TypeError | typeof RangeError, string]>([
    ["text for bytes", ["abc", "crc32"], TypeError, "expected a Uint8Array, got string"],
    ["no bytes", [null, "crc32"], TypeError, "expected a Uint8Array, got null"],
    ["other views", [new Uint16Array(2), "crc32"], TypeError, "expected a Uint8Array, got object"],
    ["an unknown name", [none, "md5"], RangeError, 'expected one of crc32, crc32c, crc64-nvme, xxh3-64, xxh3-128, blake3, got "md5"'],
    ["a name every object has", [none, "toString"], RangeError, 'blake3, got "toString"'],
    ["a seed where there is none", [none, "crc32", { seed: 1n }], TypeError, "expected no seed for crc32, got one"],
    ["a key where there is none", [none, "xxh3-64", { key: KEY }], TypeError, "expected no key for xxh3-64, got one"],
    ["both", [none, "blake3", { key: KEY, seed: 1 }], TypeError, "expected a seed or a key, got both"],
    ["a negative seed", [none, "xxh3-64", { seed: -1n }], RangeError, "expected a seed from 0 to 2^64 - 1"],
    ["a seed too large", [none, "xxh3-64", { seed: 2n ** 64n }], RangeError, "expected a seed from 0 to 2^64 - 1"],
    ["a seed that has lost digits", [none, "xxh3-64", { seed: 2 ** 53 }], RangeError, "got 9007199254740992"],
    ["a broken seed", [none, "xxh3-64", { seed: 1.5 }], RangeError, "got 1.5"],
    ["text for a seed", [none, "xxh3-64", { seed: "1" }], TypeError, "expected a seed, got string"],
    ["a short key", [none, "blake3", { key: new Uint8Array(31) }], RangeError, "expected a key of 32 bytes, got 31"],
    ["text for a key", [none, "blake3", { key: "k".repeat(32) }], TypeError, "expected a key of 32 bytes, got string"],
  ])("refuses %s", (_name, [bytes, name, options], error, message) => {
    const call = (): string => loosely(bytes, name, options);
    expect(call).toThrow(error);
    expect(call).toThrow(message);
  });
});

describe("createDigest", () => {
  test.each(DEFINITIONS)("$name $options: any cuts equal one pass, wherever the bytes are", ({ name, options }) => {
    const bytes = painted(700_000, 6);
    const placed = inKernelMemory(bytes);
    const part = fc.record({ length: fc.oneof(fc.nat(100), fc.nat(3000), fc.nat(200_000)), inPlace: fc.boolean() });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6, size: "max" }), (parts) => {
        const running = createDigest(name, options);
        let at = 0;
        for (const { length, inPlace } of parts) {
          const end = Math.min(at + length, bytes.length);
          running.update((inPlace ? placed : bytes).subarray(at, end));
          at = end;
        }
        expect(running.digest()).toBe(digest(bytes.subarray(0, at), name, options));
      }),
      { seed: 8, numRuns: 25 },
    );
  });

  test("many at once, taking turns, in several memories, do not know each other", () => {
    const bytes = painted(50_000, 2);
    const sources = [bytes, inKernelMemory(bytes), inKernelMemory(bytes)];
    const running = DEFINITIONS.map(({ name, options }) => createDigest(name, options));
    for (let at = 0, turn = 0; at < bytes.length; at += 5000) {
      for (const one of running) {
        const source = sources[turn++ % 3] ?? bytes;
        one.update(source.subarray(at, at + 5000));
        digest(bytes, algorithms[turn % algorithms.length] ?? "crc32");
      }
    }
    expect(running.map((one) => one.digest())).toEqual(DEFINITIONS.map(({ name, options }) => digest(bytes, name, options)));
  });

  test("may be asked at any time and go on", () => {
    for (const name of algorithms) {
      const running = createDigest(name);
      expect(running.digest()).toBe(digest(new Uint8Array(0), name));
      running.update(painted(3000, 1)).update(new Uint8Array(0));
      expect(running.digest()).toBe(digest(painted(3000, 1), name));
      expect(running.digest()).toBe(running.digest());
      running.update(painted(10, 2));
      expect(running.digest()).toBe(digest(Uint8Array.of(...painted(3000, 1), ...painted(10, 2)), name));
    }
  });

  test("reads bytes and key before it returns: they may be filled again", () => {
    const key = KEY.slice();
    const running = createDigest("blake3", { key });
    key.fill(0);
    const bytes = painted(100, 1);
    running.update(bytes);
    bytes.fill(0);
    expect(running.digest()).toBe(digest(painted(100, 1), "blake3", { key: KEY }));
  });

  test("refuses what digest refuses, at once", () => {
    expect(() => createDigest("md5" as AlgorithmName)).toThrow(RangeError);
    expect(() => createDigest("crc32", { seed: 1 })).toThrow("expected no seed for crc32, got one");
    expect(() => createDigest("crc32").update("abc" as unknown as Uint8Array)).toThrow("expected a Uint8Array, got string");
  });
});

describe("allocate", () => {
  test("an array of zeros that stays valid whatever is allocated and digested after", () => {
    const first = allocate(1000);
    expect([first.length, first.every((byte) => byte === 0)]).toEqual([1000, true]);
    first.set(painted(1000, 5));
    const { buffer } = first;
    const expected = digest(painted(1000, 5), "blake3");
    const others = [allocate(0), allocate(1), allocate(5_000_000)];
    digest(painted(3_000_000, 1), "xxh3-64");
    for (const other of others) digest(other, "crc32");
    expect([first.length, first.buffer === buffer, digest(first, "blake3")]).toEqual([1000, true, expected]);
    expect(others.map((other) => other.length)).toEqual([0, 1, 5_000_000]);
  });

  test("kernels get its bytes where they are, and others in copies of half a MiB", () => {
    const visits = (bytes: Uint8Array): readonly (readonly [number, number])[] => {
      const seen: [number, number][] = [];
      benchOf(bytes).feed(bytes, (pointer, length) => seen.push([pointer, length]));
      return seen;
    };
    const placed = allocate(3_000_000).subarray(5);
    expect(visits(placed)).toEqual([[placed.byteOffset, placed.length]]);
    expect(visits(new Uint8Array(1_100_000)).map(([, length]) => length)).toEqual([524_288, 524_288, 51_424]);
    expect(visits(new Uint8Array(0))).toEqual([]);
  });

  test("digests write nothing into it, from its first byte to its last", () => {
    const bytes = painted(70_000, 7);
    const placed = inKernelMemory(bytes);
    for (const { name, options } of DEFINITIONS) {
      digest(placed, name, options);
      createDigest(name, options).update(placed).digest();
      expect(Buffer.compare(placed, bytes)).toBe(0);
    }
  });

  test("filled again, it is digested again; so is any part of it", () => {
    const placed = allocate(500);
    for (const seed of [1, 2]) {
      placed.set(painted(500, seed));
      expect(digest(placed.subarray(13, 400), "xxh3-128")).toBe(digest(painted(500, seed).slice(13, 400), "xxh3-128"));
    }
  });

  test.each([-1, 1.5, Number.NaN, 2 ** 32, "10"])("refuses %s", (length) => {
    expect(() => allocate(length as number)).toThrow(RangeError);
    expect(() => allocate(length as number)).toThrow("expected a length from 0 to 4294967295");
  });
});

describe("crc32Combine", () => {
  const [a, b] = [painted(1000, 1), painted(777, 2)];
  const whole = Uint8Array.of(...a, ...b);

  test("joins hex to hex and numbers to numbers", () => {
    expect(crc32Combine(digest(a, "crc32"), digest(b, "crc32"), 777)).toBe(digest(whole, "crc32"));
    expect(crc32Combine(crc32(a), crc32(b), 777)).toBe(crc32(whole));
    expect(crc32Combine("00000000", "00000000", 5)).toBe("00000000");
  });

  test("refuses lengths and CRCs that are none", () => {
    for (const length of [-1, 0.5, 2 ** 53, Number.NaN]) expect(() => crc32Combine(0, 0, length)).toThrow(RangeError);
    for (const crc of [-1, 2 ** 32, 0.5]) expect(() => crc32Combine(crc, 0, 1)).toThrow(RangeError);
    expect(() => crc32Combine("123", "00000000", 1)).toThrow('expected 8 hex digits, got "123"');
    expect(() => crc32Combine(null as unknown as number, 0, 1)).toThrow(TypeError);
  });
});

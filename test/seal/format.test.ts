import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joinBytes } from "../../src/digest/bytes.ts";
import { ConfigError } from "../../src/errors.ts";
import { loadKernels } from "../../src/kernels.ts";
import { LEAF_BYTES, type SealAlgorithm } from "../../src/seal/algorithm.ts";
import { encodeSeal, parseSeal, signed } from "../../src/seal/format.ts";
import { sealKeys } from "../../src/seal/keys.ts";
import { CHECK, Tree } from "../../src/seal/merkle.ts";
import { type StreamLeaves, sealOf } from "../../src/seal/seal.ts";
import { encodeStamps } from "../../src/seal/stamps.ts";

const kernels = await loadKernels();
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i * 7);

function streamOf(id: string, frames: number, algorithm: SealAlgorithm, periodNs = 100_000_000n): StreamLeaves {
  let state = frames + 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
  return {
    id,
    kind: "bytes",
    type: "T",
    schema: id === "/a" ? "0123456789abcdef" : null,
    leaves: {
      count: frames,
      digests: Uint8Array.from({ length: frames * LEAF_BYTES[algorithm] }, next),
      // A millisecond of jitter.
      stampNs: BigInt64Array.from(
        { length: frames },
        (_, i) => 1_700_000_000_000_000_000n + BigInt(i) * periodNs + BigInt(next() % 1_000_000),
      ),
      places: null,
    },
  };
}

function example(algorithm: SealAlgorithm = "xxh3-128", key: Uint8Array | null = null, frames = [23, 1, 40]) {
  const about = { algorithm, framesPerBlock: 10, recording: { name: "x.mcap", format: "mcap" } };
  const streams = ["/a", "/b", "/ü"].map((id, i) => streamOf(id, frames[i] ?? 0, algorithm));
  return encodeSeal(sealOf(streams, about, key, kernels), key, kernels);
}

const refused = (bytes: Uint8Array, key: Uint8Array | null = null): string => {
  try {
    parseSeal(bytes, key, kernels);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as Error;
    expect(message).not.toMatch(/\n/);
    return message;
  }
  return "accepted";
};

/** The seal with `edit` done to its body and a check that fits again: what a forger without the key can make. */
function forged(bytes: Uint8Array, edit: (body: Uint8Array) => void): Uint8Array {
  const out = bytes.slice();
  const body = out.subarray(0, out.length - 35);
  edit(body);
  out.set(new Tree(kernels, sealKeys(null, kernels).node, "xxh3-128", 10).hash(Uint8Array.of(CHECK), body), out.length - 33);
  return out;
}

function find(bytes: Uint8Array, text: string): number {
  return Buffer.from(bytes).indexOf(text);
}

describe("a seal file", () => {
  test("is read back as it was, keyed or not, with either digest, signed or not, as a Buffer at any offset", () => {
    for (const [algorithm, key] of [
      ["xxh3-128", null],
      ["blake3", null],
      ["blake3", KEY],
    ] as const) {
      const made = example(algorithm, key);
      expect(parseSeal(made.bytes, key, kernels)).toEqual(made.seal);
      const withSignature = signed(made, { publicKey: KEY, signature: new Uint8Array(64).fill(9) });
      expect(parseSeal(withSignature.bytes, key, kernels)).toEqual(withSignature.seal);
      expect(signed(withSignature, { publicKey: KEY, signature: new Uint8Array(64).fill(9) }).bytes).toEqual(withSignature.bytes);
      const shifted = Buffer.concat([Buffer.alloc(3), made.bytes]).subarray(3);
      expect(parseSeal(shifted, key, kernels)).toEqual(made.seal);
    }
  });

  test("is MessagePack to anyone", () => {
    const { bytes, seal } = example();
    const [name, version, header, streams, check, signature] = decode(bytes) as [
      string,
      number,
      Record<string, unknown>,
      Record<string, unknown>[],
      Uint8Array,
      null,
    ];
    expect([name, version, signature]).toEqual(["plumbline.seal", 1, null]);
    expect(Uint8Array.from(check)).toEqual(seal.check);
    expect(header).toMatchObject({ algorithm: "xxh3-128", keyed: false, framesPerBlock: 10, name: "x.mcap", format: "mcap" });
    expect(streams.map(({ id, frames, schema }) => [id, frames, schema])).toEqual([
      ["/a", 23, "0123456789abcdef"],
      ["/b", 1, null],
      ["/ü", 40, null],
    ]);
    expect(Uint8Array.from(streams[0]?.["leaves"] as Uint8Array)).toEqual(seal.streams[0]?.leaves);
  });

  test("streams without frames are not in it", () => {
    expect(example("xxh3-128", null, [3, 0, 2]).seal.streams.map(({ id }) => id)).toEqual(["/a", "/ü"]);
    const nothing = example("xxh3-128", null, [0, 0, 0]);
    expect(parseSeal(nothing.bytes, null, kernels).streams).toEqual([]);
  });

  test("takes at most 20 bytes per frame and 1 KiB per stream, with a millisecond of jitter", () => {
    for (const frames of [1, 100, 20_000]) {
      expect(example("xxh3-128", null, [frames, frames, frames]).bytes.length).toBeLessThanOrEqual(3 * (20 * frames + 1024));
    }
    const { bytes } = example("xxh3-128", null, [20_000, 20_000, 20_000]);
    expect((bytes.length - 3 * 1024) / 60_000).toBeLessThan(19.2);
  });
});

describe("hostile seals are refused in one line", () => {
  const { bytes } = example();

  test("cut anywhere", () => {
    for (let n = 0; n < bytes.length; n++) expect([n, refused(bytes.subarray(0, n))]).not.toEqual([n, "accepted"]);
  });

  test("any bit flipped", () => {
    for (let bit = 0; bit < bytes.length * 8; bit += 5) {
      const bad = bytes.slice();
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect([bit, refused(bad)]).not.toEqual([bit, "accepted"]);
    }
  });

  test("something else, another version, something behind it", () => {
    expect(refused(new Uint8Array())).toBe("not a seal");
    expect(refused(Uint8Array.from(Buffer.from("not a seal at all")))).toBe("not a seal");
    expect(refused(bytes.with(16, 2))).toBe("expected a seal of version 1, got version 2");
    expect(refused(Uint8Array.of(...bytes, 0))).toMatch(/damaged or cut off: expected the end/);
  });

  test("a wrong key, a key too many, a key too few, a short key", () => {
    const keyed = example("blake3", KEY).bytes;
    expect(refused(keyed, KEY.with(0, 1))).toBe("the key is not the one it was made with, or the seal was changed");
    expect(refused(keyed)).toBe("the seal is keyed: expected its key");
    expect(refused(bytes, KEY)).toBe("the seal was made without a key, but one is given");
    expect(refused(keyed, KEY.subarray(1))).toBe("expected a key of 32 bytes, got 31");
  });

  test("a forged root, leaf, stamp, id or count, under a check that fits", () => {
    const at = (text: string, offset: number) => (body: Uint8Array) => {
      const i = find(body, text) + text.length + offset;
      body[i] = (body[i] ?? 0) ^ 1;
    };
    expect(refused(forged(bytes, at("root", 2)))).toBe("forged: the root of the recording is not that of its streams");
    expect(refused(forged(bytes, (body) => at("root", 2)(body.subarray(find(body, "kind")))))).toBe(
      'forged: the root of "/a" is not that of its leaves',
    );
    expect(refused(forged(bytes, at("leaves", 40)))).toMatch(/^forged: the root of "\/a"/);
    expect(refused(forged(bytes, at("stamps", 13)))).toMatch(/^forged: the root of "\/a"/);
    expect(refused(forged(bytes, at("id", 2)))).toMatch(/^(forged: the root of|damaged: streams out of order)/);
    expect(refused(forged(bytes, at("frames", 0)))).not.toBe("accepted");
    expect(refused(forged(bytes, () => {}))).toBe("accepted");
  });

  test("huge counts cost nothing", () => {
    const head = bytes.slice(0, find(bytes, "id") - 2);
    const streams = Uint8Array.of(...head.subarray(0, -4), 0xff, 0xff, 0xff, 0xff);
    expect(refused(streams)).toMatch(/damaged or cut off/);
    const nested = Uint8Array.of(...head, ...new Uint8Array(100_000).fill(0x91));
    expect(refused(nested)).toMatch(/damaged or cut off: expected a stream/);
    const frames = bytes.slice();
    const at = Buffer.from(frames).indexOf("frames", find(frames, "kind")) + 6;
    expect(
      refused(Uint8Array.of(...frames.subarray(0, at), 0xcf, 0, 0x1f, 255, 255, 255, 255, 255, 255, ...frames.subarray(at + 1))),
    ).toMatch(/damaged: expected 9007199254740991 leaves/);
  });

  test("lengths that promise more than there is, at every place where there is one, cost nothing", () => {
    const memory = kernels.exports.memory.buffer.byteLength;
    const before = process.memoryUsage().arrayBuffers;
    for (let at = 0; at < bytes.length; at++) {
      for (const form of [0xc6, 0xdb, 0xdd, 0xdf, 0xcf]) {
        const bad = Uint8Array.of(...bytes.subarray(0, at), form, 0xff, 0xff, 0xff, 0xff, ...bytes.subarray(at + 1));
        expect([at, form, refused(bad)]).not.toEqual([at, form, "accepted"]);
      }
    }
    expect(kernels.exports.memory.buffer.byteLength).toBe(memory);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
  });

  test("fields that are missing, in another order, there twice or of another type", () => {
    const header = { algorithm: "xxh3-128", keyed: false, framesPerBlock: 10, name: "x", format: "mcap", root: new Uint8Array(32) };
    const stream = {
      id: "/a",
      kind: "b",
      type: "T",
      schema: null,
      frames: 1,
      root: new Uint8Array(32),
      stamps: encodeStamps(BigInt64Array.of(5n), kernels),
      leaves: new Uint8Array(16),
    };
    const fieldsOf = (map: object): readonly (readonly [string, unknown])[] => Object.entries(map);
    const asMap = (fields: readonly (readonly [string, unknown])[]): Uint8Array =>
      Uint8Array.of(0x80 + fields.length, ...fields.flatMap(([name, value]) => [...encode(name), ...encode(value)]));
    const sealOf = (head: Uint8Array, one: Uint8Array): Uint8Array =>
      Uint8Array.of(0x96, ...encode("plumbline.seal"), ...encode(1), ...head, 0x91, ...one, ...encode(new Uint8Array(32)), 0xc0);
    const [whole, one] = [asMap(fieldsOf(header)), asMap(fieldsOf(stream))];
    expect(refused(sealOf(whole, one))).toBe("the seal was changed");
    for (const isHeader of [true, false]) {
      const fields = fieldsOf(isHeader ? header : stream);
      const wrong = (bad: readonly (readonly [string, unknown])[]): Uint8Array =>
        isHeader ? sealOf(asMap(bad), one) : sealOf(whole, asMap(bad));
      for (const [i, [name, value]] of fields.entries()) {
        const others = ["text", -1, 1.5, 2 ** 60, true, null, [], {}, [[[[]]]], { [name]: value }, new Uint8Array(7)];
        const cases = [
          fields.toSpliced(i, 1),
          fields.toSpliced(i, 0, [name, value]),
          fields.with(i, fields[(i + 1) % fields.length] ?? ["", 0]),
          [...fields.toSpliced(i, 1), [name, value] as const],
          ...others.map((other) => fields.with(i, [name, other])),
        ];
        for (const bad of cases) {
          if (JSON.stringify(bad) === JSON.stringify(fields)) continue;
          // Some are only another name or kind: then the check is wrong.
          expect([name, refused(wrong(bad))]).not.toEqual([name, "accepted"]);
        }
      }
      expect(refused(wrong([...fields, ["more", 1]]))).toMatch(/^damaged or cut off: expected a (header|stream) of \d fields/);
    }
  });

  test("streams out of order, or one that is there twice, although every root fits", () => {
    const about = { algorithm: "xxh3-128", framesPerBlock: 10, recording: { name: "x.mcap", format: "mcap" } } as const;
    const streams = ["/a", "/a", "/b"].map((id) => streamOf(id, 5, "xxh3-128"));
    expect(refused(encodeSeal(sealOf(streams, about, null, kernels), null, kernels).bytes)).toBe("damaged: streams out of order");
    const made = sealOf(streams.slice(1), about, null, kernels);
    const turned = { ...made, streams: made.streams.toReversed() };
    expect(refused(encodeSeal(made, null, kernels).bytes)).toBe("accepted");
    expect(refused(encodeSeal(turned, null, kernels).bytes)).toBe("damaged: streams out of order");
  });

  test("nothing nests, however deep it is", () => {
    const head = bytes.subarray(0, find(bytes, "plumbline.seal") + 15);
    for (const form of [0x91, 0x81, 0x96, 0x86, 0xdc, 0xdd, 0xde, 0xdf]) {
      const bad = new Uint8Array(head.length + 1_000_000).fill(form);
      bad.set(head);
      expect(refused(bad)).toMatch(/^damaged or cut off: expected (a header|"algorithm")/);
      expect(refused(new Uint8Array(1_000_000).fill(form))).toBe("not a seal");
    }
  });

  test("any MessagePack at all, behind a right name and version", () => {
    const head = bytes.subarray(0, find(bytes, "plumbline.seal") + 15);
    fc.assert(
      fc.property(fc.array(fc.anything({ withBigInt: false, withDate: false, withTypedArray: true }), { maxLength: 5 }), (values) => {
        const parts = values.flatMap((value) => {
          try {
            return [encode(value)];
          } catch {
            return [];
          }
        });
        expect(refused(joinBytes([head, ...parts]))).toMatch(/^(damaged|expected)/);
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  test("any bytes at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(200), (noise, from) => {
        expect(refused(Uint8Array.of(...bytes.subarray(0, from), ...noise))).not.toBe("accepted");
      }),
      { numRuns: 500 },
    );
  });
});

import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joinBytes } from "../../src/digest/bytes.ts";
import { ConfigError } from "../../src/errors.ts";
import { loadKernels } from "../../src/kernels.ts";
import { LEAF_BYTES, type SealAlgorithm } from "../../src/seal/algorithm.ts";
import { encodeSeal, parseSeal, signed } from "../../src/seal/format.ts";
import { CHECK, Tree } from "../../src/seal/merkle.ts";
import { type Seal, type StreamLeaves, sealOf } from "../../src/seal/seal.ts";
import { encodeStamps } from "../../src/seal/stamps.ts";
import type { FrameForm } from "../../src/types.ts";
import { type PlainSeal, sealFile, writeSeal } from "../reference/seal.ts";

const kernels = await loadKernels();
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i * 7);

const CDR: FrameForm = {
  topic: "/a",
  messageEncoding: "cdr",
  schemaEncoding: "ros2msg",
  schemaText: "0123456789abcdef".repeat(4),
  typeHash: "RIHS01_12",
};
/** As a container may list them: in no order, one that no frame has, one that is the first but for its text. */
const SEVERAL: readonly FrameForm[] = [CDR, { ...CDR, typeHash: "unused" }, { ...CDR, schemaText: "00".repeat(32), typeHash: null }];

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
    forms: id === "/a" ? [CDR] : id === "/b" ? undefined : SEVERAL,
    leaves: {
      count: frames,
      digests: Uint8Array.from({ length: frames * LEAF_BYTES[algorithm] }, next),
      // A millisecond of jitter.
      stampNs: BigInt64Array.from(
        { length: frames },
        (_, i) => 1_700_000_000_000_000_000n + BigInt(i) * periodNs + BigInt(next() % 1_000_000),
      ),
      forms: id === "/ü" ? Uint16Array.from({ length: frames }, (_, i) => (i % 3 === 1 ? 2 : 0)) : null,
      places: null,
    },
  };
}

function example(algorithm: SealAlgorithm = "xxh3-128", key: Uint8Array | null = null, frames = [23, 1, 40]) {
  const about = { algorithm, framesPerBlock: 10, recording: { name: "x.mcap", format: "mcap" }, damages: { truncated: 1, "bad-magic": 2 } };
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
  const form = { version: 2, algorithm: "xxh3-128", keyed: false, framesPerBlock: 10 } as const;
  out.set(new Tree(kernels, null, form).hash(Uint8Array.of(CHECK), body), out.length - 33);
  return out;
}

/** The same seal in the words of the reference. */
function plainOf(seal: Seal): PlainSeal {
  const { algorithm, keyed, framesPerBlock, recording, damages, streams } = seal;
  const size = LEAF_BYTES[algorithm];
  return {
    version: 2,
    ...{ algorithm, keyed, framesPerBlock, ...recording },
    damages: Object.entries(damages).sort(([a], [b]) => (a < b ? -1 : 1)),
    streams: streams.map(({ id, kind, type, forms, formOf, frames, leaves, stampNs }) => ({
      ...{ id, kind, type, schema: null },
      forms: forms.map((form) => ({
        ...form,
        schemaText: form.schemaText === null ? null : Uint8Array.from(Buffer.from(form.schemaText, "hex")),
      })),
      frames: Array.from({ length: frames }, (_, i) => ({
        leaf: leaves.slice(i * size, (i + 1) * size),
        stampNs: stampNs[i] ?? 0n,
        ...(formOf && { form: formOf[i] ?? 0 }),
      })),
    })),
  };
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
      const shifted = Buffer.concat([Buffer.alloc(3), made.bytes]).subarray(3);
      expect(parseSeal(shifted, key, kernels)).toEqual(made.seal);
      if (algorithm !== "blake3") continue;
      const withSignature = signed(made, { publicKey: KEY, signature: new Uint8Array(64).fill(9) });
      expect(parseSeal(withSignature.bytes, key, kernels)).toEqual(withSignature.seal);
      expect(signed(withSignature, { publicKey: KEY, signature: new Uint8Array(64).fill(9) }).bytes).toEqual(withSignature.bytes);
    }
  });

  test("is what the documentation says, byte for byte, keyed or not, with either digest", () => {
    for (const [algorithm, key] of [
      ["xxh3-128", null],
      ["blake3", null],
      ["blake3", KEY],
    ] as const) {
      const { seal, bytes } = example(algorithm, key, [23, 1, 14]);
      const written = writeSeal(plainOf(seal), key);
      expect(written.root).toEqual(seal.root);
      expect(Buffer.from(sealFile(written)).toString("hex")).toBe(Buffer.from(bytes).toString("hex"));
    }
  });

  test("holds the forms that frames have, in order of their bytes, none twice, and of each frame which", () => {
    const [, , last] = example().seal.streams;
    expect(last?.forms.map(({ typeHash }) => typeHash)).toEqual([null, "RIHS01_12"]);
    expect([...(last?.formOf ?? [])].slice(0, 4)).toEqual([1, 0, 1, 1]);
    const alone = streamOf("/ü", 6, "xxh3-128");
    const leaves = { ...alone.leaves, forms: new Uint16Array(6) };
    const about = { algorithm: "xxh3-128", framesPerBlock: 10, recording: { name: "x", format: "mcap" }, damages: {} } as const;
    expect(sealOf([{ ...alone, leaves }], about, null, kernels).streams).toMatchObject([{ forms: [CDR], formOf: null }]);
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
    expect([name, version, signature]).toEqual(["plumbline.seal", 2, null]);
    expect(Uint8Array.from(check)).toEqual(seal.check);
    expect(header).toMatchObject({ algorithm: "xxh3-128", keyed: false, framesPerBlock: 10, name: "x.mcap", format: "mcap" });
    expect(header["damages"]).toEqual([
      ["bad-magic", 2],
      ["truncated", 1],
    ]);
    expect(streams.map(({ id, frames, forms }) => [id, frames, (forms as { topic: string }[]).map(({ topic }) => topic)])).toEqual([
      ["/a", 23, ["/a"]],
      ["/b", 1, [""]],
      ["/ü", 40, ["/a", "/a"]],
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
    const plain = example("xxh3-128", null, [20_000, 20_000, 0]);
    expect((plain.bytes.length - 2 * 1024) / 40_000).toBeLessThan(19.2);
  });
});

describe("hostile seals are refused in one line", () => {
  const { bytes } = example();

  test("cut anywhere", () => {
    for (let n = 0; n < bytes.length; n++) expect([n, refused(bytes.subarray(0, n))]).not.toEqual([n, "accepted"]);
  });

  test("any bit flipped", () => {
    for (let bit = 0; bit < bytes.length * 8; bit += 7) {
      const bad = bytes.slice();
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect([bit, refused(bad)]).not.toEqual([bit, "accepted"]);
    }
  });

  test("something else, another version, something behind it", () => {
    expect(refused(new Uint8Array())).toBe("not a seal");
    expect(refused(Uint8Array.from(Buffer.from("not a seal at all")))).toBe("not a seal");
    expect(refused(bytes.with(16, 3))).toBe("expected a seal of version 1 or 2, got version 3");
    expect(refused(bytes.with(16, 1))).toMatch(/^damaged or cut off: expected a header of 6 fields/);
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
    for (const name of ["kind", "type", "topic", "messageEncoding", "schemaEncoding", "typeHash"]) {
      expect([name, refused(forged(bytes, at(name, 1)))]).toEqual([name, expect.stringMatching(/^forged: the root of "\/a"/)]);
    }
    expect(refused(forged(bytes, at("schemaText", 9)))).toMatch(/^forged: the root of "\/a"/);
    expect(refused(forged(bytes, (body) => at("formOf", 3)(body.subarray(find(body, "/ü")))))).not.toBe("accepted");
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
    const forms = find(bytes, "forms") + 5;
    expect(refused(Uint8Array.of(...bytes.subarray(0, forms), 0xdd, 255, 255, 255, 255))).toMatch(/damaged: expected 1 to 65536 forms/);
    expect(refused(Uint8Array.of(...bytes.subarray(0, forms), 0x90, ...bytes.subarray(forms + 1)))).toMatch(
      /expected 1 to 65536 forms, got 0/,
    );
  });

  test("lengths that promise more than there is, at every place where there is one, cost nothing", () => {
    const { bytes } = example("xxh3-128", null, [3, 0, 4]);
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
    const root = new Uint8Array(32);
    const header = { algorithm: "xxh3-128", keyed: false, framesPerBlock: 10, name: "x", format: "mcap", damages: [["a", 1]], root };
    const form = { topic: "", messageEncoding: "", schemaEncoding: "", schemaText: null, typeHash: null };
    const stream = {
      id: "/a",
      kind: "b",
      type: "T",
      forms: [form],
      frames: 1,
      root,
      stamps: encodeStamps(BigInt64Array.of(5n), kernels),
      formOf: null,
      leaves: new Uint8Array(16),
    };
    const fieldsOf = (map: object): readonly (readonly [string, unknown])[] => Object.entries(map);
    const asMap = (fields: readonly (readonly [string, unknown])[]): Uint8Array =>
      Uint8Array.of(0x80 + fields.length, ...fields.flatMap(([name, value]) => [...encode(name), ...encode(value)]));
    const sealOf = (head: Uint8Array, one: Uint8Array): Uint8Array =>
      Uint8Array.of(0x96, ...encode("plumbline.seal"), ...encode(2), ...head, 0x91, ...one, ...encode(new Uint8Array(32)), 0xc0);
    const [whole, one] = [asMap(fieldsOf(header)), asMap(fieldsOf(stream))];
    expect(refused(sealOf(whole, one))).toBe("the seal was changed");
    for (const part of ["header", "stream", "form"] as const) {
      const fields = fieldsOf({ header, stream, form }[part]);
      const wrong = (bad: readonly (readonly [string, unknown])[]): Uint8Array => {
        if (part === "header") return sealOf(asMap(bad), one);
        if (part === "stream") return sealOf(whole, asMap(bad));
        const [before, after] = [find(one, "forms") + 6, find(one, "frames") - 1];
        return sealOf(whole, Uint8Array.of(...one.subarray(0, before), ...asMap(bad), ...one.subarray(after)));
      };
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
      expect(refused(wrong([...fields, ["more", 1]]))).toMatch(/^damaged or cut off: expected a (header|stream|form) of \d fields/);
    }
  });

  test("streams out of order, or one that is there twice, although every root fits", () => {
    const about = { algorithm: "xxh3-128", framesPerBlock: 10, recording: { name: "x.mcap", format: "mcap" }, damages: {} } as const;
    const streams = ["/a", "/a", "/b"].map((id) => streamOf(id, 5, "xxh3-128"));
    expect(refused(encodeSeal(sealOf(streams, about, null, kernels), null, kernels).bytes)).toBe("damaged: streams out of order");
    const made = sealOf(streams.slice(1), about, null, kernels);
    const turned = { ...made, streams: made.streams.toReversed() };
    expect(refused(encodeSeal(made, null, kernels).bytes)).toBe("accepted");
    expect(refused(encodeSeal(turned, null, kernels).bytes)).toBe("damaged: streams out of order");
  });

  test("forms out of order, there twice, or that no frame has; a form for each frame where there is one, and none where there are several", () => {
    const plain = plainOf(example("xxh3-128", null, [0, 0, 8]).seal);
    const [stream] = plain.streams;
    if (!stream) throw new Error("expected a stream");
    const [first, second] = stream.forms;
    const told = (forms: typeof stream.forms, form: (i: number) => number = (i) => i % 2): string =>
      refused(
        sealFile(
          writeSeal({ ...plain, streams: [{ ...stream, forms, frames: stream.frames.map((one, i) => ({ ...one, form: form(i) })) }] }),
        ),
      );
    if (!first || !second) throw new Error("expected two forms");
    expect(told([first, second])).toBe("accepted");
    expect(told([second, first])).toBe("damaged: forms out of order");
    expect(told([first, first])).toBe("damaged: forms out of order");
    expect(told([first, second], () => 1)).toBe("damaged: expected frames of 2 forms");
    expect(told([first, second], (i) => i % 3)).toBe("damaged: expected frames of 2 forms");
    const whole = sealFile(writeSeal({ ...plain, streams: [{ ...stream, forms: [first], frames: stream.frames }] }));
    const at = find(whole, "formOf") + 6;
    const added = Uint8Array.of(...whole.subarray(0, at), 0xc4, 8, ...new Uint8Array(8), ...whole.subarray(at + 1));
    expect(refused(added)).toBe("damaged: expected the form of each frame where there are several");
  });

  test("kinds of damage out of order or there twice", () => {
    const plain = plainOf(example("xxh3-128", null, [1, 0, 0]).seal);
    const told = (...damages: PlainSeal["damages"]): string => refused(sealFile(writeSeal({ ...plain, damages })));
    expect(told(["a", 1], ["b", 2])).toBe("accepted");
    expect(told(["b", 1], ["a", 2])).toBe("damaged: kinds of damage out of order");
    expect(told(["a", 1], ["a", 2])).toBe("damaged: kinds of damage out of order");
  });

  test("numbers and lengths that are not in their shortest form: there is one way to write a seal", () => {
    const plain = plainOf(example("xxh3-128", null, [20, 0, 0]).seal);
    const { body } = writeSeal(plain);
    const spelled = (from: number, length: number, instead: readonly number[]): string => {
      const other = Uint8Array.of(...body.subarray(0, from), ...instead, ...body.subarray(from + length));
      const form = { version: 2, algorithm: "xxh3-128", keyed: false, framesPerBlock: 10 } as const;
      const check = new Tree(kernels, null, form).hash(Uint8Array.of(CHECK), other);
      return refused(sealFile({ body: other, check, root: check, signed: check }));
    };
    const at = (text: string): number => find(body, text) + text.length;
    expect(spelled(0, 0, [])).toBe("accepted");
    for (const [place, length, instead] of [
      [at("framesPerBlock"), 1, [0xcc, 10]],
      [at("framesPerBlock"), 1, [0xcd, 0, 10]],
      [at("framesPerBlock"), 1, [0xce, 0, 0, 0, 10]],
      [at("framesPerBlock"), 1, [0xcf, 0, 0, 0, 0, 0, 0, 0, 10]],
      [at("kind"), 1, [0xd9, 5]],
      [at("kind"), 1, [0xda, 0, 5]],
      [at("kind"), 1, [0xdb, 0, 0, 0, 5]],
      [at("forms"), 1, [0xdc, 0, 1]],
      [at("forms"), 1, [0xdd, 0, 0, 0, 1]],
      [at("forms") + 1, 1, [0xde, 0, 5]],
      [at("schemaText"), 2, [0xc5, 0, 32]],
      [at("schemaText"), 2, [0xc6, 0, 0, 0, 32]],
      [at("leaves"), 3, [0xc6, 0, 0, 1, 64]],
      [16, 1, [0xcc, 2]],
    ] as const) {
      expect([place, instead, spelled(place, length, instead)]).toEqual([place, instead, expect.stringMatching(/^damaged or cut off/)]);
    }
  });

  test("a signature over leaves that are not BLAKE3", () => {
    const signature = { publicKey: KEY, signature: new Uint8Array(64) };
    expect(refused(signed(example(), signature).bytes)).toBe("forged: expected BLAKE3 leaves under a signature");
    expect(refused(signed(example("blake3"), signature).bytes)).toBe("accepted");
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

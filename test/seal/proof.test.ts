import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/errors.ts";
import { loadKernels } from "../../src/kernels.ts";
import { sealKeys } from "../../src/seal/keys.ts";
import type { Meaning } from "../../src/seal/meaning.ts";
import { entryOf, NODE_BYTES, Tree, type TreeForm } from "../../src/seal/merkle.ts";
import { checkPath, type Proof, parseProof, proofOf } from "../../src/seal/proof.ts";
import { sealOf } from "../../src/seal/seal.ts";
import type { FrameForm } from "../../src/types.ts";
import { leavesOf } from "./leaves-of.ts";

const kernels = await loadKernels();
const KEY = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);

const FORM: FrameForm = { topic: "/t", messageEncoding: "cdr", schemaEncoding: "ros2msg", schemaText: "ab".repeat(32), typeHash: null };
const SEVERAL = [FORM, { ...FORM, schemaText: null }, { ...FORM, typeHash: "md5" }];

/** The second stream has frames of several forms. */
function sealed(counts: readonly number[], framesPerBlock = 10) {
  const about = { algorithm: "xxh3-128", framesPerBlock, recording: { name: "x", format: "mcap" }, damages: {} } as const;
  const streams = counts.map((count, i) => {
    const leaves = leavesOf(Array.from({ length: count }, (_, k) => [k + 1000 * i, 10 * k]));
    const formed = { ...leaves, forms: Uint16Array.from({ length: count }, (_, k) => k % 3) };
    return { id: `/s${i}`, kind: "bytes", type: "T", forms: i === 1 ? SEVERAL : [FORM], leaves: i === 1 ? formed : leaves };
  });
  return { ...sealOf(streams, about, null, kernels), check: new Uint8Array(32), signature: null };
}

const holds = (proof: Proof): boolean => {
  try {
    checkPath(proof, null, kernels);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return false;
  }
};

describe("the tree", () => {
  const form = { version: 2, algorithm: "xxh3-128", keyed: false, framesPerBlock: 10 } as const;
  const tree = new Tree(kernels, null, form);
  const nodes = (n: number): Uint8Array => Uint8Array.from({ length: n * NODE_BYTES }, (_, i) => i / NODE_BYTES + 1);
  const node = (i: number): Uint8Array => new Uint8Array(NODE_BYTES).fill(i + 1);

  test("a path leads from every node to the top, and from no other place", () => {
    for (let n = 1; n <= 17; n++) {
      for (let i = 0; i < n; i++) {
        const path = tree.path(nodes(n), i);
        expect(path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(n)));
        for (let j = 0; j < n; j++) {
          const top = tree.topFrom(node(i), j, n, path);
          if (i === j) expect(top).toEqual(tree.top(nodes(n)));
          else expect(top).not.toEqual(tree.top(nodes(n)));
        }
      }
    }
  });

  test("block nodes of more frames than are copied in at once", () => {
    const frames = 66_003;
    const leaves = Uint8Array.from({ length: 16 * frames }, (_, i) => i * 7 + (i >> 9));
    const stampNs = BigInt64Array.from({ length: frames }, (_, i) => BigInt(i) * 1_000_003n);
    for (const perBlock of [10, 70_000]) {
      const own = new Tree(kernels, null, { ...form, framesPerBlock: perBlock });
      const blocks = own.blockNodes({ frames, leaves, stampNs, formOf: null });
      expect(blocks.length).toBe(Math.ceil(frames / perBlock) * NODE_BYTES);
      for (const block of new Set([0, Math.floor(65_536 / perBlock), Math.floor((frames - 1) / perBlock)])) {
        const inBlock = Math.min(perBlock, frames - block * perBlock);
        const entries = Array.from({ length: inBlock }, (_, i) => {
          const frame = block * perBlock + i;
          return entryOf(leaves.subarray(16 * frame, 16 * frame + 16), stampNs[frame] ?? 0n);
        });
        const expected = own.blockNode(entries);
        expect([block, blocks.subarray(block * NODE_BYTES, (block + 1) * NODE_BYTES)]).toEqual([block, expected]);
      }
    }
  });

  test("tops by hand", () => {
    const [a, b, c] = [node(0), node(1), node(2)] as const;
    const inner = (left: Uint8Array, right: Uint8Array): Uint8Array => tree.hash(Uint8Array.of(2), left, right);
    expect(tree.top(nodes(0))).toEqual(new Uint8Array(32));
    expect(tree.top(nodes(1))).toEqual(a);
    expect(tree.top(nodes(3))).toEqual(inner(inner(a, b), c));
  });

  test("a root changes with every bit of a leaf or stamp, the id, the count and the size of a block", () => {
    const base = sealed([23]);
    const roots = new Set(
      [base.root, sealed([22]).root, sealed([23], 11).root, sealed([23, 1]).root].map((root) => Buffer.from(root).toString("hex")),
    );
    expect(roots.size).toBe(4);
  });

  test("a root changes with the version, the algorithm, the key, the size of a block and the number of streams alone", () => {
    const forms: TreeForm[] = [
      form,
      { ...form, version: 1 },
      { ...form, algorithm: "blake3" },
      { ...form, keyed: true },
      { ...form, framesPerBlock: 11 },
    ];
    const roots = forms.map((one) => new Tree(kernels, null, one).recordingRoot(2, node(0)));
    roots.push(tree.recordingRoot(3, node(0)), new Tree(kernels, KEY, form).recordingRoot(2, node(0)));
    expect(new Set(roots.map((root) => Buffer.from(root).toString("hex"))).size).toBe(roots.length);
  });

  test("a stream's node changes with each part of what its frames mean, however the parts are cut", () => {
    const meaning = { id: "/a", kind: "points", type: "T", forms: [FORM] };
    const others: Meaning[] = [
      { ...meaning, id: "/b" },
      { ...meaning, kind: "bytes" },
      { ...meaning, type: "U" },
      { ...meaning, kind: "point", type: "sT" },
      { ...meaning, forms: [] },
      { ...meaning, forms: [FORM, FORM] },
      ...Object.entries({ topic: "/u", messageEncoding: "json", schemaEncoding: "ros1msg", schemaText: "ac".repeat(32), typeHash: "" }).map(
        ([field, value]) => ({ ...meaning, forms: [{ ...FORM, [field]: value }] }),
      ),
      { ...meaning, forms: [{ ...FORM, schemaText: null }] },
      { ...meaning, forms: [{ ...FORM, messageEncoding: "cdrros", schemaEncoding: "2msg" }] },
    ];
    const nodes = [meaning, ...others].map((one) => Buffer.from(tree.streamRoot(one, 5, node(0))).toString("hex"));
    expect(new Set(nodes).size).toBe(nodes.length);
  });

  test("a node cannot pass for a leaf, nor one kind of node for another", () => {
    const [a, b] = [node(0), node(1)] as const;
    const mark = kernels.mark();
    const out = kernels.alloc(32);
    const content = Uint8Array.of(2, ...a, ...b);
    kernels.exports.blake3(kernels.put(content), content.length, 0, out, 32);
    expect(kernels.u8(out, 32).slice()).not.toEqual(tree.top(nodes(2)));
    kernels.release(mark);
    const keys = ([1, 2] as const).flatMap((version) => [sealKeys(version, KEY, kernels), sealKeys(version, null, kernels)]);
    const all = [KEY, ...keys.flatMap(({ leaf, node }) => (leaf ? [leaf, node] : [node]))].map((key) => Buffer.from(key).toString("hex"));
    expect(new Set(all).size).toBe(7);
  });
});

describe("a proof", () => {
  test("of every frame holds, as JSON too", () => {
    for (const counts of [[1], [10], [11], [25, 3, 101], [40, 40, 40, 40, 40]]) {
      const seal = sealed(counts);
      for (const [s, count] of counts.entries()) {
        for (let frame = 0; frame < count; frame += 3) {
          const proof = parseProof(JSON.stringify(proofOf(seal, `/s${s}`, frame, null, kernels)));
          expect(holds(proof)).toBe(true);
          expect(proof.root).toBe(Buffer.from(seal.root).toString("hex"));
        }
      }
    }
  });

  test("with anything changed does not hold", () => {
    const proof = proofOf(sealed([45, 12, 7]), "/s1", 11, null, kernels);
    const [first, second, third] = proof.forms ?? [];
    if (!first || !second || !third) throw new Error("expected three forms");
    const swap = (text: string): string => `${text[0] === "0" ? "1" : "0"}${text.slice(1)}`;
    const bad: Partial<Proof>[] = [
      { frame: 10 },
      { frame: 12 },
      { frames: 13 },
      { framesPerBlock: 11 },
      { stream: "/s0" },
      { streams: 4 },
      { streamIndex: 0 },
      { streamIndex: 3 },
      { algorithm: "blake3" },
      { leaf: swap(proof.leaf) },
      { stampNs: "111" },
      { block: proof.block.toReversed() },
      { block: proof.block.slice(1) },
      { path: [] },
      { path: [...proof.path, ...proof.path] },
      { path: proof.path.map(swap) },
      { streamPath: proof.streamPath.map(swap) },
      { streamPath: proof.streamPath.slice(1) },
      { root: swap(proof.root) },
      { keyed: true },
      { kind: "points" },
      { type: "U" },
      { schema: "plumbline.proof/1" },
      { forms: [first, third, second] },
      { forms: [first, second] },
      { forms: [first] },
      { forms: [first, second, { ...third, messageEncoding: "json" }] },
      { forms: [first, second, { ...third, typeHash: "md6" }] },
      { form: ((proof.form ?? 0) + 1) % 3 },
      { form: undefined },
      { form: 3, block: proof.block.map((entry) => ({ ...entry, form: 3 })) },
      { block: proof.block.map((entry) => ({ ...entry, form: 0 })), form: 0 },
      { block: proof.block.map(({ leaf, stampNs }) => ({ leaf, stampNs })), form: undefined },
    ];
    expect(holds(proof)).toBe(true);
    for (const change of bad) expect([change, holds({ ...proof, ...change })]).toEqual([change, false]);
    // A stream of one form says so once.
    const plain = proofOf(sealed([45, 12, 7]), "/s0", 11, null, kernels);
    expect([holds(plain), plain.form, holds({ ...plain, form: 0, block: plain.block.map((entry) => ({ ...entry, form: 0 })) })]).toEqual([
      true,
      undefined,
      false,
    ]);
  });

  test("that is none is refused in a line", () => {
    const proof = proofOf(sealed([3]), "/s0", 1, null, kernels);
    for (const text of [
      "",
      "{}",
      "[]",
      "null",
      JSON.stringify({ ...proof, frame: -1 }),
      JSON.stringify({ ...proof, more: 1 }),
      JSON.stringify({ ...proof, leaf: "xyz" }),
      JSON.stringify({ ...proof, stream: "\ud800" }),
      JSON.stringify({ ...proof, stampNs: "-0" }),
      JSON.stringify({ ...proof, stampNs: "010" }),
      JSON.stringify({ ...proof, stampNs: "9223372036854775808" }),
      JSON.stringify({ ...proof, streams: 2 ** 32 + 1 }),
      JSON.stringify({ ...proof, framesPerBlock: 0 }),
      JSON.stringify({ ...proof, forms: [] }),
      JSON.stringify({ ...proof, forms: [{ ...FORM, schemaText: "ab" }] }),
      JSON.stringify({ ...proof, kind: undefined }),
      JSON.stringify({ ...proof, schema: "plumbline.proof/1" }),
      JSON.stringify({ ...proof, schema: "plumbline.proof/3" }),
    ]) {
      expect(() => parseProof(text)).toThrow(ConfigError);
    }
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(proof)), fc.jsonValue(), (key, value) => {
        try {
          checkPath(parseProof(JSON.stringify({ ...proof, [key]: value })), null, kernels);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
    );
  });

  test("of a frame or stream that is not there is refused", () => {
    expect(() => proofOf(sealed([3]), "/s0", 3, null, kernels)).toThrow("expected a frame from 0 to 2, got 3");
    expect(() => proofOf(sealed([3]), "/x", 0, null, kernels)).toThrow('expected a sealed stream (/s0), got "/x"');
  });
});

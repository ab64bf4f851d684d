/** Messages that are never in memory as a whole: their leaves are those of any other message. */
import { expect, test } from "vitest";
import { loadKernels } from "../../src/kernels.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { joined, type LeafRecipe, observeLeaves } from "../../src/seal/leaves.ts";
import { type McapDetail, STREAMED } from "../../src/sources/mcap/detail.ts";
import { mcap } from "../../src/sources/mcap/source.ts";
import { memoryInput } from "../memory-input.ts";
import { someMessages, writeMcap } from "./mcap-write.ts";

const kernels = await loadKernels();
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i + 1);

test.each([
  { version: 2, algorithm: "xxh3-128", key: null },
  { version: 2, algorithm: "blake3", key: null },
  { version: 2, algorithm: "blake3", key: KEY },
] as const satisfies readonly LeafRecipe[])("$algorithm, key $key", async (recipe) => {
  const bytes = await writeMcap(someMessages(60), { useChunks: false });
  const input = memoryInput("x.mcap", { "x.mcap": bytes }, { kind: "file" });
  const index = mcap.open(input, kernels, nodePlatform, { spanBytes: 1 << 20 });
  const detail = index.detail as McapDetail;
  const needs = new Set(["frames", "digests"] as const);
  const [span] = index.spans;
  if (!span) throw new Error("expected a span");
  const leavesOf = (given: McapDetail, leaves: LeafRecipe | null = recipe) =>
    mcap
      .reader(input, { ...index, detail: given }, kernels, nodePlatform)
      .read(span, needs, leaves)
      .blocks.map((block) => ({ block, digests: joined(observeLeaves(block, recipe, kernels)).digests }));
  const whole = leavesOf(detail);
  // Records of two messages of each stream, marked as a record of a gigabyte is.
  const places = whole.flatMap(({ block: { frames } }) => [1, 4].map((i) => [frames.start[i] ?? 0, frames.end[i] ?? 0] as const));
  const marked = [...places].sort(([a], [b]) => a - b).flatMap(([start, end]) => [start, end, STREAMED]);
  const own = [...detail.marks];
  const streamed = { ...detail, marks: Float64Array.from([...own.slice(0, 3), ...marked, ...own.slice(3)]) };
  const pieces = leavesOf(streamed);
  expect(pieces.map(({ digests }) => digests)).toEqual(whole.map(({ digests }) => digests));
  expect(pieces.map(({ block }) => [...(block.leaves?.keys() ?? [])])).toEqual(whole.map(() => [1, 4]));
  expect(pieces.map(({ block }) => block.frames.pointer[4])).toEqual(whole.map(() => 0));
  expect(leavesOf(streamed, null).map(({ block }) => block.leaves)).toEqual(whole.map(() => undefined));
});

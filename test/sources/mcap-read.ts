/** Reads an MCAP whole: every frame, every damage, and the container check's conclusion, for tests. */
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import type { Conclusion } from "../../src/check/check.ts";
import { seenOf } from "../../src/check/table.ts";
import type { Input } from "../../src/input.ts";
import { loadKernels } from "../../src/kernels.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { payloadOf } from "../../src/pipeline/source.ts";
import type { McapDetail } from "../../src/sources/mcap/detail.ts";
import { mcap } from "../../src/sources/mcap/source.ts";
import type { Damage, Need, RecordingIndex, StreamCensus } from "../../src/types.ts";
import { containerBy } from "../blocks.ts";
import { memoryInput } from "../memory-input.ts";

const NEEDS: ReadonlySet<Need> = new Set<Need>(["frames", "digests", "points", "imu", "poses", "labels", "images"]);
const kernels = await loadKernels();

export interface FrameRow {
  readonly logNs: bigint;
  readonly stampNs: bigint;
  readonly sequence: number;
  readonly bytes: number;
  readonly digest: bigint;
  readonly start: number;
  readonly end: number;
  readonly payload: Uint8Array;
}

export interface WholeMcap {
  readonly index: RecordingIndex;
  /** By stream id, in file order. */
  readonly frames: Readonly<Record<string, readonly FrameRow[]>>;
  /** Stream ids in file order. */
  readonly order: readonly string[];
  readonly damages: readonly Damage[];
  readonly regions: { readonly total: number; readonly withChecksum: number; readonly verified: number };
  readonly lostBytes: number;
  readonly conclusion: Conclusion;
}

export function mcapInput(bytes: Uint8Array): Input {
  return memoryInput("x.mcap", { "x.mcap": bytes }, { kind: "file" });
}

/** Record by record, and by the index alone: where the readers do not disprove that, it must come to the same. */
export function readMcap(bytes: Uint8Array, spanBytes = 1 << 20, input: Input = mcapInput(bytes)): WholeMcap {
  const { whole } = readAs(input, spanBytes, false);
  const quick = readAs(input, spanBytes, true);
  if (!quick.disproved) expectSame(withoutDetail(quick.whole), withoutDetail(whole));
  return whole;
}

/** `toEqual` for thousands of rows: it takes its time only over those that differ. */
export function expectSame(received: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(received, expected)) expect(received).toEqual(expected);
}

/** Whether the index alone was believed, and whether the readers then disproved it. */
export function believes(bytes: Uint8Array, spanBytes = 1 << 20): "no" | "disproved" | "proved" {
  const { whole, disproved } = readAs(mcapInput(bytes), spanBytes, true);
  return (whole.index.detail as McapDetail).believed === null ? "no" : disproved ? "disproved" : "proved";
}

function withoutDetail({ index, ...read }: WholeMcap): object {
  return { ...read, index: { ...index, detail: null, spans: null } };
}

function readAs(input: Input, spanBytes: number, believeIndex: boolean): { readonly whole: WholeMcap; readonly disproved: boolean } {
  kernels.release();
  // As a worker gets it.
  const index = structuredClone(mcap.open(input, kernels, nodePlatform, { spanBytes, believeIndex }));
  kernels.release();
  const reader = mcap.reader(input, index, kernels, nodePlatform);
  const frames: Record<string, FrameRow[]> = {};
  for (const { id } of index.streams) frames[id] = [];
  const order: string[] = [];
  let anyDisproved = false;
  const damages = [...index.facts.damages];
  const container = containerBy(kernels);
  let summary = container.observe(index.facts);
  let lostBytes = index.facts.lostBytes;
  const regions = { ...index.facts.regions };
  for (const span of index.spans) {
    const { blocks, facts, disproved = false } = reader.read(span, NEEDS);
    anyDisproved ||= disproved;
    damages.push(...facts.damages);
    lostBytes += facts.lostBytes;
    for (const key of ["total", "withChecksum", "verified"] as const) regions[key] += facts.regions[key];
    const ranks: string[] = [];
    for (const block of blocks) {
      const id = index.streams[block.stream]?.id ?? "?";
      const { frames: f } = block;
      for (let i = 0; i < f.count; i++) {
        ranks[f.order[i] ?? 0] = id;
        frames[id]?.push({
          logNs: f.logNs[i] ?? 0n,
          stampNs: f.stampNs[i] ?? 0n,
          sequence: f.sequence[i] ?? 0,
          bytes: f.bytes[i] ?? 0,
          digest: f.digest[i] ?? 0n,
          start: f.start[i] ?? 0,
          end: f.end[i] ?? 0,
          payload: payloadOf(block, i, kernels).slice(),
        });
      }
    }
    order.push(...ranks.filter((id) => id !== undefined));
    summary = container.merge(summary, container.observe(facts));
  }
  const streams = index.streams.map((info): StreamCensus => {
    const rows = frames[info.id] ?? [];
    const times = rows.map((row) => row.logNs).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const total = rows.reduce((sum, row) => sum + row.bytes, 0);
    const [startNs, endNs] = [times[0] ?? null, times[times.length - 1] ?? null];
    return { info, frames: rows.length, bytes: total, startNs, endNs, digest: "", points: null, boxes: null, tracks: null };
  });
  const context = {
    recording: index,
    claims: index.claims,
    streams,
    rig: null,
    seal: null,
    seen: seenOf([], {}, kernels),
    kernels,
    changes: [],
    partial: null,
  };
  const conclusion = container.conclude(summary, context);
  return { whole: { index, frames, order, damages, regions, lostBytes, conclusion }, disproved: anyDisproved };
}

/** Frames, damages and conclusion, but not how the work was cut. */
export function withoutSpans({ index, frames, order, damages, regions, lostBytes, conclusion }: WholeMcap): unknown {
  const { spans: _, ...rest } = index;
  const detail = undefined;
  const sorted = damages
    .map((one) => JSON.stringify(one, (_key, value: unknown) => (typeof value === "bigint" ? `${value}` : value)))
    .sort();
  // Payloads are in their digests.
  const rows = Object.fromEntries(Object.entries(frames).map(([id, list]) => [id, list.map(({ payload: _p, ...row }) => row)]));
  return { index: { ...rest, detail }, rows, order, damages: sorted, regions, lostBytes, conclusion };
}

export function bad(damages: readonly Damage[]): readonly string[] {
  return damages
    .filter(({ severity }) => severity !== "info")
    .map(
      ({ kind, bytes, observed }) =>
        `${kind} ${bytes} ${JSON.stringify(observed, (_k, v: unknown) => (typeof v === "bigint" ? `${v}` : v))}`,
    );
}

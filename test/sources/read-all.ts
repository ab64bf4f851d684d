/** Opens a recording with one source, reads every span and joins the blocks of each stream: what the engine folds, kept whole. */
import type { Input } from "../../src/input.ts";
import { compileKernels, loadKernels } from "../../src/kernels.ts";
import { describeInput, openDescriptor } from "../../src/node/input.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { payloadOf, type Source } from "../../src/pipeline/source.ts";
import type { Damage, More, Need, RecordingIndex, StreamInfo } from "../../src/types.ts";

/** Compiled once: fuzzing opens thousands of recordings. */
const module = compileKernels();

const ALL: ReadonlySet<Need> = new Set<Need>(["frames", "digests", "points", "imu", "poses", "labels", "images"]);

export interface LabelRecord {
  /** Within the stream, like every `frame` here. */
  readonly frame: number;
  readonly track: string | null;
  readonly class: string;
  readonly ignored: boolean;
  readonly confidence: number;
  readonly box2d: readonly number[];
  readonly box3d: readonly number[];
}

export interface WholeStream {
  readonly info: StreamInfo;
  readonly stampNs: bigint[];
  readonly sequence: number[];
  readonly bytes: number[];
  readonly digest: bigint[];
  readonly range: (readonly [number, number])[];
  readonly payload: Uint8Array[];
  readonly malformed: { readonly frame: number; readonly reason: string }[];
  readonly labels: LabelRecord[];
  readonly points: {
    readonly frame: number;
    readonly count: number;
    readonly stride: number;
    readonly fields: readonly string[];
    readonly rows: Uint8Array;
  }[];
  readonly poses: {
    readonly frame: number;
    readonly stampNs: bigint;
    readonly xyz: readonly number[];
    readonly quaternion: readonly number[];
  }[];
  readonly imu: { readonly frame: number; readonly angular: readonly number[]; readonly linear: readonly number[] }[];
  readonly images: {
    readonly frame: number;
    readonly encoding: string;
    readonly width: number | null;
    readonly height: number | null;
    readonly bytes: number;
  }[];
}

export interface Whole {
  readonly index: RecordingIndex;
  readonly streams: Readonly<Record<string, WholeStream>>;
  readonly damages: readonly Damage[];
  /** Of the index and of each span, as they come. */
  readonly moreDamages: readonly More[];
  readonly lostBytes: number;
}

export function diskInput(path: string): Input {
  return openDescriptor(describeInput(path));
}

export async function readAll(source: Source, input: Input, spanBytes = 1 << 20, needs = ALL): Promise<Whole> {
  const kernels = await loadKernels(await module);
  const opened = source.open(input, kernels, nodePlatform, { spanBytes });
  // As a worker gets it.
  const index = structuredClone(opened);
  const reader = source.reader(input, index, kernels, nodePlatform);
  const streams = index.streams.map(
    (info): WholeStream => ({
      info,
      stampNs: [],
      sequence: [],
      bytes: [],
      digest: [],
      range: [],
      payload: [],
      malformed: [],
      labels: [],
      points: [],
      poses: [],
      imu: [],
      images: [],
    }),
  );
  const damages: Damage[] = [...index.facts.damages];
  const moreDamages: More[] = [...(index.facts.moreDamages ?? [])];
  let lostBytes = index.facts.lostBytes;
  const spans = index.spans.toReversed();
  for (let span = spans.pop(); span; span = spans.pop()) {
    const decoded = reader.read(span, needs);
    if (decoded.rest) spans.push(decoded.rest);
    damages.push(...decoded.facts.damages);
    moreDamages.push(...(decoded.facts.moreDamages ?? []));
    lostBytes += decoded.facts.lostBytes;
    for (const block of decoded.blocks) {
      const stream = streams[block.stream];
      if (!stream) throw new Error(`expected a stream below ${streams.length}, got ${block.stream}`);
      const base = stream.stampNs.length;
      const { frames } = block;
      for (let i = 0; i < frames.count; i++) {
        stream.stampNs.push(frames.stampNs[i] ?? 0n);
        stream.sequence.push(frames.sequence[i] ?? -1);
        stream.bytes.push(frames.bytes[i] ?? -1);
        stream.digest.push(frames.digest[i] ?? 0n);
        stream.range.push([frames.start[i] ?? Number.NaN, frames.end[i] ?? Number.NaN]);
        stream.payload.push(payloadOf(block, i, kernels).slice());
      }
      for (const { frame, reason } of block.malformed) stream.malformed.push({ frame: base + frame, reason });
      const { labels, poses, imu } = block;
      for (let i = 0; i < (labels?.count ?? 0); i++) {
        if (!labels) break;
        stream.labels.push({
          frame: base + (labels.frame[i] ?? 0),
          track: labels.tracks[labels.track[i] ?? -1] ?? null,
          class: labels.classes[labels.class[i] ?? -1] ?? "",
          ignored: labels.ignored[i] === 1,
          confidence: labels.confidence[i] ?? 0,
          box2d: Array.from({ length: 4 }, (_, k) => labels.box2d[4 * i + k] ?? Number.NaN),
          box3d: Array.from({ length: 7 }, (_, k) => labels.box3d[7 * i + k] ?? Number.NaN),
        });
      }
      for (const table of block.points ?? []) {
        stream.points.push({
          frame: base + table.frame,
          count: table.count,
          stride: table.stride,
          fields: table.fields.map((f) => `${f.name}:${f.type}@${f.offset}`),
          rows: kernels.u8(table.pointer ?? 0, table.count * table.stride).slice(),
        });
      }
      for (let i = 0; i < (poses?.count ?? 0); i++) {
        if (!poses) break;
        const [xyz, quaternion] = [[...poses.xyz.subarray(3 * i, 3 * i + 3)], [...poses.quaternion.subarray(4 * i, 4 * i + 4)]];
        stream.poses.push({ frame: base + (poses.frame[i] ?? 0), stampNs: poses.stampNs[i] ?? 0n, xyz, quaternion });
      }
      for (let i = 0; i < (imu?.count ?? 0); i++) {
        if (!imu) break;
        const [angular, linear] = [
          [...imu.angularVelocity.subarray(3 * i, 3 * i + 3)],
          [...imu.linearAcceleration.subarray(3 * i, 3 * i + 3)],
        ];
        stream.imu.push({ frame: base + (imu.frame[i] ?? 0), angular, linear });
      }
      for (const { frame, encoding, width, height, bytes } of block.images ?? []) {
        stream.images.push({ frame: base + frame, encoding, width, height, bytes });
      }
    }
  }
  return { index, streams: Object.fromEntries(streams.map((s) => [s.info.id, s])), damages, moreDamages, lostBytes };
}

/** Boxes and tracks as the census counts them. */
export function tally(stream: WholeStream | undefined): { boxes: number; tracks: number; frames: number } {
  const boxes = stream?.labels.filter((row) => !row.ignored) ?? [];
  const tracks = new Set(boxes.map((row) => row.track).filter((track) => track !== null));
  return { boxes: boxes.length, tracks: tracks.size, frames: stream?.stampNs.length ?? 0 };
}

export function countBy<T>(rows: readonly T[], key: (row: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const row of rows) counts[key(row)] = (counts[key(row)] ?? 0) + 1;
  return counts;
}

/** Everything but the spans: what must not depend on how the recording was cut. */
export function withoutSpans({ index, ...rest }: Whole): unknown {
  return { ...rest, index: { ...index, spans: [] } };
}

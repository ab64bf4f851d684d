/**
 * What folder recordings share: frames that are files, and tables whose rows are frames.
 *
 * A source lists its streams (`FolderStream`), `folderIndex` makes the index of them, `folderReader` reads spans straight into
 * kernel memory and asks the source's decoders for the columns. A stream of files is cut into spans of about `spanBytes`;
 * so is a table whose rows are frames each by themselves (`rows`); any other table is one span, because its frames are only known when it is read. Memory is bounded by the two limits below: what is
 * larger is named as damage, not read.
 */
import { ColumnsBuilder } from "../../columns/builder.ts";
import { InputError } from "../../errors.ts";
import type { Input } from "../../input.ts";
import type { Kernels } from "../../kernels.ts";
import { type Decoded, NO_FACTS, type Reader } from "../../pipeline/source.ts";
import type { Block, ContainerClaims, Damage, More, Need, Plain, RecordingIndex, Span, StreamInfo } from "../../types.ts";
import { type DecodeTable, damage, digests, MAX_TABLE_BYTES, noFrames, TABLE_GAIN, type TableFrames } from "../parts.ts";
import type { ReadRows, RowLayout } from "../tables/rows.ts";

/** Largest file that is one frame: ten times the largest sweep or image any of these formats has. */
export const MAX_FRAME_BYTES = 256 * 1024 * 1024;
/** Frames per span, however small their files are. */
const MAX_SPAN_FRAMES = 1024;
/** Least bytes of a span of rows. */
const LEAST_ROWS_BYTES = 64;
/** Kernel memory of one span beyond which no more frames are decoded. Only files made for the purpose come near it. */
const MAX_SPAN_MEMORY = 2 ** 30;

/** Frames of one stream, each a file of its own: parallel columns, plain data. */
export interface FileFrames {
  /** Index into `input.files`. */
  readonly file: Int32Array;
  readonly stampNs: BigInt64Array;
  readonly sequence: Uint32Array;
}

/** How a stream is read. `decoder` names one of the source's decoders, `options` is what that one needs. Plain data. */
export type Unit =
  | { readonly kind: "files"; readonly decoder: string; readonly frames: FileFrames; readonly options?: unknown }
  | { readonly kind: "table"; readonly decoder: string; readonly file: number; readonly options?: unknown }
  | { readonly kind: "rows"; readonly file: number; readonly layout: RowLayout };

export interface FolderStream {
  readonly info: StreamInfo;
  readonly unit: Unit;
  /** Found while listing. `stream` is filled in by `folderIndex`. */
  readonly damages?: readonly Omit<Damage, "stream">[];
  readonly moreDamages?: readonly More[];
}

interface FolderDetail {
  readonly units: readonly Unit[];
}

export function fileFrames(frames: readonly { readonly file: number; readonly stampNs: bigint; readonly sequence: number }[]): FileFrames {
  return {
    file: Int32Array.from(frames, (f) => f.file),
    stampNs: BigInt64Array.from(frames, (f) => f.stampNs),
    sequence: Uint32Array.from(frames, (f) => f.sequence),
  };
}

/**
 * The index of a folder recording: streams in order of their ids.
 *
 * @param auxiliary other files that belong to the recording (calibration, stamps), for its size
 * @param claims what the folder states about its streams, given where each came to stand
 * @throws InputError when there is no stream
 */
export function folderIndex(
  format: string,
  input: Input,
  streams: readonly FolderStream[],
  spanBytes: number,
  auxiliary: readonly number[] = [],
  claims: (index: (id: string) => number) => ContainerClaims = () => ({}),
): RecordingIndex {
  if (streams.length === 0) throw new InputError(`${input.name}: expected a ${format} recording, got no stream of it`);
  const sorted = [...streams].sort((a, b) => (a.info.id < b.info.id ? -1 : 1));
  const units = sorted.map((s) => s.unit);
  const used = new Set(auxiliary);
  for (const unit of units) {
    if (unit.kind !== "files") used.add(unit.file);
    else for (const file of unit.frames.file) used.add(file);
  }
  let bytes = 0;
  for (const file of used) bytes += sizeOf(input, file);
  return {
    format,
    name: input.name,
    bytes,
    attachments: 0,
    metadata: 0,
    streams: sorted.map((s) => s.info),
    spans: units.flatMap((unit, stream) => {
      // Several streams may be columns of the same rows.
      const isRead = unit.kind === "rows" && units.findIndex((u) => u.kind === "rows" && u.file === unit.file) < stream;
      return isRead ? [] : spansOf(input, unit, stream, spanBytes);
    }),
    facts: {
      ...NO_FACTS,
      damages: sorted.flatMap((s, stream) => (s.damages ?? []).map((d) => ({ ...d, stream }))),
      moreDamages: sorted.flatMap((s) => s.moreDamages ?? []),
    },
    claims: claims((id) => sorted.findIndex((s) => s.info.id === id)),
    detail: { units } satisfies FolderDetail,
  };
}

function sizeOf(input: Input, file: number): number {
  return input.files[file]?.size ?? 0;
}

function spansOf(input: Input, unit: Unit, stream: number, spanBytes: number): Span[] {
  if (unit.kind === "table") {
    const size = sizeOf(input, unit.file);
    return [{ kind: "bytes", file: unit.file, start: 0, end: size, bytes: size, inflatedBytes: TABLE_GAIN * size }];
  }
  const spans: Span[] = [];
  if (unit.kind === "rows") {
    const size = sizeOf(input, unit.file);
    const step = Math.max(spanBytes, LEAST_ROWS_BYTES);
    for (let start = 0; start < size; start += step) {
      const end = Math.min(size, start + step);
      spans.push({ kind: "bytes", file: unit.file, start, end, bytes: end - start });
    }
    return spans;
  }
  const { file } = unit.frames;
  for (let start = 0, end = 0; start < file.length; start = end) {
    let bytes = 0;
    do bytes += sizeOf(input, file[end++] ?? -1);
    while (end < file.length && end - start < MAX_SPAN_FRAMES && bytes + sizeOf(input, file[end] ?? -1) <= spanBytes);
    spans.push({ kind: "frames", stream, start, end, bytes });
  }
  return spans;
}

/** One frame's file in kernel memory. */
export interface LoadedFrame {
  /** Within the block. */
  readonly frame: number;
  readonly stampNs: bigint;
  readonly pointer: number;
  readonly bytes: number;
  readonly options: unknown;
  /** Names what the file contradicts itself in although it decodes, or where it does not. `bytes` are those of the file. */
  readonly tell: (kind: string, at: Pick<Damage, "bytes" | "observed" | "expected"> & Partial<Pick<Damage, "severity">>) => void;
}

/** Appends the columns of one frame. @returns null, or a short constant reason why the file does not decode */
export type DecodeFrame = (file: LoadedFrame, needs: ReadonlySet<Need>, out: ColumnsBuilder, kernels: Kernels) => string | null;

export interface FolderDecoders {
  readonly frames?: Readonly<Record<string, DecodeFrame>>;
  readonly tables?: Readonly<Record<string, DecodeTable>>;
  readonly rows?: ReadRows;
}

export function folderReader(input: Input, index: RecordingIndex, kernels: Kernels, decoders: FolderDecoders): Reader {
  const { units } = index.detail as FolderDetail;
  const base = kernels.mark();
  return {
    read(span, needs) {
      kernels.release(base);
      if (span.kind === "bytes" && decoders.rows) {
        const streams = units.flatMap((unit, stream) =>
          unit.kind === "rows" && unit.file === span.file ? [{ stream, layout: unit.layout }] : [],
        );
        if (streams.length > 0) return decoders.rows(input, span, streams, needs, kernels);
      }
      const stream = span.kind === "frames" ? span.stream : units.findIndex((u) => u.kind === "table" && u.file === span.file);
      const unit = units[stream];
      if (span.kind === "frames" && unit?.kind === "files") {
        const decode = decoders.frames?.[unit.decoder];
        return readFrames(input, kernels, stream, unit.frames, span.start, span.end, unit.options, decode, needs);
      }
      const decode = unit?.kind === "table" ? decoders.tables?.[unit.decoder] : undefined;
      if (unit?.kind !== "table" || !decode) throw new RangeError(`expected a span of this recording, got ${JSON.stringify(span)}`);
      return readTable(input, kernels, stream, unit.file, unit.options, decode, needs);
    },
  };
}

function readFrames(
  input: Input,
  kernels: Kernels,
  stream: number,
  frames: FileFrames,
  first: number,
  end: number,
  options: unknown,
  decode: DecodeFrame | undefined,
  needs: ReadonlySet<Need>,
): Decoded {
  const count = end - first;
  const out = new ColumnsBuilder();
  const pointer = new Uint32Array(count);
  const bytes = new Uint32Array(count);
  const damages: Damage[] = [];
  /** Files of which nothing was read: no digest stands for them. */
  const leaves = new Map<number, null>();
  const base = kernels.mark();
  let lostBytes = 0;
  for (let i = 0; i < count; i++) {
    const stampNs = frames.stampNs[first + i] ?? 0n;
    const loaded = load(input, kernels, frames.file[first + i] ?? -1, MAX_FRAME_BYTES);
    pointer[i] = loaded.pointer;
    bytes[i] = loaded.bytes;
    lostBytes += loaded.lostBytes;
    if (loaded.damage) damages.push({ ...loaded.damage, stream, timeNs: [stampNs, stampNs] });
    if (loaded.damage && loaded.bytes === 0) leaves.set(i, null);
    if (loaded.bytes === 0 || !decode) continue;
    if (kernels.mark() - base > MAX_SPAN_MEMORY) {
      out.malformed.push({ frame: i, reason: "decompressed size out of range" });
      continue;
    }
    const path = input.files[frames.file[first + i] ?? -1]?.path ?? "";
    const tell: LoadedFrame["tell"] = (kind, at) => damages.push({ ...damage(kind, path, { timeNs: [stampNs, stampNs], ...at }), stream });
    const reason = decode({ frame: i, stampNs, pointer: loaded.pointer, bytes: loaded.bytes, options, tell }, needs, out, kernels);
    if (reason !== null) out.malformed.push({ frame: i, reason });
  }
  return decoded(kernels, stream, needs, damages, lostBytes, {
    stampNs: frames.stampNs.slice(first, end),
    sequence: frames.sequence.slice(first, end),
    pointer,
    bytes,
    start: new Float64Array(count),
    end: Float64Array.from(bytes),
    files: Array.from(frames.file.subarray(first, end), (file) => input.files[file]?.path ?? ""),
    ...(leaves.size > 0 && { leaves }),
    ...out.finish(),
  });
}

function readTable(
  input: Input,
  kernels: Kernels,
  stream: number,
  file: number,
  options: unknown,
  decode: DecodeTable,
  needs: ReadonlySet<Need>,
): Decoded {
  const path = input.files[file]?.path ?? "";
  const loaded = load(input, kernels, file, MAX_TABLE_BYTES);
  const unread = loaded.damage && loaded.bytes === 0;
  const table = unread ? noFrames([]) : decode({ path, pointer: loaded.pointer, bytes: loaded.bytes, options }, needs, kernels);
  const { damages: found, moreDamages, columns, ...frames } = table;
  const damages = [...(loaded.damage ? [loaded.damage] : []), ...found].map((d) => ({ ...d, stream }));
  const lostAll = table.stampNs.length === 0 && found.length > 0;
  const lostBytes = loaded.lostBytes + (lostAll ? loaded.bytes : 0);
  const { facts, blocks } = decoded(kernels, stream, needs, damages, lostBytes, { ...frames, ...columns, files: [path] });
  return { facts: { ...facts, ...(moreDamages && { moreDamages }) }, blocks };
}

interface Loaded {
  readonly pointer: number;
  readonly bytes: number;
  readonly lostBytes: number;
  readonly damage: Omit<Damage, "stream"> | null;
}

/** Reads a whole file into kernel memory: what is there, and what is wrong with the rest. */
function load(input: Input, kernels: Kernels, file: number, limit: number): Loaded {
  const info = input.files[file];
  if (!info) throw new RangeError(`expected a file index below ${input.files.length}, got ${file}`);
  const lost = (
    kind: string,
    bytes: number,
    observed: Readonly<Record<string, Plain>>,
    expected: Readonly<Record<string, Plain>>,
  ): Loaded => ({
    pointer,
    bytes,
    lostBytes: info.size - bytes,
    damage: damage(kind, info.path, { bytes: [bytes, info.size], observed, expected }),
  });
  let pointer = 0;
  if (info.size > limit) return lost("file-too-large", 0, { bytes: info.size }, { atMostBytes: limit });
  pointer = kernels.alloc(info.size);
  try {
    const bytes = input.read(file, 0, kernels.u8(pointer, info.size));
    if (bytes < info.size) return lost("file-shrunk", bytes, { bytes }, { bytes: info.size });
    return { pointer, bytes, lostBytes: 0, damage: null };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return lost("unreadable-file", 0, {}, {});
  }
}

function decoded(
  kernels: Kernels,
  stream: number,
  needs: ReadonlySet<Need>,
  damages: readonly Damage[],
  lostBytes: number,
  from: Omit<TableFrames, "columns" | "damages" | "moreDamages"> &
    Pick<Block, "files" | "leaves" | "points" | "poses" | "imu" | "labels" | "images">,
): Decoded {
  const { stampNs, sequence, pointer, bytes, start, end, ...columns } = from;
  const count = stampNs.length;
  const digest = needs.has("digests") ? digests(kernels, pointer, bytes) : new BigUint64Array(count);
  const block: Block = {
    ...columns,
    stream,
    frames: {
      count,
      stampNs,
      logNs: stampNs,
      sequence,
      bytes: Float64Array.from(bytes),
      digest,
      order: Uint32Array.from({ length: count }, (_, i) => i),
      start,
      end,
      pointer,
    },
  };
  return { facts: { ...NO_FACTS, damages, lostBytes }, blocks: count > 0 ? [block] : [] };
}

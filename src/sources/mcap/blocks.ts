/** Rows of a span to blocks: frames grouped by stream, digests, stamps and typed columns. */
import { ColumnsBuilder } from "../../columns/builder.ts";
import type { Kernels } from "../../kernels.ts";
import type { Block, FrameColumns, Need } from "../../types.ts";
import type { MessageDecoder } from "../messages/index.ts";
import { NEED_OF } from "../tables/message-rows.ts";
import { MESSAGE_HEADER, RECORD_HEADER } from "./format.ts";
import { groupByStream, type Rows } from "./rows.ts";

/** Of a stream whose channels state several forms: form by channel id. */
export type FormsOf = (stream: number) => Uint16Array | null;

/**
 * @param decoders by channel id
 * @param leaves of messages that are not in memory, by row
 */
export function blocksOf(
  rows: Rows,
  streams: number,
  decoders: (channel: number) => MessageDecoder,
  needs: ReadonlySet<Need>,
  kernels: Kernels,
  formsOf: FormsOf,
  leaves: ReadonlyMap<number, Uint8Array>,
): readonly Block[] {
  const { start, rows: order } = groupByStream(rows, streams);
  const digest = needs.has("digests") ? digestsOf(rows, order, kernels) : new BigUint64Array(order.length);
  const memory = kernels.u8(0, kernels.exports.memory.buffer.byteLength);
  const blocks: Block[] = [];
  for (let stream = 0; stream < streams; stream++) {
    const from = start[stream] ?? 0;
    const to = start[stream + 1] ?? 0;
    if (from === to) continue;
    const mine = order.subarray(from, to);
    const frames = framesOf(rows, mine, digest.subarray(from, to), decoders, memory);
    const builder = new ColumnsBuilder();
    decode(rows, mine, frames, decoders, needs, memory, builder);
    const formOf = formsOf(stream);
    const form = formOf && { form: Uint16Array.from(mine, (i) => formOf[rows.channel[i] as number] as number) };
    blocks.push({ stream, frames: { ...frames, ...form }, ...leavesOf(leaves, mine), ...builder.finish() });
  }
  return blocks;
}

function leavesOf(leaves: ReadonlyMap<number, Uint8Array>, mine: Uint32Array): Pick<Block, "leaves"> {
  if (leaves.size === 0) return {};
  const own = [...mine].flatMap((row, j): [number, Uint8Array][] => {
    const leaf = leaves.get(row);
    return leaf ? [[j, leaf]] : [];
  });
  return own.length > 0 ? { leaves: new Map(own) } : {};
}

function digestsOf(rows: Rows, order: Uint32Array, kernels: Kernels): BigUint64Array {
  const n = order.length;
  const regions = kernels.alloc(8 * n);
  const out = kernels.alloc(8 * n);
  const table = kernels.u32(regions, 2 * n);
  for (let j = 0; j < n; j++) {
    const i = order[j] as number;
    const isKnown = rows.isSummed[i] === 1;
    table[2 * j] = isKnown ? 0 : (rows.pointer[i] as number);
    table[2 * j + 1] = isKnown ? 0 : (rows.bytes[i] as number);
  }
  kernels.exports.crc32Rows(regions, n, out);
  const digest = new Uint32Array(kernels.u32(out, 2 * n));
  for (let j = 0; j < n; j++) {
    const i = order[j] as number;
    if (rows.isSummed[i] !== 1) continue;
    digest[2 * j] = rows.bytes[i] as number;
    digest[2 * j + 1] = rows.crc[i] as number;
  }
  return new BigUint64Array(digest.buffer);
}

function framesOf(
  rows: Rows,
  mine: Uint32Array,
  digest: BigUint64Array,
  decoders: (channel: number) => MessageDecoder,
  memory: Uint8Array,
): FrameColumns {
  const count = mine.length;
  const log = new Uint32Array(2 * count);
  const sequence = new Uint32Array(count);
  const bytes = new Float64Array(count);
  const starts = new Float64Array(count);
  const ends = new Float64Array(count);
  const pointer = new Uint32Array(count);
  for (let j = 0; j < count; j++) {
    const i = mine[j] as number;
    log[2 * j] = rows.log[2 * i] as number;
    log[2 * j + 1] = rows.log[2 * i + 1] as number;
    sequence[j] = rows.sequence[i] as number;
    const size = rows.bytes[i] as number;
    const at = rows.start[i] as number;
    bytes[j] = size;
    pointer[j] = rows.pointer[i] as number;
    starts[j] = at;
    ends[j] = at < 0 ? -1 : at + RECORD_HEADER + MESSAGE_HEADER + size;
  }
  const logNs = new BigInt64Array(log.buffer);
  const stampNs = logNs.slice();
  const only = onlyChannel(rows, mine);
  if (only < 0 || decoders(only).stamps === "sensor") {
    for (let j = 0; j < count; j++) {
      const i = mine[j] as number;
      const stamp = decoders(rows.channel[i] as number).stampNs(payloadOf(rows, i, memory));
      if (stamp !== null) stampNs[j] = stamp;
    }
  }
  return { count, stampNs, logNs, sequence, bytes, digest, order: mine, start: starts, end: ends, pointer };
}

function decode(
  rows: Rows,
  mine: Uint32Array,
  frames: FrameColumns,
  decoders: (channel: number) => MessageDecoder,
  needs: ReadonlySet<Need>,
  memory: Uint8Array,
  out: ColumnsBuilder,
): void {
  const only = onlyChannel(rows, mine);
  if (only >= 0 && !isNeeded(decoders(only), needs)) return;
  for (let j = 0; j < mine.length; j++) {
    const i = mine[j] as number;
    const decoder = decoders(rows.channel[i] as number);
    if (!isNeeded(decoder, needs) || rows.pointer[i] === 0) continue;
    const reason = decoder.decode(payloadOf(rows, i, memory), rows.pointer[i] as number, j, frames.stampNs[j] as bigint, needs, out);
    if (reason !== null) out.malformed.push({ frame: j, reason });
  }
}

function isNeeded({ kind }: MessageDecoder, needs: ReadonlySet<Need>): boolean {
  const need = NEED_OF[kind];
  return need !== null && needs.has(need);
}

/** The channel all these rows are on: what needs no decoding is then known once. -1 when there are several. */
function onlyChannel(rows: Rows, mine: Uint32Array): number {
  const channel = rows.channel[mine[0] as number] as number;
  for (let j = 1; j < mine.length; j++) if (rows.channel[mine[j] as number] !== channel) return -1;
  return channel;
}

/** Empty for a message that was not loaded. */
function payloadOf(rows: Rows, i: number, memory: Uint8Array): Uint8Array {
  const pointer = rows.pointer[i] ?? 0;
  return memory.subarray(pointer, pointer === 0 ? 0 : pointer + (rows.bytes[i] ?? 0));
}

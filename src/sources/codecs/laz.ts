/**
 * LAZ: the same records as LAS, in chunks that are coded each by itself. What they consist of is in the LASzip record of the header, where they
 * begin in a table at their end. Decoding is assembly/codec/laz.ts.
 * Format: M. Isenburg, LASzip, https://github.com/LASzip/LASzip
 */
import {
  LAZ_BYTE,
  LAZ_BYTE14,
  LAZ_GPSTIME11,
  LAZ_POINT10,
  LAZ_POINT14,
  LAZ_RGB12,
  LAZ_RGB14,
  LAZ_RGBNIR14,
  LAZ_WAVEPACKET13,
  LAZ_WAVEPACKET14,
} from "../../abi.ts";
import type { Kernels } from "../../kernels.ts";
import { LAS_REASON, type LasHeader } from "../clouds/las-header.ts";

/** Bytes of an item, and the versions that are read; bytes of extra bytes are any number. */
const ITEMS: Readonly<Record<number, { readonly bytes: number; readonly versions: readonly number[] }>> = {
  [LAZ_BYTE]: { bytes: 0, versions: [2] },
  [LAZ_POINT10]: { bytes: 20, versions: [2] },
  [LAZ_GPSTIME11]: { bytes: 8, versions: [2] },
  [LAZ_RGB12]: { bytes: 6, versions: [2] },
  [LAZ_WAVEPACKET13]: { bytes: 29, versions: [1, 2] },
  [LAZ_POINT14]: { bytes: 30, versions: [3, 4] },
  [LAZ_RGB14]: { bytes: 6, versions: [3, 4] },
  [LAZ_RGBNIR14]: { bytes: 8, versions: [3, 4] },
  [LAZ_WAVEPACKET14]: { bytes: 29, versions: [3, 4] },
  [LAZ_BYTE14]: { bytes: 0, versions: [3, 4] },
};
const RECORD_ID = 22204;
const VLR_HEAD = 54;
/** Compressors: of the whole file at once, in chunks, in chunks of layers. */
const WHOLE = 1;
const CHUNKED = [2, 3];
/** Chunks hold as many points as the table says where this is stated. */
const VARIABLE = 0xffffffff;
/** Models of any format (layered on four channels with wave packets need most, 4.5 MB), and those of an extra byte on four channels. */
const ARENA_BYTES = 6 * 2 ** 20;
const ARENA_EXTRA = 10 * 1024;
const MOST_EXTRA = 4096;

interface Packing {
  readonly compressor: number;
  readonly chunkPoints: number;
  /** Type, bytes, version and 0 of each item. */
  readonly items: Uint16Array;
}

/** A half-open range of the file. */
export interface Chunk {
  readonly start: number;
  readonly end: number;
  readonly points: number;
}

export interface Unpacked {
  /** Records as LAS has them, in kernel memory. */
  readonly pointer: number;
  readonly count: number;
  /** Why they are fewer than the header says; null where they are not. */
  readonly reason: string | null;
  /** Chunks that do not decode: their points are left out. */
  readonly lost: readonly Chunk[];
}

/**
 * The records of a whole file in kernel memory, without those of damaged chunks.
 * @param pointer, bytes the file
 * @param mostBytes records are never larger
 * @returns a reason where none can be read
 */
export function unpackLaz(kernels: Kernels, header: LasHeader, pointer: number, bytes: number, mostBytes: number): Unpacked | string {
  const view = new DataView(kernels.exports.memory.buffer, pointer, bytes);
  const packing = packingOf(view, header);
  if (typeof packing === "string") return packing;
  const { recordBytes, points } = header;
  if (points * recordBytes > mostBytes) return LAS_REASON.large;
  const extra = Math.max(0, recordBytes - 67);
  const arenaBytes = ARENA_BYTES + extra * ARENA_EXTRA;
  const arena = kernels.alloc(arenaBytes);
  const chunks = chunksOf(kernels, header, packing, pointer, bytes, arena, arenaBytes);
  if (typeof chunks === "string") return chunks;
  const items = kernels.put(new Uint8Array(packing.items.buffer));
  const out = kernels.alloc(points * recordBytes);
  const lost: Chunk[] = [];
  let count = 0;
  for (const chunk of chunks) {
    const got = kernels.exports.lazChunk(
      ...([pointer + chunk.start, chunk.end - chunk.start, chunk.points, items, packing.items.length / 4] as const),
      ...([recordBytes, arena, arenaBytes, out + count * recordBytes] as const),
    );
    if (got === chunk.points) count += got;
    else lost.push(chunk);
  }
  return { pointer: out, count, reason: lost.length > 0 ? LAS_REASON.coded : null, lost };
}

function packingOf(view: DataView, { recordBytes, dataStart }: LasHeader): Packing | string {
  let at = view.getUint16(94, true);
  for (let left = view.getUint32(100, true); left > 0 && at + VLR_HEAD <= dataStart; left--) {
    const [id, size] = [view.getUint16(at + 18, true), view.getUint16(at + 20, true)];
    const from = at + VLR_HEAD;
    if (id === RECORD_ID && size >= 34 && from + size <= dataStart) {
      const count = view.getUint16(from + 32, true);
      if (count === 0 || 34 + 6 * count > size) return LAS_REASON.packing;
      const items = new Uint16Array(4 * count);
      for (let i = 0; i < 3 * count; i++) items[4 * Math.floor(i / 3) + (i % 3)] = view.getUint16(from + 34 + 2 * i, true);
      const [compressor, coder] = [view.getUint16(from, true), view.getUint16(from + 2, true)];
      const isKnown = coder === 0 && (compressor === WHOLE || CHUNKED.includes(compressor)) && areKnown(items, recordBytes);
      return isKnown ? { compressor, chunkPoints: view.getUint32(from + 12, true), items } : LAS_REASON.packing;
    }
    at = from + size;
  }
  return LAS_REASON.packing;
}

/** A point first, then what it has besides, in sizes that make up the record: all layered, or none. */
function areKnown(items: Uint16Array, recordBytes: number): boolean {
  let [bytes, extra] = [0, 0];
  const isLayered = items[0] === LAZ_POINT14;
  for (let i = 0; i < items.length; i += 4) {
    const [type = 0, size = 0, version = 0] = items.subarray(i, i + 3);
    const known = ITEMS[type];
    if (!known?.versions.includes(version) || type >= LAZ_POINT14 !== isLayered) return false;
    if (known.bytes === 0 ? size === 0 : size !== known.bytes) return false;
    if ((type === LAZ_POINT10 || type === LAZ_POINT14) !== (i === 0)) return false;
    if (known.bytes === 0) extra += size;
    bytes += size;
  }
  return bytes === recordBytes && extra <= MOST_EXTRA;
}

function chunksOf(
  kernels: Kernels,
  { dataStart, dataEnd, points }: LasHeader,
  { compressor, chunkPoints }: Packing,
  pointer: number,
  bytes: number,
  arena: number,
  arenaBytes: number,
): readonly Chunk[] | string {
  if (compressor === WHOLE) return [{ start: dataStart, end: dataEnd, points }];
  const start = dataStart + 8;
  if (points === 0) return [];
  if (start > bytes) return LAS_REASON.chunks;
  const view = new DataView(kernels.exports.memory.buffer, pointer, bytes);
  const stated = view.getBigInt64(dataStart, true);
  // Written last where the writer could not go back.
  const table = Number(stated === -1n ? view.getBigInt64(bytes - 8, true) : stated);
  if (!(table >= start && table + 8 <= bytes)) return LAS_REASON.chunks;
  const count = view.getUint32(table + 4, true);
  const isVariable = chunkPoints === VARIABLE;
  // Every chunk holds a point, and its bytes.
  if (count === 0 || count > points || (!isVariable && count !== Math.ceil(points / chunkPoints))) return LAS_REASON.chunks;
  const out = kernels.alloc(8 * count);
  const { lazChunkTable } = kernels.exports;
  const isRead = lazChunkTable(pointer + table + 8, bytes - table - 8, count, Number(isVariable), arena, arenaBytes, out);
  if (isRead === 0) return LAS_REASON.chunks;
  const columns = kernels.u32(out, 2 * count);
  const chunks: Chunk[] = [];
  let [at, left] = [start, points];
  for (let k = 0; k < count; k++) {
    const [own = 0, size = 0] = [isVariable ? columns[2 * k] : Math.min(chunkPoints, left), columns[2 * k + 1]];
    if (own === 0 || own > left || size > table - at) return LAS_REASON.chunks;
    chunks.push({ start: at, end: at + size, points: own });
    at += size;
    left -= own;
  }
  return left === 0 ? chunks : LAS_REASON.chunks;
}

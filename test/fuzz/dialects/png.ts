/** PNG: chunks and the image they hold, with sums that are right, or not. */
import { crc32, deflateSync, inflateSync } from "node:zlib";
import { concat } from "../house.ts";
import { type Dialect, Survey, viewOf } from "../mutate/anatomy.ts";

export const PNG_HEAD = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const MOST = 1 << 20;

interface Chunk {
  readonly type: string;
  readonly start: number;
  readonly data: number;
  readonly end: number;
}

export const png: Dialect = {
  name: "png",

  survey(bytes) {
    const survey = new Survey(bytes);
    for (const { type, start, data, end } of chunksOf(bytes)) {
      survey.number(start, "u32be");
      survey.part("chunk", start, end);
      survey.word(start + 4, start + 8);
      if (type === "IHDR") survey.numbers(data, "u32be", "u32be", "u8", "u8", "u8", "u8", "u8");
      else survey.word(data, end - 4, [{ at: start, width: "u32be" }]);
      survey.number(end - 4, "u32be");
    }
    return survey;
  },

  mend(bytes) {
    const copy = bytes.slice();
    const view = viewOf(copy);
    for (const { start, end } of chunksOf(copy)) view.setUint32(end - 4, crc32(copy.subarray(start + 4, end - 4)));
    return copy;
  },

  inside(bytes) {
    const chunks = chunksOf(bytes);
    const first = chunks.findIndex(({ type }) => type === "IDAT");
    const last = chunks.findLastIndex(({ type }) => type === "IDAT");
    const [from, to] = [chunks[first], chunks[last]];
    if (!from || !to) return null;
    try {
      const data = concat(chunks.slice(first, last + 1).map((chunk) => bytes.subarray(chunk.data, chunk.end - 4)));
      const rows = new Uint8Array(inflateSync(data, { maxOutputLength: MOST }));
      const pack = (changed: Uint8Array): Uint8Array =>
        concat([bytes.subarray(0, from.start), pngChunk("IDAT", new Uint8Array(deflateSync(changed))), bytes.subarray(to.end)]);
      return { name: "image data", dialect: { name: "rows", survey: (inner) => new Survey(inner) }, bytes: rows, pack };
    } catch {
      return null;
    }
  },

  covered: (bytes) => chunksOf(bytes).map(({ start, end }) => ({ start: start + 4, end })),
};

function chunksOf(bytes: Uint8Array): readonly Chunk[] {
  const view = viewOf(bytes);
  const chunks: Chunk[] = [];
  for (let start = PNG_HEAD.length; start + 12 <= bytes.length; ) {
    const end = start + 12 + view.getUint32(start);
    if (end > bytes.length) break;
    chunks.push({ type: String.fromCharCode(...bytes.subarray(start + 4, start + 8)), start, data: start + 8, end });
    start = end;
  }
  return chunks;
}

export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length);
  const view = viewOf(out);
  view.setUint32(0, data.length);
  out.set(new TextEncoder().encode(type), 4);
  out.set(data, 8);
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)));
  return out;
}

/** Grey or RGB rows of bytes. @param samples of a pixel: 1 or 3 */
export function pngOf(width: number, height: number, samples: 1 | 3, at: (x: number, y: number, sample: number) => number): Uint8Array {
  const head = new Uint8Array(13);
  const view = viewOf(head);
  view.setUint32(0, width);
  view.setUint32(4, height);
  head.set([8, samples === 1 ? 0 : 2], 8);
  const stride = 1 + width * samples;
  const rows = Uint8Array.from({ length: stride * height }, (_, i) => {
    const [y, b] = [Math.floor(i / stride), (i % stride) - 1];
    return b < 0 ? 0 : at(Math.floor(b / samples), y, b % samples);
  });
  return concat([
    PNG_HEAD,
    pngChunk("IHDR", head),
    pngChunk("IDAT", new Uint8Array(deflateSync(rows))),
    pngChunk("IEND", new Uint8Array(0)),
  ]);
}

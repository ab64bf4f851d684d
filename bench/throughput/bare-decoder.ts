/**
 * The limit: chunks read and decompressed, and nothing looked at; uncompressed ones read and summed once (CRC-32), as
 * their checksum asks. One worker's share of them, in one warm loop; chunks are found through @mcap/core's index before the clock starts.
 *
 *   node bench/throughput/bare-decoder.ts PATH WORKER WORKERS      prints { begin, end, crc } in ms of the machine's clock
 */
import { openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { zstdDecompressSync } from "node:zlib";
import { McapIndexedReader } from "@mcap/core";
import { loadKernels } from "../../src/kernels.ts";

const [path = "", worker = "0", workers = "1"] = process.argv.slice(2);
const file = await open(path);
const readable = {
  size: async () => BigInt((await file.stat()).size),
  read: async (offset: bigint, length: bigint) => {
    const bytes = new Uint8Array(Number(length));
    await file.read(bytes, 0, bytes.length, Number(offset));
    return bytes;
  },
};
const { chunkIndexes } = await McapIndexedReader.Initialize({ readable, decompressHandlers: { lz4: (b) => b, zstd: (b) => b } });
await file.close();
const chunks = [...chunkIndexes].sort((a, b) => Number(a.chunkStartOffset - b.chunkStartOffset));
const share = Math.ceil(chunks.length / Number(workers));
const mine = chunks.slice(Number(worker) * share, (Number(worker) + 1) * share);

const kernels = await loadKernels();
const handle = openSync(path, "r");
const most = Math.max(0, ...mine.map(({ chunkLength }) => Number(chunkLength)));
const room = Math.max(0, ...mine.map(({ uncompressedSize }) => Number(uncompressedSize)));
const source = kernels.alloc(most);
const target = kernels.alloc(room);
const result = kernels.alloc(8);
const clock = (): number => performance.timeOrigin + performance.now();
const begin = clock();
let crc = 0;
for (const { chunkStartOffset, chunkLength, compressedSize, uncompressedSize, compression } of mine) {
  const length = Number(chunkLength);
  const size = Number(uncompressedSize);
  readSync(handle, kernels.u8(source, length), 0, length, Number(chunkStartOffset));
  const stored = Number(compressedSize);
  const from = source + length - stored;
  if (compression === "lz4") {
    if (kernels.exports.lz4Frames(from, stored, target, size, result) < 0) throw new Error(`${path}: a chunk does not decompress`);
  } else if (compression === "") crc = kernels.exports.crc32(from, stored, crc);
  else if (compression === "zstd") zstdDecompressSync(kernels.u8(from, stored), { chunkSize: size, maxOutputLength: size });
}
process.stdout.write(`${JSON.stringify({ begin, end: clock(), crc })}\n`);

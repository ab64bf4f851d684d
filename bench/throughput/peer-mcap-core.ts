/** The peer: @mcap/core's stream reader over a file, every CRC verified, messages counted. Prints its seconds as JSON. */
import { closeSync, openSync, readSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import decompress from "@foxglove/wasm-lz4";
import { McapStreamReader } from "@mcap/core";

await decompress.isLoaded;
const handle = openSync(process.argv[2] ?? "", "r");
const piece = new Uint8Array(4 << 20);
const begin = performance.now();
const reader = new McapStreamReader({
  validateCrcs: true,
  decompressHandlers: {
    lz4: (bytes, size) => decompress(bytes, Number(size)),
    zstd: (bytes, size) => zstdDecompressSync(bytes, { chunkSize: Number(size), maxOutputLength: Number(size) }),
  },
});
let messages = 0;
for (let n = readSync(handle, piece); n > 0; n = readSync(handle, piece)) {
  reader.append(piece.subarray(0, n));
  for (let record = reader.nextRecord(); record; record = reader.nextRecord()) if (record.type === "Message") messages++;
}
closeSync(handle);
process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - begin) / 1000, messages })}\n`);

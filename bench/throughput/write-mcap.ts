/**
 * Writes a large seeded MCAP with @mcap/core: what the throughput benchmarks read. Several streams of messages of one
 * size, every checksum filled. Uncompressed payloads are noise; compressed ones are rows of points (f32 x, y, z and
 * intensity on slow sweeps, in steps of 2 mm), which LZ4 and zstd shrink about as they do real clouds.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { zstdCompressSync } from "node:zlib";
import { type IWritable, McapWriter } from "@mcap/core";
import { LZ4_FRAME, LZ4_TABLE } from "../../src/abi.ts";
import { loadSimulatorKernels } from "../../src/simulate/kernels.ts";
import { xxh32 } from "../../test/reference/xxh32.ts";

export type Compression = "none" | "lz4" | "zstd";

export interface LargeMcap {
  readonly path: string;
  /** Of all payloads together. */
  readonly bytes: number;
  readonly messageBytes: number;
  /** False writes messages straight into the data section. */
  readonly chunked: boolean;
  readonly compression?: Compression;
  readonly seed: number;
  /** How many take turns; default four. */
  readonly streams?: number;
}

type Compress = (chunk: Uint8Array) => { readonly compression: string; readonly compressedData: Uint8Array };

class FileWritable implements IWritable {
  readonly #handle: number;
  #position = 0n;

  constructor(path: string) {
    this.#handle = openSync(path, "w");
  }

  position(): bigint {
    return this.#position;
  }

  async write(buffer: Uint8Array): Promise<void> {
    for (let done = 0; done < buffer.length; ) done += writeSync(this.#handle, buffer, done);
    this.#position += BigInt(buffer.length);
  }

  close(): void {
    closeSync(this.#handle);
  }
}

/** xorshift64*. */
function* noise(seed: number): Generator<bigint, never> {
  for (let state = BigInt(seed) | 1n; ; ) {
    state ^= state >> 12n;
    state = (state ^ (state << 25n)) & 0xffff_ffff_ffff_ffffn;
    state ^= state >> 27n;
    yield (state * 0x2545_f491_4f6c_dd1dn) & 0xffff_ffff_ffff_ffffn;
  }
}

function noisePayload(bytes: number, seed: number): Uint8Array {
  const words = new BigUint64Array(Math.ceil(bytes / 8));
  const random = noise(seed);
  for (let i = 0; i < words.length; i++) words[i] = random.next().value;
  return new Uint8Array(words.buffer, 0, bytes);
}

function pointsPayload(bytes: number, seed: number): Uint8Array {
  const rows = new Float32Array(4 * Math.ceil(bytes / 16));
  const random = noise(seed);
  let range = 10;
  for (let i = 0; i < rows.length; i += 4) {
    const word = Number(random.next().value >> 40n);
    // A new surface every few hundred points, in between a surface with 2 mm of noise.
    range = word % 300 === 0 ? 3 + (word % 60) : range + 0.002 * ((word % 3) - 1);
    const azimuth = (i / 4 / 1800) * 2 * Math.PI;
    rows[i] = Math.round(range * Math.cos(azimuth) * 500) / 500;
    rows[i + 1] = Math.round(range * Math.sin(azimuth) * 500) / 500;
    rows[i + 2] = Math.round((((i >> 2) % 64) - 32) * 0.2) / 5;
    rows[i + 3] = (word >> 8) % 40;
  }
  return new Uint8Array(rows.buffer, 0, bytes);
}

/** LZ4 frames as most MCAP writers leave them: without a checksum of their own, the chunk has one. */
async function lz4(): Promise<Compress> {
  const kernels = await loadSimulatorKernels();
  return (chunk) => {
    const mark = kernels.mark();
    const source = kernels.put(chunk);
    const room = chunk.length + LZ4_FRAME + 4 * Math.ceil(chunk.length / (4 << 20));
    const target = kernels.alloc(room);
    const written = kernels.exports.lz4Compress(source, chunk.length, target, room, kernels.alloc(LZ4_TABLE));
    const frame = kernels.u8(target, written - 4).slice();
    kernels.release(mark);
    frame[4] = (frame[4] ?? 0) & ~0b100;
    frame[14] = (xxh32(frame.subarray(4, 14)) >>> 8) & 0xff;
    return { compression: "lz4", compressedData: frame };
  };
}

const zstd: Compress = (chunk) => ({ compression: "zstd", compressedData: zstdCompressSync(chunk) });

const STREAMS = ["/lidar/points", "/camera/front", "/camera/rear", "/radar"];
const PERIOD_NS = 10_000_000n;
const START_NS = 1_700_000_000_000_000_000n;
/** Payloads that differ throughout; all differ in their first word. */
const VARIANTS = 16;

export async function writeLargeMcap(large: LargeMcap): Promise<number> {
  const { path, bytes, messageBytes, chunked, compression = "none", seed, streams = STREAMS.length } = large;
  const file = new FileWritable(path);
  const compressChunk = compression === "none" ? undefined : compression === "lz4" ? await lz4() : zstd;
  const writer = new McapWriter({ writable: file, useChunks: chunked, chunkSize: 1 << 20, ...(compressChunk && { compressChunk }) });
  await writer.start({ profile: "", library: "plumbline bench" });
  const channels: number[] = [];
  for (let i = 0; i < streams; i++) {
    const topic = STREAMS[i] ?? `/stream/${i}`;
    channels.push(await writer.registerChannel({ schemaId: 0, topic, messageEncoding: "bytes", metadata: new Map() }));
  }
  const make = compression === "none" ? noisePayload : pointsPayload;
  const payloads = Array.from({ length: VARIANTS }, (_, i) => make(messageBytes, seed + i));
  const count = Math.floor(bytes / messageBytes);
  for (let i = 0; i < count; i++) {
    const data = payloads[i % VARIANTS] ?? new Uint8Array(messageBytes);
    new DataView(data.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(i + 1) * 0x9e37_79b9_7f4a_7c15n), true);
    const logTime = START_NS + BigInt(i) * PERIOD_NS;
    const sequence = Math.floor(i / streams);
    await writer.addMessage({ channelId: channels[i % streams] ?? 0, sequence, logTime, publishTime: logTime, data });
  }
  await writer.end();
  file.close();
  return count;
}

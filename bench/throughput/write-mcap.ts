/**
 * Writes a large MCAP of seeded, incompressible messages with @mcap/core: what the throughput benchmarks read.
 * Several streams of 1 MiB messages at different rates, every checksum filled, chunked without compression by default.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { type IWritable, McapWriter } from "@mcap/core";

export interface LargeMcap {
  readonly path: string;
  readonly bytes: number;
  readonly messageBytes: number;
  /** False writes messages straight into the data section. */
  readonly chunked: boolean;
  readonly seed: number;
}

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

/** xorshift64*: a seeded generator whose words fill a payload; only the first words change between messages. */
function fill(words: BigUint64Array, seed: bigint): void {
  let state = seed | 1n;
  for (let i = 0; i < words.length; i++) {
    state ^= state >> 12n;
    state = (state ^ (state << 25n)) & 0xffff_ffff_ffff_ffffn;
    state ^= state >> 27n;
    words[i] = state * 0x2545_f491_4f6c_dd1dn;
  }
}

const STREAMS = ["/lidar/points", "/camera/front", "/camera/rear", "/radar"];
const PERIOD_NS = 10_000_000n;
const START_NS = 1_700_000_000_000_000_000n;

export async function writeLargeMcap({ path, bytes, messageBytes, chunked, seed }: LargeMcap): Promise<number> {
  const file = new FileWritable(path);
  const writer = new McapWriter({ writable: file, useChunks: chunked, chunkSize: 1 << 20 });
  await writer.start({ profile: "", library: "plumbline bench" });
  const channels: number[] = [];
  for (const topic of STREAMS) {
    channels.push(await writer.registerChannel({ schemaId: 0, topic, messageEncoding: "bytes", metadata: new Map() }));
  }
  const payload = new Uint8Array(messageBytes);
  const words = new BigUint64Array(payload.buffer, 0, Math.floor(messageBytes / 8));
  fill(words, BigInt(seed));
  const count = Math.floor(bytes / messageBytes);
  for (let i = 0; i < count; i++) {
    words[0] = BigInt(i + 1) * 0x9e37_79b9_7f4a_7c15n;
    const logTime = START_NS + BigInt(i) * PERIOD_NS;
    const sequence = Math.floor(i / STREAMS.length);
    await writer.addMessage({ channelId: channels[i % STREAMS.length] ?? 0, sequence, logTime, publishTime: logTime, data: payload });
  }
  await writer.end();
  file.close();
  return count;
}

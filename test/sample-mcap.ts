/**
 * Small generated MCAPs for tests that need a recording and no shared data: three streams over several chunks.
 * Deterministic. Layouts and encodings are the conformance suite's business; these are for the engine and the CLI.
 */
import { type IWritable, McapWriter } from "@mcap/core";

export class MemoryWritable implements IWritable {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  position(): bigint {
    return BigInt(this.#length);
  }

  async write(buffer: Uint8Array): Promise<void> {
    this.#parts.push(buffer.slice());
    this.#length += buffer.length;
  }

  bytes(): Uint8Array {
    const out = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

export interface SampleOptions {
  readonly frames?: number;
  readonly chunked?: boolean;
  readonly chunkBytes?: number;
  /** Frames of /camera (by number) that are not written, and that repeat the payload of the frame before. */
  readonly dropped?: readonly number[];
  /** Instead of /camera, /imu and /odom. */
  readonly topics?: readonly [string, string, string];
}

const START_NS = 1_700_000_000_000_000_000n;

/** /camera at 10 Hz, /imu at 100 Hz, /odom at 20 Hz; payloads of pseudo-random bytes. */
export async function sampleMcap({
  frames = 60,
  chunked = true,
  chunkBytes = 4096,
  dropped = [],
  topics = ["/camera", "/imu", "/odom"],
}: SampleOptions = {}): Promise<Uint8Array> {
  const out = new MemoryWritable();
  const writer = new McapWriter({ writable: out, useChunks: chunked, chunkSize: chunkBytes });
  await writer.start({ profile: "", library: "plumbline test" });
  const channel = async (topic: string): Promise<number> =>
    writer.registerChannel({ schemaId: 0, topic, messageEncoding: "bytes", metadata: new Map() });
  const streams = [
    { id: await channel(topics[0]), every: 10, bytes: 700 },
    { id: await channel(topics[1]), every: 1, bytes: 56 },
    { id: await channel(topics[2]), every: 5, bytes: 120 },
  ];
  let state = 12345;
  for (let tick = 0; tick < frames * 10; tick++) {
    const logTime = START_NS + BigInt(tick) * 10_000_000n;
    for (const [i, stream] of streams.entries()) {
      if (tick % stream.every !== 0) continue;
      const sequence = tick / stream.every;
      const data = new Uint8Array(stream.bytes);
      for (let k = 0; k < data.length; k++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        data[k] = state >>> 24;
      }
      if (i === 0 && dropped.includes(sequence)) continue;
      await writer.addMessage({ channelId: stream.id, sequence, logTime, publishTime: logTime, data });
    }
  }
  await writer.end();
  return out.bytes();
}

/** Frames of /camera dropped, one bit flipped inside a chunk, and the end cut off. */
export async function damagedMcap(): Promise<Uint8Array> {
  const bytes = await sampleMcap({ dropped: [20, 21, 22, 40] });
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  return bytes.subarray(0, bytes.length - 200);
}

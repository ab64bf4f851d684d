/**
 * Writes a drive as MCAP while it is simulated: ROS 2 messages in LZ4 chunks, every checksum the format has, an index at the end.
 * What is held is one chunk and the index (40 bytes per chunk and channel), however long the drive is.
 *
 * Same measurements, same bytes: the container is @mcap/core's, the messages @foxglove/rosmsg2-serialization's, the compressor our own
 * kernel (node:zlib's output differs between versions of Node, and a browser has none).
 */
import { parse } from "@foxglove/rosmsg";
import { MessageWriter } from "@foxglove/rosmsg2-serialization";
import { McapWriter } from "@mcap/core";
import { LZ4_FRAME, LZ4_TABLE } from "../../abi.ts";
import type { SimulatorKernels } from "../kernels.ts";
import type { Measurement } from "../types.ts";
import { definitionOf } from "./definitions.ts";
import { messageOf, type RosMessage } from "./messages.ts";

/** A chunk is closed by the message that takes it past this: one sweep or two. */
const CHUNK_BYTES = 2 << 20;

/** Flipped in the payload of a measurement with `flipByte`. */
const FLIPPED_BIT = 0x10;

const MESSAGE = 0x05;
/** opcode, length, channel, sequence, log time, publish time */
const MESSAGE_HEAD = 1 + 8 + 2 + 4 + 8 + 8;

interface Channel {
  readonly id: number;
  readonly type: string;
  readonly writer: MessageWriter;
}

export class DriveWriter {
  readonly #mcap: McapWriter;
  readonly #kernels: SimulatorKernels;
  readonly #channels = new Map<string, Channel>();
  /** The messages of the open chunk that get a bit flipped. */
  #flips: { readonly channel: number; readonly sequence: number; readonly byte: number }[] = [];
  #bytes = 0;

  /**
   * Begins a recording.
   * @param write called with consecutive pieces of the file, which the callee may keep
   * @param metadata one metadata record "plumbline.simulation": how the drive was made
   */
  static async begin(
    write: (bytes: Uint8Array) => Promise<void>,
    kernels: SimulatorKernels,
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<DriveWriter> {
    const writer = new DriveWriter(write, kernels);
    await writer.#mcap.start({ profile: "ros2", library: "plumbline simulate" });
    await writer.#mcap.addMetadata({ name: "plumbline.simulation", metadata: new Map(Object.entries(metadata)) });
    return writer;
  }

  private constructor(write: (bytes: Uint8Array) => Promise<void>, kernels: SimulatorKernels) {
    this.#kernels = kernels;
    this.#mcap = new McapWriter({
      chunkSize: CHUNK_BYTES,
      compressChunk: (data) => this.#compress(data),
      writable: {
        position: () => BigInt(this.#bytes),
        write: async (bytes) => {
          if (bytes.length === 0) return;
          this.#bytes += bytes.length;
          await write(bytes);
        },
      },
    });
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds one message. Measurements must come in the order of `logNs`; views in them are not needed afterwards.
   * @throws TypeError when a topic changes its type
   */
  async add(measurement: Measurement): Promise<void> {
    const message = messageOf(measurement);
    const channel = this.#channels.get(measurement.topic) ?? (await this.#register(measurement.topic, message));
    if (channel.type !== message.type) {
      throw new TypeError(`expected ${channel.type} on ${measurement.topic}, got ${message.type}`);
    }
    if (measurement.flipByte !== undefined) {
      this.#flips.push({ channel: channel.id, sequence: measurement.sequence, byte: measurement.flipByte });
    }
    await this.#mcap.addMessage({
      channelId: channel.id,
      sequence: measurement.sequence,
      logTime: measurement.logNs,
      publishTime: measurement.logNs,
      data: channel.writer.writeMessage(message.value),
    });
  }

  /** Writes the last chunk and the index. */
  async end(): Promise<void> {
    await this.#mcap.end();
  }

  async #register(topic: string, { type }: RosMessage): Promise<Channel> {
    const text = definitionOf(type);
    const name = type.replace("/", "/msg/");
    const schemaId = await this.#mcap.registerSchema({ name, encoding: "ros2msg", data: new TextEncoder().encode(text) });
    const id = await this.#mcap.registerChannel({ schemaId, topic, messageEncoding: "cdr", metadata: new Map() });
    const channel = { id, type, writer: new MessageWriter(parse(text, { ros2: true })) };
    this.#channels.set(topic, channel);
    return channel;
  }

  /** Called by the container when a chunk is full and its CRC is taken. */
  #compress(data: Uint8Array): { compression: string; compressedData: Uint8Array } {
    if (this.#flips.length > 0) this.#flip(data);
    const kernels = this.#kernels;
    const mark = kernels.mark();
    const room = data.length + LZ4_FRAME + 4 * Math.ceil(data.length / (4 << 20));
    const source = kernels.put(data);
    const target = kernels.alloc(room);
    const table = kernels.alloc(LZ4_TABLE);
    const written = kernels.exports.lz4Compress(source, data.length, target, room, table);
    kernels.release(mark);
    // A view: the container copies it into its record before anything else happens.
    const compressedData = kernels.u8(target, written);
    return { compression: "lz4", compressedData };
  }

  #flip(data: Uint8Array): void {
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    for (let at = 0; at + 9 <= data.length; at += 9 + Number(view.getBigUint64(at + 1, true))) {
      if (data[at] !== MESSAGE) continue;
      const channel = view.getUint16(at + 9, true);
      const sequence = view.getUint32(at + 11, true);
      for (const flip of this.#flips) {
        const byte = at + MESSAGE_HEAD + flip.byte;
        if (flip.channel === channel && flip.sequence === sequence) data[byte] = (data[byte] ?? 0) ^ FLIPPED_BIT;
      }
    }
    this.#flips = [];
  }
}

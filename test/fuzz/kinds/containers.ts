/** Samples of the containers: MCAP, ROS 1 bags, ROS 2 bags in SQLite. */
import { zstdCompressSync } from "node:zlib";
import { bagOf } from "../dialects/bag.ts";
import { pack } from "../dialects/frames.ts";
import {
  bagBytes,
  concat,
  loadSimulatorKernels,
  randomStream,
  sampleMcap,
  settingsOf,
  someMessages,
  writeDrive,
  writeMcap,
} from "../house.ts";
import { mcapOf, type Topic, topicsIn } from "./messages.ts";
import { file, folder, type Kind, sharedFiles } from "./sample.ts";

const CHUNK_BYTES = 8192;

export const mcapKind: Kind = {
  name: "mcap",
  target: "recording",
  async samples() {
    const messages = someMessages(80);
    const all = [
      file("plain.mcap", await writeMcap(messages, { useChunks: false })),
      file("chunks.mcap", await writeMcap(messages, { chunkSize: 1000, extras: 3 })),
      file("zstd.mcap", await writeMcap(messages, { chunkSize: 1000, compression: "zstd", extras: 1 })),
      file("lz4.mcap", await writeMcap(messages, { chunkSize: 1000, compression: "lz4" })),
      file(
        "bare.mcap",
        await writeMcap(messages, {
          chunkSize: 1000,
          useChunkIndex: false,
          useStatistics: false,
          useMessageIndex: false,
          repeatChannels: false,
        }),
      ),
      file("sample.mcap", await sampleMcap({ frames: 12, dropped: [3] })),
      ...sharedFiles("1-mcap/conformance", "st-sum.mcap").slice(0, 12),
      ...sharedFiles("1-mcap/recorded", ".mcap"),
    ];
    return [...all.map((sample) => ({ ...sample, isSummed: true as const })), ...sharedFiles("1-mcap/damaged", ".mcap")];
  },
};

export const messagesKind: Kind = {
  name: "messages",
  target: "recording",
  async samples() {
    const random = randomStream(1, "chunks");
    const lz4 = (data: Uint8Array): Uint8Array => pack("lz4", data, random) ?? data;
    return [
      file("ros2.mcap", await mcapOf(topicsIn("ros2"), CHUNK_BYTES, (data) => new Uint8Array(zstdCompressSync(data)), "zstd")),
      file("ros1.mcap", await mcapOf(topicsIn("ros1"), CHUNK_BYTES, lz4, "lz4")),
      file("protobuf.mcap", await mcapOf(topicsIn("protobuf"), CHUNK_BYTES, (data) => data, "")),
      file("json.mcap", await mcapOf(topicsIn("json"), CHUNK_BYTES, (data) => new Uint8Array(zstdCompressSync(data)), "zstd")),
      file("drive.mcap", await drive()),
    ];
  },
};

/** What the simulator writes: every sensor, labels of annotators, truth to hold against. */
async function drive(): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const settings = settingsOf({ seconds: 1, lidar: { rings: 4, columns: 32 }, camera: { width: 64, height: 64 }, annotators: 1 });
  await writeDrive(settings, await loadSimulatorKernels(), {
    drive: async (bytes) => void parts.push(bytes.slice()),
    truth: async () => {},
  });
  return concat(parts);
}

export const bagKind: Kind = {
  name: "bag",
  target: "recording",
  async samples() {
    const bags = ["none", "bz2", "lz4"].map((compression) =>
      file(
        `${compression}.bag`,
        bagOfTopics(
          topicsIn("ros1").filter(({ topic }) => topic !== "/camera/jpeg"),
          compression,
        ),
      ),
    );
    return [...bags, ...sharedFiles("1-rosbag1", ".bag")];
  },
};

function bagOfTopics(topics: readonly Topic[], compression: string): Uint8Array {
  const connections = topics.map(({ topic, schema }, id) => ({
    id,
    topic,
    type: schema.schemaName,
    definition: new TextDecoder().decode(schema.schemaData),
  }));
  // A bzip2 chunk takes a while to be written.
  const messages = topics.flatMap(({ messages: own }, connection) =>
    own.slice(0, 12).map(({ timeNs, data }) => ({ connection, timeNs, data })),
  );
  messages.sort((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : a.connection - b.connection));
  return bagOf(connections, messages, compression, 20, randomStream(2, compression));
}

const METADATA = `rosbag2_bagfile_information:
  version: 5
  storage_identifier: sqlite3
  duration: { nanoseconds: 1980000000 }
  starting_time: { nanoseconds_since_epoch: 1700000000000000000 }
  message_count: MESSAGES
  topics_with_message_count:
TOPICS
  compression_format: "FORMAT"
  compression_mode: "MODE"
  relative_file_paths:
    - bag_0.db3
`;

export const db3Kind: Kind = {
  name: "db3",
  target: "recording",
  async samples() {
    const topics = topicsIn("ros2");
    const [small, large] = [
      topics.filter(({ topic }) => topic === "/imu" || topic === "/tf"),
      topics.filter(({ topic }) => topic !== "/camera/png"),
    ];
    return [
      file("small.db3", database(small, { pageBytes: 512 })),
      file("wide.db3", database(large, { pageBytes: 4096 })),
      file("utf16.db3", database(small, { pageBytes: 1024, encoding: "UTF-16le" })),
      folder("bag", { "bag_0.db3": database(large, { pageBytes: 4096 }), "metadata.yaml": metadata(large, "", "") }),
      folder("packed", {
        "bag_0.db3": database(large, { pageBytes: 2048 }, (data) => new Uint8Array(zstdCompressSync(data))),
        "metadata.yaml": metadata(large, "zstd", "MESSAGE"),
      }),
      {
        ...file("logged.db3", database(small, { pageBytes: 1024 })),
        files: { "logged.db3": database(small, { pageBytes: 1024 }), "logged.db3-wal": emptyLog(1024) },
      },
      ...sharedFiles("1-rosbag2-db3", ".db3"),
    ];
  },
};

type Shape = Parameters<typeof bagBytes>[2];

function database(topics: readonly Topic[], shape: Shape, packed: (data: Uint8Array) => Uint8Array = (data) => data): Uint8Array {
  const rows = topics.flatMap(({ messages }, i) =>
    messages.map(({ timeNs, data }) => ({ topic: i + 1, logNs: timeNs, data: packed(data) })),
  );
  rows.sort((a, b) => (a.logNs < b.logNs ? -1 : a.logNs > b.logNs ? 1 : a.topic - b.topic));
  const listed = topics.map(({ topic, schema }, i) => ({
    id: i + 1,
    name: topic,
    type: schema.schemaName,
    definition: { encoding: "ros2msg", text: new TextDecoder().decode(schema.schemaData) },
  }));
  return bagBytes(listed, rows, shape);
}

function metadata(topics: readonly Topic[], format: string, mode: string): string {
  const rows = topics.map(
    ({ topic, schema, messages }) =>
      `    - topic_metadata: { name: ${topic}, type: ${schema.schemaName}, serialization_format: cdr, offered_qos_profiles: "" }\n      message_count: ${messages.length}`,
  );
  const count = topics.reduce((sum, { messages }) => sum + messages.length, 0);
  return METADATA.replace("MESSAGES", String(count)).replace("TOPICS", rows.join("\n")).replace("FORMAT", format).replace("MODE", mode);
}

/** A header and a frame of nothing. */
function emptyLog(pageBytes: number): Uint8Array {
  const log = new Uint8Array(32 + 24 + pageBytes);
  const view = new DataView(log.buffer);
  for (const [i, value] of [0x377f0682, 3_007_000, pageBytes, 0, 7, 9].entries()) view.setUint32(4 * i, value);
  for (const [i, value] of [1, 0, 7, 9].entries()) view.setUint32(32 + 4 * i, value);
  return log;
}

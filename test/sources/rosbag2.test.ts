import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { check, openRecording } from "../../src/index.ts";
import type { Input } from "../../src/input.ts";
import { loadKernels } from "../../src/kernels.ts";
import { memoryBudget } from "../../src/memory.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { rosbag2 } from "../../src/sources/rosbag2/source.ts";
import { memoryInput } from "../memory-input.ts";
import { sealed, told, verified } from "../seal/in-memory.ts";
import { describeShared } from "../shared-data.ts";
import { type BagMessage, type BagTopic, bagBytes, fillBag, storedMessages } from "./db3-write.ts";
import { diskInput, readAll, type Whole } from "./read-all.ts";

const temporary = mkdtempSync(join(tmpdir(), "plumbline-rosbag2-"));
afterAll(() => rmSync(temporary, { recursive: true }));

const single = (bytes: Uint8Array): Input => memoryInput("a_0.db3", { "a_0.db3": bytes }, { kind: "file" });
const counts = (whole: Whole) => Object.fromEntries(Object.values(whole.streams).map(({ info, stampNs }) => [info.id, stampNs.length]));
const contents = (whole: Whole) =>
  Object.fromEntries(Object.entries(whole.streams).map(([id, { stampNs, digest, bytes }]) => [id, { stampNs, digest, bytes }]));
const brief = (whole: Whole) => whole.damages.map(({ kind, severity, file, observed }) => ({ kind, severity, file, observed }));
const kinds = (whole: Whole) => [...new Set(whole.damages.map(({ kind }) => kind))];

function sha(payloads: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const payload of payloads) hash.update(payload);
  return hash.digest("hex");
}

const TOPICS: readonly BagTopic[] = [
  { id: 1, name: "/a", type: "std_msgs/msg/String" },
  { id: 2, name: "/b", type: "std_msgs/msg/String" },
];

/** `n` messages of the sizes given in turn, their bytes unlike each other's. */
function messages(n: number, sizes: readonly number[], seed = 1): BagMessage[] {
  let state = seed;
  return Array.from({ length: n }, (_, i) => ({
    topic: i % 3 === 0 ? 2 : 1,
    logNs: 1_700_000_000_000_000_000n + BigInt(i) * 10_000_000n,
    data: Uint8Array.from({ length: sizes[i % sizes.length] ?? 0 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  }));
}

describe("databases written by SQLite", () => {
  test("any page size and any size of message comes out as it went in, however it is cut", async () => {
    const size = fc.oneof(fc.nat(60), fc.integer({ min: 400, max: 600 }), fc.nat(5000), fc.integer({ min: 60_000, max: 140_000 }));
    const shape = fc.record({
      pageBytes: fc.constantFrom(512, 1024, 4096, 8192, 65_536),
      encoding: fc.constantFrom("UTF-8" as const, "UTF-16le" as const, "UTF-16be" as const),
      sizes: fc.array(size, { minLength: 1, maxLength: 7 }),
      count: fc.nat(300),
      after: fc.constantFrom("", "delete from messages where id % 5 = 2", "alter table messages add column note TEXT", "vacuum"),
      spanBytes: fc.constantFrom(1, 3000, 100_000),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ pageBytes, encoding, sizes, count, after, spanBytes }) => {
        const least = sizes.some((bytes) => bytes > 50_000) ? count % 40 : count;
        const all = messages(least, sizes);
        const kept = after.startsWith("delete") ? all.filter((_, i) => (i + 1) % 5 !== 2) : all;
        const input = single(bagBytes(TOPICS, all, { pageBytes, encoding, after }));
        const whole = await readAll(rosbag2, input, spanBytes);
        expect(whole.damages).toEqual([]);
        for (const { id, name } of TOPICS) {
          const mine = kept.filter(({ topic }) => topic === id);
          expect(whole.streams[name]?.stampNs).toEqual(mine.map(({ logNs }) => logNs));
          expect(sha(whole.streams[name]?.payload ?? [])).toBe(sha(mine.map(({ data }) => data)));
          for (const [i, [start, end]] of (whole.streams[name]?.range ?? []).entries()) {
            if (start < 0) continue;
            const range = new Uint8Array(end - start);
            input.read(0, start, range);
            expect(Buffer.from(range).includes(Buffer.from(mine[i]?.data ?? [0]))).toBe(true);
          }
        }
      }),
      { numRuns: 40, seed: 11 },
    );
  });

  test("times of any size and sign, and frames in the order of their rows", async () => {
    const times = [0n, 1n, -1n, 127n, -129n, 40_000n, -8_000_000n, 2n ** 31n, -(2n ** 46n), 2n ** 62n, -(2n ** 63n)];
    const all = times.map((logNs, i) => ({ topic: (i % 2) + 1, logNs, data: Uint8Array.of(i) }));
    const path = join(temporary, "times.db3");
    writeFileSync(path, bagBytes(TOPICS, all));
    const recording = await openRecording(path);
    const rows: unknown[] = [];
    for await (const { stream, logNs, payload } of recording.frames()) rows.push([stream, logNs, [...payload]]);
    recording.close();
    expect(rows).toEqual(all.map(({ topic, logNs, data }) => [topic === 1 ? "/a" : "/b", logNs, [...data]]));
  });

  test("a payload whose pages go on behind its end, or end before it, is told and left out", async () => {
    const bytes = bagBytes(TOPICS, messages(3, [20_000]));
    const view = new DataView(bytes.buffer);
    const nexts = Array.from({ length: bytes.length / 4096 }, (_, page) => view.getUint32(4096 * page));
    // Of 20,000 bytes there are 5 pages beyond the leaf: the last of a row's points to none.
    const last = nexts.findIndex((next, page) => next === 0 && page > 4 && nexts[page - 1] === page + 1);
    view.setUint32(4096 * last, 3);
    const longer = await readAll(rosbag2, single(bytes));
    expect(longer.damages).toMatchObject([{ kind: "record-length", observed: { ends: false } }]);
    view.setUint32(4096 * last, 0);
    view.setUint32(4096 * (last - 2), 0);
    const shorter = await readAll(rosbag2, single(bytes));
    expect(shorter.damages).toMatchObject([{ kind: "record-length", expected: { bytes: 20_016 } }]);
    for (const whole of [longer, shorter]) expect(Object.values(counts(whole)).reduce((a, b) => a + b, 0)).toBe(2);
  });

  test("spans hold whole leaves and about as many bytes as asked for", async () => {
    const bytes = bagBytes(TOPICS, messages(200, [20, 20, 20, 30_000]));
    const { index } = await readAll(rosbag2, single(bytes), 200_000);
    expect(index.spans.length).toBeGreaterThan(6);
    for (const span of index.spans) expect(span.bytes).toBeLessThan(200_000 + 40_000);
    expect(index.spans.reduce((sum, span) => sum + span.bytes, 0)).toBeGreaterThan(1_500_000);
  });

  test("a topic in a form that is not CDR stays bytes, and is told at the table of topics", async () => {
    const topics = [{ id: 1, name: "/a", type: "sensor_msgs/msg/Imu", format: "wrong_format" }];
    const whole = await readAll(
      rosbag2,
      single(
        bagBytes(
          topics,
          messages(1, [8]).map((one) => ({ ...one, topic: 1 })),
        ),
      ),
    );
    expect(whole.damages).toMatchObject([
      { kind: "unknown-encoding", severity: "warning", observed: { serializationFormat: "wrong_format", topics: ["/a"] } },
    ]);
    const [start = 0, end = 0] = whole.damages[0]?.bytes ?? [];
    expect(end - start).toBe(4096);
    expect(whole.streams["/a"]?.info).toMatchObject({ kind: "bytes", opaque: "schema not understood" });
  });

  test("messages on a topic that is not there are told, each row at its place", async () => {
    const bytes = bagBytes(TOPICS, [...messages(5, [10]), { topic: 77, logNs: 5n, data: new Uint8Array(9) }]);
    const whole = await readAll(rosbag2, single(bytes));
    expect(whole.damages).toMatchObject([{ kind: "unknown-channel", severity: "error", observed: { topic: 77n } }]);
    expect(counts(whole)).toEqual({ "/a": 3, "/b": 2 });
  });

  test("a database without messages, and one that is no bag", async () => {
    const whole = await readAll(rosbag2, single(bagBytes(TOPICS, [])));
    expect([counts(whole), whole.damages]).toEqual([{ "/a": 0, "/b": 0 }, []]);
    const path = join(temporary, "other.db3");
    const other = new DatabaseSync(path);
    other.exec("create table t(x)");
    other.close();
    await expect(readAll(rosbag2, diskInput(path))).rejects.toThrow(
      new InputError(
        "other.db3: expected a ROS 2 bag of SQLite databases, got a SQLite database without the tables topics and messages of a ROS 2 bag",
      ),
    );
    expect(rosbag2.detect(single(new Uint8Array(200)))).toBe(false);
  });

  test("a write-ahead log beside a database: what it holds is missing, and that is told", async () => {
    const [path, copy] = [join(temporary, "open.db3"), join(temporary, "copied.db3")];
    const database = new DatabaseSync(path);
    fillBag(database, TOPICS, messages(10, [100]));
    database.exec("pragma journal_mode = wal; pragma wal_autocheckpoint = 0");
    database.prepare("insert into messages(topic_id, timestamp, data) values (1, 9, ?)").run(new Uint8Array(50));
    copyFileSync(path, copy);
    copyFileSync(`${path}-wal`, `${copy}-wal`);
    database.close();
    const whole = await readAll(rosbag2, diskInput(copy));
    expect(whole.damages).toMatchObject([{ kind: "unmerged-journal", severity: "error", file: "copied.db3-wal" }]);
    expect(counts(whole)).toEqual({ "/a": 6, "/b": 4 });
    const report = await check(copy, { workers: 0 });
    expect(report.findings).toMatchObject([{ check: "integrity/container", kind: "unmerged-journal", file: "copied.db3-wal" }]);
    rmSync(`${copy}-wal`);
    expect((await readAll(rosbag2, diskInput(copy))).damages).toEqual([]);
  });
});

describe("folders", () => {
  const parts = [messages(30, [40], 1), messages(20, [40], 2), messages(10, [40], 3)];
  /** The second file has the topics under other ids. */
  const swapped = parts[1]?.map((one) => ({ ...one, topic: 3 - one.topic })) ?? [];
  const SWAPPED = TOPICS.map((one) => ({ ...one, id: 3 - one.id }));
  const files = {
    "bag_0.db3": bagBytes(TOPICS, parts[0] ?? []),
    "bag_2.db3": bagBytes(SWAPPED, swapped),
    "bag_10.db3": bagBytes(TOPICS, parts[2] ?? []),
  };
  const count = (topic: number): number => parts.flat().filter((one) => one.topic === topic).length;
  const startNs = 1_700_000_000_000_000_000n;

  function metadata(changes: Readonly<Record<string, string>> = {}): string {
    const all = {
      files: "[bag_0.db3, bag_2.db3, bag_10.db3]",
      duration: "290000000",
      start: `${startNs}`,
      a: `${count(1)}`,
      b: `${count(2)}`,
      type: "std_msgs/msg/String",
      format: "cdr",
      last: "10",
      compression: "''",
      ...changes,
    };
    return `rosbag2_bagfile_information:
  version: 5
  storage_identifier: sqlite3
  relative_file_paths: ${all.files}
  duration: { nanoseconds: ${all.duration} }
  starting_time: { nanoseconds_since_epoch: ${all.start} }
  message_count: 60
  compression_format: ""
  compression_mode: ${all.compression}
  topics_with_message_count:
    - { topic_metadata: { name: /a, type: std_msgs/msg/String, serialization_format: cdr, offered_qos_profiles: "" }, message_count: ${all.a} }
    - { topic_metadata: { name: /b, type: ${all.type}, serialization_format: ${all.format} }, message_count: ${all.b} }
  files:
    - { path: bag_0.db3, message_count: 30 }
    - { path: bag_10.db3, message_count: ${all.last} }
`;
  }
  const bag = (text: string | null, more: Readonly<Record<string, Uint8Array>> = {}): Input =>
    memoryInput("bag", { ...files, ...more, ...(text !== null && { "metadata.yaml": text }) });

  test("several files are one recording, in order of their numbers; topics are told by name", async () => {
    const whole = await readAll(rosbag2, bag(metadata()), 5000);
    expect(whole.damages).toEqual([]);
    expect(counts(whole)).toEqual({ "/a": count(1), "/b": count(2) });
    const mine = parts.flat().filter(({ topic }) => topic === 1);
    expect(sha(whole.streams["/a"]?.payload ?? [])).toBe(sha(mine.map(({ data }) => data)));
    expect(whole.index.claims).toMatchObject({
      frames: new Map([
        [0, count(1)],
        [1, count(2)],
      ]),
      file: "metadata.yaml",
    });
    expect(whole.index.claims.timeNs).toEqual([startNs, startNs + 290_000_000n]);
    expect(rosbag2.detect(bag(metadata()))).toBe(true);
  });

  test("files the metadata lists in another order are read in that order", async () => {
    const whole = await readAll(rosbag2, bag(metadata({ files: "[bag_2.db3, bag_0.db3, bag_10.db3]" })));
    expect(sha(whole.streams["/a"]?.payload.slice(0, 3) ?? [])).toBe(
      sha(
        parts[1]
          ?.filter(({ topic }) => topic === 1)
          .slice(0, 3)
          .map(({ data }) => data) ?? [],
      ),
    );
  });

  const place = { file: "metadata.yaml", severity: "error" };
  test.each([
    [
      "another type",
      { type: "std_msgs/msg/Int32" },
      [{ ...place, kind: "index-mismatch", observed: { topic: "/b", type: "std_msgs/msg/String" } }],
    ],
    [
      "another form",
      { format: "wrong_format" },
      [{ ...place, kind: "index-mismatch", observed: { topic: "/b", serializationFormat: "cdr" } }],
    ],
    [
      "a file that is not there",
      { files: "[bag_0.db3, bag_1.db3, bag_2.db3, bag_10.db3]" },
      [{ ...place, kind: "missing-file", observed: { file: "bag_1.db3" } }],
    ],
    [
      "a file left out",
      { files: "[bag_0.db3, bag_2.db3]" },
      [{ ...place, severity: "warning", kind: "index-mismatch", observed: { file: "bag_10.db3" } }],
    ],
    [
      "another count in a file",
      { last: "11" },
      [{ ...place, kind: "statistics-mismatch", observed: { file: "bag_10.db3", messages: 10 }, expected: { messages: 11 } }],
    ],
  ])("metadata that states %s", async (_, changes, expected) => {
    const whole = await readAll(rosbag2, bag(metadata(changes)));
    expect(whole.damages).toMatchObject(expected);
    expect(Object.values(counts(whole)).reduce((a, b) => a + b, 0)).toBe(60);
  });

  test.each([
    [
      "another count of a topic",
      { a: "41" },
      { kind: "statistics-mismatch", stream: "/a", observed: { frames: count(1) }, expected: { frames: 41 } },
    ],
    ["another end", { duration: "290000001" }, { kind: "statistics-mismatch", observed: { endNs: startNs + 290_000_000n } }],
  ])("metadata that states %s: a finding in metadata.yaml", async (_, changes, expected) => {
    const folder = mkdtempSync(join(temporary, "bag-"));
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    writeFileSync(join(folder, "metadata.yaml"), metadata(changes));
    const { findings } = await check(folder, { workers: 0, checks: ["integrity/container"] });
    expect(findings).toMatchObject([{ ...expected, file: "metadata.yaml", severity: "error" }]);
  });

  test("without metadata, with metadata that is none, with an empty and a compressed part", async () => {
    expect(brief(await readAll(rosbag2, bag(null)))).toMatchObject([
      { kind: "missing-file", severity: "warning", observed: { file: "metadata.yaml" } },
    ]);
    const inOrder = await readAll(rosbag2, bag(null));
    expect(sha(inOrder.streams["/b"]?.payload ?? [])).toBe(
      sha(
        parts
          .flat()
          .filter(({ topic }) => topic === 2)
          .map(({ data }) => data),
      ),
    );
    expect(brief(await readAll(rosbag2, bag("{ [")))).toMatchObject([{ kind: "malformed-table", file: "metadata.yaml" }]);
    expect(rosbag2.detect(bag(null, { "other_0.db3": new Uint8Array(0) }))).toBe(false);
    const more = { "bag_11.db3": new Uint8Array(0), "bag_12.db3.zstd": new Uint8Array(9) };
    const whole = await readAll(rosbag2, bag(null, more));
    expect(brief(whole)).toMatchObject([
      { kind: "missing-file" },
      { kind: "unreadable-file", file: "bag_11.db3", observed: { reason: "an empty file" } },
      { kind: "unsupported-compression", file: "bag_12.db3.zstd", severity: "warning" },
    ]);
    expect(Object.values(counts(whole)).reduce((a, b) => a + b, 0)).toBe(60);
  });

  test("a bag of MCAP files is none of ours; one of compressed files only is refused in plain words", async () => {
    expect(rosbag2.detect(memoryInput("bag", { "bag_0.mcap": "x", "metadata.yaml": metadata() }))).toBe(false);
    const packed = memoryInput("bag", { "bag_0.db3.zstd": "x", "metadata.yaml": metadata() });
    expect(rosbag2.detect(packed)).toBe(true);
    await expect(readAll(rosbag2, packed)).rejects.toThrow("got databases compressed as a whole, which are not read");
  });

  test("messages that are compressed one by one come out as they went in; one that is damaged is lost", async () => {
    const pack = (list: readonly BagMessage[]) => list.map((one) => ({ ...one, data: new Uint8Array(zstdCompressSync(one.data)) }));
    const sizes = [0, 40, 255, 256, 700, 70_000];
    const all = messages(60, sizes);
    const packed = pack(all);
    packed[7] = { topic: 1, logNs: 1n, data: Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 9, 1, 2, 3) };
    const text = metadata({ compression: "MESSAGE", files: "[bag_0.db3]", a: "40", b: "20" });
    const whole = await readAll(rosbag2, memoryInput("bag", { "bag_0.db3": bagBytes(TOPICS, packed), "metadata.yaml": text }));
    const left = all.filter(({ topic }, i) => topic === 1 && i !== 7);
    expect(sha(whole.streams["/a"]?.payload ?? [])).toBe(sha(left.map(({ data }) => data)));
    expect(whole.damages.map(({ kind }) => kind)).toEqual(["chunk-damaged"]);
  });

  test("messages of one leaf that together need more than memory holds are read in turn; one that does by itself is told", async () => {
    const folder = mkdtempSync(join(temporary, "inflating-"));
    const zeros = (mib: number): Uint8Array => new Uint8Array(zstdCompressSync(new Uint8Array(mib << 20)));
    const [fits, beyond] = [zeros(20), zeros(40)];
    const all = Array.from({ length: 24 }, (_, i) => ({ topic: 1, logNs: BigInt(i + 1) * 10_000_000n, data: i === 5 ? beyond : fits }));
    writeFileSync(join(folder, "bag_0.db3"), bagBytes(TOPICS, all, { pageBytes: 65_536 }));
    writeFileSync(join(folder, "metadata.yaml"), metadata({ compression: "MESSAGE", files: "[bag_0.db3]", a: "24", b: "0" }));
    const reports = [];
    for (const workers of [0, 2]) reports.push(await check(folder, { workers, memoryMiB: 64, checks: ["integrity/container"] }));
    const [report, other] = reports;
    expect(report?.recording.streams.find(({ id }) => id === "/a")?.frames).toBe(23);
    expect(report?.findings.filter(({ kind }) => kind === "over-memory-budget")).toMatchObject([
      { severity: "error", file: "bag_0.db3", observed: { row: 6 }, expected: { most: 32 * 2 ** 20 } },
    ]);
    expect(other?.findings).toEqual(report?.findings);
    const recording = await openRecording(folder);
    let frames = 0;
    for await (const { payload } of recording.frames()) frames += payload.length > 0 ? 1 : 0;
    recording.close();
    expect(frames).toBe(24);

    const kernels = await loadKernels(undefined, memoryBudget(64));
    const input = diskInput(folder);
    const index = rosbag2.open(input, kernels, nodePlatform, { spanBytes: 1 << 20 });
    const reader = rosbag2.reader(input, index, kernels, nodePlatform);
    const spans = index.spans.toReversed();
    for (let span = spans.pop(); span; span = spans.pop()) {
      const { rest } = reader.read(span, new Set());
      if (rest) spans.push(rest);
    }
    input.close();
    expect(kernels.bytes).toBeLessThan(64 * 2 ** 20);
  });

  test("the metadata a database carries itself counts where there is no other", async () => {
    const own = (n: number) => `version: 7\nmessage_count: ${n}\nrelative_file_paths: [renamed_0.db3]\ntopics_with_message_count: []\n`;
    const bytes = (n: number) => bagBytes(TOPICS, messages(12, [30]), { metadata: own(n) });
    expect((await readAll(rosbag2, single(bytes(12)))).damages).toEqual([]);
    expect(brief(await readAll(rosbag2, single(bytes(0))))).toMatchObject([{ kind: "statistics-mismatch", observed: { messages: 12 } }]);
  });
});

describe("damage", () => {
  const all = messages(400, [60, 60, 900, 9000]);
  const bytes = bagBytes(TOPICS, all);

  test("a database cut anywhere: the messages that are there, and one finding at its end", async () => {
    for (const share of [0.3, 0.6, 0.95]) {
      const size = Math.floor(bytes.length * share);
      const whole = await readAll(rosbag2, single(bytes.subarray(0, size)));
      const frames = Object.values(counts(whole)).reduce((a, b) => a + b, 0);
      expect(kinds(whole)).toContain("truncated");
      expect(kinds(whole).filter((kind) => kind !== "truncated" && kind !== "record-length")).toEqual([]);
      expect(whole.damages.find(({ kind }) => kind === "truncated")?.expected).toEqual({ bytes: bytes.length });
      expect(frames).toBeGreaterThan(400 * share * 0.8);
      expect(frames).toBeLessThan(400);
    }
  });

  test("a page overwritten is named, and the rows of all others are read", async () => {
    const copy = bytes.slice();
    const { index } = await readAll(rosbag2, single(bytes));
    const { databases } = index.detail as { readonly databases: readonly { readonly leaves: Uint32Array }[] };
    const leaf = databases[0]?.leaves[3] ?? 0;
    copy.fill(0xee, (leaf - 1) * 4096, leaf * 4096);
    const whole = await readAll(rosbag2, single(copy));
    expect(whole.damages).toMatchObject([{ kind: "unreadable", severity: "error", bytes: [(leaf - 1) * 4096, leaf * 4096] }]);
    expect(Object.values(counts(whole)).reduce((a, b) => a + b, 0)).toBeGreaterThan(370);
  });

  test("a damaged magic does not hide the rest", async () => {
    const copy = bytes.slice();
    copy[3] = 0;
    expect(rosbag2.detect(single(copy))).toBe(true);
    const whole = await readAll(rosbag2, single(copy));
    expect(kinds(whole)).toEqual(["bad-magic"]);
    expect(contents(whole)).toEqual(contents(await readAll(rosbag2, single(bytes))));
  });

  test("changed bytes: a recording with located damage or one clear line, and no more memory or time than the file deserves", async () => {
    const small = bagBytes(TOPICS, messages(120, [30, 700, 3000]), { pageBytes: 1024 });
    const change = fc.record({ at: fc.oneof(fc.nat(3000), fc.nat(small.length - 1)), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 10 }), fc.nat(small.length), async (changes, cut) => {
        const copy = small.slice(0, cut % 3 === 0 ? cut : small.length);
        for (const { at, byte } of changes) if (at < copy.length) copy[at] = byte;
        try {
          const whole = await readAll(rosbag2, single(copy), 1 << 14);
          for (const { bytes: range } of whole.damages) {
            expect(range?.[0] ?? 0).toBeGreaterThanOrEqual(0);
            expect(range?.[1] ?? 0).toBeLessThanOrEqual(copy.length);
          }
          expect(contents(await readAll(rosbag2, single(copy), 1 << 30))).toEqual(contents(whole));
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 150, seed: 5 },
    );
  });

  test("pages that point at each other, and leaves that claim more than the file has, are bounded", async () => {
    const copy = bytes.slice();
    const view = new DataView(copy.buffer);
    // Every interior page's cells point at the page itself.
    for (let page = 1; page < copy.length / 4096; page++) {
      if (copy[page * 4096] === 5)
        for (let i = 0; i < view.getUint16(page * 4096 + 3); i++)
          view.setUint32(page * 4096 + view.getUint16(page * 4096 + 12 + 2 * i), page + 1);
    }
    const whole = await readAll(rosbag2, single(copy));
    expect(kinds(whole)).toEqual(["index-mismatch"]);
    expect(contents(whole)).toEqual(contents(await readAll(rosbag2, single(bytes))));
  });

  test("a page that points behind the end of a whole file is named; its other leaves are read", async () => {
    const copy = bytes.slice();
    const root = Array.from({ length: bytes.length / 4096 }, (_, page) => 4096 * page).find((at) => copy[at] === 5) ?? 0;
    const view = new DataView(copy.buffer);
    view.setUint32(root + view.getUint16(root + 12), 1_000_000);
    const whole = await readAll(rosbag2, single(copy));
    expect(whole.damages).toMatchObject([
      { kind: "index-mismatch", bytes: [root, root + 4096], observed: { child: 1_000_000 }, expected: { pages: bytes.length / 4096 } },
    ]);
    expect(contents(whole)).toEqual(contents(await readAll(rosbag2, single(bytes))));
  });

  test("leaves that a damaged page of the tree no longer leads to are found again, in their order; pages given up are not", async () => {
    const small = messages(300, [60, 200, 2000]);
    const deleted = bagBytes(TOPICS, small, { pageBytes: 1024, after: "delete from messages where id between 100 and 200" });
    for (const [database, n] of [
      [bagBytes(TOPICS, small, { pageBytes: 1024 }), 300],
      [deleted, 199],
    ] as const) {
      const sound = await readAll(rosbag2, single(database));
      const copy = database.slice();
      // The root of messages is page 3: after the schema and topics.
      expect(copy[2 * 1024]).toBe(5);
      copy.fill(0, 2 * 1024, 3 * 1024);
      const whole = await readAll(rosbag2, single(copy));
      expect(whole.damages).toMatchObject([{ kind: "unreadable", bytes: [2048, 3072] }]);
      const frames = Object.values(counts(whole)).reduce((a, b) => a + b, 0);
      if (n === 300) expect(contents(whole)).toEqual(contents(sound));
      expect(frames).toBeGreaterThanOrEqual(n);
      expect(frames).toBeLessThanOrEqual(300);
      const stamps = Object.values(whole.streams).flatMap(({ stampNs }) => stampNs);
      expect(new Set(stamps).size).toBe(frames);
    }
  });

  test("a thousand rows that share one payload are not read a thousand times", async () => {
    const copy = bagBytes(TOPICS, messages(20, [700_000]));
    const view = new DataView(copy.buffer);
    for (let page = 1; page < copy.length / 4096; page++) {
      const at = page * 4096;
      if (copy[at] !== 13 || view.getUint16(at + 3) === 0 || view.getUint16(at + 3) > 20) continue;
      const cell = view.getUint16(at + 8);
      if (cell < 1000) continue;
      view.setUint16(at + 3, 450);
      for (let i = 0; i < 450; i++) view.setUint16(at + 8 + 2 * i, cell);
    }
    const whole = await readAll(rosbag2, single(copy), 1 << 20, new Set(["frames"]));
    expect(kinds(whole)).toContain("too-large");
    expect(Object.values(counts(whole)).reduce((a, b) => a + b, 0)).toBeLessThan(50);
  });
});

describeShared("recorded bags", (shared) => {
  const folder = join(shared, "1-rosbag2-db3");
  const packets = join(shared, "2-lidar", "nebula-packets");
  const paths = [
    ...readdirSync(folder)
      .filter((name) => name.endsWith(".db3"))
      .map((name) => join(folder, name)),
    ...readdirSync(packets, { recursive: true, encoding: "utf8" }).flatMap((name) => (name.endsWith(".db3") ? [join(packets, name)] : [])),
  ];
  const ofMcap = JSON.parse(readFileSync(join(shared, "1-mcap", "expected.json"), "utf8")) as Readonly<
    Record<
      string,
      { readonly topics: readonly { readonly topic: string; readonly count: number; readonly payload_sha256_file_order: string }[] }
    >
  >;

  test.each(paths.map((path) => [path.slice(shared.length + 1), path] as const))("%s: as SQLite reads it", async (_, path) => {
    const whole = await readAll(rosbag2, diskInput(path));
    const stored = Map.groupBy(storedMessages(path), ({ topic }) => topic);
    expect(whole.damages).toEqual([]);
    for (const [topic, { payload, info, stampNs }] of Object.entries(whole.streams)) {
      const rows = stored.get(topic) ?? [];
      expect(sha(payload)).toBe(sha(rows.map(({ data }) => data)));
      if (info.stamps === "log") expect(stampNs).toEqual(rows.map(({ logNs }) => logNs));
    }
    expect([...stored.keys()].filter((topic) => !whole.streams[topic])).toEqual([]);
  });

  const both = paths.filter((path) => ofMcap[path.slice(folder.length + 1).replace(".db3", ".mcap")]);
  test("there are pairs", () => expect(both.length).toBe(9));

  const OTHERWISE: Readonly<Record<string, string>> = { "talker.db3": "schemaText", "wrong_rmw_test_0.db3": "messageEncoding" };
  const passed = (streams: number) => ({ findings: [], status: new Array(streams).fill("pass") });
  test.each(both.map((path) => path.slice(folder.length + 1)))("%s: payloads, digests and seal of its MCAP", async (name) => {
    const twin = name.replace(".db3", ".mcap");
    const [path, mcap] = [join(folder, name), join(shared, "1-mcap", "recorded", twin)];
    const whole = await readAll(rosbag2, diskInput(path));
    for (const { topic, count, payload_sha256_file_order } of ofMcap[twin]?.topics ?? []) {
      expect([count, payload_sha256_file_order]).toEqual([whole.streams[topic]?.payload.length, sha(whole.streams[topic]?.payload ?? [])]);
    }
    const digests = async (path: string) =>
      (await check(path, { workers: 0, checks: ["time/order"] })).recording.streams
        .map(({ id, frames, digest }) => ({ id, frames, digest }))
        .sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(await digests(path)).toEqual(await digests(mcap));
    const [bagSeal, mcapSeal] = [await sealed(diskInput(path)), await sealed(diskInput(mcap))];
    const leaves = ({ streams }: typeof bagSeal) => streams.map(({ id, frames, leaves, stampNs }) => ({ id, frames, leaves, stampNs }));
    expect(leaves(bagSeal)).toEqual(leaves(mcapSeal));
    const states =
      (text: boolean) =>
      ({ streams }: typeof bagSeal) =>
        streams.every(({ forms }) => forms.every(({ schemaText }) => (schemaText !== null) === text));
    expect(states(true)(mcapSeal)).toBe(true);
    const [back, forth] = [told(await verified(diskInput(path), mcapSeal)), told(await verified(diskInput(mcap), bagSeal))];
    // Not every pair states the same: one was written with made-up definitions, one says another serialization format.
    const other = OTHERWISE[name];
    if (other !== undefined) {
      for (const { findings, status } of [back, forth]) {
        const fields = findings.filter(([kind]) => kind === "stream-meaning").map(([, , , , named]) => named);
        expect(fields).toEqual(new Array(bagSeal.streams.length).fill([other]));
        expect(status).toContain("fail");
      }
      return;
    }
    if (states(true)(bagSeal)) {
      expect([Buffer.compare(bagSeal.root, mcapSeal.root), back, forth]).toEqual([
        0,
        passed(bagSeal.streams.length),
        passed(bagSeal.streams.length),
      ]);
      return;
    }
    // A bag without definitions: an MCAP says more, of which nobody vouches but against accidents.
    expect(states(false)(bagSeal)).toBe(true);
    for (const { findings } of [back, forth]) {
      expect(new Set(findings.map(([kind, severity, , , fields]) => `${kind} ${severity} ${fields}`))).toEqual(
        new Set(bagSeal.streams.length > 0 ? ["converted info schemaEncoding,schemaText"] : []),
      );
    }
    expect([new Set(back.status), new Set(forth.status)]).toEqual([new Set(["pass"]), new Set(["not_observable"])]);
    expect(new Set(told(await verified(diskInput(mcap), await sealed(diskInput(path), {}))).status)).toEqual(new Set(["pass"]));
  });
});

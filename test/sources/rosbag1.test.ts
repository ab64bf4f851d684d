import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Bag } from "@foxglove/rosbag";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { bunzip2 } from "../../src/sources/codecs/bzip2.ts";
import { rosbag1 } from "../../src/sources/rosbag1/source.ts";
import { memoryInput } from "../memory-input.ts";
import { sealed, verified } from "../seal/in-memory.ts";
import { describeShared } from "../shared-data.ts";
import { type Announced, type Written, writeMcap } from "./mcap-write.ts";
import { readAll, type Whole } from "./read-all.ts";

interface Expected {
  readonly messages: number;
  readonly first_ns: string | null;
  readonly last_ns: string | null;
  readonly topics: Readonly<Record<string, number>>;
}

const bag = (bytes: Uint8Array) => memoryInput("a.bag", { "a.bag": bytes }, { kind: "file" });
const counts = (whole: Whole) =>
  Object.fromEntries(Object.values(whole.streams).map(({ info, stampNs }) => [`${info.id} ${info.type}`, stampNs.length]));
const total = (whole: Whole) => Object.values(whole.streams).reduce((sum, { stampNs }) => sum + stampNs.length, 0);
const kinds = (whole: Whole) => [...new Set(whole.damages.map(({ kind }) => kind))];
const contents = (whole: Whole) =>
  Object.fromEntries(Object.entries(whole.streams).map(([id, { stampNs, digest }]) => [id, { stampNs, digest }]));

/** `hello` and a run of 300 zeros, by bzip2 1.0.8. */
const HELLO = "QlpoOTFBWSZTWY71hWoAAAVRAMAAACACRIAIIAAiMjNQhgA1KymTxdyRThQkI71hWoA=";

test("bzip2: what was packed comes out, and nothing beyond the room given", () => {
  const packed = new Uint8Array(Buffer.from(HELLO, "base64"));
  const expected = new Uint8Array(305);
  expected.set(new TextEncoder().encode("hello"));
  const out = new Uint8Array(305);
  expect(bunzip2(packed, out)).toEqual({ bytes: 305, reason: null });
  expect(out).toEqual(expected);
  expect(bunzip2(packed, new Uint8Array(304))).toEqual({ bytes: 0, reason: "size" });
  expect(bunzip2(packed.subarray(0, 30), out)).toEqual({ bytes: 0, reason: "data" });
  const flipped = packed.slice();
  flipped[10] = (flipped[10] ?? 0) ^ 1;
  expect(bunzip2(flipped, out)).toEqual({ bytes: 0, reason: "checksum" });
});

test("bytes that are no bag", () => {
  expect(rosbag1.detect(bag(new Uint8Array(100)))).toBe(false);
  return expect(readAll(rosbag1, bag(new TextEncoder().encode(`#ROSBAG V2.0\n${"x".repeat(100)}`)))).rejects.toThrow(
    new InputError("a.bag: not a ROS 1 bag: no record found in 113 bytes"),
  );
});

describeShared("recorded bags", (shared) => {
  const folder = join(shared, "1-rosbag1");
  const load = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));
  const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Record<string, Expected>;

  test.each(Object.keys(expected).filter((name) => name !== "empty-file.bag" && name !== "example-unsorted-chunks.bag"))(
    "%s: counts and times as the reference reads them",
    async (name) => {
      const whole = await readAll(rosbag1, bag(load(name)));
      const { topics, first_ns, last_ns } = expected[name] as Expected;
      expect(counts(whole)).toEqual(topics);
      expect(whole.damages).toEqual([]);
      if (first_ns === null) return;
      const logs = await logTimes(load(name));
      expect([logs[0], logs.at(-1)]).toEqual([BigInt(first_ns), BigInt(last_ns ?? 0)]);
    },
  );

  test("the same content whatever the compression, and however it is cut", async () => {
    const [plain, bz2, lz4] = await Promise.all(
      ["example.bag", "example-bz2.bag", "example-lz4.bag"].map((name) => readAll(rosbag1, bag(load(name)))),
    );
    expect(contents(bz2 as Whole)).toEqual(contents(plain as Whole));
    expect(contents(lz4 as Whole)).toEqual(contents(plain as Whole));
  });

  test("the same content however it is cut", async () => {
    const bytes = load("robot_localization-test1.bag");
    const whole = await readAll(rosbag1, bag(bytes), 1 << 30);
    const cut = await readAll(rosbag1, bag(bytes), 1000);
    expect(whole.index.spans.length).toBe(1);
    expect(cut.index.spans.length).toBeGreaterThanOrEqual(10);
    expect(contents(cut)).toEqual(contents(whole));
    expect([cut.damages, cut.lostBytes]).toEqual([[], 0]);
  });

  test.each(["example.bag", "example-lz4.bag", "robot_localization-test1.bag", "tf_example.bag", "ouster-512x10_raw.bag"])(
    "%s: every payload as @foxglove/rosbag reads it; an MCAP of the same messages has the same seal",
    async (name) => {
      const bytes = load(name);
      const { messages, connections } = await peerMessages(bytes);
      const whole = await readAll(rosbag1, bag(bytes));
      const payloads = Map.groupBy(messages, ({ topic }) => connections[topic]?.topic ?? "");
      expect(Object.keys(whole.streams).sort()).toEqual([...payloads.keys()].sort());
      for (const [topic, list] of payloads) {
        expect(shaOf(whole.streams[topic]?.payload ?? [])).toBe(shaOf(list.map(({ data }) => data)));
      }
      const announced = connections;
      const mcap = memoryInput("a.mcap", { "a.mcap": await writeMcap(messages, { compression: "zstd", announced }) }, { kind: "file" });
      const [ofBag, ofMcap] = [await sealed(bag(bytes)), await sealed(mcap)];
      expect(ofBag.root).toEqual(ofMcap.root);
      for (const report of [await verified(mcap, ofBag), await verified(bag(bytes), ofMcap)]) {
        expect([report.findings, new Set(report.verdicts.map(({ status }) => status))]).toEqual([[], new Set(["pass"])]);
      }
    },
  );

  test("chunks that are not in order of time: three messages by a linear scan", async () => {
    const whole = await readAll(rosbag1, bag(load("example-unsorted-chunks.bag")));
    expect(counts(whole)).toEqual({ "foo std_msgs/String": 3 });
  });

  test("zero bytes before the index are named and nothing is lost", async () => {
    const bytes = load("example-lz4.bag");
    const at = Number(
      new DataView(bytes.buffer).getBigUint64(new TextDecoder("latin1").decode(bytes.subarray(0, 200)).indexOf("index_pos=") + 10, true),
    );
    const padded = new Uint8Array(bytes.length + 1000);
    padded.set(bytes.subarray(0, at));
    padded.set(bytes.subarray(at), at + 1000);
    const whole = await readAll(rosbag1, bag(padded));
    expect(total(whole)).toBe(8647);
    expect(whole.damages).toMatchObject([{ kind: "unreadable", severity: "warning", bytes: [at, at + 1000], observed: { zeros: true } }]);
  });

  test("a bag cut before its index: the connections of its chunks are found", async () => {
    const bytes = load("example-bz2.bag");
    const whole = await readAll(rosbag1, bag(bytes.subarray(0, 200_000)));
    expect(kinds(whole)).toContain("truncated");
    expect(total(whole)).toBeGreaterThan(0);
    expect(Object.keys(whole.streams)).toContain("/turtle1/pose");
  });

  test.each([
    {
      name: "example.bag",
      at: 300_000,
      frames: 8645,
      range: [299_961, 300_237],
      kinds: ["record-length", "malformed-record", "unreadable"],
    },
    { name: "robot_localization-test1.bag", at: 300_000, frames: 16_806, range: [288_583, 303_566], kinds: ["index-mismatch"] },
    { name: "robot_localization-test1.bag", at: 100_000, frames: 15_065, range: [4117, 137_565], kinds: ["chunk-damaged"] },
  ])("$name: damage at $at is located, and what follows it is read", async ({ name, at, frames, range, kinds: expectedKinds }) => {
    const bytes = load(name);
    bytes.fill(0xff, at, at + 100);
    const whole = await readAll(rosbag1, bag(bytes));
    expect(total(whole)).toBe(frames);
    expect(kinds(whole)).toEqual(expectedKinds);
    expect([whole.damages[0]?.bytes?.[0], whole.damages.at(-1)?.bytes?.[1]]).toEqual(range);
  });

  test("a record whose length leads past the end hides nothing behind it", async () => {
    const bytes = load("robot_localization-test1.bag");
    const at = 288_583;
    const view = new DataView(bytes.buffer);
    view.setUint32(at + 4 + view.getUint32(at, true), 0xfffffff0, true);
    const whole = await readAll(rosbag1, bag(bytes));
    expect(whole.damages[0]).toMatchObject({ kind: "record-length", bytes: [at, 303_566], observed: { record: "IndexData" } });
    expect(total(whole)).toBe(16_806);
  });

  test("an index that contradicts its chunk", async () => {
    const bytes = load("example.bag");
    const text = new TextDecoder("latin1").decode(bytes);
    const index = text.indexOf("op=\x04");
    const data = text.indexOf("ver=", index) > 0 ? nextData(bytes, index) : 0;
    bytes[data] = (bytes[data] ?? 0) ^ 1;
    const whole = await readAll(rosbag1, bag(bytes));
    expect(whole.damages).toMatchObject([{ kind: "index-mismatch", observed: { record: "IndexData", wrong: 1 } }]);
    expect(total(whole)).toBe(8647);
  });

  test.each(["example-lz4.bag", "tf_example.bag", "no-messages.bag", "example-unsorted-chunks.bag"])(
    "%s with changed bytes: a recording with located damage or one clear line",
    async (name) => {
      const bytes = load(name);
      const change = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) });
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(bytes.length), async (changes, cut) => {
          const copy = bytes.slice(0, cut % 3 === 0 ? cut : bytes.length);
          for (const { at, byte } of changes) if (at < copy.length) copy[at] = byte;
          try {
            const whole = await readAll(rosbag1, bag(copy), 1 << 30);
            const cut = await readAll(rosbag1, bag(copy), 1);
            expect(contents(cut)).toEqual(contents(whole));
            expect([cut.damages.length, cut.lostBytes]).toEqual([whole.damages.length, whole.lostBytes]);
            for (const { bytes: range } of whole.damages) {
              expect(range?.[0]).toBeGreaterThanOrEqual(0);
              expect(range?.[1]).toBeLessThanOrEqual(copy.length + 1);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(InputError);
          }
        }),
        { numRuns: 12, seed: 7 },
      );
    },
    60_000,
  );

  /** Messages by connection: one topic may have several. */
  async function peerMessages(
    bytes: Uint8Array,
  ): Promise<{ messages: readonly Written[]; connections: Readonly<Record<string, Announced>> }> {
    const lz4 = await import("@foxglove/wasm-lz4");
    await lz4.default.isLoaded;
    const out = (packed: Uint8Array, size: number): Uint8Array => {
      const room = new Uint8Array(size);
      expect(bunzip2(packed, room).reason).toBeNull();
      return room;
    };
    const reader = {
      size: () => bytes.length,
      read: async (at: number, length: number) => bytes.subarray(at, at + length),
      close: async () => {},
    };
    const peer = new Bag(reader, { parse: false, decompress: { bz2: out, lz4: (packed, size) => lz4.default(packed, size) } });
    await peer.open();
    const messages: Written[] = [];
    for await (const { connectionId, timestamp, data } of peer.messageIterator()) {
      const logTime = BigInt(timestamp.sec) * 1_000_000_000n + BigInt(timestamp.nsec);
      messages.push({ topic: `${connectionId}`, sequence: 0, logTime, data: data.slice() });
    }
    const connections = [...peer.connections].map(([id, { topic, type = "", md5sum = "", messageDefinition }]): [string, Announced] => {
      const schema = { name: type, encoding: "ros1msg", data: new TextEncoder().encode(messageDefinition) };
      return [`${id}`, { schema, messageEncoding: "ros1", metadata: { md5sum }, topic }];
    });
    return { messages, connections: Object.fromEntries(connections) };
  }

  function shaOf(payloads: readonly Uint8Array[]): string {
    const hash = createHash("sha256");
    for (const payload of payloads) hash.update(payload);
    return hash.digest("hex");
  }

  async function logTimes(bytes: Uint8Array): Promise<bigint[]> {
    const { compileKernels, loadKernels } = await import("../../src/kernels.ts");
    const { nodePlatform } = await import("../../src/node/platform.ts");
    const kernels = await loadKernels(await compileKernels());
    const index = rosbag1.open(bag(bytes), kernels, nodePlatform, { spanBytes: 1 << 20 });
    const reader = rosbag1.reader(bag(bytes), index, kernels, nodePlatform);
    return index.spans
      .flatMap((span) => reader.read(span, new Set(["frames"])).blocks.flatMap(({ frames }) => [...frames.logNs]))
      .sort((a, b) => (a < b ? -1 : 1));
  }

  /** First byte of the data of the record whose op field is at `op`. */
  function nextData(bytes: Uint8Array, op: number): number {
    const view = new DataView(bytes.buffer);
    for (let start = op - 8; ; start--) {
      const length = view.getUint32(start, true);
      if (length > op - start && length < 200) return start + 8 + length;
    }
  }
});

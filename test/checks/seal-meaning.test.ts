/** What frames mean, sealed and compared: in MCAP and ROS 1 bags, and from one container to another. */
import { describe, expect, test } from "vitest";
import type { Check, Whole } from "../../src/check/check.ts";
import { checks } from "../../src/checks/index.ts";
import type { Input } from "../../src/input.ts";
import { NO_FACTS } from "../../src/pipeline/source.ts";
import { mergeContainer, observeContainer } from "../../src/seal/container.ts";
import type { Damage } from "../../src/types.ts";
import { memoryInput } from "../memory-input.ts";
import { sealed, told, verified } from "../seal/in-memory.ts";
import { type Announced, type Layout, type Written, writeMcap } from "../sources/mcap-write.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const IMU = "float64 x\nfloat64 y\n";

const announced = (change: Partial<Announced> = {}, schema: Partial<NonNullable<Announced["schema"]>> = {}): Announced => ({
  schema: { name: "pkg/msg/Imu", encoding: "ros2msg", data: utf8(IMU), ...schema },
  messageEncoding: "cdr",
  ...change,
});

const messages = (topics: readonly string[]): readonly Written[] =>
  Array.from({ length: 30 }, (_, i) => ({
    topic: topics[i % topics.length] ?? "/imu",
    sequence: i,
    logTime: BigInt(1000 * i),
    data: Uint8Array.of(i, i * 3, 7),
  }));

const fileOf = (bytes: Uint8Array): Input => memoryInput("x.mcap", { "x.mcap": bytes }, { kind: "file" });
const written = async (by: Layout["announced"], topics = ["/imu"], layout: Layout = {}): Promise<Input> =>
  fileOf(await writeMcap(messages(topics), { ...layout, ...(by && { announced: by }) }));

describe("an MCAP", () => {
  test.each([
    ["type", { "/imu": announced({}, { name: "pkg/msg/Other" }) }, ["type"]],
    ["messageEncoding", { "/imu": announced({ messageEncoding: "json" }) }, ["messageEncoding"]],
    ["schemaEncoding", { "/imu": announced({}, { encoding: "ros1msg" }) }, ["schemaEncoding"]],
    ["schemaText", { "/imu": announced({}, { data: utf8("float64 y\nfloat64 x\n") }) }, ["schemaText"]],
    ["schemaText, a space", { "/imu": announced({}, { data: utf8(`${IMU} `) }) }, ["schemaText"]],
    ["no schema", { "/imu": announced({ schema: null }) }, ["type", "schemaEncoding", "schemaText"]],
    ["a mark before the encoding", { "/imu": announced({ messageEncoding: "\ufeffcdr" }) }, ["messageEncoding"]],
    ["a hash of the type", { "/imu": announced({ metadata: { topic_type_hash: "RIHS01_1" } }) }, ["typeHash"]],
    ["an md5sum", { "/imu": announced({ metadata: { md5sum: "0123" } }) }, ["typeHash"]],
    ["kind too", { "/imu": announced({}, { name: "sensor_msgs/msg/Imu" }) }, ["type", "kind"]],
  ] as const)("changed in %s: every frame of the stream, whatever the seal is made against", async (_, by, fields) => {
    const original = await written({ "/imu": announced() });
    const present = await written(by);
    for (const options of [{}, { algorithm: "blake3" }, { key: new Uint8Array(32) }] as const) {
      const seal = await sealed(original, options);
      expect(told(await verified(original, seal))).toEqual({ findings: [], status: ["pass"] });
      const { findings, status } = told(await verified(present, seal));
      expect(findings).toEqual([["stream-meaning", "error", "/imu", null, fields]]);
      expect(status).toContain("fail");
      expect((await sealed(present, options)).root).not.toEqual(seal.root);
    }
  });

  test("the finding says what was and what is", async () => {
    const seal = await sealed(await written({ "/imu": announced() }));
    const { findings } = await verified(await written({ "/imu": announced({ messageEncoding: "json" }, { name: "T" }) }), seal);
    expect(findings).toMatchObject([
      { observed: { type: "T", messageEncoding: "json" }, expected: { type: "pkg/msg/Imu", messageEncoding: "cdr" } },
    ]);
  });

  test("other metadata of a channel is not sealed, nor how the file is laid out", async () => {
    const seal = await sealed(await written({ "/imu": announced() }));
    for (const layout of [{ useChunks: false }, { chunkSize: 100, compression: "zstd" }, { compression: "lz4" }] as const) {
      const present = await written({ "/imu": announced({ metadata: { offered_qos_profiles: "x", md5sum: "" } }) }, ["/imu"], layout);
      expect(told(await verified(present, seal))).toEqual({ findings: [], status: ["pass"] });
    }
  });

  test("a stream that is only read as another kind is told, and is not as grave", async () => {
    const input = await written({ "/imu": announced() });
    const seal = await sealed(input);
    const other = { ...seal, streams: seal.streams.map((stream) => ({ ...stream, kind: "imu" })) };
    expect(told(await verified(input, other)).findings).toEqual([["stream-meaning", "warning", "/imu", null, ["kind"]]]);
  });

  test("a topic that only looks like another stream's id", async () => {
    const two = { a: announced({ topic: "/imu" }), b: announced({ topic: "/imu" }, { name: "U" }) };
    const seal = await sealed(await written(two, ["a", "b"]));
    const id = seal.streams[1]?.id ?? "";
    expect(id).toMatch(/^\/imu \[channel \d+\]$/);
    const forged = await written({ ...two, b: announced({ topic: id }, { name: "U" }) }, ["a", "b"]);
    expect(told(await verified(forged, seal)).findings).toEqual([["stream-meaning", "error", id, null, ["topic"]]]);
  });
});

describe("two definitions of one type on one topic", () => {
  const SWAPPED = { data: utf8("float64 y\nfloat64 x\n") };
  const both = { a: announced({ topic: "/imu" }), b: announced({ topic: "/imu" }, SWAPPED) };

  test("are one stream, and each frame keeps its own, in any layout and however the file is cut", async () => {
    const input = await written(both, ["a", "b", "a"]);
    const seal = await sealed(input);
    expect(seal.streams).toMatchObject([{ id: "/imu", frames: 30 }]);
    expect([seal.streams[0]?.forms.length, seal.streams[0]?.formOf?.length]).toEqual([2, 30]);
    expect(told(await verified(input, seal))).toEqual({ findings: [], status: ["pass"] });
    const roots = new Set<string>();
    for (const layout of [{ useChunks: false }, { chunkSize: 100 }]) {
      for (const spanBytes of [1, 1 << 20]) {
        const other = await sealed(await written(both, ["a", "b", "a"], layout), { algorithm: "blake3", spanBytes });
        roots.add(Buffer.from(other.root).toString("hex"));
      }
    }
    // Which channel comes first in the file says nothing.
    const turned = (await sealed(fileOf(await writeMcap(messages(["a", "b", "a"]), { announced: { b: both.b, a: both.a } })))).root;
    roots.add(Buffer.from(turned).toString("hex"));
    expect([...roots]).toEqual([Buffer.from(seal.root).toString("hex")]);
  });

  test("exchanged between frames: those frames are named", async () => {
    const seal = await sealed(await written(both, ["a", "b", "a"]));
    // Frame by frame the same payloads and times; in frames 1, 4, 7 … the other definition, and in the others too.
    const report = await verified(await written(both, ["b", "a", "b"]), seal);
    const frames = report.findings.map(({ frames }) => frames ?? [0, 0]);
    expect(new Set(report.findings.map(({ kind }) => kind))).toEqual(new Set(["stream-meaning"]));
    expect(report.verdicts[0]?.observed).toMatchObject({ meaning: "changed", otherMeaning: 30, changed: 0 });
    expect(frames.reduce((sum, [first = 0, last = 0]) => sum + last - first + 1, 0)).toBe(30);
    const one = messages(["a", "b", "a"]).map((m, i) => (i === 4 ? { ...m, topic: "a" } : m));
    expect(told(await verified(fileOf(await writeMcap(one, { announced: both })), seal)).findings).toEqual([
      ["stream-meaning", "error", "/imu", [4, 4], ["schemaText"]],
    ]);
  });

  test("among frames that vanished or changed, the others are still matched", async () => {
    const seal = await sealed(await written(both, ["a", "b", "a"]));
    const less = messages(["a", "b", "a"])
      .map((m, i) => (i === 20 ? { ...m, topic: "a" === m.topic ? "b" : "a" } : i === 12 ? { ...m, data: Uint8Array.of(1) } : m))
      .toSpliced(5, 2);
    expect(told(await verified(fileOf(await writeMcap(less, { announced: both })), seal)).findings).toEqual([
      ["vanished", "error", "/imu", [5, 6], expect.anything()],
      ["changed", "error", "/imu", [10, 10], ["payload"]],
      ["stream-meaning", "error", "/imu", [18, 18], ["schemaText"]],
    ]);
  });

  test("thousands of them, on one topic", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 3000 }, (_, i) => [`${i}`, announced({ topic: "/imu" }, { data: utf8(`${IMU}# ${i}\n`) })]),
    );
    const input = await written(many, Object.keys(many).slice(0, 30));
    const all = Array.from(
      { length: 3000 },
      (_, i): Written => ({ topic: `${i}`, sequence: i, logTime: BigInt(i), data: Uint8Array.of(1) }),
    );
    const whole = fileOf(await writeMcap(all, { announced: many }));
    const seal = await sealed(whole);
    expect([seal.streams.length, seal.streams[0]?.forms.length]).toEqual([1, 3000]);
    expect(told(await verified(whole, seal))).toEqual({ findings: [], status: ["pass"] });
    expect((await sealed(input)).streams[0]?.forms.length).toBe(30);
  });

  test("one that no frame has means nothing", async () => {
    const alone = await sealed(await written({ a: both.a }, ["a"]));
    const declared = await written(both, ["a"]);
    expect((await sealed(declared)).root).toEqual(alone.root);
    expect(told(await verified(declared, alone))).toEqual({ findings: [], status: ["pass"] });
  });
});

describe("a container that contradicts itself", () => {
  const OTHER = { "/imu": announced({}, { data: utf8("float64 y\nfloat64 x\n") }) };

  /** The same messages; the first definition of the type in the summary, or the first record of it, is another one. */
  const contradicted = async (where: "summary" | "chunk"): Promise<Input> => {
    const [honest, other] = await Promise.all(
      [{ "/imu": announced() }, OTHER].map((by) => writeMcap(messages(["/imu"]), { announced: by, useChunks: where === "chunk" })),
    );
    if (!honest || !other) throw new Error("expected two files");
    const bytes = Buffer.from(honest);
    const [mine, theirs] = [Buffer.from(IMU), Buffer.from("float64 y\nfloat64 x\n")];
    const at = where === "summary" ? bytes.lastIndexOf(mine) : bytes.indexOf(mine);
    theirs.copy(bytes, at);
    expect(other.length).toBe(honest.length);
    return fileOf(Uint8Array.from(bytes));
  };

  test.each(["summary", "chunk"] as const)("about a schema, in its %s: is not what was sealed, whoever reads which", async (where) => {
    const honest = await written({ "/imu": announced() }, ["/imu"], { useChunks: where === "chunk" });
    for (const options of [{}, { algorithm: "blake3" }] as const) {
      const report = await verified(await contradicted(where), await sealed(honest, options));
      const { findings, status } = told(report);
      expect(findings).toContainEqual(["stream-meaning", "error", null, null, ["definition"]]);
      expect(status).toContain("fail");
      expect(report.findings.find(({ signals }) => signals.includes("definition"))?.observed).toMatchObject({ differs: ["data"] });
    }
  });

  test("that lists one schema twice in its summary, differently, as nothing else shows", async () => {
    const by = { "/imu": announced(), "/odo": announced({}, { name: "pkg/msg/Odo" }) };
    const bytes = Buffer.from(await writeMcap(messages(["/imu", "/odo"]), { announced: by }));
    // No checksum of the summary; in it the second schema has the first one's number, so that the last one of the number counts for some.
    bytes.fill(0, bytes.length - 12, bytes.length - 8);
    const at = bytes.lastIndexOf("pkg/msg/Odo") - 6;
    expect(bytes.readUInt16LE(at)).toBe(2);
    bytes.writeUInt16LE(1, at);
    const seal = await sealed(await written(by, ["/imu", "/odo"]));
    const report = await verified(fileOf(Uint8Array.from(bytes)), seal);
    expect(report.findings.find(({ signals }) => signals.includes("definition"))?.observed).toMatchObject({ schema: 1, differs: ["name"] });
  });

  test("behind a hundred other damages is told all the same", async () => {
    const seal = await sealed(await written({ "/imu": announced() }));
    const noise = Array.from({ length: 200 }, (_, i) => ({ kind: "unreadable", severity: "error", bytes: [i, i + 1] as const }));
    const facts = noise.map((one) => ({ ...one, file: null, stream: null, timeNs: null, observed: {}, expected: {} }) as Damage);
    const conflict: Damage = { ...(facts[0] as Damage), kind: "schema-conflict", severity: "error", bytes: [900, 901] };
    const part = mergeContainer(observeContainer({ ...NO_FACTS, damages: facts }), observeContainer({ ...NO_FACTS, damages: [conflict] }));
    const own = checks.find(({ id }) => id === "integrity/seal") as Check<unknown>;
    const whole = {
      seal,
      partial: null,
      streams: [],
      recording: { format: "mcap" },
      summaries: [],
      container: part,
    } as unknown as Whole<unknown>;
    expect(own.conclude(whole, {})[0]).toMatchObject({
      status: "fail",
      defects: [{ kind: "stream-meaning", severity: "error", bytes: [900, 901] }],
    });
  });

  test("that did so when it was sealed is not vouched for: it says so, and fails where there is more of it", async () => {
    const input = await contradicted("chunk");
    const seal = await sealed(input);
    expect(seal.damages["schema-conflict"]).toBe(1);
    // However the work is cut.
    for (const spanBytes of [1, 300]) expect(await sealed(input, { algorithm: "blake3", spanBytes })).toEqual(seal);
    const { verdicts, findings } = await verified(input, seal);
    expect(findings).toEqual([]);
    expect(verdicts[0]).toMatchObject({ stream: null, status: "not_observable", reason: expect.stringContaining("twice, differently") });
    expect((await verified(input, { ...seal, damages: {} })).verdicts[0]).toMatchObject({ stream: null, status: "fail" });
    // Against accidents it is as it was.
    expect(told(await verified(input, await sealed(input, {})))).toEqual({ findings: [], status: ["pass"] });
  });

  test("with frames on a channel nothing defines: others may find them, so nothing is vouched for", async () => {
    const honest = await written({ "/imu": announced() }, ["/imu"], { useChunks: false });
    const bytes = Buffer.from(
      await writeMcap(messages(["/imu", "/new"]).slice(0, 31), { announced: { "/imu": announced() }, useChunks: false }),
    );
    const seal = await sealed(honest);
    for (let at = bytes.indexOf("/new"); at >= 0; at = bytes.indexOf("/new", at + 1)) bytes[at - 9 - 4 - 4] = 0x7f;
    const report = await verified(fileOf(Uint8Array.from(bytes)), seal);
    expect(report.verdicts[0]?.status).not.toBe("pass");
  });
});

describe("a ROS 1 bag", () => {
  const change: Readonly<Record<string, (bag: BagText) => BagText>> = {
    type: (bag) => ({ ...bag, type: "pkg/Odo" }),
    schemaText: (bag) => ({ ...bag, definition: "float64 y\nfloat64 x\n" }),
    typeHash: (bag) => ({ ...bag, md5sum: "f".repeat(32) }),
  };

  test.each(Object.keys(change))("changed in its %s: named", async (field) => {
    const seal = await sealed(bagOf(BAG));
    expect(told(await verified(bagOf(BAG), seal))).toEqual({ findings: [], status: ["pass"] });
    const { findings, status } = told(await verified(bagOf(change[field]?.(BAG) ?? BAG), seal));
    expect([findings, status]).toEqual([[["stream-meaning", "error", "/imu", null, [field]]], ["fail"]]);
  });

  test("whose chunk defines the connection otherwise than its index does", async () => {
    const seal = await sealed(bagOf(BAG));
    for (const inChunk of Object.values(change)) {
      const { findings } = told(await verified(bagOf(BAG, inChunk(BAG)), seal));
      expect(findings).toContainEqual(["stream-meaning", "error", null, null, ["definition"]]);
    }
  });

  test("and an MCAP of it: one root where both state the same; what one leaves out is named, and no change", async () => {
    const twin = (metadata: Readonly<Record<string, string>>, definition = BAG.definition) =>
      written({ "/imu": { schema: { name: BAG.type, encoding: "ros1msg", data: utf8(definition) }, messageEncoding: "ros1", metadata } });
    const whole = await twin({ md5sum: BAG.md5sum, topic: "/imu", callerid: "/node" });
    const [ofBag, ofMcap] = [await sealed(bagOf(BAG)), await sealed(whole)];
    expect(ofMcap.root).toEqual(ofBag.root);
    expect(told(await verified(whole, ofBag))).toEqual({ findings: [], status: ["pass"] });
    expect(told(await verified(bagOf(BAG), ofMcap))).toEqual({ findings: [], status: ["pass"] });

    const less = await verified(await twin({}), ofBag);
    expect(told(less)).toEqual({ findings: [["converted", "info", "/imu", null, ["typeHash"]]], status: ["pass"] });
    expect(less.verdicts[0]?.reason).toBe("not stated by this container: typeHash");
    // The other way round the bag states what nobody sealed: that stands for an adversary's work, or for none.
    const more = await verified(bagOf(BAG), await sealed(await twin({})));
    expect(told(more)).toEqual({ findings: [["converted", "info", "/imu", null, ["typeHash"]]], status: ["not_observable"] });
    expect(more.verdicts[0]).toMatchObject({ reason: "the seal does not cover typeHash", coverage: { checked: 0 } });
    expect(told(await verified(bagOf(BAG), await sealed(await twin({}), {}))).status).toEqual(["pass"]);
    // A change is one in any container.
    const forged = await twin({ md5sum: BAG.md5sum }, "float64 y\nfloat64 x\n");
    expect(told(await verified(forged, ofBag)).findings).toEqual([["stream-meaning", "error", "/imu", null, ["schemaText"]]]);
  });
});

interface BagText {
  readonly type: string;
  readonly md5sum: string;
  readonly definition: string;
}

const BAG: BagText = { type: "pkg/Imu", md5sum: "0".repeat(32), definition: IMU };

/** A bag of one chunk with the messages of `/imu`. @param inChunk what the connection record inside the chunk says */
function bagOf(bag: BagText, inChunk = bag): Input {
  const records = [connection(inChunk)];
  const entries: Buffer[] = [];
  let offset = records[0]?.length ?? 0;
  for (const { logTime, data } of messages(["/imu"])) {
    const time = Buffer.concat([word(Number(logTime / 1_000_000_000n)), word(Number(logTime % 1_000_000_000n))]);
    const message = record({ op: Buffer.of(2), conn: word(0), time }, data);
    entries.push(time, word(offset));
    records.push(message);
    offset += message.length;
  }
  const content = Buffer.concat(records);
  const count = word(30);
  const chunk = record({ op: Buffer.of(5), compression: "none", size: word(content.length) }, content);
  const index = record({ op: Buffer.of(4), ver: word(1), conn: word(0), count }, Buffer.concat(entries));
  const magic = Buffer.from("#ROSBAG V2.0\n");
  const chunkAt = magic.length + 4096 + 8;
  const head = { op: Buffer.of(3), index_pos: long(chunkAt + chunk.length + index.length), conn_count: word(1), chunk_count: word(1) };
  const header = record(head, Buffer.alloc(4096 - headerOf(head).length, 0x20));
  const info = { op: Buffer.of(6), ver: word(1), chunk_pos: long(chunkAt), count: word(1) };
  const bytes = Buffer.concat([magic, header, chunk, index, connection(bag), record(info, Buffer.concat([word(0), count]))]);
  return memoryInput("x.bag", { "x.bag": Uint8Array.from(bytes) }, { kind: "file" });
}

function connection({ type, md5sum, definition }: BagText): Buffer {
  return record(
    { op: Buffer.of(7), conn: word(0), topic: "/imu" },
    headerOf({ topic: "/imu", type, md5sum, message_definition: definition }),
  );
}

function record(header: Readonly<Record<string, string | Uint8Array>>, data: Uint8Array): Buffer {
  const fields = headerOf(header);
  return Buffer.concat([word(fields.length), fields, word(data.length), data]);
}

function headerOf(fields: Readonly<Record<string, string | Uint8Array>>): Buffer {
  return Buffer.concat(
    Object.entries(fields).map(([name, value]) => {
      const field = Buffer.concat([Buffer.from(`${name}=`), Buffer.from(value as Uint8Array)]);
      return Buffer.concat([word(field.length), field]);
    }),
  );
}

function word(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
}

function long(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out;
}

/** The MCAP source on the peer's conformance suite, real recordings and real recordings with one damage each. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { mcap } from "../../src/sources/mcap/source.ts";
import { memoryInput } from "../memory-input.ts";
import { describeShared } from "../shared-data.ts";
import { bad, mcapInput, readMcap, withoutSpans } from "./mcap-read.ts";

interface PeerRecord {
  readonly type: string;
  readonly fields: readonly (readonly [string, unknown])[];
}

function field(record: PeerRecord, name: string): unknown {
  return record.fields.find(([key]) => key === name)?.[1];
}

describeShared("conformance", (shared) => {
  const folder = join(shared, "1-mcap/conformance");
  const files = readdirSync(folder).flatMap((set) => readdirSync(join(folder, set)).map((name) => join(set, name)));
  const names = files.filter((name) => name.endsWith(".mcap"));

  test("the whole suite is here", () => expect(names.length).toBe(228));

  test.each(names)("%s", (name) => {
    const bytes = readFileSync(join(folder, name));
    const { records } = JSON.parse(readFileSync(join(folder, name.replace(".mcap", ".json")), "utf8")) as { records: PeerRecord[] };
    const { index, frames, damages, conclusion } = readMcap(bytes);
    expect(bad(damages)).toEqual([]);
    expect([mcap.detect(mcapInput(bytes)), conclusion.status, conclusion.defects]).toEqual([true, "pass", []]);
    expect(index.attachments).toBe(records.filter(({ type }) => type === "Attachment").length);
    expect(index.metadata).toBe(records.filter(({ type }) => type === "Metadata").length);
    const messages = records.filter(({ type }) => type === "Message");
    const rows = Object.values(frames).flat();
    expect(rows.map(({ logNs, sequence, payload }) => [`${logNs}`, `${sequence}`, [...payload].map(String)])).toEqual(
      messages.map((message) => [field(message, "log_time"), field(message, "sequence"), field(message, "data")]),
    );
    const topics = new Map(records.filter(({ type }) => type === "Channel").map((one) => [field(one, "id"), field(one, "topic")]));
    expect(index.streams.map(({ id }) => id)).toEqual([...topics.values()]);
  });
});

describeShared("stamps", (shared) => {
  test("a message with a header is stamped by it, one without by the log", () => {
    const { frames } = readMcap(readFileSync(join(shared, "1-mcap/recorded/array_msgs_0.mcap")));
    const [imu] = frames["/one_shot/imu"] ?? [];
    // CDR: 4 bytes of encapsulation, then std_msgs/Header's stamp.
    const view = new DataView(imu?.payload.buffer ?? new ArrayBuffer(12));
    const stampNs = BigInt(view.getInt32(4, true)) * 1_000_000_000n + BigInt(view.getUint32(8, true));
    expect(imu?.stampNs).toBe(stampNs);
    expect(imu?.logNs).not.toBe(stampNs);
    const { frames: strings } = readMcap(readFileSync(join(shared, "1-mcap/recorded/wbag_0.mcap")));
    for (const { stampNs: stamp, logNs } of strings["AAA"] ?? []) expect(stamp).toBe(logNs);
  });
});

interface Expected {
  readonly topics: readonly {
    readonly topic: string;
    readonly schema: string;
    readonly count: number;
    readonly first_log_time: string;
    readonly last_log_time: string;
    readonly payload_sha256_file_order: string;
  }[];
}

describeShared("recorded", (shared) => {
  const expected = JSON.parse(readFileSync(join(shared, "1-mcap/expected.json"), "utf8")) as Record<string, Expected>;
  const files = readdirSync(join(shared, "1-mcap/recorded")).filter((name) => name.endsWith(".mcap"));

  test.each(files)("%s: topics, counts, times and payloads are the peer's", (name) => {
    const { index, frames, damages, conclusion } = readMcap(readFileSync(join(shared, "1-mcap/recorded", name)));
    const told = name.startsWith("wrong_rmw") ? ["unknown-encoding", "unknown-encoding"] : [];
    expect(damages.filter(({ severity }) => severity !== "info").map(({ kind }) => kind)).toEqual(told);
    expect(conclusion.status).toBe(told.length > 0 ? "fail" : "pass");
    const streams = index.streams.flatMap(({ id, type }) => {
      const rows = frames[id] ?? [];
      if (rows.length === 0) return [];
      const sha = createHash("sha256");
      for (const { payload } of rows) sha.update(payload);
      const times = rows.map(({ logNs }) => logNs).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      return [
        {
          topic: id,
          schema: type,
          count: rows.length,
          first_log_time: `${times[0]}`,
          last_log_time: `${times[times.length - 1]}`,
          payload_sha256_file_order: sha.digest("hex"),
        },
      ];
    });
    const wanted = expected[name]?.topics.map(({ topic, schema, count, first_log_time, last_log_time, payload_sha256_file_order }) => {
      return { topic, schema, count, first_log_time, last_log_time, payload_sha256_file_order };
    });
    const byTopic = (a: { readonly topic: string }, b: { readonly topic: string }): number => (a.topic < b.topic ? -1 : 1);
    expect(streams.sort(byTopic)).toEqual([...(wanted ?? [])].sort(byTopic));
  });

  test.each(files)("%s: the same whatever the grain", (name) => {
    const bytes = readFileSync(join(shared, "1-mcap/recorded", name));
    const whole = withoutSpans(readMcap(bytes, 8 << 20));
    for (const spanBytes of [1024, 64 * 1024]) expect(withoutSpans(readMcap(bytes, spanBytes))).toEqual(whole);
  });
});

/** What the collector did to each file, from damaged/expected.json: kind of damage told, and the bytes it must contain. */
const DAMAGED: Readonly<
  Record<string, { readonly kind: string; readonly at: readonly [number, number]; readonly record: readonly [number, number] }>
> = {
  "cdr_test_0--header-magic.mcap": { kind: "bad-magic", at: [0, 1], record: [0, 8] },
  "lichtblick-custom-camera-model--chunk-bitflip.mcap": { kind: "crc-mismatch", at: [380_487, 380_488], record: [49, 760_877] },
  "lichtblick-example--chunk-crc-wrong.mcap": { kind: "crc-mismatch", at: [71, 75], record: [38, 1287] },
  "multiple_files_2--record-length-huge.mcap": { kind: "record-length", at: [13_284, 13_292], record: [13_283, 13_633] },
  "talker--truncated-mid-chunk.mcap": { kind: "truncated", at: [1844, 1845], record: [45, 1845] },
  "talker--truncated-no-footer.mcap": { kind: "truncated", at: [12_842, 12_843], record: [12_817, 12_843] },
  "talker--unknown-opcode-0x7f.mcap": { kind: "unknown-opcode", at: [45, 58], record: [45, 58] },
  "wbag_0--summary-zeroed.mcap": { kind: "unreadable", at: [28_383, 31_747], record: [28_383, 31_747] },
};

describeShared("damaged", (shared) => {
  const folder = join(shared, "1-mcap/damaged");
  const told = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as {
    readonly file: string;
    readonly from: string;
    readonly peer_mcap_core_2_2_2: { readonly stream: { readonly messages: number } };
  }[];

  test("every damaged file has its expectation", () => expect(told.map(({ file }) => file).sort()).toEqual(Object.keys(DAMAGED).sort()));

  test.each(told)("$file", ({ file, from, peer_mcap_core_2_2_2: peer }) => {
    const { frames, damages, conclusion } = readMcap(readFileSync(join(folder, file)));
    const { kind, at, record } = DAMAGED[file] ?? { kind: "", at: [0, 0], record: [0, 0] };
    const hit = damages.filter((one) => one.kind === kind && one.bytes && one.bytes[0] <= at[0] && one.bytes[1] >= at[1]);
    expect(hit.length).toBe(1);
    const [start, end] = hit[0]?.bytes ?? [0, 0];
    expect(start >= record[0] && end <= record[1]).toBe(true);
    expect(conclusion.status).toBe("fail");
    const count = Object.values(frames).reduce((sum, rows) => sum + rows.length, 0);
    expect(count).toBeGreaterThanOrEqual(peer.stream.messages);
    if (file.includes("mid-chunk")) return;
    // All messages are still readable: equal to the undamaged source's, but for the flipped bit.
    const source = readMcap(readFileSync(join(shared, "1-mcap/recorded", from)));
    expect(Object.fromEntries(Object.entries(frames).map(([id, rows]) => [id, rows.length]))).toEqual(
      Object.fromEntries(Object.entries(source.frames).map(([id, rows]) => [id, rows.length])),
    );
    if (!file.includes("bitflip")) {
      for (const id of Object.keys(frames))
        expect(frames[id]?.map(({ digest }) => digest)).toEqual(source.frames[id]?.map(({ digest }) => digest));
    }
  });

  test.each(told)("$file: one defect, few findings", ({ file }) => {
    const { conclusion, lostBytes } = readMcap(readFileSync(join(folder, file)));
    if (file.includes("summary-zeroed")) expect(lostBytes).toBe(31_747 - 28_383);
    // A stale index is wrong in each of its records.
    expect(conclusion.defects.length).toBeLessThanOrEqual(file.includes("unknown-opcode") ? 8 : 1);
  });
});

describe("what is not MCAP", () => {
  const open =
    (bytes: Uint8Array): (() => unknown) =>
    () =>
      readMcap(bytes);
  test("an empty file", () => {
    expect(mcap.detect(mcapInput(new Uint8Array(0)))).toBe(false);
    expect(open(new Uint8Array(0))).toThrow(InputError);
    expect(open(new Uint8Array(0))).toThrow(/empty file/);
  });
  test("other content under the name", () => {
    for (const text of ["hello world, this is no recording", "x", "\x89PNG\r\n\x1a\n"]) {
      const bytes = new TextEncoder().encode(text.repeat(100));
      expect(mcap.detect(mcapInput(bytes))).toBe(false);
      expect(open(bytes)).toThrow(/not an MCAP file/);
    }
  });
  test("magic and nothing else", () => {
    expect(open(Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a))).toThrow(/no record found/);
  });
  test("a folder", () => expect(mcap.detect(memoryInput("d", { "a.mcap": "x" }))).toBe(false));
});

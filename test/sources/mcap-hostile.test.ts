/** Bytes nobody wrote on purpose: mutations, truncations, repetitions. Nothing throws but InputError, nothing hangs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { SHARED } from "../shared-data.ts";
import { expectSame, readMcap, type WholeMcap, withoutSpans } from "./mcap-read.ts";
import { someMessages, writeMcap } from "./mcap-write.ts";

const messages = someMessages(120);
const samples: Uint8Array[] = [
  await writeMcap(messages, { useChunks: false }),
  await writeMcap(messages, { chunkSize: 1000, extras: 3 }),
  await writeMcap(messages, { chunkSize: 1000, compression: "zstd" }),
  await writeMcap(messages, { chunkSize: 1000, compression: "lz4" }),
  await writeMcap(messages, { chunkSize: 1000, useChunkIndex: false, useStatistics: false, useMessageIndex: false, repeatChannels: false }),
];
if (SHARED !== null) {
  for (const name of ["talker", "cdr_test_0", "lichtblick-example", "rewriter_a_0"]) {
    samples.push(new Uint8Array(readFileSync(join(SHARED, "1-mcap/recorded", `${name}.mcap`))));
  }
}

interface Change {
  readonly at: number;
  readonly kind: "bit" | "bytes" | "zeros" | "length" | "remove" | "insert" | "copy" | "cut";
  readonly value: number;
}

const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  kind: fc.constantFrom<Change["kind"]>("bit", "bytes", "zeros", "length", "remove", "insert", "copy", "cut"),
  value: fc.nat(0xffff_ffff),
});

/** Starts of the top-level records: hostile changes like to sit there. */
function starts(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out: number[] = [];
  for (let at = 8; at + 9 <= bytes.length && out.length < 2000; at += 9 + Number(view.getBigUint64(at + 1, true))) out.push(at);
  return out;
}

function apply(bytes: Uint8Array, { at, kind, value }: Change): Uint8Array {
  if (bytes.length === 0) return bytes;
  const place = Math.floor(at * bytes.length);
  const copy = bytes.slice();
  const n = 1 + (value % 64);
  switch (kind) {
    case "bit":
      copy[place] = (copy[place] ?? 0) ^ (1 << (value & 7));
      return copy;
    case "bytes":
      for (let i = 0; i < n; i++) copy[place + i] = (value * (i + 1)) >>> 3;
      return copy;
    case "zeros":
      return copy.fill(0, place, place + 8 * n);
    case "length": {
      const all = starts(bytes);
      const start = all[Math.floor(at * all.length)] ?? 8;
      if (start + 9 > copy.length) return copy;
      const lengths = [1n << 63n, 0n, 1n, BigInt(value), 1n << 40n, BigInt(value % 500)];
      new DataView(copy.buffer).setBigUint64(start + 1, lengths[value % lengths.length] ?? 0n, true);
      return copy;
    }
    case "remove":
      return Uint8Array.from([...bytes.subarray(0, place), ...bytes.subarray(place + n)]);
    case "insert":
      return Uint8Array.from([...bytes.subarray(0, place), ...bytes.subarray(0, n), ...bytes.subarray(place)]);
    case "copy":
      copy.copyWithin(place, Math.floor(bytes.length / 3), Math.floor(bytes.length / 3) + 8 * n);
      return copy;
    case "cut":
      return bytes.subarray(0, place);
  }
}

function readOrRefuse(bytes: Uint8Array, spanBytes?: number): WholeMcap | null {
  try {
    return readMcap(bytes, spanBytes);
  } catch (error) {
    if (error instanceof InputError) {
      expect(error.message).not.toContain("\n");
      return null;
    }
    throw error;
  }
}

describe("changed files", () => {
  test("never throw but InputError, and every damage lies inside the file", () => {
    fc.assert(
      fc.property(fc.nat(samples.length - 1), fc.array(change, { minLength: 1, maxLength: 4 }), (sample, changes) => {
        const bytes = changes.reduce(apply, samples[sample] ?? new Uint8Array(0));
        const read = readOrRefuse(bytes);
        if (!read) return;
        const outside = [...read.damages, ...read.conclusion.defects].filter(
          ({ bytes: range }) => range && !(0 <= range[0] && range[0] < range[1] && range[1] <= bytes.length),
        );
        expect(outside).toEqual([]);
        expect(read.lostBytes).toBeGreaterThanOrEqual(0);
        expect(read.lostBytes).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 800, seed: 7 },
    );
  });

  test("say the same at every grain", () => {
    fc.assert(
      fc.property(fc.nat(samples.length - 1), fc.array(change, { minLength: 1, maxLength: 3 }), (sample, changes) => {
        const bytes = changes.reduce(apply, samples[sample] ?? new Uint8Array(0));
        const read = readOrRefuse(bytes, 8 << 20);
        const other = readOrRefuse(bytes, 500);
        expectSame(other && withoutSpans(other), read && withoutSpans(read));
      }),
      { numRuns: 150, seed: 11 },
    );
  });

  test("a change to bytes a checksum covers never goes unnoticed", () => {
    const covered = samples.slice(0, 4);
    fc.assert(
      fc.property(
        fc.nat(covered.length - 1),
        change.filter(({ kind }) => kind === "bit"),
        (sample, one) => {
          const bytes = covered[sample] ?? new Uint8Array(0);
          const read = readOrRefuse(apply(bytes, one));
          expect(read === null || read.conclusion.status === "fail").toBe(true);
        },
      ),
      { numRuns: 500, seed: 3 },
    );
  });
});

describe("files made to hurt", () => {
  const head = (samples[0] ?? new Uint8Array(0)).subarray(0, 29);
  /** The same record over and over, 1 MiB of it. */
  const flood = (record: readonly number[]): Uint8Array => {
    const out = new Uint8Array(1 << 20);
    out.set(head);
    for (let at = head.length; at < out.length; at += record.length) out.set(record.slice(0, out.length - at), at);
    return out;
  };
  const le64 = (n: bigint): number[] => Array.from({ length: 8 }, (_, i) => Number((n >> BigInt(8 * i)) & 0xffn));

  test.each([
    ["zeros", [0]],
    ["ones", [1]],
    ["opcode 5, length 22", [5, ...le64(22n)]],
    ["opcode 5, length 2^20", [5, ...le64(1n << 20n)]],
    ["opcode 6, nothing in it", [6, ...le64(40n), ...new Array<number>(40).fill(0)]],
    ["message indexes without end", [7, ...le64(6n), 1, 0, 0, 0, 0, 0]],
    ["unknown opcodes", [0x20, ...le64(0n)]],
    ["private opcodes", [0x90, ...le64(0n)]],
    ["messages on no channel", [5, ...le64(22n), ...new Array<number>(22).fill(3)]],
    ["footers", [2, ...le64(20n), ...new Array<number>(20).fill(0)]],
    ["good and bad by turns", [5, ...le64(22n), ...new Array<number>(22).fill(3), 0]],
  ])("%s", (_name, record) => {
    const bytes = flood(record);
    const read = readOrRefuse(bytes);
    expect(read === null || read.damages.length <= 100 * (read.index.spans.length + 1)).toBe(true);
    if (read) expect(read.conclusion.defects.length).toBeLessThanOrEqual(102);
  });
});

describe("many definitions", () => {
  test("65,535 channels of one schema open as fast as they are read", () => {
    const parts: number[] = [];
    const le = (n: number, bytes: number): number[] => Array.from({ length: bytes }, (_, i) => Math.floor(n / 2 ** (8 * i)) & 0xff);
    const text = (s: string): number[] => [...le(s.length, 4), ...new TextEncoder().encode(s)];
    const record = (opcode: number, content: readonly number[]): void => {
      parts.push(opcode, ...le(content.length, 8), ...content);
    };
    const magic = [0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a];
    parts.push(...magic);
    record(1, [...text(""), ...text("")]);
    record(3, [...le(1, 2), ...text("x"), ...text(""), ...le(0, 4)]);
    for (let id = 0; id < 65_535; id++) record(4, [...le(id, 2), ...le(1, 2), ...text(`${id}`), ...text(""), ...le(0, 4)]);
    record(15, le(0, 4));
    record(2, le(0, 20));
    parts.push(...magic);
    const { index, damages } = readMcap(Uint8Array.from(parts));
    expect([index.streams.length, damages]).toEqual([65_535, []]);
  });
});

describe("a file cut at its end", () => {
  test.each([0, 1, 2, 3, 4])("sample %i is truncated wherever the cut is in the last 45 bytes", (sample) => {
    const bytes = samples[sample] ?? new Uint8Array(0);
    for (let n = 1; n <= 45; n++) {
      const size = bytes.length - n;
      const { damages } = readMcap(bytes.subarray(0, size));
      const kinds = damages.map(({ kind }) => kind);
      expect([n, kinds]).toEqual([n, expect.arrayContaining(["truncated"])]);
      expect([n, kinds]).not.toEqual([n, expect.arrayContaining(["trailing-bytes"])]);
      const range = damages.find(({ kind }) => kind === "truncated")?.bytes ?? [-1, -1];
      expect([n, 0 <= range[0] && range[0] < range[1] && range[1] <= size]).toEqual([n, true]);
      const footerEnd = bytes.length - 8;
      if (n <= 8) expect([n, range]).toEqual([n, [n < 8 ? footerEnd : footerEnd - 29, size]]);
    }
  });
});

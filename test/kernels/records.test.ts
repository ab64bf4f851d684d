import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { FULL, MALFORMED, RECORD_ROW, TRUNCATED } from "../../src/abi.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import * as reference from "../reference/records.ts";
import { concat } from "./lz4-encoder.ts";
import { atTheEnd, guarded, guardedBytes, painted } from "./regions.ts";

const MESSAGE = 5;

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

/** Runs the kernel between guard bytes and reads its rows; fails unless it says what the reference says. */
function scanRecords(bytes: Uint8Array, maxRows: number, offset = 0): reference.Scan {
  const mark = kernels.mark();
  const from = guardedBytes(kernels, bytes, offset);
  const to = guarded(kernels, maxRows * RECORD_ROW);
  const result = guarded(kernels, 8);
  const count = kernels.exports.scanRecords(from.pointer, bytes.length, to.pointer, maxRows, result.pointer);
  for (const region of [from, to, result]) region.expectIntact();
  const [consumed = -1, status = 0] = kernels.u32(result.pointer, 2);
  const view = new DataView(kernels.exports.memory.buffer, to.pointer, to.length);
  const rows = Array.from({ length: count }, (_, i): reference.RecordRow => {
    const at = i * RECORD_ROW;
    expect(view.getUint32(at + 20, true)).toBe(0);
    return {
      opcode: view.getUint32(at, true),
      offset: view.getUint32(at + 4, true),
      length: view.getUint32(at + 8, true),
      channel: view.getUint32(at + 12, true),
      sequence: view.getUint32(at + 16, true),
      logTime: view.getBigUint64(at + 24, true),
      publishTime: view.getBigUint64(at + 32, true),
    };
  });
  kernels.release(mark);
  const scan = { rows, consumed, status: status | 0 };
  expect(scan).toEqual(reference.scanRecords(bytes, maxRows));
  return scan;
}

function record(opcode: number, content: Uint8Array, length = BigInt(content.length)): Uint8Array {
  const header = new Uint8Array(9);
  const view = new DataView(header.buffer);
  view.setUint8(0, opcode);
  view.setBigUint64(1, length, true);
  return concat([header, content]);
}

const RECORDS = [
  record(MESSAGE, painted(22, 1)),
  record(4, painted(31, 2)),
  record(MESSAGE, painted(100, 3)),
  record(0xff, new Uint8Array()),
  record(0x80, painted(5, 4)),
  record(MESSAGE, painted(23, 5)),
];
const REGION = concat(RECORDS);

describe("scanRecords", () => {
  test("lists records with a message's times and numbers", () => {
    const content = concat([[0x34, 0x12], [0x78, 0x56, 0x34, 0xf2], [1, 2, 3, 4, 5, 6, 7, 0xf8], [9, 8, 7, 6, 5, 4, 3, 0xe2], [42]]);
    const { rows, consumed, status } = scanRecords(concat([record(7, painted(3, 1)), record(MESSAGE, content)]), 10);
    expect([consumed, status]).toEqual([12 + 9 + 23, 0]);
    expect(rows).toEqual([
      { opcode: 7, offset: 0, length: 3, channel: 0, sequence: 0, logTime: 0n, publishTime: 0n },
      {
        opcode: 5,
        offset: 12,
        length: 23,
        channel: 0x1234,
        sequence: 0xf2345678,
        logTime: 0xf807060504030201n,
        publishTime: 0xe203040506070809n,
      },
    ]);
  });

  test("nothing to list", () => {
    expect(scanRecords(new Uint8Array(), 4)).toEqual({ rows: [], consumed: 0, status: 0 });
  });

  test("every byte offset", () => {
    for (let offset = 0; offset < 16; offset++) expect(scanRecords(REGION, 10, offset).rows.length).toBe(RECORDS.length);
  });

  test("every cut: TRUNCATED where the cut record begins, or whole", () => {
    const starts = new Set(RECORDS.map((_, i) => concat(RECORDS.slice(0, i)).length));
    for (let length = 0; length < REGION.length; length++) {
      const { consumed, status } = scanRecords(REGION.subarray(0, length), 10);
      expect([length, status]).toEqual([length, starts.has(length) ? 0 : TRUNCATED]);
      expect(starts.has(consumed)).toBe(true);
    }
  });

  test("no row left: FULL, and the walk goes on from there", () => {
    for (let maxRows = 0; maxRows < RECORDS.length; maxRows++) {
      const { rows, consumed, status } = scanRecords(REGION, maxRows);
      expect([rows.length, status]).toEqual([maxRows, FULL]);
      expect(rows.length + scanRecords(REGION.subarray(consumed), 10).rows.length).toBe(RECORDS.length);
    }
    expect(scanRecords(REGION, RECORDS.length).status).toBe(0);
  });

  test("a negative capacity is none", () => {
    const result = kernels.alloc(8);
    expect(kernels.exports.scanRecords(kernels.put(REGION), REGION.length, 0, -1, result)).toBe(0);
    expect([...kernels.u32(result, 2)]).toEqual([0, FULL >>> 0]);
  });

  test("lengths beyond the region, up to 2^64 - 1", () => {
    const good = record(4, painted(8, 1));
    for (const length of [
      9n,
      2n ** 31n,
      2n ** 32n - 9n,
      2n ** 32n - 8n,
      2n ** 32n,
      2n ** 32n + 8n,
      2n ** 63n,
      2n ** 64n - 9n,
      2n ** 64n - 1n,
    ]) {
      for (const opcode of [1, MESSAGE]) {
        const scan = scanRecords(concat([good, record(opcode, painted(8, 2), length)]), 10);
        expect([scan.rows.length, scan.consumed, scan.status]).toEqual([1, good.length, TRUNCATED]);
      }
    }
  });

  test("opcode 0 and a message shorter than its header are MALFORMED", () => {
    const good = record(4, painted(8, 1));
    for (const bad of [record(0, painted(30, 1)), Uint8Array.of(0), record(MESSAGE, painted(21, 1)), record(MESSAGE, new Uint8Array())]) {
      const scan = scanRecords(concat([good, bad, good]), 10);
      expect([scan.rows.length, scan.consumed, scan.status]).toEqual([1, good.length, MALFORMED]);
    }
  });

  test("records at random, with damage", () => {
    const part = fc.record({ opcode: fc.constantFrom(1, 3, 4, 5, 5, 5, 15, 200), size: fc.nat(60), seed: fc.nat() });
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), damage, fc.nat(24), (parts, damages, maxRows) => {
        const bytes = concat(parts.map(({ opcode, size, seed }) => record(opcode, painted(size, seed))));
        for (const [at, value] of damages) if (bytes.length > 0) bytes[at % bytes.length] = value;
        scanRecords(bytes, maxRows);
      }),
      { numRuns: 2000 },
    );
  });

  test("nothing past the region is read: memory ends there", async () => {
    const { kernels: edge, place } = await atTheEnd(REGION.length);
    const rows = edge.alloc(10 * RECORD_ROW);
    const result = edge.alloc(8);
    for (let length = 0; length <= REGION.length; length++) {
      const part = REGION.subarray(0, length);
      expect(edge.exports.scanRecords(place(part), length, rows, 10, result)).toBe(reference.scanRecords(part, 10).rows.length);
    }
  });
});

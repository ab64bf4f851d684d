import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LAZ_BYTE14, LAZ_POINT14 } from "../../src/abi.ts";
import { loadKernels } from "../../src/kernels.ts";
import { randomStream } from "../../src/simulate/random.ts";
import { las } from "../../src/sources/clouds/las.ts";
import { LAS_HEADER_BYTES, LAS_REASON, readLasHeader } from "../../src/sources/clouds/las-header.ts";
import { unpackLaz } from "../../src/sources/codecs/laz.ts";
import { memoryInput } from "../memory-input.ts";
import * as reference from "../reference/laz.ts";
import { testShared } from "../shared-data.ts";
import { diskInput, readAll } from "./read-all.ts";

/** Points of all formats, with colours, wave packets, extra bytes and four scanner channels, packed by other writers (lazrs 0.8; wave packets by LASzip 3.5), and as LAS. */
const FOLDER = join(import.meta.dirname, "laz");

const rowsOf = async (input: Parameters<typeof readAll>[1]) => {
  const [stream] = Object.values((await readAll(las, input)).streams);
  return {
    malformed: stream?.malformed,
    points: stream?.points.map(({ count, rows }) => ({ count, rows: createHash("sha256").update(rows).digest("hex") })),
  };
};

test("the LAZ of every point format holds the records of its LAS, byte for byte", async () => {
  const kernels = await loadKernels();
  for (const name of readdirSync(FOLDER).filter((one) => one.endsWith(".laz"))) {
    kernels.release();
    const [packed, plain] = [name, name.replace(".laz", ".las")].map((one) => readFileSync(join(FOLDER, one))) as [Buffer, Buffer];
    const [header, whole] = [packed, plain].map((file) => readLasHeader(file.subarray(0, LAS_HEADER_BYTES), file.length));
    if (typeof header !== "object" || typeof whole !== "object") throw new Error(`expected headers, got ${header} and ${whole}`);
    const records = unpackLaz(kernels, header, kernels.put(packed), packed.length, 2 ** 20);
    if (typeof records === "string") throw new Error(`expected records of ${name}, got ${records}`);
    const bytes = Buffer.from(new Uint8Array(kernels.exports.memory.buffer, records.pointer, records.count * header.recordBytes));
    expect([name, bytes.equals(plain.subarray(whole.dataStart, whole.dataStart + bytes.length))]).toEqual([name, true]);
  }
});

test("the LAZ of every point format holds the points of its LAS", async () => {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith(".laz"));
  expect(names.length).toBeGreaterThanOrEqual(10);
  for (const name of names) {
    const packed = await rowsOf(diskInput(join(FOLDER, name)));
    expect([name, packed]).toEqual([name, await rowsOf(diskInput(join(FOLDER, name.replace(".laz", ".las"))))]);
    expect([name, packed.malformed, packed.points?.[0]?.count]).toEqual([name, [], 48]);
  }
});

testShared("the shared LAZ hold the points of their LAS", async (shared) => {
  const at = (name: string) => rowsOf(diskInput(join(shared, "2-lidar/las", name)));
  for (const name of ["simple", "1_4_w_evlr"]) expect([name, await at(`${name}.laz`)]).toEqual([name, await at(`${name}.las`)]);
});

/** Format 6 with two extra bytes. */
const BYTES = 32;
interface How {
  readonly chunkPoints?: number;
  readonly isVariable?: boolean;
  /** The table is told by the last eight bytes. */
  readonly isTableLast?: boolean;
  /** Bytes the table says beyond those of each chunk. */
  readonly more?: number;
}

function recordsOf(count: number): Uint8Array[] {
  const random = randomStream(5, "laz");
  return Array.from({ length: count }, (_, i) => {
    const record = new Uint8Array(BYTES);
    const view = new DataView(record.buffer);
    for (const d of [0, 4, 8]) view.setInt32(d, i * 100 + random.below(90), true);
    record[14] = 0x11;
    view.setFloat64(22, 1000 + i / 10, true);
    view.setUint16(30, random.below(99), true);
    return record;
  });
}

function lazOf(
  records: readonly Uint8Array[],
  { chunkPoints = 50, isVariable = false, isTableLast = false, more = 0 }: How = {},
): Uint8Array<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  const sizes: { points: number; bytes: number }[] = [];
  for (let at = 0; at < records.length; ) {
    const points = Math.min(isVariable ? 1 + ((7 * sizes.length) % 60) : chunkPoints, records.length - at);
    const chunk = reference.lazChunk(records.slice(at, at + points), true);
    chunks.push(chunk);
    sizes.push({ points, bytes: chunk.length });
    at += points;
  }
  const items = [LAZ_POINT14, 30, 3, LAZ_BYTE14, 2, 3];
  const record = new DataView(new ArrayBuffer(34 + 2 * items.length));
  record.setUint16(0, 3, true);
  record.setUint32(12, isVariable ? 0xffffffff : chunkPoints, true);
  record.setUint16(32, 2, true);
  for (const [i, value] of items.entries()) record.setUint16(34 + 2 * i, value, true);
  const head = new DataView(new ArrayBuffer(375 + 54));
  for (const [i, c] of [..."LASF"].entries()) head.setUint8(i, c.charCodeAt(0));
  for (const [at, value] of [
    [24, 1],
    [25, 4],
    [104, 0x86],
  ] as const)
    head.setUint8(at, value);
  for (const [at, value] of [
    [94, 375],
    [105, BYTES],
    [375 + 18, 22204],
    [375 + 20, record.byteLength],
  ] as const)
    head.setUint16(at, value, true);
  const start = 375 + 54 + record.byteLength;
  for (const [at, value] of [
    [96, start],
    [100, 1],
  ] as const)
    head.setUint32(at, value, true);
  head.setBigUint64(247, BigInt(records.length), true);
  for (const d of [0, 1, 2]) head.setFloat64(131 + 8 * d, 0.01, true);
  const table = start + 8 + sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const told = sizes.map(({ points, bytes }) => ({ points, bytes: bytes + more }));
  const offset = new BigInt64Array([isTableLast ? -1n : BigInt(table)]);
  const last = isTableLast ? new Uint8Array(new BigInt64Array([BigInt(table)]).buffer) : new Uint8Array(0);
  return new Uint8Array(
    Buffer.concat([
      ...[new Uint8Array(head.buffer), new Uint8Array(record.buffer), new Uint8Array(offset.buffer), ...chunks],
      ...[new Uint8Array(Uint32Array.from([0, sizes.length]).buffer), reference.lazChunkTable(told, isVariable), last],
    ]),
  );
}

async function read(file: Uint8Array<ArrayBuffer>) {
  const { streams } = await readAll(las, memoryInput("a.laz", { "a.laz": file }));
  const [stream] = Object.values(streams);
  const [table] = stream?.points ?? [];
  const view = table && new DataView(table.rows.buffer, table.rows.byteOffset);
  const xs = Array.from({ length: table?.count ?? 0 }, (_, i) => view?.getFloat64((table?.stride ?? 0) * i, true) ?? 0);
  return { malformed: stream?.malformed, kind: stream?.info.kind, count: table?.count, xs };
}

const RECORDS = recordsOf(173);
const XS = RECORDS.map((record) => new DataView(record.buffer).getInt32(0, true) * 0.01);

describe("chunks", () => {
  for (const how of [
    {},
    { chunkPoints: 1 },
    { chunkPoints: 173 },
    { chunkPoints: 1000 },
    { isVariable: true },
    { isTableLast: true },
  ] as const) {
    test(JSON.stringify(how), async () =>
      expect(await read(lazOf(RECORDS, how))).toEqual({ malformed: [], kind: "points", count: 173, xs: XS }),
    );
  }
  test("no points", async () => expect((await read(lazOf([]))).malformed).toEqual([]));
});

describe("damage", () => {
  const good = lazOf(RECORDS);
  const start = new DataView(good.buffer).getUint32(96, true);
  const edited = (edit: (view: DataView) => void): Uint8Array<ArrayBuffer> => {
    const copy = good.slice();
    edit(new DataView(copy.buffer));
    return copy;
  };
  test.each([
    ["an item nobody knows", edited((v) => v.setUint16(375 + 54 + 34, 99, true)), LAS_REASON.packing],
    ["items of another size", edited((v) => v.setUint16(375 + 54 + 42, 7, true)), LAS_REASON.packing],
    ["another coder", edited((v) => v.setUint16(375 + 54 + 2, 1, true)), LAS_REASON.packing],
    ["a table behind the end", edited((v) => v.setBigInt64(start, 1n << 40n, true)), LAS_REASON.chunks],
    ["a table before the chunks", edited((v) => v.setBigInt64(start, 12n, true)), LAS_REASON.chunks],
    ["more points than chunks hold", edited((v) => v.setBigUint64(247, 1000n, true)), LAS_REASON.chunks],
    ["chunks that reach over the table", lazOf(RECORDS, { more: 2 ** 20 }), LAS_REASON.chunks],
    ["more points than can be held", edited((v) => v.setBigUint64(247, 1n << 50n, true)), LAS_REASON.large],
  ] as const)("%s", async (_, file, reason) => {
    const { malformed, count } = await read(file);
    expect([malformed, count]).toEqual([[{ frame: 0, reason }], undefined]);
  });

  test("a chunk that does not decode is named by its bytes and left out, the others are read", async () => {
    const first = start + 8;
    expect(new DataView(good.buffer).getUint32(first + BYTES, true)).toBe(50);
    const file = edited((v) => v.setUint32(first + BYTES + 4, 0xffffff, true));
    const { malformed, count, xs } = await read(file);
    expect([malformed, count]).toEqual([[{ frame: 0, reason: LAS_REASON.coded }], 123]);
    expect(xs).toEqual(XS.slice(50));
    const { damages } = await readAll(las, memoryInput("a.laz", { "a.laz": file }));
    const end = first + reference.lazChunk(RECORDS.slice(0, 50), true).length;
    expect(damages).toMatchObject([{ kind: "chunk-damaged", bytes: [first, end], observed: { points: 0 }, expected: { points: 50 } }]);
  });

  test("a changed byte of coded points or of the table does not go unnoticed", async () => {
    const random = randomStream(4, "coded");
    const silent: number[] = [];
    const tries = 400;
    for (let i = 0; i < tries; i++) {
      const at = start + 8 + BYTES + random.below(good.length - start - 8 - BYTES);
      const copy = good.slice();
      copy[at] = (copy[at] ?? 0) ^ (1 + random.below(255));
      const { malformed, xs } = await read(copy);
      if (malformed?.length === 0 && xs.some((x, k) => x !== XS[k])) silent.push(at);
    }
    // Positions of the points that chunks begin with are not coded.
    expect(silent.length).toBeLessThan(tries / 50);
  });

  test("cut and flipped anywhere: a reason or other values, never an exception", async () => {
    const known = new Set<string>(Object.values(LAS_REASON));
    const random = randomStream(3, "damage");
    for (let i = 0; i < 250; i++) {
      const copy = good.slice(0, i % 2 === 0 ? good.length : 4 + random.below(good.length - 4));
      const at = random.below(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 + random.below(255));
      for (const { reason } of (await read(copy)).malformed ?? []) expect(known).toContain(reason);
    }
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import {
  CompressionType,
  compressionRegistry,
  Dictionary,
  Float16,
  Float64,
  Int32,
  Int64,
  LargeUtf8,
  makeData,
  RecordBatchFileWriter,
  Table,
  tableFromIPC,
  Uint8,
  Utf8,
  Vector,
  vectorFromArray,
} from "apache-arrow";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { BOX_POINTS_CHUNK } from "../../src/abi.ts";
import { FIELD_TYPES } from "../../src/columns/point-times.ts";
import { loadKernels } from "../../src/kernels.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { av2 } from "../../src/sources/folders/av2.ts";
import { readFeather } from "../../src/sources/folders/feather.ts";
import { readInt64 } from "../../src/sources/folders/feather-columns.ts";
import { encode } from "../kernels/lz4-encoder.ts";
import { memoryInput } from "../memory-input.ts";
import { describeShared } from "../shared-data.ts";
import { countBy, diskInput, readAll, tally, type WholeStream, withoutSpans } from "./read-all.ts";

/** One field of a sweep's rows, by the field list `name:type@offset`. */
function field(sweep: WholeStream["points"][number] | undefined, name: string): number[] {
  const at = sweep?.fields.find((f) => f.startsWith(`${name}:`));
  const [, type, offset] = /:(\w+)@(\d+)$/.exec(at ?? "") ?? [];
  if (!sweep || type === undefined) throw new Error(`expected a field ${name}`);
  const view = new DataView(sweep.rows.buffer, sweep.rows.byteOffset);
  return Array.from({ length: sweep.count }, (_, i) => {
    const p = i * sweep.stride + Number(offset);
    if (type === "u8") return view.getUint8(p);
    if (type === "i32") return view.getInt32(p, true);
    if (type === "f16") return fromHalf(view.getUint16(p, true));
    return view.getFloat64(p, true);
  });
}

function fromHalf(bits: number): number {
  const [sign, exponent, mantissa] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

describeShared("log 7fab2350", (shared) => {
  const folder = join(shared, "2-lidar/av2/7fab2350");
  type Expected = {
    rows: number;
    tracks?: number;
    categories?: object;
    offset_ns?: { min: string; max: string };
    points_in_box_check?: { sum_expected: number };
  };
  let expected: Record<string, Expected> = {};
  beforeAll(() => {
    expected = JSON.parse(readFileSync(join(shared, "2-lidar/av2/expected.json"), "utf8")) as typeof expected;
  });
  const of = (name: string): Expected => expected[`7fab2350/${name}`] ?? { rows: -1 };

  test("rows, tracks, classes, frames and points", async () => {
    const input = diskInput(folder);
    expect(av2.detect(input)).toBe(true);
    const { streams, damages, index } = await readAll(av2, input);
    expect(Object.keys(streams)).toEqual(["annotations", "city_SE3_egovehicle", "sensors/lidar"]);
    expect(damages).toEqual([]);
    expect(Object.values(streams).flatMap((s) => s.malformed)).toEqual([]);
    expect(index.bytes).toBe(602922 + 4586 + 5330 + 167858 + 1013762 + 1016754);

    const annotations = streams["annotations"];
    expect(tally(annotations)).toEqual({ boxes: of("annotations.feather").rows, tracks: 114, frames: 156 });
    expect(countBy(annotations?.labels ?? [], (row) => row.class)).toEqual(of("annotations.feather").categories);
    expect([annotations?.stampNs[0], annotations?.stampNs[155]]).toEqual([315966253660357000n, 315966269160171000n]);

    const poses = streams["city_SE3_egovehicle"];
    expect(poses?.poses).toHaveLength(2706);
    expect([poses?.stampNs[0], poses?.stampNs[2705]]).toEqual([315966253572412942n, 315966269522412935n]);
    expect(poses?.poses.every(({ quaternion }) => Math.abs(Math.hypot(...quaternion) - 1) < 1e-9)).toBe(true);

    const lidar = streams["sensors/lidar"];
    expect(lidar?.points.map((p) => p.count)).toEqual([99229, 99466]);
    expect(lidar?.stampNs).toEqual([315966265259836000n, 315966265360032000n]);
    expect(lidar?.points[0]?.fields).toEqual(["x:f16@0", "y:f16@2", "z:f16@4", "intensity:u8@6", "laser_number:u8@7", "offset_ns:i32@8"]);
    for (const sweep of lidar?.points ?? []) {
      const offsets = field(sweep, "offset_ns");
      expect(offsets.reduce((a, b) => Math.min(a, b))).toBe(2654000);
      expect(offsets.reduce((a, b) => Math.max(a, b))).toBe(106085816);
      expect(offsets.every((value, i) => i === 0 || value >= (offsets[i - 1] ?? 0))).toBe(true);
      expect(field(sweep, "laser_number").reduce((a, b) => Math.max(a, b))).toBe(63);
    }
  });

  test("points in each of the 162 boxes are those Argoverse counted", async () => {
    const { streams } = await readAll(av2, diskInput(folder));
    const { stampNs = [], labels = [] } = streams["annotations"] ?? {};
    const kernels = await loadKernels();
    const file = readFileSync(join(folder, "annotations.feather"));
    const { columns, rows: all } = readFeather(kernels, nodePlatform, kernels.put(file), file.length, 1 << 20);
    const ints = (name: string): BigInt64Array =>
      readInt64(
        kernels,
        columns.find((one) => one.name === name),
        all,
      ) ?? new BigInt64Array();
    const [stamps, counts] = [ints("timestamp_ns"), ints("num_interior_pts")];
    const { points = [], stampNs: sweeps = [] } = streams["sensors/lidar"] ?? {};
    let compared = 0;
    for (const [k, { rows, count, stride }] of points.entries()) {
      kernels.release();
      const frame = stampNs.indexOf(sweeps[k] ?? -1n);
      const boxes = labels.filter((one) => one.frame === frame);
      const stated = counts.filter((_, row) => stamps[row] === sweeps[k]);
      const at = kernels.put(new Uint8Array(Float64Array.from(boxes.flatMap(({ box3d }) => box3d)).buffer));
      const [cloud, scratch, out] = [kernels.put(rows), kernels.alloc(8 * BOX_POINTS_CHUNK), kernels.alloc(32 * boxes.length)];
      const F16 = FIELD_TYPES.indexOf("f16");
      const I32 = FIELD_TYPES.indexOf("i32");
      kernels.exports.pointsInBoxes(cloud, count, stride, 0, 2, 4, F16, 8, I32, at, boxes.length, scratch, out);
      const inside = new Float64Array(kernels.exports.memory.buffer, out, 4 * boxes.length);
      for (const [i, { track }] of boxes.entries()) {
        expect([track, inside[4 * i]]).toEqual([track, Number(stated[i])]);
        compared++;
      }
    }
    expect(compared).toBe(162);
  });

  test("the folder above it, and its annotations alone", async () => {
    const above = await readAll(av2, diskInput(join(shared, "2-lidar/av2")));
    expect(Object.keys(above.streams)).toEqual(["annotations", "city_SE3_egovehicle", "sensors/lidar"]);
    const alone = diskInput(join(folder, "annotations.feather"));
    expect(av2.detect(alone)).toBe(true);
    expect(tally((await readAll(av2, alone)).streams["annotations"]).boxes).toBe(11364);
  });
});

type Row = { t: bigint; track: string; category: string; x: number; qz: number };
const ROWS: readonly Row[] = [
  { t: 100n, track: "a", category: "CAR", x: 1, qz: 0 },
  { t: 100n, track: "b", category: "BÜS", x: 2, qz: 1 },
  { t: 200n, track: "a", category: "CAR", x: 3, qz: Math.SQRT1_2 },
  { t: 300n, track: "", category: "CAR", x: 4, qz: 0 },
];

interface Variant {
  readonly names?: "utf8" | "large" | "dictionary";
  readonly compression?: CompressionType;
  readonly batchRows?: number;
}

/** A table as pyarrow writes it, by the field's own library. */
function feather(columns: Record<string, Vector>, { compression, batchRows }: Variant = {}): Uint8Array {
  const table = new Table(columns);
  const size = batchRows ?? Math.max(1, table.numRows);
  const parts =
    table.numRows === 0
      ? [table]
      : Array.from({ length: Math.ceil(table.numRows / size) }, (_, i) => table.slice(i * size, (i + 1) * size));
  const batches = parts.flatMap((part) => part.batches);
  const writer = compression === undefined ? new RecordBatchFileWriter() : new RecordBatchFileWriter({ compressionType: compression });
  for (const batch of batches) writer.write(batch);
  return withDecompressedLengths(writer.finish().toUint8Array(true));
}

function annotations(rows: readonly Row[], variant: Variant = {}, instead: Record<string, Vector> = {}): Uint8Array {
  const f64 = (get: (row: Row) => number): Vector => vectorFromArray(rows.map(get), new Float64());
  const names = (get: (row: Row) => string): Vector => {
    const list = rows.map(get);
    if (variant.names === "dictionary") return vectorFromArray(list);
    return variant.names === "large" ? vectorFromArray(list, new LargeUtf8()) : vectorFromArray(list, new Utf8());
  };
  const columns = {
    timestamp_ns: vectorFromArray(
      rows.map((r) => r.t),
      new Int64(),
    ),
    track_uuid: names((r) => r.track),
    category: names((r) => r.category),
    length_m: f64(() => 4),
    width_m: f64(() => 2),
    height_m: f64(() => 1.5),
    qw: f64((r) => Math.sqrt(1 - r.qz * r.qz)),
    qx: f64(() => 0),
    qy: f64(() => 0),
    qz: f64((r) => r.qz),
    tx_m: f64((r) => r.x),
    ty_m: f64((r) => -r.x),
    tz_m: f64(() => 0.5),
    ...instead,
  };
  return feather(columns, variant);
}

function poses(count: number): Uint8Array {
  const f64 = (get: (i: number) => number): Vector =>
    vectorFromArray(
      Array.from({ length: count }, (_, i) => get(i)),
      new Float64(),
    );
  return feather({
    timestamp_ns: vectorFromArray(
      Array.from({ length: count }, (_, i) => BigInt(i) * 5_000_000n),
      new Int64(),
    ),
    qw: f64(() => 1),
    qx: f64(() => 0),
    qy: f64(() => 0),
    qz: f64(() => 0),
    tx_m: f64((i) => i / 4),
    ty_m: f64(() => -1),
    tz_m: f64(() => 2),
  });
}

function sweep(points: number, variant: Variant = {}): Uint8Array {
  const half = (k: number): Vector =>
    new Vector([makeData({ type: new Float16(), data: Uint16Array.from({ length: points }, (_, i) => 15360 + 7 * i + k) })]);
  const u8 = (k: number): Vector =>
    new Vector([makeData({ type: new Uint8(), data: Uint8Array.from({ length: points }, (_, i) => i + k) })]);
  const offsets = new Vector([makeData({ type: new Int32(), data: Int32Array.from({ length: points }, (_, i) => 1000 * i) })]);
  return feather({ x: half(0), y: half(1), z: half(2), intensity: u8(3), laser_number: u8(5), offset_ns: offsets }, variant);
}

/** What the codecs below made of which length, while one file is written. */
const encoded: { readonly bytes: Uint8Array; readonly size: number }[] = [];

function codec(encode: (data: Uint8Array) => Uint8Array): { encode(data: Uint8Array): Uint8Array } {
  return {
    encode(data) {
      const bytes = encode(data);
      // The writer keeps what did not get smaller as it is.
      if (bytes.length < data.length) encoded.push({ bytes, size: data.length });
      return bytes;
    },
  };
}

compressionRegistry.set(
  CompressionType.ZSTD,
  codec((data) => new Uint8Array(zstdCompressSync(data))),
);
compressionRegistry.set(
  CompressionType.LZ4_FRAME,
  codec((data) => encode(data)),
);

/** apache-arrow 21.2 puts the compressed length before a compressed buffer; the format (and pyarrow) puts the decompressed one. */
function withDecompressedLengths(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset);
  for (const { bytes, size } of encoded.splice(0)) {
    for (let at = 16; at + bytes.length <= file.length; at += 8) {
      if (bytes.every((byte, i) => file[at + i] === byte)) view.setBigInt64(at - 8, BigInt(size), true);
    }
  }
  return file;
}

async function readTable(bytes: Uint8Array, file = "annotations.feather") {
  const whole = await readAll(av2, memoryInput("log", { [file]: bytes }));
  const stream = whole.streams[file.replace(".feather", "")];
  if (!stream) throw new Error(`expected a stream of ${file}`);
  return { ...whole, stream };
}

describe("annotations", () => {
  test("one frame per distinct stamp, boxes in the ego frame", async () => {
    const { stream } = await readTable(annotations(ROWS));
    expect(stream.stampNs).toEqual([100n, 200n, 300n]);
    expect(stream.labels.map((l) => [l.frame, l.track, l.class])).toEqual([
      [0, "a", "CAR"],
      [0, "b", "BÜS"],
      [1, "a", "CAR"],
      [2, "", "CAR"],
    ]);
    expect(stream.labels[2]?.box3d.slice(0, 6)).toEqual([3, -3, 0.5, 4, 2, 1.5]);
    expect(stream.labels[2]?.box3d[6]).toBeCloseTo(Math.PI / 2, 12);
    expect(stream.range).toEqual(new Array(3).fill([-1, -1]));
  });

  test("the payload is the rows' values, however the file is written", async () => {
    const plain = await readTable(annotations(ROWS));
    const payload = plain.stream.payload[1] ?? new Uint8Array(0);
    const view = new DataView(payload.buffer);
    expect(payload.length).toBe(8 + (4 + 1) + (4 + 3) + 10 * 8);
    expect([view.getBigInt64(0, true), view.getUint32(8, true), payload[12], view.getUint32(13, true)]).toEqual([200n, 1, 0x61, 3]);
    for (const variant of [
      { names: "large" },
      { names: "dictionary" },
      { batchRows: 1 },
      { compression: CompressionType.ZSTD },
      { compression: CompressionType.ZSTD, batchRows: 3 },
      { compression: CompressionType.LZ4_FRAME },
    ] as const) {
      const other = await readTable(annotations(ROWS, variant));
      expect(other.damages).toEqual([]);
      expect(other.stream).toEqual(plain.stream);
    }
  });

  test("a dictionary may be continued in a second batch", async () => {
    const values = vectorFromArray(["a", "b"], new Utf8()).concat(vectorFromArray(["c"], new Utf8()));
    const names = new Vector([
      makeData({ type: new Dictionary(new Utf8(), new Int32()), data: Int32Array.of(2, 0, 1, 2), dictionary: values }),
    ]);
    const { stream, damages } = await readTable(annotations(ROWS, {}, { track_uuid: names }));
    expect(damages).toEqual([]);
    expect(stream.labels.map((l) => l.track)).toEqual(["c", "a", "b", "c"]);
  });

  test("rows of a stamp that comes again join its frame, and it is named", async () => {
    const { stream } = await readTable(annotations([...ROWS, { t: 100n, track: "c", category: "CAR", x: 9, qz: 0 }]));
    expect(stream.labels.map((l) => [l.frame, l.track])).toEqual([
      [0, "a"],
      [0, "b"],
      [0, "c"],
      [1, "a"],
      [2, ""],
    ]);
    expect(stream.malformed).toEqual([{ frame: 0, reason: "stamp out of order" }]);
    expect(stream.bytes[0]).toBeGreaterThan(stream.bytes[1] ?? 0);
  });

  test("a table without rows is a stream without frames", async () => {
    const { stream, damages, lostBytes } = await readTable(annotations([]));
    expect([stream.stampNs, damages, lostBytes]).toEqual([[], [], 0]);
  });

  test.each([
    ["a column is missing", { timestamp_ns: vectorFromArray([1n], new Int64()) }, "no column track_uuid"],
    ["stamps are floats", { timestamp_ns: vectorFromArray([1], new Float64()) }, "column timestamp_ns of another type"],
    ["stamps are missing", { timestamp_ns: vectorFromArray([null, 1n], new Int64()) }, "missing values in timestamp_ns"],
  ])("%s", async (_, columns, reason) => {
    const bytes = feather(columns as Record<string, Vector>);
    const { damages, lostBytes } = await readTable(bytes);
    expect(damages.map((d) => [d.kind, d.file, d.observed])).toEqual([["malformed-table", "annotations.feather", { reason }]]);
    expect(lostBytes).toBe(bytes.length);
  });
});

test("poses: one row is one frame", async () => {
  const { stream } = await readTable(poses(5), "city_SE3_egovehicle.feather");
  expect(stream.poses[3]).toEqual({ frame: 3, stampNs: 15_000_000n, xyz: [0.75, -1, 2], quaternion: [0, 0, 0, 1] });
  expect(stream.bytes).toEqual(new Array(5).fill(64));
});

const T0 = "315966265259836000";
const T1 = "315966265360032000";

describe("a synthetic log", () => {
  const log = (): Record<string, Uint8Array | string> => ({
    "annotations.feather": annotations(ROWS),
    "city_SE3_egovehicle.feather": poses(40),
    [`sensors/lidar/${T0}.feather`]: sweep(100),
    [`sensors/lidar/${T1}.feather`]: sweep(120, { compression: CompressionType.ZSTD, batchRows: 50 }),
    [`sensors/cameras/ring_front_center/${T0}.jpg`]: Uint8Array.from([0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 8, 0, 6, 0x0e, 3]),
    "calibration/intrinsics.feather": "not read",
  });

  test.each([1, 65536, 8 << 20])("cut at %i bytes", async (spanBytes) => {
    const whole = await readAll(av2, memoryInput("log", log()), spanBytes);
    expect(withoutSpans(whole)).toEqual(withoutSpans(await readAll(av2, memoryInput("log", log()), 4000)));
    expect(Object.keys(whole.streams)).toEqual([
      "annotations",
      "city_SE3_egovehicle",
      "sensors/cameras/ring_front_center",
      "sensors/lidar",
    ]);
    expect(whole.streams["sensors/cameras/ring_front_center"]?.info.imageSize).toEqual({ width: 1550, height: 2048 });
    const lidar = whole.streams["sensors/lidar"];
    expect(lidar?.stampNs).toEqual([BigInt(T0), BigInt(T1)]);
    expect(lidar?.points.map((p) => [p.count, p.stride])).toEqual([
      [100, 12],
      [120, 12],
    ]);
    for (const [k, points] of (lidar?.points ?? []).entries()) {
      const count = [100, 120][k] ?? 0;
      expect(field(points, "y")).toEqual(Array.from({ length: count }, (_, i) => fromHalf(15360 + 7 * i + 1)));
      expect(field(points, "laser_number")).toEqual(Array.from({ length: count }, (_, i) => i + 5));
      expect(field(points, "offset_ns")).toEqual(Array.from({ length: count }, (_, i) => 1000 * i));
    }
    expect(lidar?.payload[0]).toEqual(sweep(100));
  });

  test("two logs in one folder are told apart", async () => {
    const files = Object.fromEntries(["a", "b"].flatMap((l) => Object.entries(log()).map(([path, content]) => [`${l}/${path}`, content])));
    expect(Object.keys((await readAll(av2, memoryInput("val", files))).streams).slice(0, 2)).toEqual([
      "a/annotations",
      "a/city_SE3_egovehicle",
    ]);
  });

  test("a stamp beyond int64 is no frame", async () => {
    const files = { [`sensors/lidar/${T0}.feather`]: sweep(1), "sensors/lidar/9999999999999999999.feather": sweep(1) };
    expect((await readAll(av2, memoryInput("log", files))).streams["sensors/lidar"]?.stampNs).toEqual([BigInt(T0)]);
  });

  test("columns of any order and width come to rows where their types are aligned", async () => {
    const f64 = (k: number): Vector => vectorFromArray([k, k + 0.5, k + 1], new Float64());
    const u8 = new Vector([makeData({ type: new Uint8(), data: Uint8Array.of(7, 8, 9) })]);
    const half = new Vector([makeData({ type: new Float16(), data: Uint16Array.of(15360, 15361, 15362) })]);
    const name = vectorFromArray(["a", "b", "c"], new Utf8());
    const bytes = feather({ intensity: u8, x: f64(1), y: half, name, z: f64(3) });
    const points = (await readAll(av2, memoryInput("log", { [`sensors/lidar/${T0}.feather`]: bytes }))).streams["sensors/lidar"]?.points[0];
    expect([points?.fields, points?.stride]).toEqual([["intensity:u8@0", "x:f64@8", "y:f16@16", "z:f64@24"], 32]);
    expect(["intensity", "x", "y", "z"].map((n) => field(points, n))).toEqual([
      [7, 8, 9],
      [1, 1.5, 2],
      [1, 1 + 1 / 1024, 1 + 2 / 1024],
      [3, 3.5, 4],
    ]);
  });

  test("points without x, y, z or with holes are named", async () => {
    const holes = feather({
      x: vectorFromArray([1, null], new Float64()),
      y: vectorFromArray([1, 2], new Float64()),
      z: vectorFromArray([1, 2], new Float64()),
    });
    const files = { [`sensors/lidar/${T0}.feather`]: poses(3), [`sensors/lidar/${T1}.feather`]: holes };
    const stream = (await readAll(av2, memoryInput("log", files))).streams["sensors/lidar"];
    expect(stream?.malformed).toEqual([
      { frame: 0, reason: "no x, y, z columns" },
      { frame: 1, reason: "missing values" },
    ]);
    expect(stream?.points).toEqual([]);
  });
});

describe("damaged files", () => {
  const whole = annotations(ROWS, { compression: CompressionType.ZSTD });

  test("truncated anywhere: damage, never an error", async () => {
    for (let length = 0; length < whole.length; length += 7) {
      const { damages, stream } = await readTable(whole.subarray(0, length));
      expect(damages).toHaveLength(1);
      expect(stream.stampNs).toEqual([]);
    }
  });

  const files = {
    zstd: whole,
    dictionary: annotations(ROWS, { names: "dictionary" }),
    lz4: annotations(ROWS, { compression: CompressionType.LZ4_FRAME }),
    sweep: sweep(20),
  };

  /** The same bytes as a table and as a sweep. */
  async function survives(bytes: Uint8Array): Promise<void> {
    const log = { "annotations.feather": bytes, [`sensors/lidar/${T0}.feather`]: bytes };
    const { streams, damages } = await readAll(av2, memoryInput("log", log));
    // No table, or one of no rows, is what a change can leave; a frame that is a file stays one.
    expect(damages.length).toBeLessThan(2);
    expect(streams["sensors/lidar"]?.stampNs).toHaveLength(1);
  }

  test.each(Object.keys(files) as (keyof typeof files)[])(
    "any word of a %s file changed: the rows, or damage; never an error",
    async (name) => {
      for (let at = 0; at < files[name].length; at += 4) {
        for (const value of [0x01, 0x7f, 0xff]) await survives(files[name].slice().fill(value, at, at + 4));
      }
    },
  );

  test("any bytes changed", async () => {
    const change = fc.record({
      name: fc.constantFrom(...(Object.keys(files) as (keyof typeof files)[])),
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      value: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ name, at, value }) => {
        const bytes = files[name].slice();
        bytes.set(value.subarray(0, bytes.length - Math.floor(at * bytes.length)), Math.floor(at * bytes.length));
        await survives(bytes);
      }),
      { numRuns: Number(process.env["PLUMBLINE_FUZZ"] ?? 300) },
    );
  });

  test("a decompressed length of a terabyte allocates nothing", async () => {
    const bytes = whole.slice();
    const magic = [0x28, 0xb5, 0x2f, 0xfd];
    const at = bytes.findIndex((_, i) => magic.every((byte, k) => bytes[i + k] === byte)) - 8;
    for (const claim of [1n << 40n, 1n << 62n, -2n, 1n << 29n]) {
      new DataView(bytes.buffer).setBigInt64(at, claim, true);
      const { damages } = await readTable(bytes);
      expect(damages.map((d) => [d.kind, d.bytes?.[0], d.observed])).toEqual([
        ["malformed-table", at, { reason: "decompressed length out of range" }],
      ]);
    }
  });

  test("a damaged LZ4 buffer is located, and a sweep of such is named", async () => {
    const bytes = files.lz4.slice();
    const at = bytes.findIndex((_, i) => bytes[i] === 0x04 && bytes[i + 1] === 0x22 && bytes[i + 2] === 0x4d && bytes[i + 3] === 0x18);
    bytes[at + 4] = 0;
    const { damages } = await readTable(bytes);
    expect(damages[0]).toMatchObject({ kind: "malformed-table", bytes: [at, bytes.length], observed: { reason: "damaged lz4 buffer" } });
    const { streams } = await readAll(av2, memoryInput("log", { [`sensors/lidar/${T0}.feather`]: bytes }));
    expect(streams["sensors/lidar"]?.malformed).toEqual([{ frame: 0, reason: "damaged lz4 buffer" }]);
  });

  test("names that end outside their buffer are refused", async () => {
    const bytes = annotations(ROWS);
    // Offsets of the tracks "a", "b", "a", "".
    const offsets = new Uint8Array(Int32Array.of(0, 1, 2, 3, 3).buffer);
    const at = bytes.findIndex((_, i) => offsets.every((byte, k) => bytes[i + k] === byte));
    new DataView(bytes.buffer, bytes.byteOffset).setInt32(at + 16, 1000, true);
    expect((await readTable(bytes)).damages[0]?.observed).toEqual({ reason: "string outside its buffer" });
  });

  test("a damaged compressed buffer is located", async () => {
    const bytes = whole.slice();
    const at = bytes.findIndex((_, i) => bytes[i] === 0x28 && bytes[i + 1] === 0xb5 && bytes[i + 2] === 0x2f);
    bytes[at] = 0;
    const { damages } = await readTable(bytes);
    expect(damages[0]).toMatchObject({ kind: "malformed-table", bytes: [at, bytes.length], observed: { reason: "damaged zstd buffer" } });
  });
});

describe("detection", () => {
  test.each([
    ["feather of another name", { "labels.feather": annotations([]) }, false],
    ["annotations.feather that is none", { "annotations.feather": "{}" }, false],
    ["an empty one", { "annotations.feather": "" }, true],
    ["a sweep", { "log/sensors/lidar/315966265259836000.feather": "" }, true],
    ["two folders down", { "a/b/city_SE3_egovehicle.feather": poses(1) }, false],
    ["a KITTI folder", { "velodyne/0001/000000.bin": "x", "label_02/0001.txt": "" }, false],
  ])("%s", (_, files, expected) => expect(av2.detect(memoryInput("x", files as Record<string, Uint8Array>))).toBe(expected));
});

test("the peer reads what these tests write", () => {
  expect(tableFromIPC(annotations(ROWS)).numRows).toBe(4);
});

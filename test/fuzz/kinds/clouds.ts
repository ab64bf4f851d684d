/** Samples of clouds in files: LAS, LAZ, PCD, and Argoverse's tables. */
import { readdirSync, readFileSync } from "node:fs";
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
  makeData,
  RecordBatchFileWriter,
  Table,
  Uint8,
  Utf8,
  Vector,
  vectorFromArray,
} from "apache-arrow";
import { concat, lz4Frame, randomStream } from "../house.ts";
import { image } from "./messages.ts";
import { file, folder, type Kind, type Sample, sharedFiles } from "./sample.ts";
import { scene, stampOf } from "./scene.ts";

const POINTS = 60;
const RECORD_BYTES = [20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67] as const;

/** A LAS of a strip of ground, with bounds and counts that are true. */
export function lasOf(format: number, points = POINTS): Uint8Array {
  const minor = format < 4 ? 2 : format < 6 ? 3 : 4;
  const start = minor === 4 ? 375 : minor === 3 ? 235 : 227;
  const record = RECORD_BYTES[format] ?? 20;
  const bytes = new Uint8Array(start + record * points);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4c, 0x41, 0x53, 0x46]);
  bytes.set([1, minor], 24);
  view.setUint16(94, start, true);
  view.setUint32(96, start, true);
  view.setUint8(104, format);
  view.setUint16(105, record, true);
  view.setUint32(107, format < 6 ? points : 0, true);
  const wide = format >= 6;
  const random = randomStream(3, `las ${format}`);
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < points; i++) {
    const at = start + i * record;
    for (const [axis, value] of [i * 40 + random.below(30), random.below(400), 1000 + random.below(50)].entries()) {
      view.setInt32(at + 4 * axis, value, true);
      low[axis] = Math.min(low[axis] ?? 0, value);
      high[axis] = Math.max(high[axis] ?? 0, value);
    }
    view.setUint16(at + 12, random.below(900), true);
    view.setUint8(at + 14, wide ? 1 | (1 << 4) : 1 | (1 << 3));
    view.setUint8(at + (wide ? 16 : 15), 2);
    if (format !== 0 && format !== 2) view.setFloat64(at + (wide ? 22 : 20), 300_000 + i / 1000, true);
  }
  for (const axis of [0, 1, 2]) {
    view.setFloat64(131 + 8 * axis, 0.01, true);
    view.setFloat64(179 + 16 * axis, 0.01 * (high[axis] ?? 0), true);
    view.setFloat64(187 + 16 * axis, 0.01 * (low[axis] ?? 0), true);
  }
  if (minor < 4 || format < 6) view.setUint32(111, points, true);
  if (minor === 4) view.setBigUint64(247, BigInt(points), true);
  if (minor === 4) view.setBigUint64(255, BigInt(points), true);
  return bytes;
}

export const lasKind: Kind = {
  name: "las",
  target: "recording",
  samples: async () => [
    ...RECORD_BYTES.map((_, format) => file(`format${format}.las`, lasOf(format))),
    folder("strips", Object.fromEntries([3, 4, 5].map((i) => [`strip_00${i}.las`, lasOf(i + 1, 20)]))),
    ...sharedFiles("2-lidar/las", ".las"),
  ],
};

const LAZ = join(import.meta.dirname, "../../sources/laz");

export const lazKind: Kind = {
  name: "laz",
  target: "recording",
  samples: async () => [
    ...readdirSync(LAZ)
      .filter((name) => name.endsWith(".laz"))
      .sort()
      .map((name) => file(name, new Uint8Array(readFileSync(join(LAZ, name))))),
    ...sharedFiles("2-lidar/las", ".laz"),
  ],
};

const PCD_HEAD =
  "# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS x y z intensity ring t\nSIZE 4 4 4 4 2 4\nTYPE F F F F U U\nCOUNT 1 1 1 1 1 1\nWIDTH 60\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS 60\nDATA ";

function pcdRows(): readonly (readonly [number, number, number, number, number, number])[] {
  return Array.from({ length: POINTS }, (_, i) => {
    const angle = (2 * Math.PI * i) / POINTS;
    return [10 * Math.cos(angle), 10 * Math.sin(angle), (i % 4) - 1, i % 50, i % 4, 1_000_000 * i] as const;
  });
}

function pcdOf(form: "ascii" | "binary" | "binary_compressed"): Uint8Array {
  const rows = pcdRows();
  const head = new TextEncoder().encode(`${PCD_HEAD}${form}\n`);
  if (form === "ascii") return concat([head, new TextEncoder().encode(rows.map((row) => `${row.join(" ")}\n`).join(""))]);
  const view = new DataView(new ArrayBuffer(22 * POINTS));
  const offsets = [0, 4, 8, 12, 16, 18];
  const sizes = [4, 4, 4, 4, 2, 4];
  for (const [i, row] of rows.entries()) {
    for (const [k, value] of row.entries()) {
      const at = form === "binary" ? 22 * i + (offsets[k] ?? 0) : (offsets[k] ?? 0) * POINTS + (sizes[k] ?? 0) * i;
      if (k < 4) view.setFloat32(at, value, true);
      else if (k === 4) view.setUint16(at, value, true);
      else view.setUint32(at, value, true);
    }
  }
  const data = new Uint8Array(view.buffer);
  if (form === "binary") return concat([head, data]);
  const packed = lzf(data);
  return concat([head, new Uint8Array(Uint32Array.of(packed.length, data.length).buffer), packed]);
}

/** Literals of 32, and a back reference wherever the 8 bytes before come again. */
function lzf(data: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < data.length; ) {
    const isAgain = at >= 8 && at + 8 <= data.length && data.subarray(at, at + 8).every((byte, i) => byte === data[at - 8 + i]);
    if (isAgain) {
      parts.push(Uint8Array.of((6 << 5) | 0, 7));
      at += 8;
      continue;
    }
    const literal = data.subarray(at, Math.min(data.length, at + 16));
    parts.push(Uint8Array.of(literal.length - 1), literal);
    at += literal.length;
  }
  return concat(parts);
}

export const pcdKind: Kind = {
  name: "pcd",
  target: "recording",
  samples: async () => [
    ...(["ascii", "binary", "binary_compressed"] as const).map((form) => file(`${form}.pcd`, pcdOf(form))),
    folder(
      "clouds",
      Object.fromEntries([0, 1, 2, 3].map((i) => [`lidar/${1_700_000_000 + i}.pcd`, pcdOf(i % 2 === 0 ? "binary" : "binary_compressed")])),
    ),
    ...sharedFiles("2-lidar/pcd", ".pcd"),
  ],
};

/** What the codecs below made of which length, while one file is written. */
function featherOf(columns: Record<string, Vector>, codec: CompressionType | null): Uint8Array {
  const encoded: { readonly bytes: Uint8Array; readonly size: number }[] = [];
  const codecOf = (encode: (data: Uint8Array) => Uint8Array): { encode(data: Uint8Array): Uint8Array } => ({
    encode(data) {
      const bytes = encode(data);
      if (bytes.length < data.length) encoded.push({ bytes, size: data.length });
      return bytes;
    },
  });
  compressionRegistry.set(
    CompressionType.ZSTD,
    codecOf((data) => new Uint8Array(zstdCompressSync(data))),
  );
  compressionRegistry.set(
    CompressionType.LZ4_FRAME,
    codecOf((data) => lz4Frame(data)),
  );
  const writer = codec === null ? new RecordBatchFileWriter() : new RecordBatchFileWriter({ compressionType: codec });
  for (const batch of new Table(columns).batches) writer.write(batch);
  const bytes = writer.finish().toUint8Array(true);
  // The library puts the compressed length before a compressed buffer; the format puts the decompressed one.
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const { bytes: packed, size } of encoded) {
    for (let at = 16; at + packed.length <= bytes.length; at += 8) {
      if (packed.every((byte, i) => bytes[at + i] === byte)) view.setBigInt64(at - 8, BigInt(size), true);
    }
  }
  return bytes;
}

const doubles = (values: readonly number[]): Vector => vectorFromArray(values, new Float64());
const longs = (values: readonly bigint[]): Vector => vectorFromArray(values, new Int64());

function annotations(codec: CompressionType | null, isDictionary = false): Uint8Array {
  const boxes = scene();
  // Given here, for the library counts them as long as it lives.
  let id = 1;
  const names = (values: readonly string[]): Vector =>
    vectorFromArray(values, isDictionary ? new Dictionary(new Utf8(), new Int32(), id++) : new Utf8());
  const half = boxes.map(({ box3d }) => box3d[6] / 2);
  return featherOf(
    {
      ...{
        timestamp_ns: longs(boxes.map(({ frame }) => stampOf(frame))),
        track_uuid: names(boxes.map(({ track }) => track)),
        category: names(boxes.map((box) => box.class)),
      },
      ...{
        length_m: doubles(boxes.map(({ box3d }) => box3d[3])),
        width_m: doubles(boxes.map(({ box3d }) => box3d[4])),
        height_m: doubles(boxes.map(({ box3d }) => box3d[5])),
      },
      ...{
        qw: doubles(half.map(Math.cos)),
        qx: doubles(half.map(() => 0)),
        qy: doubles(half.map(() => 0)),
        qz: doubles(half.map(Math.sin)),
      },
      ...{
        tx_m: doubles(boxes.map(({ box3d }) => box3d[0])),
        ty_m: doubles(boxes.map(({ box3d }) => box3d[1])),
        tz_m: doubles(boxes.map(({ box3d }) => box3d[2])),
      },
    },
    codec,
  );
}

function poses(codec: CompressionType | null): Uint8Array {
  const rows = Array.from({ length: 100 }, (_, i) => i);
  const zeros = (): Vector => doubles(rows.map(() => 0));
  return featherOf(
    {
      ...{
        timestamp_ns: longs(rows.map((i) => stampOf(0) + BigInt(i) * 20_000_000n)),
        qw: doubles(rows.map(() => 1)),
        qx: zeros(),
        qy: zeros(),
        qz: zeros(),
      },
      ...{ tx_m: doubles(rows.map((i) => i / 5)), ty_m: zeros(), tz_m: zeros() },
    },
    codec,
  );
}

function sweep(codec: CompressionType | null, k: number): Uint8Array {
  const rows = Array.from({ length: 300 }, (_, i) => i);
  const half = (axis: number): Vector =>
    new Vector([makeData({ type: new Float16(), data: Uint16Array.from(rows, (i) => 15_360 + 3 * i + axis + k) })]);
  const u8 = (by: number): Vector => new Vector([makeData({ type: new Uint8(), data: Uint8Array.from(rows, (i) => (i * by) % 64) })]);
  const offsets = new Vector([makeData({ type: new Int32(), data: Int32Array.from(rows, (i) => 330_000 * i) })]);
  return featherOf({ x: half(0), y: half(1), z: half(2), intensity: u8(3), laser_number: u8(5), offset_ns: offsets }, codec);
}

export const featherKind: Kind = {
  name: "feather",
  target: "recording",
  async samples() {
    const log = (codec: CompressionType | null): Sample["files"] => ({
      "annotations.feather": annotations(codec),
      "city_SE3_egovehicle.feather": poses(codec),
      ...Object.fromEntries([0, 1].map((i) => [`sensors/lidar/${stampOf(i)}.feather`, sweep(codec, i)])),
      ...Object.fromEntries([0, 1].map((i) => [`sensors/cameras/ring_front_center/${stampOf(i)}.jpg`, image(i, "jpeg")])),
    });
    return [
      folder("plain", log(null)),
      folder("zstd", log(CompressionType.ZSTD)),
      folder("lz4", log(CompressionType.LZ4_FRAME)),
      file("annotations.feather", annotations(CompressionType.ZSTD)),
      file("annotations.feather", annotations(null, true)),
    ];
  },
};

/** PCD: real clouds against what an independent reader saw, the three encodings against each other, and files that lie. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fieldOf } from "../../src/columns/point-fields.ts";
import { pcd } from "../../src/sources/clouds/pcd.ts";
import { PCD_REASON } from "../../src/sources/clouds/pcd-header.ts";
import { lzfDecode } from "../../src/sources/codecs/lzf.ts";
import { memoryInput } from "../memory-input.ts";
import { testShared } from "../shared-data.ts";
import { diskInput, readAll, type WholeStream, withoutSpans } from "./read-all.ts";

interface Expected {
  readonly fields: readonly string[];
  readonly points_read: number;
  readonly nan_points: number;
  readonly min: readonly number[];
  readonly max: readonly number[];
}

/** `name:type@offset` of a table, and its values. */
function columns({ fields, stride, count, rows }: WholeStream["points"][number]): Readonly<Record<string, number[]>> {
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  const read: Readonly<Record<string, (at: number) => number>> = {
    ...{ i8: (at: number) => view.getInt8(at), u8: (at: number) => view.getUint8(at) },
    ...{ i16: (at: number) => view.getInt16(at, true), u16: (at: number) => view.getUint16(at, true) },
    ...{ i32: (at: number) => view.getInt32(at, true), u32: (at: number) => view.getUint32(at, true) },
    ...{ f32: (at: number) => view.getFloat32(at, true), f64: (at: number) => view.getFloat64(at, true) },
    i64: (at: number) => Number(view.getBigInt64(at, true)),
  };
  return Object.fromEntries(
    fields.map((field) => {
      const [, name = "", type = "", offset] = /^(.*):(\w+)@(\d+)$/.exec(field) ?? [];
      return [name, Array.from({ length: count }, (_, i) => read[type]?.(i * stride + Number(offset)) ?? Number.NaN)];
    }),
  );
}

testShared("every shared cloud has the fields, counts, NaNs and bounds its peer counted", async (shared) => {
  const folder = join(shared, "2-lidar/pcd");
  const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Record<string, Expected>;
  expect(Object.keys(expected)).toHaveLength(17);
  for (const [name, peer] of Object.entries(expected)) {
    const input = diskInput(join(folder, name));
    expect([name, pcd.detect(input)]).toEqual([name, true]);
    const { streams, damages } = await readAll(pcd, input);
    const [stream] = Object.values(streams);
    const [table] = stream?.points ?? [];
    if (!stream || !table) throw new Error(`expected a cloud in ${name}, got none`);
    expect([name, stream.malformed, damages]).toEqual([name, [], []]);
    expect([name, table.count]).toEqual([name, peer.points_read]);
    expect([name, table.fields.map((f) => f.slice(0, f.indexOf(":")))]).toEqual([name, peer.fields]);
    const { x = [], y = [], z = [] } = columns(table);
    const whole = x.map((_, i) => Number.isFinite((x[i] ?? 0) + (y[i] ?? 0) + (z[i] ?? 0)));
    expect([name, whole.filter((is) => !is).length]).toEqual([name, peer.nan_points]);
    for (const [axis, values] of [x, y, z].entries()) {
      const kept = values.filter((_, i) => whole[i]);
      const [least, most] = kept.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
      expect(least).toBeCloseTo(peer.min[axis] ?? 0, 5);
      expect(most).toBeCloseTo(peer.max[axis] ?? 0, 5);
    }
  }
});

testShared("nebula's clouds: stamped by their names, laser and time among the fields", async (shared) => {
  const { index, streams } = await readAll(pcd, diskInput(join(shared, "2-lidar/nebula-packets")));
  expect(index.streams.map(({ id, stamps }) => [id, stamps])).toEqual([
    ["qt64", "sensor"],
    ["vlp16", "sensor"],
    ["xt16", "sensor"],
  ]);
  const { vlp16, qt64, xt16 } = streams;
  expect(vlp16?.stampNs).toEqual([1673400472138016708n]);
  expect([vlp16, qt64, xt16].map((s) => s?.points[0]?.count)).toEqual([14831, 34158, 26287]);
  const table = vlp16?.points[0];
  if (!table) throw new Error("expected a cloud, got none");
  const fields = table.fields.map((f) => f.slice(0, f.indexOf(":"))).map((name) => ({ name, offset: 0, type: "u8" as const }));
  expect(fieldOf({ fields }, "ring")?.name).toBe("channel");
  expect(fieldOf({ fields }, "time")?.name).toBe("time_stamp");
  const { channel = [], time_stamp: time = [] } = columns(table);
  expect(new Set(channel).size).toBe(15);
  expect(Math.max(...channel)).toBeLessThan(16);
  // Relative to the packet: a saw-tooth of 0 to 1.306 ms.
  expect(Math.max(...time)).toBeLessThan(1_400_000);
});

interface Column {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly values: readonly (readonly number[])[];
}

/** The header of a cloud of these columns; `change` replaces whole lines, null leaves one out. */
function header(of: readonly Column[], points: number, data: string, change: Readonly<Record<string, string | null>> = {}): string {
  const lines: Record<string, string | null> = {
    VERSION: "0.7",
    FIELDS: of.map((c) => c.name).join(" "),
    SIZE: of.map((c) => c.size).join(" "),
    TYPE: of.map((c) => c.type).join(" "),
    COUNT: of.map((c) => c.values[0]?.length ?? 1).join(" "),
    WIDTH: `${points}`,
    HEIGHT: "1",
    VIEWPOINT: "0 0 0 1 0 0 0",
    POINTS: `${points}`,
    DATA: data,
    ...change,
  };
  const text = Object.entries(lines).flatMap(([key, value]) => (value === null ? [] : [`${key} ${value}\n`]));
  return `# .PCD v0.7 - Point Cloud Data file format\n${text.join("")}`;
}

function put(view: DataView, at: number, { type, size }: Column, value: number): void {
  if (type === "F") size === 4 ? view.setFloat32(at, value, true) : view.setFloat64(at, value, true);
  else if (size === 8) view.setBigInt64(at, BigInt(value), true);
  else if (size === 4) view.setInt32(at, value, true);
  else if (size === 2) view.setInt16(at, value, true);
  else view.setInt8(at, value);
}

function bytesOf(columns: readonly Column[], points: number, byColumn: boolean): Uint8Array {
  const stride = columns.reduce((sum, c) => sum + c.size * (c.values[0]?.length ?? 1), 0);
  const view = new DataView(new ArrayBuffer(stride * points));
  let offset = 0;
  for (const column of columns) {
    const width = column.size * (column.values[0]?.length ?? 1);
    for (const [i, values] of column.values.entries()) {
      const at = byColumn ? offset * points + i * width : i * stride + offset;
      for (const [k, value] of values.entries()) put(view, at + k * column.size, column, value);
    }
    offset += width;
  }
  return new Uint8Array(view.buffer);
}

/** LZF of literals alone, and a match wherever 3 bytes repeat the 3 before: enough to reach every branch but the long match. */
function lzf(data: Uint8Array): Uint8Array {
  const out: number[] = [];
  let at = 0;
  while (at < data.length) {
    let run = 0;
    while (at > 0 && run < 264 && at + run < data.length && data[at + run] === data[at + run - 1]) run++;
    if (run >= 3) {
      out.push(...(run - 2 < 7 ? [(run - 2) << 5, 0] : [7 << 5, run - 9, 0]));
      at += run;
    } else {
      const literals = data.subarray(at, at + 32);
      const length = at === 0 ? 1 : Math.min(literals.length, 5);
      out.push(length - 1, ...literals.subarray(0, length));
      at += length;
    }
  }
  return Uint8Array.from(out);
}

function join3(head: string, body: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(head);
  const all = new Uint8Array(text.length + body.length);
  all.set(text);
  all.set(body, text.length);
  return all;
}

function encode(
  columns: readonly Column[],
  points: number,
  data: string,
  change: Readonly<Record<string, string | null>> = {},
): Uint8Array {
  const head = header(columns, points, data, change);
  if (data === "binary") return join3(head, bytesOf(columns, points, false));
  if (data === "binary_compressed") {
    const raw = bytesOf(columns, points, true);
    const packed = lzf(raw);
    return join3(head, Uint8Array.of(...new Uint8Array(Uint32Array.of(packed.length, raw.length).buffer), ...packed));
  }
  const word = (value: number): string => (Number.isNaN(value) ? "nan" : value === Infinity ? "inf" : `${value}`);
  const rows = Array.from({ length: points }, (_, i) => columns.flatMap((c) => (c.values[i] ?? []).map(word)).join(" "));
  return join3(head, new TextEncoder().encode(`${rows.join("\n")}\n`));
}

const ENCODINGS = ["ascii", "binary", "binary_compressed"] as const;
const CLOUD: readonly Column[] = [
  { name: "x", type: "F", size: 4, values: [[1.5], [Number.NaN], [-3]] },
  { name: "y", type: "F", size: 8, values: [[1e-300], [2], [Infinity]] },
  { name: "z", type: "F", size: 4, values: [[0], [0.25], [5]] },
  {
    name: "_",
    type: "U",
    size: 1,
    values: [
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ],
  },
  {
    name: "histogram",
    type: "F",
    size: 4,
    values: [
      [7, 8],
      [9, 10],
      [11, 12],
    ],
  },
  { name: "small", type: "I", size: 1, values: [[-128], [5], [127]] },
  { name: "ring", type: "U", size: 2, values: [[0], [1], [65535]] },
  { name: "label", type: "I", size: 4, values: [[-1], [0], [2 ** 31 - 1]] },
  { name: "t", type: "U", size: 8, values: [[0], [1673400472138016], [2 ** 53]] },
];
const one = (content: Uint8Array | string, name = "1673400472138016708.pcd") => memoryInput(name, { [name]: content }, { kind: "file" });
const read = async (content: Uint8Array | string, name?: string) => {
  const { streams, damages } = await readAll(pcd, one(content, name));
  const [stream] = Object.values(streams);
  if (!stream) throw new Error("expected a stream, got none");
  return { ...stream, damages };
};

describe("encodings", () => {
  test.each(ENCODINGS)("%s: all types, several values, padding, NaN", async (data) => {
    const { points, malformed, info } = await read(encode(CLOUD, 3, data));
    expect(malformed).toEqual([]);
    expect(info).toMatchObject({ id: "1673400472138016708", kind: "points", stamps: "sensor", type: "PCD" });
    const [table] = points;
    if (!table) throw new Error("expected a cloud, got none");
    expect(columns(table)).toEqual(
      Object.fromEntries(CLOUD.filter((c) => c.name !== "_").map((c) => [c.name, c.values.map(([value]) => value)])),
    );
  });

  test("64-bit times of text are exact", async () => {
    const cloud = [{ name: "t", type: "U", size: 8, values: [[0]] }];
    const text = header(cloud, 1, "ascii").concat("1673400472138016709\n");
    const { points } = await read(text);
    expect(new DataView(points[0]?.rows.buffer ?? new ArrayBuffer(8)).getBigInt64(0, true)).toBe(1673400472138016709n);
  });

  test("generated clouds are the same in all three", async () => {
    const value = fc.integer({ min: -100, max: 100 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(value, value, value), { maxLength: 60 }), async (rows) => {
        const cloud: Column[] = [
          { name: "x", type: "F", size: 4, values: rows.map(([x]) => [x]) },
          { name: "ring", type: "I", size: 1, values: rows.map(([, r]) => [r]) },
          { name: "time", type: "F", size: 8, values: rows.map(([, , t]) => [t]) },
        ];
        const seen = await Promise.all(ENCODINGS.map(async (data) => (await read(encode(cloud, rows.length, data))).points.map(columns)));
        expect(seen[0]).toEqual([{ x: rows.map(([x]) => x), ring: rows.map(([, r]) => r), time: rows.map(([, , t]) => t) }]);
        expect(seen[1]).toEqual(seen[0]);
        expect(seen[2]).toEqual(seen[0]);
      }),
      { numRuns: 60 },
    );
  });
});

describe("files that lie", () => {
  const three = CLOUD.slice(0, 3);
  const binary = encode(three, 3, "binary");
  const packed = encode(three, 3, "binary_compressed");
  const cut = (bytes: Uint8Array, by: number): Uint8Array => bytes.subarray(0, bytes.length - by);
  const changed = (change: Readonly<Record<string, string | null>>, data = "binary"): Uint8Array => encode(three, 3, data, change);
  const sizes = (packedBytes: number, rawBytes: number): Uint8Array =>
    join3(header(three, 3, "binary_compressed"), new Uint8Array(Uint32Array.of(packedBytes, rawBytes, 0, 0).buffer));

  test.each([
    ["nothing but a comment", "# .PCD v0.7\n", PCD_REASON.header, null],
    ["no DATA line", header(three, 3, "binary", { DATA: null }), PCD_REASON.data, null],
    ["binary where a keyword should be", `# .PCD v0.7\n${"\0".repeat(300_000)}`, PCD_REASON.header, null],
    ["an unknown encoding", changed({ DATA: "binary_zstd" }), PCD_REASON.encoding, null],
    ["no fields", changed({ FIELDS: "" }), PCD_REASON.fields, null],
    ["a list too short", changed({ SIZE: "4 8" }), PCD_REASON.lists, null],
    ["an unknown type", changed({ TYPE: "F F Q" }), PCD_REASON.type, null],
    ["a size no type has", changed({ SIZE: "4 3 4" }), PCD_REASON.type, null],
    ["a count of 0", changed({ COUNT: "1 0 1" }), PCD_REASON.count, null],
    ["a count of 2^32", changed({ COUNT: "1 1 4294967296" }), PCD_REASON.count, null],
    ["a negative width", changed({ WIDTH: "-3" }), PCD_REASON.size, null],
    ["a width beyond 32 bits", changed({ WIDTH: "4294967296" }), PCD_REASON.size, null],
    ["neither width nor points", changed({ WIDTH: null, POINTS: null }), PCD_REASON.size, null],
    ["count x step beyond 2^64", changed({ WIDTH: "4294967295", HEIGHT: "4294967295", POINTS: null }), PCD_REASON.short, 3],
    ["WIDTH x HEIGHT above POINTS", changed({ WIDTH: "4" }), PCD_REASON.points, 3],
    ["POINTS above WIDTH x HEIGHT", changed({ POINTS: "4" }), PCD_REASON.points, 3],
    ["a viewpoint of six numbers", changed({ VIEWPOINT: "0 0 0 1 0 0" }), PCD_REASON.viewpoint, 3],
    ["a viewpoint of words", changed({ VIEWPOINT: "a b c d e f g" }), PCD_REASON.viewpoint, 3],
    ["binary, one byte short", cut(binary, 1), PCD_REASON.short, 2],
    ["binary, no data at all", cut(binary, 48), PCD_REASON.short, 0],
    ["binary, bytes behind", Uint8Array.of(...binary, 7), PCD_REASON.long, 3],
    ["text, a row short", `${header(three, 2, "ascii")}1 2 3\n`, PCD_REASON.short, 1],
    ["text, a row cut off", `${header(three, 2, "ascii")}1 2 3\n1 2\n`, PCD_REASON.row, 1],
    ["text, a word", `${header(three, 2, "ascii")}1 2 three\n1 2 3\n`, PCD_REASON.row, 1],
    ["text, a row too many", `${header(three, 1, "ascii")}1 2 3\n1 2 3\n`, PCD_REASON.long, 1],
    ["text, more points than bytes", `${header(three, 4_000_000_000, "ascii")}1 2 3\n`, PCD_REASON.short, 1],
    ["compressed, cut short", cut(packed, 1), PCD_REASON.short, null],
    ["compressed, another size", sizes(8, 47), PCD_REASON.compressed, null],
    ["compressed, more than LZF can", sizes(0, 48), PCD_REASON.large, null],
    [
      "compressed, a match before the begin",
      sizes(8, 48).map((b, i, all) => (i === all.length - 8 ? 0x20 : b)),
      PCD_REASON.compressed,
      null,
    ],
  ] as const)("%s", async (_, content, reason, kept) => {
    const { malformed, points, stampNs } = await read(content);
    expect(malformed).toEqual([{ frame: 0, reason }]);
    expect(stampNs).toHaveLength(1);
    expect(points.map((p) => p.count)).toEqual(kept === null ? [] : [kept]);
  });

  test.each(ENCODINGS)("%s: no points and one point are fine", async (data) => {
    const none = three.map((c) => ({ ...c, values: [] }));
    const single = three.map((c) => ({ ...c, values: c.values.slice(0, 1) }));
    expect(await read(encode(none, 0, data))).toMatchObject({ malformed: [], points: [{ count: 0 }] });
    expect(await read(encode(single, 1, data))).toMatchObject({ malformed: [], points: [{ count: 1 }] });
  });

  test("damage anywhere is a reason or other values, never an exception", async () => {
    const known = new Set<string>(Object.values(PCD_REASON));
    const files = ENCODINGS.map((data) => encode(CLOUD, 3, data));
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(), fc.nat(255), fc.nat(), async (which, at, byte, keep) => {
        const file = files[which] ?? new Uint8Array();
        const damaged = file.slice(0, Math.max(1, keep % (2 * file.length)));
        damaged[at % damaged.length] = byte;
        for (const { reason } of (await read(damaged)).malformed) expect(known).toContain(reason);
      }),
      { numRuns: 400 },
    );
  });

  test.each([
    ["a match before the begin", [0x20, 0], 300, ""],
    ["one byte too far back", [0, 65, 0x20, 1], 300, "A"],
    ["a match beyond the room", [0, 65, 0xe0, 255, 0], 264, "A"],
    ["a match up to its end", [0, 65, 0xe0, 255, 0], 265, "A".repeat(265)],
    ["literals beyond the room", [1, 65, 66], 1, ""],
    ["literals beyond the source", [2, 65, 66], 300, ""],
    ["a match without its distance", [0, 65, 0x20], 300, "A"],
    ["a long match without its distance", [0, 65, 0xe0, 0], 300, "A"],
  ])("LZF: %s", (_, source, room, expected) => {
    // Zeros behind the source would be a distance of 1.
    const to = source.length + 8;
    const memory = new Uint8Array(to + room + 300);
    memory.set(source);
    const written = lzfDecode(memory, 0, source.length, to, room);
    const out = memory.subarray(to);
    expect(new TextDecoder().decode(out.subarray(0, written))).toBe(expected);
    expect(out.subarray(written).every((byte) => byte === 0)).toBe(true);
  });

  test("LZF never writes beyond its room", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200, size: "max" }), fc.nat(300), (source, room) => {
        const memory = new Uint8Array(source.length + room + 16).fill(0xa5);
        memory.set(source);
        const written = lzfDecode(memory, 0, source.length, source.length, room);
        expect(written).toBeLessThanOrEqual(room);
        expect(memory.subarray(source.length + room)).toEqual(new Uint8Array(16).fill(0xa5));
      }),
    );
  });
});

describe("folders", () => {
  const cloud = encode(CLOUD, 3, "binary");
  const folder = (names: readonly string[]) => memoryInput("drive", Object.fromEntries(names.map((name) => [name, cloud])));
  const streams = async (names: readonly string[]) => Object.values((await readAll(pcd, folder(names))).streams);

  test.each([
    ["ns", ["a/1673400472138016709.pcd", "a/1673400472138016708.pcd"], [1673400472138016708n, 1673400472138016709n]],
    ["us", ["a/1673400472138016.pcd", "a/1673400472238016.pcd"], [1673400472138016000n, 1673400472238016000n]],
    ["ms", ["a/1673400472138.pcd", "a/1673400472238.pcd"], [1673400472138000000n, 1673400472238000000n]],
    ["s", ["a/1673400472.pcd", "a/1673400473.pcd"], [1673400472000000000n, 1673400473000000000n]],
    ["decimal seconds", ["a/1673400472.1.pcd", "a/1673400472.25.pcd"], [1673400472100000000n, 1673400472250000000n]],
    ["Newer College", ["a/cloud_1583836591_5.pcd", "a/cloud_1583836591_282590976.pcd"], [1583836591000000005n, 1583836591282590976n]],
    ["PCL", ["a/frame_20121214T142255.814212.pcd", "a/frame_20121214T142256.pcd"], [1355494975814212000n, 1355494976000000000n]],
    ["a counter before the stamp", ["a/0_1673400473.pcd", "a/1_1673400472.pcd"], [1673400472000000000n, 1673400473000000000n]],
  ])("stamped by their names: %s", async (_, names, stampNs) => {
    const [stream, ...more] = await streams(names);
    expect(more).toEqual([]);
    expect(stream).toMatchObject({ info: { id: "a", stamps: "sensor", sequenced: false }, stampNs });
  });

  test.each([
    ["counted", ["9.pcd", "10.pcd", "11.pcd"], "pcd", [900_000_000n, 1_000_000_000n, 1_100_000_000n], false],
    ["counted with leading zeros", ["x/000010.pcd", "x/000008.pcd"], "x", [800_000_000n, 1_000_000_000n], true],
    ["ten digits that begin with 0", ["x/0000000000.pcd", "x/0000000001.pcd"], "x", [0n, 100_000_000n], true],
    ["a stamp and a counter", ["x/1673400472.pcd", "x/0000000001.pcd"], "x", [100_000_000n, 167340047200_000_000n], true],
    ["named", ["x/b.pcd", "x/a.pcd"], "x", [0n, 100_000_000n], false],
  ])("not stamped: %s", async (_, names, id, stampNs, sequenced) => {
    const all = await streams(names);
    expect(all.map((s) => [s.info.id, s.info.stamps, s.info.sequenced, s.stampNs])).toEqual([[id, "nominal", sequenced, stampNs]]);
  });

  test("two sensors in one folder, and a map beside them", async () => {
    const names = ["l/left_1673400472.pcd", "l/left_1673400473.pcd", "l/right_1673400472.pcd", "l/right_1673400473.pcd", "l/map.pcd"];
    expect((await streams(names)).map((s) => [s.info.id, s.info.stamps, s.stampNs.length])).toEqual([
      ["l/*", "nominal", 1],
      ["l/left_*", "sensor", 2],
      ["l/right_*", "sensor", 2],
    ]);
  });

  test.each([1, 300, 1 << 20])("cut at %i bytes", async (spanBytes) => {
    const names = Array.from({ length: 20 }, (_, i) => `${1673400472 + i}.pcd`);
    expect(withoutSpans(await readAll(pcd, folder(names), spanBytes))).toEqual(withoutSpans(await readAll(pcd, folder(names), 1000)));
  });

  test.each([
    ["a cloud", { "a.pcd": cloud }, true],
    ["one under another name, alone", cloud, true],
    ["an empty one beside a good one", { "a.pcd": "", "b.pcd": cloud }, true],
    ["something else with the extension", { "a.pcd": "PNG" }, false],
    ["no clouds", { "a.txt": "FIELDS" }, false],
  ])("detection: %s", (_, files, expected) => {
    const input = files instanceof Uint8Array ? one(files, "scan.bin") : memoryInput("x", files as Record<string, Uint8Array | string>);
    expect(pcd.detect(input)).toBe(expected);
  });
});

import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { labelsTable } from "../../src/sources/labels/labels-table.ts";
import { rowsOf } from "../../src/sources/labels/messagepack.ts";
import { splitLine } from "../../src/sources/tables/csv.ts";
import { decimalNs } from "../../src/sources/tables/decimal.ts";
import { memoryInput } from "../memory-input.ts";
import { labelFile, readLabels, standsAnyBytes } from "./label-file.ts";
import { readAll } from "./read-all.ts";

const CSV = `# made by a tool
frame,track_id,class,annotator,score,x1,y1,x2,y2,note
0,a,"car, red",zo\u00eb,0.5,1,2,3,4,x
0,b,car,,,5,6,7,8,
1,a,"say ""car""",zo\u00eb,1,1,2,3,4,
`;

describe("CSV", () => {
  test("by its header, quotes and all", async () => {
    expect(labelsTable.detect(labelFile("a.csv", CSV))).toBe(true);
    const stream = (await readLabels(labelsTable, "a.csv", CSV)).streams["a"];
    expect(stream?.malformed).toEqual([]);
    expect(stream?.labels).toMatchObject([
      { frame: 0, track: "a", class: "car, red", confidence: 0.5, box2d: [1, 2, 3, 4] },
      { frame: 0, track: "b", class: "car", confidence: Number.NaN },
      { frame: 1, track: "a", class: 'say "car"' },
    ]);
    expect(stream?.bytes.reduce((a, b) => a + b, 0)).toBe(new TextEncoder().encode(CSV).length);
  });

  test("stamps make the frames; boxes in 3D with quaternions", async () => {
    const text =
      "timestamp_ns;id;category;x;y;z;l;w;h;qx;qy;qz;qw\n1700000000123456789;1;car;1;2;3;4;2;1.5;0;0;1;0\n1700000000223456789;1;car;1;2;3;4;2;1.5;0;0;0;1\n";
    const stream = (await readLabels(labelsTable, "a.csv", text)).streams["a"];
    expect(stream?.stampNs).toEqual([1700000000123456789n, 1700000000223456789n]);
    expect(stream?.info.stamps).toBe("sensor");
    expect(stream?.labels.map((label) => label.box3d)).toEqual([
      [1, 2, 3, 4, 2, 1.5, Math.PI],
      [1, 2, 3, 4, 2, 1.5, 0],
    ]);
  });

  test("decimal seconds are exact", async () => {
    const text = "timestamp,id,left,top,width,height\n1700000000.123456789,1,1,2,3,4\n1700000000.2,1,1,2,3,4\n";
    const stream = (await readLabels(labelsTable, "a.csv", text)).streams["a"];
    expect(stream?.stampNs).toEqual([1700000000123456789n, 1700000000200000000n]);
    expect(stream?.labels[0]?.box2d).toEqual([1, 2, 4, 6]);
  });

  test("sorted by track is an order of its own", async () => {
    const rows = ["a", "b"].flatMap((track) => [0, 1, 2].map((frame) => `${frame},${track},1,2,3,4`));
    const stream = (await readLabels(labelsTable, "a.csv", `frame,track,x1,y1,x2,y2\n${rows.join("\n")}\n`)).streams["a"];
    expect(stream?.malformed).toEqual([]);
    expect(stream?.labels.map(({ frame, track }) => `${frame}${track}`)).toEqual(["0a", "0b", "1a", "1b", "2a", "2b"]);
  });
});

describe("a rig's column map", () => {
  const rig = (columns: string, units = "{}"): string =>
    `schema: plumbline.rig/1\nstreams:\n  - id: objects\n    kind: labels\n    path: boxes.txt\n    columns: ${columns}\n    units: ${units}\n    header: false\n`;
  const columns = "{ frame: 0, track: 1, x: 2, y: 3, z: 4, length: 5, width: 6, height: 7, yaw: 8 }";

  test("says which column is what and in which unit", async () => {
    const input = memoryInput("f", { "rig.yaml": rig(columns, "{ length: cm, yaw: deg }"), "boxes.txt": "0,7,1,2,3,450,2,1.5,180\n" });
    expect(labelsTable.detect(input)).toBe(true);
    const { streams } = await readAll(labelsTable, input);
    expect(streams["objects"]?.labels).toMatchObject([{ track: "7", box3d: [1, 2, 3, 4.5, 2, 1.5, Math.PI] }]);
  });

  test("a unit that is none, and a map without a box, are the rig's mistakes", async () => {
    const unit = memoryInput("f", { "rig.yaml": rig(columns, "{ length: feet }"), "boxes.txt": "0\n" });
    await expect(readAll(labelsTable, unit)).rejects.toThrow('streams objects: units.length: expected one of m, cm, mm, got "feet"');
    const map = memoryInput("f", { "rig.yaml": rig("{ frame: 0, x: 1 }"), "boxes.txt": "0\n" });
    await expect(readAll(labelsTable, map)).rejects.toThrow(/^streams objects: columns: expected frame or stamp/);
  });
});

const ROWS = [0, 0, 1].map((frame, i) => ({ frame, track: String(i), class: "car", x1: 1, y1: 2, x2: 3, y2: 4.5 }));

describe("NDJSON and MessagePack", () => {
  const expected = [0, 0, 1].map((frame, i) => expect.objectContaining({ frame, track: String(i), class: "car", box2d: [1, 2, 3, 4.5] }));

  test("rows of more than a head: what an object holds besides, after blank lines", async () => {
    const rows = ROWS.map((row) => ({ embedding: Array.from({ length: 40_000 }, (_, i) => i / 7), ...row }));
    const ndjson = `${"\n".repeat(70_000)}# a comment\n${rows.map((row) => `${JSON.stringify(row)}\n`).join("")}`;
    expect((await readLabels(labelsTable, "a.ndjson", ndjson)).streams["a"]?.labels).toHaveLength(ROWS.length);
    const packed = rows.map((row) => encode(row));
    const whole = new Uint8Array(packed.reduce((sum, { length }) => sum + length, 0));
    for (let i = 0, at = 0; i < packed.length; at += packed[i++]?.length ?? 0) whole.set(packed[i] ?? [], at);
    expect(labelsTable.detect(labelFile("a.msgpack", whole))).toBe(true);
    expect((await readLabels(labelsTable, "a.msgpack", whole)).streams["a"]?.labels).toHaveLength(ROWS.length);
  });

  test("an object a line", async () => {
    const { streams } = await readLabels(labelsTable, "a.ndjson", ROWS.map((row) => `${JSON.stringify(row)}\n`).join(""));
    expect(streams["a"]?.labels).toEqual(expected);
  });

  test("rows one after another, and a list of them", async () => {
    const one = Buffer.concat(ROWS.map((row) => encode(row)));
    for (const bytes of [new Uint8Array(one), encode(ROWS)]) {
      const whole = await readLabels(labelsTable, "a.msgpack", bytes);
      expect(whole.damages).toEqual([]);
      expect(whole.streams["a"]?.labels).toEqual(expected);
    }
  });

  test("int64 stamps in MessagePack", async () => {
    const stamp_ns = 1700000000123456789n;
    const bytes = encode(
      [
        { ...ROWS[0], stamp_ns },
        { ...ROWS[2], stamp_ns: stamp_ns + 1n },
      ],
      { useBigInt64: true },
    );
    expect((await readLabels(labelsTable, "a.msgpack", bytes)).streams["a"]?.stampNs).toEqual([stamp_ns, stamp_ns + 1n]);
  });

  test("a file that is cut off", async () => {
    const whole = await readLabels(labelsTable, "a.msgpack", encode(ROWS).subarray(0, -3));
    expect(whole.streams["a"]?.labels).toHaveLength(2);
    expect(whole.damages).toMatchObject([{ kind: "malformed-table" }]);
  });
});

describe("broken tables", () => {
  test("wrong columns, numbers that are none, frames out of order", async () => {
    const text = "frame,track,x1,y1,x2,y2\n0,a,1,2,3\n1,a,1,2,nan,4\n2,a,1,2,3,4\n2,b,1,2,3,4\n1,a,1,2,3,4\nx,a,1,2,3,4\n";
    const { streams, damages } = await readLabels(labelsTable, "a.csv", text);
    expect(streams["a"]?.malformed).toEqual([{ frame: 0, reason: "not a finite number" }]);
    expect(damages).toMatchObject([{ kind: "malformed-record", observed: { reason: "wrong column count" } }]);
  });

  test("frames in no order at all", async () => {
    const text = "frame,track,x1,y1,x2,y2\n0,a,1,2,3,4\n2,b,1,2,3,4\n1,a,1,2,3,4\n0,b,1,2,3,4\n";
    expect((await readLabels(labelsTable, "a.csv", text)).streams["a"]?.malformed).toEqual([
      { frame: 0, reason: "frame number out of order" },
      { frame: 2, reason: "frame number out of order" },
    ]);
  });

  test("a header that is no table of boxes", () => {
    expect(labelsTable.detect(labelFile("a.csv", "frame,name\n1,x\n"))).toBe(false);
    expect(labelsTable.detect(labelFile("a.csv", "time,qx,qy,qz,qw,x,y,z\n1,0,0,0,1,0,0,0\n"))).toBe(false);
  });

  test("any bytes of CSV", () => standsAnyBytes(labelsTable, { "a.csv": CSV }));
  test("any bytes of NDJSON", () => standsAnyBytes(labelsTable, { "a.ndjson": ROWS.map((row) => JSON.stringify(row)).join("\n") }));
  test("any bytes of MessagePack", async () => {
    const whole = encode(ROWS);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), async (at, byte, size) => {
        const bytes = whole.slice(0, size);
        bytes[at] = byte;
        const input = labelFile("a.msgpack", bytes);
        if (labelsTable.detect(input)) await readAll(labelsTable, input).catch((error: Error) => expect(error.name).toBe("InputError"));
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});

describe("pieces", () => {
  test("a line of CSV comes apart as it was put together", () => {
    const field = fc.string({ unit: "grapheme-ascii" }).filter((text) => text.trim() === text);
    fc.assert(
      fc.property(fc.array(field, { minLength: 1 }), (fields) => {
        const line = fields.map((text) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(",");
        expect(splitLine(line, ",")).toEqual(fields);
      }),
    );
    expect(splitLine('"open,1', ",")).toBeNull();
  });

  test("rows of MessagePack lie where the library ends each", () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), { minLength: 1 }), (rows) => {
        const parts = rows.map((row) => encode(row));
        const ends = parts.map((_, i) => parts.slice(0, i + 1).reduce((sum, part) => sum + part.length, 0));
        expect([...rowsOf(new Uint8Array(Buffer.concat(parts)))].map(({ end }) => end)).toEqual(ends);
      }),
    );
  });

  test("decimal stamps", () => {
    expect(decimalNs("1.5", 9)).toBe(1_500_000_000n);
    expect(decimalNs("-0.000000001", 9)).toBe(-1n);
    expect(decimalNs("1e3", 0)).toBe(1000n);
    expect(decimalNs("9223372036854775807", 0)).toBe(9223372036854775807n);
    for (const bad of ["9223372036854775808", "", "1e999", "NaN", null, {}]) expect(decimalNs(bad, 0)).toBeNull();
  });
});

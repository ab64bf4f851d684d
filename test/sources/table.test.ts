import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadKernels } from "../../src/kernels.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { runCheck } from "../../src/pipeline/engine.ts";
import { inlineExecutor } from "../../src/pipeline/executor.ts";
import { open } from "../../src/pipeline/open.ts";
import { jsonReport } from "../../src/report/json.ts";
import { parseRig } from "../../src/rig/file.ts";
import type { Rig } from "../../src/rig/rig.ts";
import { labelsTable } from "../../src/sources/labels/labels-table.ts";
import { decimalNs, decimalNsAt } from "../../src/sources/tables/decimal.ts";
import { MAX_LINE_BYTES } from "../../src/sources/tables/rows.ts";
import { table } from "../../src/sources/tables/table.ts";
import { memoryInput } from "../memory-input.ts";
import { standsAnyBytes } from "./label-file.ts";
import { readAll, withoutSpans } from "./read-all.ts";

const HEAD = "schema: plumbline.rig/1\nstreams:\n";

function folder(streams: string, files: Readonly<Record<string, string>>) {
  return memoryInput("drive", { "rig.yaml": HEAD + streams, ...files });
}

const stamps = (units: string, ...values: string[]) =>
  folder(`  - { id: s, kind: stamps, path: s.txt, columns: { stamp: 0 }, units: { stamp: ${units} } }\n`, {
    "s.txt": values.map((value) => `${value}\n`).join(""),
  });

describe("stamps", () => {
  test.each([
    ["s", "1578481475.305580123", 1578481475305580123n],
    ["s", "0.000000001", 1n],
    ["s", "1.037359e-01", 103735900n],
    ["s", "-1.5", -1500000000n],
    ["ms", "1700000000123.456789", 1700000000123456789n],
    ["us", "1700000000123456.789", 1700000000123456789n],
    ["ns", "1403636579763555584", 1403636579763555584n],
    ["ns", "9223372036854775807", 9223372036854775807n],
  ])("in %s: %s", async (unit, text, expected) => {
    const { streams } = await readAll(table, stamps(unit, text));
    expect(streams["s"]?.stampNs).toEqual([expected]);
    expect(streams["s"]?.info).toMatchObject({ kind: "stamps", stamps: "sensor", sequenced: false });
  });

  test("every decimal of nine places comes back as it was written", async () => {
    const ns = fc.bigInt({ min: 0n, max: (1n << 63n) - 1n });
    await fc.assert(
      fc.asyncProperty(fc.array(ns, { minLength: 1, maxLength: 20 }), async (values) => {
        const text = values.map((value) => `${value / 1_000_000_000n}.${String(value % 1_000_000_000n).padStart(9, "0")}`);
        expect((await readAll(table, stamps("s", ...text))).streams["s"]?.stampNs).toEqual(values);
      }),
      { numRuns: 50 },
    );
  });

  test("bytes give what their text gives", () => {
    const digit = fc.constantFrom(..."0123456789");
    const some = (least: number) => fc.array(digit, { minLength: least, maxLength: 22 }).map((all) => all.join(""));
    const text = fc.oneof(
      fc.tuple(some(0), fc.constantFrom("", "."), some(0)).map((parts) => parts.join("")),
      fc.constantFrom(
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "9223372036.854775808",
        "1e3",
        "+1",
        "1.",
        ".5",
        ".",
        "",
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(text, fc.constantFrom(0, 3, 6, 9), (value, power) => {
        const bytes = new TextEncoder().encode(value);
        expect(decimalNsAt(bytes, 0, bytes.length, power)).toBe(decimalNs(new TextDecoder().decode(bytes), power));
      }),
      { numRuns: 2000 },
    );
  });

  test("of the recorder and of the sensor", async () => {
    const rig =
      "  - { id: cam, kind: stamps, path: cam.csv, columns: { log: 0, stamp: 1, sequence: 2 }, units: { log: ns, stamp: us }, header: true }\n";
    const { streams, index } = await readAll(table, folder(rig, { "cam.csv": "log,stamp,n\n2000,1,7\n3000,2,9\n" }));
    expect(streams["cam"]).toMatchObject({ stampNs: [1000n, 2000n], sequence: [7, 9], info: { sequenced: true } });
    expect(index.format).toBe("table");
  });

  test("without a stated unit: by the size of the first", async () => {
    const input = folder("  - { id: s, kind: stamps, path: s.txt, columns: { stamp: 0 } }\n", {
      "s.txt": "1700000000123\n1700000000124\n",
    });
    expect((await readAll(table, input)).streams["s"]?.stampNs).toEqual([1700000000123000000n, 1700000000124000000n]);
  });
});

describe("poses and inertial samples", () => {
  test("the documented example", async () => {
    const rig = `  - id: odom
    kind: pose
    path: odom.txt
    columns: { stamp: 0, x: 1, y: 2, z: 3, qx: 4, qy: 5, qz: 6, qw: 7 }
    units: { stamp: s, x: m, y: cm, z: m }
    header: false
`;
    const text = "# a comment\n\n1.5 1 2 3 0 0 0.6 0.8\r\n  1.6\t2 3 4 0 0 0 1";
    const { streams, damages } = await readAll(table, folder(rig, { "odom.txt": text }));
    const odom = streams["odom"];
    expect(damages).toEqual([]);
    expect(odom?.stampNs).toEqual([1500000000n, 1600000000n]);
    expect(odom?.poses[0]).toMatchObject({ xyz: [1, 0.02, 3], quaternion: [0, 0, 0.6, 0.8] });
    expect(odom?.range).toEqual([
      [13, 36],
      [36, text.length],
    ]);
    expect(odom?.payload.map((one) => new TextDecoder().decode(one))).toEqual(["1.5 1 2 3 0 0 0.6 0.8\r\n", "  1.6\t2 3 4 0 0 0 1"]);
  });

  test("angles in degrees, w first, positions alone", async () => {
    const rig = `  - { id: yaw, kind: pose, path: yaw.csv, separator: semicolon, comment: "%", columns: { stamp: 0, x: 1, y: 2, yaw: 3 }, units: { yaw: deg } }
  - { id: w, kind: pose, path: w.csv, columns: { stamp: 0, qw: 1, qx: 2, qy: 3, qz: 4 } }
  - { id: leica, kind: pose, path: leica.tsv, columns: { stamp: 0, x: 1, y: 2, z: 3 } }
`;
    const { streams } = await readAll(
      table,
      folder(rig, { "yaw.csv": "% hello\nt;x;y;heading\n1;2;3;90\n", "w.csv": "1,0.8,0,0,0.6\n", "leica.tsv": "1\t2\t3\t4\n" }),
    );
    expect(streams["yaw"]?.poses[0]?.quaternion.map((one) => one.toFixed(9))).toEqual([
      "0.000000000",
      "0.000000000",
      "0.707106781",
      "0.707106781",
    ]);
    expect(streams["w"]?.poses[0]).toMatchObject({ quaternion: [0, 0, 0.6, 0.8], xyz: [Number.NaN, Number.NaN, Number.NaN] });
    expect(streams["leica"]?.poses[0]).toMatchObject({ xyz: [2, 3, 4], quaternion: Array(4).fill(Number.NaN) });
  });

  test("rates in degrees, accelerations in g", async () => {
    const rig =
      "  - { id: imu, kind: imu, path: imu.csv, columns: { stamp: 0, wx: 4, wy: 5, wz: 6, ax: 1, ay: 2, az: 3 }, units: { wx: deg/s, wy: deg/s, wz: rad/s, ax: g, ay: g, az: m/s2 } }\n";
    const { streams } = await readAll(table, folder(rig, { "imu.csv": '"1",1,0,9.8,180,90,1\n' }));
    expect(streams["imu"]?.imu).toEqual([{ frame: 0, angular: [Math.PI, Math.PI / 2, 1], linear: [9.80665, 0, 9.8] }]);
  });

  test("columns by other names, also of units", async () => {
    const rig = `  - { id: imu, kind: imu, path: imu.csv, columns: { timestamp: 0, gx: 1, gy: 2, gz: 3, accel_x: 4, accel_y: 5, accel_z: 6 }, units: { timestamp: us, gx: deg/s } }
  - { id: odom, kind: pose, path: odom.csv, columns: { t: 0, tx: 1, ty: 2, tz: 3 }, units: { ty: mm } }
`;
    const { streams } = await readAll(table, folder(rig, { "imu.csv": "1,180,2,3,4,5,6\n", "odom.csv": "1,2,3,4\n" }));
    expect(streams["imu"]).toMatchObject({ stampNs: [1000n], imu: [{ angular: [Math.PI, 2, 3], linear: [4, 5, 6] }] });
    expect(streams["odom"]?.poses[0]?.xyz).toEqual([2, 0.003, 4]);
  });

  test("a rig given beside the folder's own: the one that names tables", async () => {
    const input = folder("  - { id: s, kind: stamps, path: s.txt, columns: { stamp: 0 } }\n", { "s.txt": "1.5\n" });
    const other = parseRig(`${HEAD}  - { id: other, kind: stamps, path: s.txt, columns: { stamp: 0 } }\n`, "other.yaml");
    const none = parseRig(`${HEAD}  - { id: s, rateHz: 10 }\n`, "none.yaml");
    const ids = (rig: Rig) => table.open(input, kernels, nodePlatform, { spanBytes: 64, rig }).streams.map(({ id }) => id);
    const kernels = await loadKernels();
    expect([ids(other), ids(none)]).toEqual([["other"], ["s"]]);
  });

  test("a stated separator, where the line has another too", async () => {
    const rig = "  - { id: odom, kind: pose, path: odom.txt, separator: space, columns: { stamp: 0, x: 2, y: 3, z: 4 } }\n";
    const { streams } = await readAll(table, folder(rig, { "odom.txt": "1 a,b 2 3 4\n" }));
    expect(streams["odom"]?.poses[0]?.xyz).toEqual([2, 3, 4]);
  });

  test("two streams out of one file", async () => {
    const rig = `  - { id: a, kind: stamps, path: pairs.txt, columns: { stamp: 0 } }
  - { id: b, kind: stamps, path: pairs.txt, columns: { stamp: 2 } }
`;
    const { streams, index } = await readAll(table, folder(rig, { "pairs.txt": "1.5 x 2.5 y\n3.5 x 4.5 y\n" }));
    expect(index.spans).toHaveLength(1);
    expect([streams["a"]?.stampNs, streams["b"]?.stampNs]).toEqual([
      [1500000000n, 3500000000n],
      [2500000000n, 4500000000n],
    ]);
  });
});

test("checks see what the rig states of a stream while they look at it", async () => {
  const rig = parseRig(
    `${HEAD}  - { id: lidar, kind: points, path: lidar.csv, columns: { stamp: 0, x: 1, y: 2, z: 3 }, spin: clockwise }\n`,
    "rig.yaml",
  );
  const input = memoryInput("drive", { "lidar.csv": "1,2,3,4\n", "rig.yaml": "no rig" });
  const { index } = await open(input, await loadKernels(), nodePlatform, { spanBytes: 64, rig });
  expect(index.streams.map((info) => info.rig?.spin)).toEqual(["clockwise"]);
  const without = await open(memoryInput("a.tum", { "a.tum": "1 2 3 4 0 0 0 1\n" }), await loadKernels(), nodePlatform, {
    spanBytes: 64,
    rig,
  });
  expect(without.index.streams.map((info) => info.rig)).toEqual([undefined]);
});

describe("points and boxes", () => {
  test("rows of one stamp are a frame; its points have exact times", async () => {
    const rig =
      "  - { id: lidar, kind: points, path: lidar.csv, columns: { stamp: 0, x: 1, y: 2, z: 3, intensity: 4, time: 5 }, units: { stamp: s, time: us } }\n";
    const text = "stamp,x,y,z,i,t\n1.1,1,2,3,0.5,10\n1.1,4,5,6,0.25,20\n1.2,7,8,9,1,30\n";
    const { streams, damages } = await readAll(table, folder(rig, { "lidar.csv": text }));
    const lidar = streams["lidar"];
    expect(damages).toEqual([]);
    expect(lidar?.stampNs).toEqual([1100000000n, 1200000000n]);
    expect(lidar?.bytes.reduce((a, b) => a + b, 0)).toBe(text.length);
    expect(lidar?.points.map(({ count, fields }) => [count, fields])).toEqual([
      [2, ["x:f64@0", "y:f64@8", "z:f64@16", "time:i64@24", "intensity:f64@32"]],
      [1, ["x:f64@0", "y:f64@8", "z:f64@16", "time:i64@24", "intensity:f64@32"]],
    ]);
    const view = new DataView(lidar?.points[0]?.rows.buffer ?? new ArrayBuffer(80));
    expect([view.getFloat64(40, true), view.getFloat64(72, true), view.getBigInt64(64, true)]).toEqual([4, 0.25, 20000n]);
  });

  test("boxes the rig names beside poses are a label stream; boxes alone are left to labels-table", async () => {
    const boxes =
      "  - { id: objects, kind: labels, path: boxes.txt, columns: { stamp: 0, track: 1, x: 2, y: 3, z: 4, length: 5, width: 6, height: 7, yaw: 8 }, units: { stamp: s } }\n";
    const poses = "  - { id: odom, kind: pose, path: odom.txt, columns: { stamp: 0, x: 1, y: 2, z: 3 } }\n";
    const files = { "boxes.txt": "1.5,7,1,2,3,4.5,2,1.5,0\n1.5,8,1,2,3,4,2,1.5,0\n1.6,7,1,2,3,4.5,2,1.5,0\n", "odom.txt": "1.5 0 0 0\n" };
    const { streams } = await readAll(table, folder(poses + boxes, files));
    expect(streams["objects"]).toMatchObject({ stampNs: [1500000000n, 1600000000n], info: { kind: "labels", stamps: "sensor" } });
    expect(streams["objects"]?.labels.map(({ frame, track }) => [frame, track])).toEqual([
      [0, "7"],
      [0, "8"],
      [1, "7"],
    ]);
    expect([table.detect(folder(boxes, files)), labelsTable.detect(folder(boxes, files))]).toEqual([false, true]);
  });
});

const IMU = "  - { id: imu, kind: imu, path: imu.csv, columns: { stamp: 0, wx: 1, wy: 2, wz: 3 }, units: { stamp: s } }\n";

describe("broken rows", () => {
  test("each is a damage with its line, its bytes and why; one whose stamp reads keeps its place", async () => {
    const text = "t,x,y,z\n1,0,0,0\n2,0,zero,0\n3,0\n\n# note\nfour,0,0,0\n5,0,0,inf\n6,0,0,0";
    const { streams, damages } = await readAll(table, folder(IMU, { "imu.csv": text }));
    expect(streams["imu"]?.stampNs.map((ns) => Number(ns) / 1e9)).toEqual([1, 2, 5, 6]);
    expect(streams["imu"]?.imu.map(({ frame }) => frame)).toEqual([0, 3]);
    expect(damages.map(({ kind, file, bytes, observed, stream, timeNs }) => [kind, file, bytes, observed, stream, timeNs])).toEqual([
      ["malformed-row", "imu.csv", [16, 26], { reason: "not a finite number", line: 3 }, 0, [2000000000n, 2000000000n]],
      ["malformed-row", "imu.csv", [27, 30], { reason: "wrong column count", line: 4 }, 0, null],
      ["malformed-row", "imu.csv", [39, 49], { reason: "stamp out of range", line: 7 }, 0, null],
      ["malformed-row", "imu.csv", [50, 59], { reason: "not a finite number", line: 8 }, 0, [5000000000n, 5000000000n]],
    ]);
  });

  test("a line without an end is not read to its end", async () => {
    const text = `1,0,0,0\n${"7".repeat(3 * MAX_LINE_BYTES)}\n2,0,0,0\n`;
    for (const spanBytes of [64, 1 << 20]) {
      const { streams, damages } = await readAll(table, folder(IMU, { "imu.csv": text }), spanBytes);
      expect(streams["imu"]?.stampNs).toHaveLength(2);
      expect(damages).toMatchObject([{ bytes: [8, 8 + MAX_LINE_BYTES], observed: { reason: "line too long", line: 2 } }]);
    }
  });

  test("quaternions that are none", async () => {
    const rig = "  - { id: p, kind: pose, path: p.txt, columns: { stamp: 0, qx: 1, qy: 2, qz: 3, qw: 4 } }\n";
    const { damages } = await readAll(table, folder(rig, { "p.txt": "1 0 0 0 0\n2 0 0 0 1\n" }));
    expect(damages.map(({ observed }) => observed["reason"])).toEqual(["no quaternion of length 1"]);
  });

  test("a file that is not there, one that cannot be read, an empty one", async () => {
    const more = `${IMU}  - { id: gone, kind: stamps, path: gone.txt, columns: { stamp: 0 } }\n`;
    expect((await readAll(table, folder(more, { "imu.csv": "1,0,0,0\n" }))).damages).toMatchObject([
      { kind: "missing-file", file: "gone.txt", severity: "warning" },
    ]);
    expect((await readAll(table, folder(more, { "imu.csv": "1,0,0,0\n", "gone.txt": "" }))).streams["gone"]?.stampNs).toEqual([]);
    const locked = memoryInput("drive", { "imu.csv": "1,0,0,0\n" }, { unreadable: ["imu.csv"] });
    expect(() => table.detect(locked)).not.toThrow();
  });

  test("any bytes", async () => {
    const rig = `${IMU}  - { id: odom, kind: pose, path: odom.txt, columns: { stamp: 0, x: 1, y: 2, z: 3, qx: 4, qy: 5, qz: 6, qw: 7 } }
  - { id: lidar, kind: points, path: lidar.csv, columns: { stamp: 0, x: 1, y: 2, z: 3, time: 4 } }
  - { id: boxes, kind: labels, path: boxes.csv, columns: { stamp: 0, track: 1, left: 2, top: 3, right: 4, bottom: 5 } }
`;
    const rows = (row: string): string => Array.from({ length: 6 }, (_, i) => `${i}.5${row}\n`).join("");
    const files = {
      "imu.csv": rows(",1,2,3"),
      "odom.txt": rows(" 1 2 3 0 0 0 1"),
      "lidar.csv": rows(",1,2,3,4"),
      "boxes.csv": rows(",a,1,2,3,4"),
    };
    const stated = parseRig(HEAD + rig, "rig.yaml");
    await standsAnyBytes(
      {
        ...table,
        detect: (input) => table.detect(input, stated),
        open: (input, kernels, platform, options) => table.open(input, kernels, platform, { ...options, rig: stated }),
      },
      files,
      "folder",
    );
  });
});

describe("a rig that says nothing of its tables", () => {
  test.each([
    [
      "{ id: a, path: a.txt, columns: { stamp: 0 } }",
      "streams a: kind: expected pose, imu, points, labels or stamps of a table, got nothing",
    ],
    [
      "{ id: a, kind: image, path: a.txt, columns: { stamp: 0 } }",
      "streams a: kind: expected pose, imu, points, labels or stamps of a table, got image",
    ],
    ["{ id: a, kind: imu, path: a.txt, columns: { stamp: 0, wx: 1 } }", "streams a: columns: expected wx, wy, wz, got stamp, wx"],
    ["{ id: a, kind: imu, path: a.txt, columns: { stamp: 0 } }", "streams a: columns: expected wx, wy, wz or ax, ay, az, got stamp"],
    ["{ id: a, kind: pose, path: a.txt, columns: { x: 0, y: 1, z: 2 } }", "streams a: columns: expected stamp or log, got x, y, z"],
    [
      "{ id: a, kind: stamps, path: a.txt, columns: { stmp: 0 } }",
      "streams a: columns.stmp: unknown column of a table of kind stamps; did you mean stamp?",
    ],
    [
      "{ id: a, kind: stamps, path: a.txt, columns: { stamp: 0 }, units: { stamp: h } }",
      'streams a: units.stamp: expected one of s, ms, us, ns, got "h"',
    ],
    ["{ id: a, kind: stamps, path: a.txt, columns: { stamp: 999 } }", "streams a: columns.stamp: expected a column below 256, got 999"],
    [
      "{ id: a, kind: points, path: a.txt, columns: { stamp: 0, x: 1, y: 2, z: 3 } }\n  - { id: b, kind: stamps, path: a.txt, columns: { stamp: 0 } }",
      "streams a: path: expected a file of its own, got that of b",
    ],
  ])("%s", async (stream, message) => {
    await expect(readAll(table, folder(`  - ${stream}\n`, { "a.txt": "1 2 3 4\n" }))).rejects.toThrow(message);
  });
});

test("however it is cut, the recording and its report are the same", async () => {
  const rows = (count: number, row: (i: number) => string): string => Array.from({ length: count }, (_, i) => `${row(i)}\n`).join("");
  const rig = `${IMU}  - { id: odom, kind: pose, path: odom.txt, columns: { stamp: 0, x: 1, y: 2, z: 3, qx: 4, qy: 5, qz: 6, qw: 7 } }
  - { id: times, kind: stamps, path: odom.txt, columns: { stamp: 0 } }
`;
  const input = folder(rig, {
    "imu.csv": `\ufefft,x,y,z\n${rows(400, (i) => (i % 37 === 5 ? `${i},bad` : `${i / 100},0.1,${Math.sin(i)},0`))}`,
    "odom.txt": rows(90, (i) => (i % 11 === 3 ? "# note" : `${i / 10} ${i} 0 0 0 0 0 1`)),
  });
  const whole = withoutSpans(await readAll(table, input));
  for (const spanBytes of [64, 97, 1000]) expect(withoutSpans(await readAll(table, input, spanBytes))).toEqual(whole);
  const report = async (spanBytes: number) =>
    jsonReport(await runCheck(input, nodePlatform, inlineExecutor, { spanBytes, rig: parseRig(HEAD + rig, "rig.yaml") }));
  expect(await report(64)).toEqual(await report(1 << 20));
});

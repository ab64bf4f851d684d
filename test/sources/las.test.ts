/** LAS: real clouds against their peer's header and bounds, every point format, and files that lie. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { check } from "../../src/index.ts";
import { loadKernels } from "../../src/kernels.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { las } from "../../src/sources/clouds/las.ts";
import { LAS_REASON } from "../../src/sources/clouds/las-header.ts";
import type { Need, PointTime } from "../../src/types.ts";
import { memoryInput } from "../memory-input.ts";
import { testShared } from "../shared-data.ts";
import { diskInput, readAll, type WholeStream, withoutSpans } from "./read-all.ts";

interface Expected {
  readonly compressed: boolean;
  readonly points: number;
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly scale: readonly number[];
}

type Table = WholeStream["points"][number];

function doubles({ rows, stride, count }: Table, at: number): number[] {
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  return Array.from({ length: count }, (_, i) => view.getFloat64(i * stride + at, true));
}

/** Its header states the bounds of the integers, before scale and offset. */
const UNSCALED = "simple1_3.las";

testShared("every shared LAS and LAZ has its peer's count and bounds", async (shared) => {
  const folder = join(shared, "2-lidar/las");
  const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Record<string, Expected>;
  const names = Object.keys(expected);
  expect(names).toHaveLength(13);
  for (const name of names) {
    const peer = expected[name];
    const input = diskInput(join(folder, name));
    expect([name, las.detect(input)]).toEqual([name, true]);
    const [stream] = Object.values((await readAll(las, input)).streams);
    if (!peer || !stream) throw new Error(`expected a stream in ${name}, got none`);
    expect([name, stream.malformed]).toEqual([name, []]);
    const [table] = stream.points;
    if (!table) throw new Error(`expected a cloud in ${name}, got none`);
    expect([name, table.count]).toEqual([name, peer.points]);
    for (const axis of [0, 1, 2]) {
      const values = doubles(table, 8 * axis);
      const scale = peer.scale[axis] ?? 0;
      const [unit, from] = name === UNSCALED ? [scale, readFileSync(join(folder, name)).readDoubleLE(155 + 8 * axis)] : [1, 0];
      const close = Math.max(1e-6, (scale / unit) * 0.51);
      const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => (value - from) / unit);
      const bounds = [(least ?? 0) - (peer.min[axis] ?? 0), (most ?? 0) - (peer.max[axis] ?? 0)];
      expect([name, axis, ...bounds.map((b) => Math.abs(b) <= close)]).toEqual([name, axis, true, true]);
    }
  }
});

const RECORD_BYTES = [20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67] as const;

interface Form {
  readonly minor?: number;
  readonly format?: number;
  readonly extra?: number;
  readonly points?: number;
  readonly encoding?: number;
}

/** A cloud of `points` rows: X = i, Y = -i, Z = 2i, intensity 100 + i, return 2 of 3, class 5, source 7, time 1000.5 + i. */
function cloud({ minor = 4, format = 6, extra = 0, points = 3, encoding = 0 }: Form = {}): Uint8Array {
  const header = minor >= 4 ? 375 : minor === 3 ? 235 : 227;
  const record = (RECORD_BYTES[format] ?? 20) + extra;
  const bytes = new Uint8Array(header + 4 + record * points);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4c, 0x41, 0x53, 0x46]);
  view.setUint16(6, encoding, true);
  bytes.set([1, minor], 24);
  view.setUint16(94, header, true);
  view.setUint32(96, header + 4, true);
  view.setUint8(104, format);
  view.setUint16(105, record, true);
  view.setUint32(107, format < 6 ? points : 0, true);
  if (minor >= 4) view.setBigUint64(247, BigInt(points), true);
  for (const axis of [0, 1, 2]) view.setFloat64(131 + 8 * axis, 0.5, true);
  view.setFloat64(155, 1000, true);
  const wide = format >= 6;
  for (let i = 0, at = header + 4; i < points; i++, at += record) {
    for (const [axis, value] of [i, -i, 2 * i].entries()) view.setInt32(at + 4 * axis, value, true);
    view.setUint16(at + 12, 100 + i, true);
    view.setUint8(at + 14, wide ? 2 | (3 << 4) : 2 | (3 << 3));
    view.setUint8(at + 15, wide ? 1 << 4 : 5);
    if (wide) view.setUint8(at + 16, 5);
    view.setUint16(at + (wide ? 20 : 18), 7, true);
    if (![0, 2].includes(format)) view.setFloat64(at + (wide ? 22 : 20), 1000.5 + i, true);
  }
  return bytes;
}

function edited(bytes: Uint8Array, edit: (view: DataView) => void): Uint8Array {
  const copy = bytes.slice();
  edit(new DataView(copy.buffer));
  return copy;
}

const one = (content: Uint8Array, name = "tile.las") => memoryInput(name, { [name]: content }, { kind: "file" });
const read = async (content: Uint8Array): Promise<WholeStream> => {
  const [stream] = Object.values((await readAll(las, one(content))).streams);
  if (!stream) throw new Error("expected a stream, got none");
  return stream;
};

async function timeOf(content: Uint8Array): Promise<PointTime | undefined> {
  const kernels = await loadKernels();
  const input = one(content);
  const index = las.open(input, kernels, nodePlatform, { spanBytes: 1 << 20 });
  const [span] = index.spans;
  if (!span) throw new Error("expected a span, got none");
  return las.reader(input, index, kernels, nodePlatform).read(span, new Set<Need>(["points"])).blocks[0]?.points?.[0]?.time;
}

describe("points", () => {
  test.each(RECORD_BYTES.map((_, format) => format))("format %i, with extra bytes", async (format) => {
    const { points, malformed, info } = await read(cloud({ format, extra: 3, minor: format < 4 ? 2 : format < 6 ? 3 : 4 }));
    expect(malformed).toEqual([]);
    expect(info).toMatchObject({ id: "tile", kind: "points", type: "LAS", stamps: "nominal" });
    const [table] = points;
    if (!table) throw new Error("expected a cloud, got none");
    expect([doubles(table, 0), doubles(table, 8), doubles(table, 16)]).toEqual([
      [1000, 1000.5, 1001],
      [0, -0.5, -1],
      [0, 1, 2],
    ]);
    const row = new DataView(table.rows.buffer, table.rows.byteOffset + table.stride);
    expect([row.getUint16(24, true), row.getUint16(26, true)]).toEqual([101, 7]);
    expect([28, 29, 30, 31].map((at) => row.getUint8(at))).toEqual([2, 3, 5, format >= 6 ? 1 : 0]);
    const timed = ![0, 2].includes(format);
    expect(table.fields.includes("gps_time:f64@32")).toBe(timed);
    if (timed) expect(doubles(table, 32)).toEqual([1000.5, 1001.5, 1002.5]);
  });

  test.each([
    ["1.1 has no bit", { minor: 1, format: 1, encoding: 1 }, { field: "gps_time", unit: "s", reference: "gps-week" }],
    ["bit clear", { minor: 2, format: 1 }, { field: "gps_time", unit: "s", reference: "gps-week" }],
    ["bit set", { minor: 2, format: 1, encoding: 1 }, { field: "gps_time", unit: "s", reference: "gps-adjusted" }],
    ["1.5 with an offset of its own", { minor: 5, encoding: 0x41 }, { field: "gps_time", unit: "s" }],
    ["no time", { minor: 2, format: 0 }, undefined],
  ] as const)("time as the header states it: %s", async (_, form, expected) => expect(await timeOf(cloud(form))).toEqual(expected));

  test("no point and one point", async () => {
    expect(await read(cloud({ points: 0 }))).toMatchObject({ malformed: [], points: [{ count: 0 }] });
    expect(await read(cloud({ points: 1 }))).toMatchObject({ malformed: [], points: [{ count: 1 }] });
  });
});

describe("files that lie", () => {
  const good = cloud();
  test.each([
    ["four bytes", good.subarray(0, 4), LAS_REASON.short, null],
    ["a header cut short", good.subarray(0, 374), LAS_REASON.short, null],
    ["version 2.0", edited(good, (v) => v.setUint8(24, 2)), LAS_REASON.version, null],
    ["version 1.9", edited(good, (v) => v.setUint8(25, 9)), LAS_REASON.version, null],
    ["format 11", edited(good, (v) => v.setUint8(104, 11)), LAS_REASON.format, null],
    ["records shorter than their format", edited(good, (v) => v.setUint16(105, 29, true)), LAS_REASON.length, null],
    ["records of no bytes", edited(good, (v) => v.setUint16(105, 0, true)), LAS_REASON.length, null],
    ["a scale of 0", edited(good, (v) => v.setFloat64(139, 0, true)), LAS_REASON.scale, null],
    ["a scale that is no number", edited(good, (v) => v.setFloat64(131, Number.NaN, true)), LAS_REASON.scale, null],
    ["an endless offset", edited(good, (v) => v.setFloat64(171, Infinity, true)), LAS_REASON.scale, null],
    ["points inside the header", edited(good, (v) => v.setUint32(96, 200, true)), LAS_REASON.start, null],
    ["points behind the end", edited(good, (v) => v.setUint32(96, 0xffff_ffff, true)), LAS_REASON.start, null],
    ["2^64 - 1 points", edited(good, (v) => v.setBigUint64(247, 2n ** 64n - 1n, true)), LAS_REASON.points, 3],
    ["one byte short", good.subarray(0, good.length - 1), LAS_REASON.points, 2],
    ["two counts", edited(good, (v) => v.setUint32(107, 2, true)), LAS_REASON.counts, 2],
  ] as const)("%s", async (_, content, reason, kept) => {
    const { malformed, points, stampNs } = await read(content);
    expect(malformed).toEqual([{ frame: 0, reason }]);
    expect(stampNs).toHaveLength(1);
    expect(points.map((p) => p.count)).toEqual(kept === null ? [] : [kept]);
  });

  test("a time that is NaN stays one", async () => {
    const { points, malformed } = await read(edited(good, (v) => v.setFloat64(379 + 22, Number.NaN, true)));
    expect(malformed).toEqual([]);
    expect(points[0] && doubles(points[0], 32)).toEqual([Number.NaN, 1001.5, 1002.5]);
  });

  test("a LAZ without what it consists of is a reason, also among LAS", async () => {
    const laz = edited(good, (v) => v.setUint8(104, 0x86));
    expect((await read(laz)).malformed).toEqual([{ frame: 0, reason: LAS_REASON.packing }]);
    const { streams } = await readAll(las, memoryInput("d", { "000.las": good, "001.las": laz }));
    expect(streams["las"]).toMatchObject({ malformed: [{ frame: 1, reason: LAS_REASON.packing }], points: [{ frame: 0, count: 3 }] });
  });

  test("damage anywhere is a reason or other values, never an exception", async () => {
    const known = new Set<string>(Object.values(LAS_REASON));
    await fc.assert(
      fc.asyncProperty(fc.nat(10), fc.nat(), fc.nat(255), fc.nat(), async (format, at, byte, keep) => {
        const file = cloud({ format });
        const damaged = file.slice(0, Math.max(4, keep % (2 * file.length)));
        damaged[at % damaged.length] = byte;
        for (const { reason } of (await read(damaged)).malformed) expect(known).toContain(reason);
      }),
      { numRuns: 300 },
    );
  });
});

testShared("a map is no sweep: nothing is accused but bounds that are wrong", async (shared) => {
  const report = await check(join(shared, "2-lidar/las"), { workers: 0 });
  expect(report.findings.map(({ kind, severity, file }) => [kind, severity, file])).toEqual([["header-bounds", "warning", UNSCALED]]);
  expect(report.verdicts.filter((v) => v.check === "points/sweep-shape").map((v) => v.status)).toEqual(["not_run", "not_run", "not_run"]);
});

describe("what the header says of its points", () => {
  /** Points 0 to 2 of `cloud`: x 1000 to 1001, y -1 to 0, z 0 to 2, all of return 2. */
  const stated = (bounds: readonly number[], returns: readonly number[], form: Form = {}): Uint8Array => {
    const many = (form.minor ?? 4) >= 4;
    return edited(cloud(form), (v) => {
      for (const [i, bound] of bounds.entries()) v.setFloat64(179 + 8 * i, bound, true);
      for (const [i, count] of returns.entries())
        many ? v.setBigUint64(255 + 8 * i, BigInt(count), true) : v.setUint32(111 + 4 * i, count, true);
    });
  };
  const damagesOf = async (content: Uint8Array) => (await readAll(las, one(content))).damages;
  /** max x, min x, max y, min y, max z, min z. */
  const BOX = [1001, 1000, 0, -1, 2, 0];
  const RETURNS = [0, 3];

  test.each([
    ["bounds and returns as they are", stated(BOX, RETURNS)],
    ["of an older version", stated(BOX, RETURNS, { minor: 2, format: 1 })],
    ["a larger box", stated([2000, 0, 10, -10, 10, -10], RETURNS)],
    ["half a unit less", stated([1000.75, 1000.25, -0.25, -0.75, 1.75, 0.25], RETURNS)],
    ["nothing stated", stated([0, 0, 0, 0, 0, 0], [])],
  ])("%s: nothing to say", async (_, content) => expect(await damagesOf(content)).toEqual([]));

  test("points outside the box: which axis, its ends, what was stated", async () => {
    expect(await damagesOf(stated([1001, 1000, 0, -1, 1, 0], RETURNS))).toEqual([
      {
        ...{ kind: "header-bounds", severity: "warning", file: "tile.las", bytes: [179, 227], stream: 0, timeNs: [0n, 0n] },
        ...{ observed: { z: [0, 2] }, expected: { z: [0, 1] } },
      },
    ]);
    const [damage] = await damagesOf(stated([Number.NaN, 1000, 0, -1, 2, 0], RETURNS));
    expect(damage?.expected).toEqual({ x: [1000, "NaN"] });
  });

  test("a changed scale or offset puts points outside the box", async () => {
    for (const at of [131, 139, 147, 155, 163, 171]) {
      const content = edited(stated(BOX, RETURNS), (v) => v.setFloat64(at, v.getFloat64(at, true) + 4, true));
      expect([at, (await damagesOf(content)).map(({ kind }) => kind)]).toEqual([at, ["header-bounds"]]);
    }
  });

  test("points of other returns than are counted; not where points are missing", async () => {
    const wrong = stated(BOX, [1, 2]);
    const [zeros, counted] = [new Array<number>(13).fill(0), [{ kind: "header-returns", bytes: [255, 375] }]];
    expect(await damagesOf(wrong)).toMatchObject(counted);
    expect((await damagesOf(wrong))[0]).toMatchObject({ observed: { returns: [0, 3, ...zeros] }, expected: { returns: [1, 2, ...zeros] } });
    expect(await damagesOf(wrong.subarray(0, wrong.length - 1))).toEqual([]);
    expect(await damagesOf(stated(BOX, [3], { minor: 2, format: 1 }))).toMatchObject([{ kind: "header-returns", bytes: [111, 131] }]);
  });

  test("return 0 counts as a first one, or not at all", async () => {
    const unnumbered = (returns: readonly number[]) => edited(stated(BOX, returns), (v) => v.setUint8(379 + 14, 0x30));
    for (const returns of [
      [1, 2],
      [0, 2],
    ])
      expect([returns, await damagesOf(unnumbered(returns))]).toEqual([returns, []]);
    expect(await damagesOf(unnumbered([0, 3]))).toMatchObject([{ kind: "header-returns" }]);
  });
});

test.each([1, 300, 1 << 20])("a folder cut at %i bytes", async (spanBytes) => {
  const folder = memoryInput("d", Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${1673400472 + i}.las`, cloud({ points: i })])));
  const whole = await readAll(las, folder, spanBytes);
  expect(withoutSpans(whole)).toEqual(withoutSpans(await readAll(las, folder, 1000)));
  expect(whole.streams["las"]?.stampNs[8]).toBe(1673400480000000000n);
});

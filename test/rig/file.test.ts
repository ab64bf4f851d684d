import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/errors.ts";
import { nearest } from "../../src/rig/expect.ts";
import { formatRig, parseRig } from "../../src/rig/file.ts";
import type { Rig } from "../../src/rig/rig.ts";

/** The example of the documentation. */
const EXAMPLE = `
schema: plumbline.rig/1
framesPerBlock: 10
streams:
  - id: lidar_top              # topic, or a name of your own for a table
    kind: points
    required: true
    rateHz: 10
    maxGapMs: 150
    sweepPeriodMs: 100
    spin: clockwise
    stampReference: start
    pointTimeUnit: ns
    deskewed: false
  - id: odom
    kind: pose
    path: odom.txt
    columns: { stamp: 0, x: 1, y: 2, z: 3, qx: 4, qy: 5, qz: 6, qw: 7 }
    units: { stamp: s, x: m, y: m, z: m }
    header: false
  - id: cam
    kind: stamps
    path: cam.csv
    columns: { log: 0, stamp: 1 }
    units: { log: ns, stamp: ns }
    header: true
offsets:
  - { between: [odom, imu], expectedMs: 0, toleranceMs: 10 }
association:
  - { between: [rgb, depth], toleranceMs: 20 }
accept:
  - { check: integrity/container, status: not_run, reason: no checksum, why: "recorder writes none", by: "data platform" }
`;

const HEAD = "schema: plumbline.rig/1\n";

function problem(text: string): string {
  try {
    parseRig(text, "rig.yaml");
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "no error";
}

describe("parse", () => {
  test("the documented example, in full", () => {
    const rig = parseRig(EXAMPLE, "rig.yaml");
    expect(rig.streams?.map((stream) => stream.id)).toEqual(["lidar_top", "odom", "cam"]);
    expect(rig.streams?.[0]).toEqual({
      id: "lidar_top",
      kind: "points",
      required: true,
      rateHz: 10,
      maxGapMs: 150,
      sweepPeriodMs: 100,
      spin: "clockwise",
      stampReference: "start",
      pointTimeUnit: "ns",
      deskewed: false,
    });
    expect(rig.streams?.[1]?.columns?.["qw"]).toBe(7);
    expect(rig.offsets).toEqual([{ between: ["odom", "imu"], expectedMs: 0, toleranceMs: 10 }]);
    expect(rig.accept?.[0]?.by).toBe("data platform");
  });

  test("every field but schema is optional", () => {
    expect(parseRig(HEAD, "rig.yaml")).toEqual({ schema: "plumbline.rig/1" });
    expect(parseRig(`${HEAD}streams: [{ id: a }]`, "rig.yaml").streams).toEqual([{ id: "a" }]);
  });

  test("a list or map with nothing in it is none", () => {
    const lists = ["streams", "offsets", "association", "accept"].map((key) => `${key}:\n`).join("");
    expect(parseRig(HEAD + lists, "rig.yaml")).toEqual({ schema: "plumbline.rig/1" });
    const stream = ["classes", "extrinsic", "columns", "units"].map((key) => `    ${key}:\n`).join("");
    expect(parseRig(`${HEAD}streams:\n  - id: a\n${stream}`, "rig.yaml").streams).toEqual([{ id: "a" }]);
    expect(parseRig(`${HEAD}streams: []\naccept: ~`, "rig.yaml")).toEqual({ schema: "plumbline.rig/1", streams: [] });
  });

  test("a sensor's rotation on the vehicle", () => {
    const text = `${HEAD}streams: [{ id: a, extrinsic: { rotation: [0, 0, 0.7071, 0.7071] } }]`;
    const [x, y, z, w] = parseRig(text, "rig.yaml").streams?.[0]?.extrinsic?.rotation ?? [];
    expect([x, y, z?.toFixed(12), w?.toFixed(12)]).toEqual([0, 0, Math.SQRT1_2.toFixed(12), Math.SQRT1_2.toFixed(12)]);
  });

  test("anchors save typing", () => {
    const text = `${HEAD}streams:\n  - { id: a, columns: &c { stamp: 0 } }\n  - { id: b, columns: *c }`;
    expect(parseRig(text, "rig.yaml").streams?.[1]).toEqual({ id: "b", columns: { stamp: 0 } });
  });

  test.each([
    ["schema: plumbline.rig/2", 'rig.yaml: schema: expected "plumbline.rig/1", got "plumbline.rig/2"'],
    ["streams: []", "rig.yaml: schema: expected a value, got nothing"],
    ["", "rig.yaml: expected a map, got nothing"],
    ["- 1", "rig.yaml: expected a map, got a list of 1"],
    [`${HEAD}framesPerBlock: 0`, "rig.yaml: framesPerBlock: expected an integer >= 1, got 0"],
    [`${HEAD}framesPerBlock: 2.5`, "rig.yaml: framesPerBlock: expected an integer >= 1, got 2.5"],
    [`${HEAD}streams: {}`, "rig.yaml: streams: expected a list, got a map"],
    [`${HEAD}framesPerBlock:`, "rig.yaml: framesPerBlock: expected an integer >= 1, got nothing"],
    [`${HEAD}streams: [{ id: a, rateHz: }]`, "rig.yaml: streams[0].rateHz: expected a number > 0, got nothing"],
    [`${HEAD}streams:\n  -`, "rig.yaml: streams[0]: expected a map, got nothing"],
    [
      `${HEAD}offsets: [{ between: , expectedMs: 0, toleranceMs: 1 }]`,
      "rig.yaml: offsets[0].between: expected a list of two stream ids, got nothing",
    ],
    [
      `${HEAD}streams: [{ id: a, columns: { x: 0 }, units: { constructor: m } }]`,
      "rig.yaml: streams[0].units.constructor: expected the name of a column, got none of that name in columns",
    ],
    [`${HEAD}streams: [{ kind: imu }]`, "rig.yaml: streams[0].id: expected a value, got nothing"],
    [`${HEAD}streams: [{ id: "" }]`, 'rig.yaml: streams[0].id: expected text that is not empty, got ""'],
    [`${HEAD}streams: [{ id: 7 }]`, "rig.yaml: streams[0].id: expected text that is not empty, got 7"],
    [`${HEAD}streams: [{ id: a }, { id: b }, { id: c, rateHz: ten }]`, 'rig.yaml: streams[2].rateHz: expected a number > 0, got "ten"'],
    [`${HEAD}streams: [{ id: a, rateHz: 0 }]`, "rig.yaml: streams[0].rateHz: expected a number > 0, got 0"],
    [`${HEAD}streams: [{ id: a, rateHz: .inf }]`, "rig.yaml: streams[0].rateHz: expected a number > 0, got Infinity"],
    [`${HEAD}streams: [{ id: a, maxGapMs: .nan }]`, "rig.yaml: streams[0].maxGapMs: expected a number > 0, got NaN"],
    [`${HEAD}streams: [{ id: a, required: yes }]`, 'rig.yaml: streams[0].required: expected true or false, got "yes"'],
    [`${HEAD}streams: [{ id: a, spin: left }]`, 'rig.yaml: streams[0].spin: expected one of clockwise, counterclockwise, got "left"'],
    [`${HEAD}streams: [{ id: a, kind: imu, deskewed: true }]`, "rig.yaml: streams[0].deskewed: expected a stream of kind points, got imu"],
    [
      `${HEAD}streams: [{ id: a, separator: ";" }]`,
      'rig.yaml: streams[0].separator: expected one of comma, semicolon, tab, space, got ";"',
    ],
    [`${HEAD}streams: [{ id: a, raetHz: 3 }]`, "rig.yaml: streams[0].raetHz: unknown key; did you mean rateHz?"],
    [`${HEAD}streams: [{ id: a, ratehz: 3 }]`, "rig.yaml: streams[0].ratehz: unknown key; did you mean rateHz?"],
    [`${HEAD}colour: red`, "rig.yaml: colour: unknown key; expected one of schema, framesPerBlock, streams, offsets, association, accept"],
    [
      `${HEAD}__proto__: { a: 1 }`,
      "rig.yaml: __proto__: unknown key; expected one of schema, framesPerBlock, streams, offsets, association, accept",
    ],
    [`${HEAD}streams: [{ id: a }, { id: a }]`, 'rig.yaml: streams[1].id: expected an id of its own, got "a" as in streams[0]'],
    [`${HEAD}streams: [{ id: a, columns: { x: -1 } }]`, "rig.yaml: streams[0].columns.x: expected an integer >= 0, got -1"],
    [
      `${HEAD}streams: [{ id: a, columns: { x: 0 }, units: { y: m } }]`,
      "rig.yaml: streams[0].units.y: expected the name of a column, got none of that name in columns",
    ],
    [
      `${HEAD}offsets: [{ between: [a], expectedMs: 0, toleranceMs: 1 }]`,
      "rig.yaml: offsets[0].between: expected a list of two stream ids, got a list of 1",
    ],
    [
      `${HEAD}offsets: [{ between: [a, a], expectedMs: 0, toleranceMs: 1 }]`,
      "rig.yaml: offsets[0].between: expected two different stream ids, got a list of 2",
    ],
    [`${HEAD}offsets: [{ between: [a, b], expectedMs: 0 }]`, "rig.yaml: offsets[0].toleranceMs: expected a value, got nothing"],
    [`${HEAD}association: [{ between: [a, b], toleranceMs: -1 }]`, "rig.yaml: association[0].toleranceMs: expected a number >= 0, got -1"],
    [`${HEAD}streams: [{ id: a, extrinsic: {} }]`, "rig.yaml: streams[0].extrinsic.rotation: expected a value, got nothing"],
    [
      `${HEAD}streams: [{ id: a, extrinsic: { rotation: [0, 0, 1, 1] } }]`,
      "rig.yaml: streams[0].extrinsic.rotation: expected a list of four numbers x, y, z, w whose squares sum to 1, got a list of 4",
    ],
    [
      `${HEAD}streams: [{ id: a, extrinsic: { rotation: [0, 0, 0, up] } }]`,
      'rig.yaml: streams[0].extrinsic.rotation[3]: expected a number, got "up"',
    ],
    [`${HEAD}accept: [{ check: a, status: not_run, why: b }]`, "rig.yaml: accept[0].by: expected a value, got nothing"],
    [
      `${HEAD}accept: [{ check: a, status: ok, why: b, by: c }]`,
      'rig.yaml: accept[0].status: expected one of pass, fail, not_run, not_observable, got "ok"',
    ],
  ])("%j", (text, message) => {
    expect(problem(text)).toBe(message);
  });

  test.each(["/etc/passwd", "../other.txt", "a/../../b", "C:\\x", "a\\b", "c:/x", "a\\0b"])(
    "a path that may leave the folder is refused: %s",
    (path) => {
      expect(problem(`${HEAD}streams: [{ id: a, path: "${path.replaceAll("\\", "\\\\")}" }]`)).toMatch(
        /^rig\.yaml: streams\[0\]\.path: expected a path inside/,
      );
    },
  );

  test.each(["odom.txt", "a/b/c.csv", "..odom", "a b.txt"])("a path inside is taken: %s", (path) => {
    expect(problem(`${HEAD}streams: [{ id: a, path: "${path}" }]`)).toBe("no error");
  });
});

describe("text that is not YAML, or means harm", () => {
  test.each([
    ["a: b: c", /^rig\.yaml: line 1, column 4: expected YAML, got /],
    [`${HEAD}schema: plumbline.rig/1`, /^rig\.yaml: line 2, column 1: expected each key once, got "schema" again$/],
    [`${HEAD}streams: [{ id: a, id: b }]`, /^rig\.yaml: line 2, column 20: expected each key once, got "id" again$/],
    [`${HEAD}---\n${HEAD}`, /^rig\.yaml: .*expected YAML/],
    [`${HEAD}framesPerBlock: !!js/function 1`, /^rig\.yaml: line 2, column 17: expected YAML, got Unresolved tag/],
    [`${HEAD}streams: &a [*a]`, /^rig\.yaml: streams\[0\]: expected a map, got a list of 1$/],
    [`${HEAD}x: ${"a".repeat(5_000_000)}`, /^rig\.yaml: expected a rig of at most 4194304 characters, got 5000027$/],
    [`a: ${"[".repeat(50_000)}`, /^rig\.yaml: .*expected YAML, got too deep a nesting$/],
    ["\u0000\u0001\ufffd", /^rig\.yaml: /],
  ])("%#", (text, message) => {
    const said = problem(text);
    expect(said).toMatch(message);
    expect(said).not.toContain("\n");
    expect(said.length).toBeLessThan(300);
  });

  test("aliases that multiply are refused before they are expanded", () => {
    const levels = Array.from({ length: 9 }, (_, i) => `k${i + 1}: &k${i + 1} [${Array(9).fill(`*k${i}`).join(", ")}]`);
    expect(problem(["k0: &k0 [x]", ...levels].join("\n"))).toMatch(/^rig\.yaml: expected YAML, got Excessive alias count/);
  });

  test("many keys take no more than their share", () => {
    const keys = Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join("\n");
    expect(problem(keys)).toMatch(/^rig\.yaml: k0: unknown key/);
  }, 5_000);

  test("any text gives a rig or one clear line", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.string().map((s) => HEAD + s),
        ),
        (text) => {
          const said = problem(text);
          expect(said === "no error" || said.startsWith("rig.yaml: ")).toBe(true);
          expect(said).not.toContain("\n");
        },
      ),
    );
  });
});

describe("format", () => {
  const name = fc.string({ minLength: 1, unit: "grapheme" });
  const size = fc.double({ min: 1e-3, max: 1e6, noNaN: true });
  const pair = fc.tuple(name, name).filter(([a, b]) => a !== b);
  const any = fc.record(
    {
      id: name,
      kind: fc.constantFrom("points" as const, "imu" as const, "bytes" as const),
      required: fc.boolean(),
      rateHz: size,
      maxGapMs: size,
      spin: fc.constantFrom("clockwise" as const, "counterclockwise" as const),
      columns: fc.constant({ stamp: 0, x: 1 }),
      separator: fc.constantFrom("comma" as const, "space" as const),
      comment: fc.constant("%"),
    },
    { requiredKeys: ["id"] },
  );
  const stream = any.filter(({ kind, spin }) => spin === undefined || kind === undefined || kind === "points");
  const rig: fc.Arbitrary<Rig> = fc.record(
    {
      schema: fc.constant("plumbline.rig/1" as const),
      framesPerBlock: fc.integer({ min: 1, max: 100 }),
      streams: fc.uniqueArray(stream, { selector: (one) => one.id }),
      offsets: fc.array(
        fc.record({ between: pair, expectedMs: fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0), toleranceMs: size }),
      ),
      accept: fc.array(fc.record({ check: name, status: fc.constant("not_run" as const), why: name, by: name })),
    },
    { requiredKeys: ["schema"] },
  );

  test("what is written reads back as it was", () => {
    fc.assert(
      fc.property(rig, (value) => {
        expect(parseRig(formatRig(value), "rig.yaml")).toEqual(value);
      }),
    );
  });

  test("the same rig makes the same text, in the documented order of keys", () => {
    const text = formatRig(parseRig(EXAMPLE, "rig.yaml"));
    const reversed = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).reverse()) as T;
    const rig = parseRig(EXAMPLE, "rig.yaml");
    expect(formatRig({ ...reversed(rig), streams: (rig.streams ?? []).map(reversed) })).toBe(text);
    expect(text).toMatch(/^schema: plumbline\.rig\/1\nframesPerBlock: 10\nstreams:\n {2}- id: lidar_top\n {4}kind: points\n/);
  });

  test("a rig that is wrong is not written", () => {
    expect(() => formatRig({ schema: "plumbline.rig/1", streams: [{ id: "" }] })).toThrow(ConfigError);
  });
});

test("the nearest word is one typing mistake away, or none", () => {
  expect(nearest("raetHz", ["kind", "rateHz"])).toBe("rateHz");
  expect(nearest("RATEHZ", ["kind", "rateHz"])).toBe("rateHz");
  expect(nearest("xyzzy", ["kind", "rateHz"])).toBe(null);
  expect(nearest("", ["kind"])).toBe(null);
  expect(nearest("x".repeat(1e6), ["kind"])).toBe(null);
});

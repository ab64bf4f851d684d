import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Outline } from "../../src/sources/labels/json-outline.ts";

/** The outline of a text that comes in parts of this size. */
function outlineOf(text: string | Uint8Array, partBytes = Number.POSITIVE_INFINITY): Outline {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const outline = new Outline();
  for (let at = 0; at < bytes.length; at += partBytes) outline.push(bytes.subarray(at, at + partBytes));
  return outline;
}

const seen = (outline: Outline): object => ({
  keys: [...outline.keys],
  firsts: [...outline.keys].map((key) => outline.first(key)),
  done: outline.done,
});

type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** What is kept of a value that is no outer list: three elements of each list. */
function cut(value: Value): Value {
  if (Array.isArray(value)) return value.slice(0, 3).map(cut);
  return value !== null && typeof value === "object"
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cut(one)]))
    : value;
}

const isObject = (value: Value): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Value>;
const indent = fc.constantFrom(0, 1, "\t");

describe("any JSON", () => {
  test("an object: each key, the first objects of its list, the object under it", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(fc.string(), fc.constant("__proto__")), json), indent, (value, space) => {
        const outline = outlineOf(JSON.stringify(value, null, space));
        expect([...outline.keys].sort()).toEqual(Object.keys(value).sort());
        for (const [key, one] of Object.entries(value)) {
          const expected = Array.isArray(one) ? one.slice(0, 16).filter(isObject).map(cut) : isObject(one) ? [{ "": cut(one) }] : [];
          expect(JSON.parse(JSON.stringify(outline.first(key)))).toEqual(JSON.parse(JSON.stringify(expected)));
        }
      }),
    );
  });

  test("a list: its first objects under no key", () => {
    fc.assert(
      fc.property(fc.array(json), indent, (value, space) => {
        const outline = outlineOf(`\ufeff${" ".repeat(70)}${JSON.stringify(value, null, space)}`);
        expect([...outline.keys]).toEqual([""]);
        expect(JSON.parse(JSON.stringify(outline.first("")))).toEqual(
          JSON.parse(JSON.stringify(value.slice(0, 16).filter(isObject).map(cut))),
        );
        expect(outline.first("a")).toEqual([]);
        expect(outline.done).toBe(true);
      }),
    );
  });

  test("cut anywhere into parts, also inside of an escape or a character", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.dictionary(fc.string({ unit: "binary" }), json), fc.array(json)),
        indent,
        fc.integer({ min: 1, max: 9 }),
        (value, space, part) => {
          const text = JSON.stringify(value, null, space);
          expect(seen(outlineOf(text, part))).toEqual(seen(outlineOf(text)));
        },
      ),
    );
  });
});

describe("what is no JSON", () => {
  test("any bytes, in any parts", () => {
    const words = fc.constantFrom("{", "}", "[", "]", ",", ":", '"', "\\", '"a"', "1", "nul", " ", "NaN", "x", "\u0000");
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), (parts, part) => {
        expect(seen(outlineOf(parts.join(""), part))).toEqual(seen(outlineOf(parts.join(""))));
      }),
      { numRuns: 2000 },
    );
  });

  test("a broken element does not hide the next, nor NaN the rest of its own", () => {
    expect(outlineOf('{"a": [{"x": tru}, {"y": [NaN, -Infinity]}]}').first("a")).toEqual([{ x: null }, { y: [null, null] }]);
  });

  test("text that does not begin as JSON is not read on", () => {
    expect(outlineOf("frame,x\n1,2").done).toBe(true);
    expect([...outlineOf("frame,x\n1,2").keys]).toEqual([]);
  });

  test("a text that is cut keeps what came before", () => {
    const outline = outlineOf('{"a": [{"x": 1}, {"y": ');
    expect([[...outline.keys], outline.first("a"), outline.done]).toEqual([["a"], [{ x: 1 }], false]);
  });
});

describe("bounds", () => {
  test("long strings are there, and long keys do not grow", () => {
    const outline = outlineOf(JSON.stringify({ image: { data: "x".repeat(1e6), path: "y" }, ["k".repeat(1e6)]: [] }), 4096);
    expect(outline.first("image")).toEqual([{ "": { data: "…", path: "y" } }]);
    expect([...outline.keys]).toEqual(["image", ""]);
  });

  test("depth without end", () => {
    const deep = `{"deep": ${"[".repeat(200_000)}${"]".repeat(200_000)}, "after": [{"x": 1}]}`;
    expect(outlineOf(deep, 1 << 16).first("after")).toEqual([{ x: 1 }]);
    expect(outlineOf(`{"deep": ${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}, "after": [{"x": 1}]}`).first("after")).toEqual([
      { x: 1 },
    ]);
  });

  test("one value of a million does not use up what the next may hold", () => {
    const many = Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`k${i}`, { a: [i] }]));
    const outline = outlineOf(JSON.stringify({ many, list: [{ many }, { x: [{ y: 1 }] }], last: { z: { w: 1 } } }));
    expect(outline.first("list")[1]).toEqual({ x: [{ y: 1 }] });
    expect(outline.first("last")).toEqual([{ "": { z: { w: 1 } } }]);
  });

  test("a list of which enough is known needs no more of the text", () => {
    const outline = new Outline();
    outline.push(new TextEncoder().encode(`[${'{"a":1},'.repeat(16)}`));
    expect(outline.done).toBe(true);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fields, Lines, MAX_FIELDS, parseLocalTime, parseNumber } from "../../src/sources/tables/text.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const number = (text: string): number => parseNumber(bytes(text), 0, bytes(text).length);

function linesOf(text: string): string[] {
  const all = bytes(text);
  const lines = new Lines(all);
  const out: string[] = [];
  while (lines.next()) out.push(new TextDecoder().decode(all.subarray(lines.start, lines.end)));
  return out;
}

function fieldsOf(text: string, separator: "space" | "comma"): string[] {
  const fields = new Fields();
  fields.split(bytes(text), 0, bytes(text).length, separator);
  return Array.from({ length: Math.min(fields.count, MAX_FIELDS) }, (_, i) => fields.text(i));
}

describe("numbers", () => {
  test("every finite double comes back from its own spelling", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => number(String(value)) === value),
      { numRuns: 2000 },
    );
  });

  test("every decimal of a table is the nearest double", () => {
    const decimal = fc.tuple(fc.boolean(), fc.bigInt(0n, 10n ** 20n), fc.nat(24)).map(([negative, digits, point]) => {
      const text = digits.toString().padStart(point + 1, "0");
      return (negative ? "-" : "") + (point === 0 ? text : `${text.slice(0, -point)}.${text.slice(-point)}`);
    });
    fc.assert(
      fc.property(decimal, (text) => Object.is(number(text), Number(text))),
      { numRuns: 5000 },
    );
  });

  test.each([
    ["-0", -0],
    ["+1.5", 1.5],
    [".5", 0.5],
    ["5.", 5],
    ["1e3", 1000],
    ["1.25E-2", 0.0125],
    ["0.1", 0.1],
    ["123456789012345678", 123456789012345680],
  ])("%s", (text, value) => expect(number(text)).toBe(value));

  test.each([
    "",
    "-",
    ".",
    "nan",
    "NaN",
    "inf",
    "-Infinity",
    "1e999",
    "1e",
    "1e+",
    "0x10",
    "1_0",
    "1,5",
    "1 2",
    "--1",
    "1.2.3",
    "١",
    "1".repeat(65),
  ])("%j is none", (text) => expect(number(text)).toBeNaN());
});

describe("lines", () => {
  test("end with LF or CR LF, the last one with neither, and a byte order mark is none of them", () => {
    expect(linesOf("\ufeffa\r\nb\n\nc")).toEqual(["a", "b", "", "c"]);
    expect(linesOf("")).toEqual([]);
    expect(linesOf("\ufeff")).toEqual([]);
    expect(linesOf("\n")).toEqual([""]);
  });
});

describe("fields", () => {
  test("runs of blanks separate", () => expect(fieldsOf("  1\t 2  x ", "space")).toEqual(["1", "2", "x"]));
  test("each comma separates, blanks around are dropped, an empty last field too", () => {
    expect(fieldsOf("1, 2 ,,x,", "comma")).toEqual(["1", "2", "", "x"]);
    expect(fieldsOf(" ", "comma")).toEqual([]);
  });
  test("more than can be kept are still too many", () => {
    const fields = new Fields();
    const line = bytes("1,".repeat(1_000_000));
    fields.split(line, 0, line.length, "comma");
    expect(fields.count).toBe(MAX_FIELDS + 1);
    expect(fields.number(MAX_FIELDS)).toBe(0 / 0);
  });
});

describe("local time", () => {
  test("to the nanosecond, as UTC", () => {
    expect(parseLocalTime("2011-09-26 14:30:14.950485851")).toBe(BigInt(Date.UTC(2011, 8, 26, 14, 30, 14)) * 1_000_000n + 950485851n);
    expect(parseLocalTime("1970-01-01T00:00:00.5")).toBe(500_000_000n);
    expect(parseLocalTime("1969-12-31 23:59:59.999999999")).toBe(-1n);
    expect(parseLocalTime("2024-02-29 00:00:00.1234567891")).toBe(BigInt(Date.UTC(2024, 1, 29)) * 1_000_000n + 123456789n);
  });
  test.each([
    "",
    "2011-02-29 00:00:00",
    "2011-13-01 00:00:00",
    "2011-01-00 00:00:00",
    "2011-01-01 24:00:00",
    "2011-01-01 00:60:00",
    "2011-01-01",
    "0050-01-01 00:00:00",
    "2300-01-01 00:00:00",
    "11-09-26 14:30:14",
    "2011-09-26 14:30:14.",
  ])("%j is none", (text) => expect(parseLocalTime(text)).toBeNull());
});

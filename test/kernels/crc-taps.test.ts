import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { distances, multiples, near, remainder } from "../../scripts/find-crc-taps.mjs";
import * as reference from "../reference/crc.ts";

const rows = multiples();

/** In bits, and as exponents of x: z^t is x^(most - t). */
function exponents(bytes: readonly number[]): readonly number[] {
  const most = Math.max(...bytes);
  return bytes.map((t) => (most - t) * 8);
}

describe("the sparse multiples in assembly/hash/_crc.ts", () => {
  test("are six", () => {
    expect(rows.map(({ crc, stage }) => `${crc} ${stage}`)).toEqual([
      "32 far",
      "32 middle",
      "32 near",
      "32C middle",
      "32C near",
      "64 middle",
    ]);
  });

  test.each(rows)("CRC-$crc, $stage: divided by the polynomial, nothing is left", ({ crc, multiple }) => {
    const bytes = distances(multiple);
    expect(
      remainder(
        crc,
        bytes.map((t) => t * 8),
      ),
    ).toBe(0n);
    expect(reference.remainder(crc, exponents(bytes))).toBe(0n);
    const off = bytes.with(-1, (bytes.at(-1) ?? 0) + 1);
    expect(
      remainder(
        crc,
        off.map((t) => t * 8),
      ),
    ).not.toBe(0n);
    expect(reference.remainder(crc, exponents(off))).not.toBe(0n);
  });

  test.each(rows)("CRC-$crc, $stage: its longest terms are the ones the code stores and loads at", ({ crc, stage, multiple }) => {
    const ring = [...multiple.matchAll(/z\^(\d+)(?!\d|v)/g)].map((match) => Number(match[1]));
    const most = Math.max(...ring);
    const file = stage === "far" ? "_crc32-far" : { 32: "crc32", "32C": "crc32c", 64: "crc64" }[crc];
    const code = readFileSync(new URL(`../../assembly/hash/${file}.ts`, import.meta.url), "utf8").replaceAll(/^ \*.*$/gm, "");
    if (stage === "near") expect(code).toContain(`u64(c), ${ring.join(", ")}, NEAR_REST`);
    else if (stage === "far") expect(code).toContain(`const FAR: usize = ${most};`);
    else {
      expect(code).toContain(`clear(RING, ${most});`);
      for (const distance of ring.filter((t) => t < most)) expect(code).toContain(`v128.load(q, ${most - distance})`);
      expect(code).toMatch(new RegExp(`v128\\.store\\(q, .*, ${most}\\);`));
    }
  });
});

describe("scripts/find-crc-taps.mjs", () => {
  test("reads products, and drops what occurs twice", () => {
    expect(distances("1 + z^2v + z^100 (1 + z^1v)")).toEqual([0, 32, 100, 116]);
    expect(distances("1 + z^32 + z^1v (1 + z^1v)")).toEqual([0, 16]);
    expect(() => distances("1 + (z^2")).toThrow("expected a sum of powers of z");
  });

  test("finds the near multiples again", () => {
    const table = rows.filter(({ stage }) => stage === "near");
    expect(table.map(({ crc }) => near(crc, 150))).toEqual(table.map(({ multiple }) => multiple));
  });
});

/** Every format against the files in test/golden: rewrite them with PLUMBLINE_UPDATE=1, then read the difference. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { formats } from "../../src/report/index.ts";
import { clean, context, faulty, flooded, HOSTILE, hostile } from "./sample-reports.ts";

const GOLDEN = fileURLToPath(new URL("../golden/report/", import.meta.url));
const update = process.env["PLUMBLINE_UPDATE"] === "1";
mkdirSync(GOLDEN, { recursive: true });

const unread = [{ name: `gone ${HOSTILE}`, message: `gone: no such file ${HOSTILE}` }];
const cases = {
  faulty: { reports: [faulty], context },
  clean: { reports: [clean], context },
  hostile: { reports: [hostile], context },
  flooded: { reports: [flooded], context },
  several: { reports: [faulty, clean], context: { ...context, several: true, unread } },
  none: { reports: [], context: { ...context, several: true } },
} as const;

const names = Object.entries(cases).flatMap(([name, input]) =>
  Object.entries(formats).map(([format, render]) => ({ file: `${name}.${format}`, render: () => render(input.reports, input.context) })),
);

describe("golden files", () => {
  test.each(names)("$file", ({ file, render }) => {
    const got = render();
    if (update) writeFileSync(GOLDEN + file, got);
    expect(existsSync(GOLDEN + file)).toBe(true);
    expect(got).toBe(readFileSync(GOLDEN + file, "utf8"));
  });

  test("none is left over", () => {
    expect(readdirSync(GOLDEN).sort()).toEqual(names.map(({ file }) => file).sort());
  });
});

/** A folder of text tables and a rig, through the command line's own process. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { plumbline, temporaryFolder } from "./run.ts";

const root = temporaryFolder();
const RIG = `schema: plumbline.rig/1
streams:
  - { id: rgb, kind: stamps, required: true, path: rgb.csv, columns: { stamp: 0 }, units: { stamp: us } }
  - { id: odom, kind: pose, required: true, path: odom.txt, columns: { stamp: 0, x: 1, y: 2, z: 3, qx: 4, qy: 5, qz: 6, qw: 7 } }
association:
  - { between: [rgb, odom], toleranceMs: 20 }
`;
const rows = (row: (i: number) => string): string => Array.from({ length: 60 }, (_, i) => `${row(i)}\n`).join("");
const RGB = rows((i) => `${1_700_000_000_000_000 + 100_000 * i}`);
const ODOM = rows((i) => `${1_700_000_000 + Math.floor(i / 10)}.${i % 10}05 ${i} 0 0 0 0 0 1`);

function folder(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(root, name);
  mkdirSync(path);
  for (const [file, text] of Object.entries({ "rig.yaml": RIG, "rgb.csv": RGB, "odom.txt": ODOM, ...files }))
    writeFileSync(join(path, file), text);
  return path;
}

interface Told {
  readonly check: string;
  readonly kind?: string;
  readonly status?: string;
  readonly observed: Readonly<Record<string, unknown>>;
}

async function check(path: string): Promise<{ code: number | null; stderr: string; findings: readonly Told[]; verdicts: readonly Told[] }> {
  const { code, stdout, stderr } = await plumbline(["check", path, "--format", "json", "--workers", "0"]);
  return { code, stderr, ...(stdout === "" ? { findings: [], verdicts: [] } : JSON.parse(stdout)) };
}

test("a clean folder is 0, and its gaps are told", async () => {
  const { code, findings, verdicts } = await check(folder("clean", {}));
  expect([code, findings]).toEqual([0, []]);
  const gap = verdicts.find((verdict) => verdict.check === "time/association");
  expect(gap).toMatchObject({ status: "pass", observed: { pairs: 60, gapP95Ms: 5, measure: "gap between nearest stamps" } });
});

test("a broken row, and frames without a partner, are 1", async () => {
  const odom = ODOM.split("\n")
    .map((line, i) => (i === 7 ? "seven" : i >= 30 && i < 33 ? "" : line))
    .join("\n");
  const { code, findings } = await check(folder("broken", { "odom.txt": odom }));
  expect(code).toBe(1);
  expect(findings).toMatchObject([
    { check: "integrity/container", kind: "malformed-row", observed: { reason: "wrong column count", line: 8 } },
    ...findings.slice(1),
  ]);
  expect(findings.filter(({ check: one }) => one === "time/rate").length).toBeGreaterThan(0);
});

test("a rig that says nothing of its table is 2, in one line", async () => {
  const rig = RIG.replace("qw: 7", "qv: 7");
  const { code, stderr } = await check(folder("config", { "rig.yaml": rig }));
  expect(code).toBe(2);
  expect(stderr).toMatch(/streams odom: columns\.qv: unknown column of a table of kind pose; did you mean qx\?\n$/);
});

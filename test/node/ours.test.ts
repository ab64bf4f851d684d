/** What plumbline has written is told from everything else. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { asLearnt, isOurs, isSeal } from "../../src/node/ours.ts";

const GOLDEN = fileURLToPath(new URL("../golden/report", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "plumbline-ours-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (content: string | Uint8Array): string => {
  writeFileSync(join(folder, "x"), content);
  return join(folder, "x");
};

test.each(readdirSync(GOLDEN))("a report: %s", (name) => {
  const path = join(GOLDEN, name);
  expect(isOurs(path, "report")).toBe(true);
  if (readFileSync(path).length < 4) return;
  for (const kind of ["cost", "proof", "seal", "copy", "rig", "drive", "truth"] as const)
    expect([kind, isOurs(path, kind)]).toEqual([kind, false]);
  const text = readFileSync(path, "utf8");
  expect(isOurs(file(`Ann: see below\n${text}`), "report")).toBe(false);
  if (name.endsWith(".text")) expect(isOurs(file(`${text}Ann: the gap is the tunnel\n`), "report")).toBe(false);
});

test("a large report", () => {
  const text = readFileSync(join(GOLDEN, "several.text"), "utf8");
  expect(isOurs(file(text.replace("\n", `\n${"  /lidar\n".repeat(400_000)}`)), "report")).toBe(true);
});

test("no report", () => {
  for (const text of ["PASS\n", "notes\n", "{}", "[1]", '{"schema":"x"}', "<testsuites/>", "PASS  a: no findings; 1 passed\n", "\0"]) {
    expect([text, isOurs(file(text), "report")]).toEqual([text, false]);
  }
  expect(isOurs(join(folder, "nowhere"), "report")).toBe(false);
});

test("a cost", () => {
  for (const text of [
    "null\n",
    "[]\n",
    '{\n  "recording": "a \\" b",\n  "wallMs": 1.5',
    '[\n  {\n    "recording": "a",\n    "wallMs": 1',
  ]) {
    expect([text, isOurs(file(text), "cost")]).toEqual([text, true]);
  }
  expect(isOurs(file('{ "recording": "a", "cost": 4 }'), "cost")).toBe(false);
});

test("a rig, as long as every byte is as it was learnt", () => {
  const learnt = asLearnt("schema: plumbline.rig/1\nstreams:\n  - { id: /größe }\n");
  expect(isOurs(file(learnt), "rig")).toBe(true);
  const bytes = Buffer.from(learnt);
  const end = learnt.lastIndexOf(")");
  for (let i = 0; i < Buffer.byteLength(learnt.slice(0, end)); i++) {
    expect([i, isOurs(file(bytes.map((byte, k) => (k === i ? byte ^ 4 : byte))), "rig")]).toEqual([i, false]);
  }
  expect(isOurs(file("schema: plumbline.rig/1\n"), "rig")).toBe(false);
});

test("a seal is never ours to replace, but is known", () => {
  const seal = Buffer.from("96ae706c756d626c696e652e7365616c01", "hex");
  expect([isSeal(file(seal)), isOurs(file(seal), "seal"), isOurs(file(seal), "report")]).toEqual([true, false, false]);
  expect(isSeal(file("plumbline.seal"))).toBe(false);
  for (const kind of ["seal", "copy", "report", "drive"] as const) expect(isOurs(file(""), kind)).toBe(true);
});

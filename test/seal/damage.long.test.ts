/** Seal, damage, find, on real recordings: 10,000 random cases. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { memoryInput } from "../memory-input.ts";
import { describeShared } from "../shared-data.ts";
import { flippedInPlace, folderCase, folderRecording, mcapFiles, messageCase, messageRecording, tableCase, verified } from "./cases.ts";
import { FOLDERS } from "./folders.ts";

const MESSAGE_CASES = 8500;
const FOLDER_CASES = 1500;
const LONG_MS = 1_800_000;

describeShared("10,000 damaged recordings: every frame is found, and no other", (shared) => {
  const paths = [...mcapFiles(shared), ...mcapFiles(shared, "damaged")];

  test.each(paths)("%s", { timeout: LONG_MS }, async (path) => {
    const recording = await messageRecording(path);
    const wrong: string[] = [];
    const cases = Math.ceil(MESSAGE_CASES / paths.length);
    for (let seed = 1000; seed < 1000 + cases; seed++) {
      // One in ten in the file's own bytes.
      wrong.push(...(await (seed % 10 === 0 ? flippedInPlace(recording, seed) : messageCase(recording, seed))));
    }
    expect(wrong).toEqual([]);
  });

  test("every conformance file: untouched, and damaged", { timeout: LONG_MS }, async () => {
    const wrong: string[] = [];
    const files = mcapFiles(shared, "conformance");
    expect(files.length).toBeGreaterThan(100);
    for (const path of files) {
      const recording = await messageRecording(path);
      const untouched = memoryInput("x.mcap", { "x.mcap": readFileSync(path) }, { kind: "file" });
      wrong.push(...(await verified(untouched, recording.seal)).findings.map(({ kind }) => `${path}: false ${kind}`));
      for (let seed = 0; seed < 3; seed++) wrong.push(...(await messageCase(recording, seed)));
    }
    expect(wrong).toEqual([]);
  });

  test.each(FOLDERS)("$path", { timeout: LONG_MS }, async (kind) => {
    const recording = await folderRecording(join(shared, kind.path), kind);
    const wrong: string[] = [];
    for (let seed = 1000; seed < 1000 + FOLDER_CASES / FOLDERS.length; seed++) {
      // Three in four where most frames are rows.
      const isTable = recording.tables.length > 0 && seed % 4 > 0;
      wrong.push(...(await (isTable ? tableCase(recording, seed) : folderCase(recording, seed))));
    }
    expect(wrong).toEqual([]);
  });
});

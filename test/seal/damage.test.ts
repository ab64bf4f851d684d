/** Seal, damage, find, on real recordings: a sample. All 10,000 cases are in damage.long.test.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { memoryInput } from "../memory-input.ts";
import { describeShared } from "../shared-data.ts";
import { writeMcap } from "../sources/mcap-write.ts";
import {
  flippedInPlace,
  folderCase,
  folderRecording,
  mcapFiles,
  messageCase,
  messageRecording,
  rewrittenTables,
  tableCase,
  verified,
} from "./cases.ts";
import { located } from "./damage.ts";
import { FOLDERS } from "./folders.ts";

describeShared("damaged recordings: every frame is found, and no other", (shared) => {
  test.each([...mcapFiles(shared), ...mcapFiles(shared, "damaged")])("%s", async (path) => {
    const recording = await messageRecording(path);
    const wrong: string[] = [];
    for (let seed = 0; seed < 12; seed++) wrong.push(...(await messageCase(recording, seed)));
    expect(wrong).toEqual([]);
    // Untouched, and the same payloads in other containers, are equal.
    const untouched = memoryInput("x.mcap", { "x.mcap": readFileSync(path) }, { kind: "file" });
    expect(located((await verified(untouched, recording.seal)).findings)).toEqual(new Set());
    for (const layout of [{ useChunks: false }, { compression: "zstd", chunkSize: 3000 }, { compression: "lz4" }] as const) {
      const copy = await writeMcap(recording.messages, layout);
      const { findings } = await verified(memoryInput("c.mcap", { "c.mcap": copy }, { kind: "file" }), recording.seal);
      expect(located(findings)).toEqual(new Set());
    }
  });

  test.each(mcapFiles(shared))("%s: bits flipped in the file itself", async (path) => {
    const recording = await messageRecording(path);
    const wrong: string[] = [];
    for (let seed = 0; seed < 6; seed++) wrong.push(...(await flippedInPlace(recording, seed)));
    expect(wrong).toEqual([]);
  });

  test.each(FOLDERS)("$path", async (kind) => {
    const recording = await folderRecording(join(shared, kind.path), kind);
    const wrong: string[] = [];
    for (let seed = 0; seed < 12; seed++) {
      wrong.push(...(await folderCase(recording, seed)));
      wrong.push(...(await tableCase(recording, seed)));
    }
    expect(wrong).toEqual([]);
    expect(await rewrittenTables(recording)).toEqual([]);
  });
});

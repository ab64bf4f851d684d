/** Seal, damage, find, on real recordings: a sample. All 10,000 cases are in damage.long.test.ts. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { memoryInput } from "../memory-input.ts";
import { describeShared } from "../shared-data.ts";
import { writeMcap } from "../sources/mcap-write.ts";
import { folderCase, folderRecording, mcapFiles, messageCase, messageRecording, verified } from "./cases.ts";
import { located } from "./damage.ts";
import { FOLDERS } from "./folders.ts";

describeShared("damaged recordings: every frame is found, and no other", (shared) => {
  test.each(mcapFiles(shared))("%s", { timeout: 60_000 }, async (path) => {
    const recording = await messageRecording(path);
    const wrong: string[] = [];
    for (let seed = 0; seed < 12; seed++) wrong.push(...(await messageCase(recording, seed)));
    expect(wrong).toEqual([]);
    // Another container of the same payloads is equal.
    const copy = await writeMcap(recording.messages, { compression: "zstd", chunkSize: 3000 });
    expect([...located((await verified(memoryInput("c.mcap", { "c.mcap": copy }, { kind: "file" }), recording.seal)).findings)]).toEqual(
      [],
    );
  });

  test.each(FOLDERS)("$path", { timeout: 60_000 }, async ({ path, isFrame }) => {
    const recording = await folderRecording(join(shared, path), isFrame);
    const wrong: string[] = [];
    for (let seed = 0; seed < 12; seed++) wrong.push(...(await folderCase(recording, seed)));
    expect(wrong).toEqual([]);
  });
});

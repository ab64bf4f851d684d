/** A short share of killed.long.test.ts: runs that are killed, and runs that run out of room. */
import { beforeAll, describe, expect, test } from "vitest";
import { type Bench, bench, canMount, diskTrial, killTrial, limitTrial } from "./killed.ts";
import { temporaryFolder } from "./run.ts";

const folder = temporaryFolder();
const mounts = canMount(folder);
let them: Bench;
beforeAll(async () => {
  them = await bench(folder);
});

/** Seeds by command: the remainder by 8. */
const CHECK = 0;
const EMBED = 6;
const SIMULATE = 7;

describe("inputs are whole, outputs whole or as before, and the next run leaves nothing", () => {
  test.each([CHECK, EMBED, SIMULATE, EMBED + 8, SIMULATE + 8, SIMULATE + 16])("kill -9, seed %i", async (seed) => {
    await killTrial(them, seed);
  });

  test.skipIf(!mounts).each([EMBED, SIMULATE])("a disk that is full, seed %i (needs to mount one)", async (seed) => {
    expect(await diskTrial(them, seed)).toEqual({ isCut: true, left: 0 });
  });

  test.skipIf(process.platform === "win32").each([CHECK, EMBED])("a limit on the size of files, seed %i", async (seed) => {
    expect(await limitTrial(them, seed)).toEqual({ isCut: true, left: 0 });
  });
});

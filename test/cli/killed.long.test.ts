/** 200 runs of every command that writes: 120 killed, 40 on a full disk, 40 that may not write more. */
import { beforeAll, expect, test } from "vitest";
import { type Bench, bench, canMount, diskTrial, killTrial, limitTrial, type Outcome } from "./killed.ts";
import { temporaryFolder } from "./run.ts";

const folder = temporaryFolder();
const mounts = canMount(folder);
const MINUTES = 60_000;
let them: Bench;
beforeAll(async () => {
  them = await bench(folder);
}, 5 * MINUTES);

async function trials(count: number, trial: (bench: Bench, seed: number) => Promise<Outcome>): Promise<void> {
  const outcomes: Outcome[] = [];
  for (let seed = 1000; seed < 1000 + count; seed++) outcomes.push(await trial(them, seed));
  const cut = outcomes.filter(({ isCut }) => isCut).length;
  const left = outcomes.filter((outcome) => outcome.left > 0).length;
  process.stdout.write(`${count} runs: ${cut} cut short, ${left} left a temporary file, which the next run removed\n`);
  // Most of them are hit, or the trials are none.
  expect(cut).toBeGreaterThan(0.9 * count);
}

test("kill -9", () => trials(120, killTrial), 30 * MINUTES);
test.skipIf(!mounts)("a disk that is full (needs to mount one)", () => trials(40, diskTrial), 20 * MINUTES);
test.skipIf(process.platform === "win32")("a limit on the size of files", () => trials(40, limitTrial), 20 * MINUTES);

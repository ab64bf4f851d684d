/** A run that is cancelled before its threads have begun: a report of nothing at once, and nothing that keeps the program alive. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { sampleMcap } from "../sample-mcap.ts";

const folder = mkdtempSync(join(tmpdir(), "plumbline-pool-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("cancelled at once, the program ends by itself", async () => {
  const path = join(folder, "drive.mcap");
  writeFileSync(path, await sampleMcap());
  const program = `
    import { check } from ${JSON.stringify(new URL("../../src/index.ts", import.meta.url).href)};
    const controller = new AbortController();
    const checked = check(${JSON.stringify(path)}, { workers: 2, signal: controller.signal });
    controller.abort();
    const { interrupted, recording, verdicts } = await checked;
    const frames = recording.streams.reduce((sum, stream) => sum + stream.frames, 0);
    console.log(interrupted, frames, verdicts.some(({ status }) => status === "pass"));`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", program],
    {
      encoding: "utf8",
      timeout: 60_000,
    },
  );
  expect([status, stdout, stderr]).toEqual([0, "true 0 false\n", ""]);
});

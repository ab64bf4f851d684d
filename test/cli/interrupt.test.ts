/** Ctrl-C. The recording that is not there comes first: its line on stderr says that the next one is being read. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Ended } from "./run.ts";
import { NODE, temporaryFolder, writeSample } from "./run.ts";

const folder = temporaryFolder();
const gone = join(folder, "gone.mcap");
const large = join(folder, "large.mcap");

beforeAll(async () => {
  await writeSample(large, { frames: 12_000, chunked: false });
});

/** Sends SIGINT when `gone` was said, and again at each further line if `again`. */
function interrupted(args: readonly string[], again = false): Promise<Ended> {
  return new Promise((done, fail) => {
    const [node, ...rest] = NODE;
    const child = spawn(node, [...rest, "check", gone, ...args, "--format", "json"], { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (stderr === "" || again) child.kill("SIGINT");
      stderr += text;
    });
    child.on("error", fail).on("close", (code) => done({ code, stdout, stderr }));
  });
}

describe("the first Ctrl-C ends the run with what was done", () => {
  test.each(["0", "2"])("exit 130 and a partial report that says so, --workers %s", async (workers) => {
    const { code, stdout, stderr } = await interrupted([large, "--workers", workers]);
    expect(code).toBe(130);
    expect(stderr).toBe(
      [
        `plumbline: ${gone}: no such file or folder`,
        "plumbline: interrupted: reporting what was done so far (Ctrl-C again to stop at once)",
        "",
      ].join("\n"),
    );
    const [report, ...more] = JSON.parse(stdout);
    expect(more).toEqual([]);
    expect(report).toMatchObject({ interrupted: true, recording: { name: "large.mcap" } });
    expect(report.recording.streams.reduce((sum: number, s: { frames: number }) => sum + s.frames, 0)).toBeLessThan(156_000);
    expect(report.verdicts.map((v: { status: string }) => v.status)).not.toContain("pass");
  });

  test("recordings that were not begun are counted", async () => {
    const { code, stdout, stderr } = await interrupted([large, large, large]);
    expect(code).toBe(130);
    expect(stderr).toMatch(/^plumbline: not begun: 2 of 4 recordings$/m);
    expect(JSON.parse(stdout)).toHaveLength(1);
  });
});

test("a second Ctrl-C ends it at once, with the same code", async () => {
  const { code, stderr } = await interrupted([large], true);
  expect(code).toBe(130);
  expect(stderr).toContain("interrupted: ");
});

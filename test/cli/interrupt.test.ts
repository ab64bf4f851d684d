/** Ctrl-C. The recording that is not there comes first: its line on stderr says that the next one is being read. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
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

/** Sends SIGINT when `gone` was said, and again at each further line if `again`; each comes twice if `doubled`. */
function interrupted(args: readonly string[], { again = false, doubled = false } = {}): Promise<Ended> {
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
      if (stderr === "" && doubled) setTimeout(() => child.kill("SIGINT"), 5);
      stderr += text;
    });
    // As a shell tells it: on a machine that is too busy it is the signal that ends the process.
    child.on("error", fail).on("close", (code, by) => done({ code: by ? 128 + constants.signals[by] : code, stdout, stderr }));
  });
}

/** So much work that no signal comes too late; a run that is not stopped takes minutes. */
const MANY: readonly string[] = Array(200).fill(large);
const FRAMES = 156_000;
const ENDED = `${large}: ended before anything could be reported`;

interface Partial {
  readonly interrupted?: true;
  readonly recording: { readonly streams: readonly { readonly frames: number }[] };
  readonly verdicts: readonly { readonly status: string }[];
}

describe("the first Ctrl-C ends the run with what was done", () => {
  test.each(["0", "2"])("exit 130, whole reports, then one that says it is partial, --workers %s", async (workers) => {
    const { code, stdout, stderr } = await interrupted([...MANY, "--workers", workers]);
    expect(code).toBe(130);
    // On a machine that is too busy the one it was at may come to nothing.
    const lines = stderr.split("\n");
    const [first, said, left, ...rest] = lines.filter((line) => !line.endsWith(ENDED));
    const ended = lines.length - rest.length - 3;
    expect(first).toBe(`plumbline: ${gone}: no such file or folder`);
    expect(said).toBe("plumbline: interrupted: reporting what was done so far (Ctrl-C again to stop at once)");
    expect(rest).toEqual([""]);

    // Wherever the signal came, every recording is either reported or counted as not begun.
    const reports = JSON.parse(stdout) as readonly Partial[];
    expect(left).toBe(`plumbline: not begun: ${MANY.length - reports.length - ended} of ${MANY.length + 1} recordings`);
    expect(reports.length + ended).toBeGreaterThan(0);
    expect(reports.slice(0, -1).some((report) => report.interrupted)).toBe(false);
    for (const { interrupted: cut, recording, verdicts } of reports) {
      const frames = recording.streams.reduce((sum, stream) => sum + stream.frames, 0);
      const passed = verdicts.some((verdict) => verdict.status === "pass");
      // A part of a recording never passes, and never looks like the whole.
      if (cut) expect([frames < FRAMES, passed]).toEqual([true, false]);
      else expect([frames, passed]).toEqual([FRAMES, true]);
    }
  });
});

test("one Ctrl-C that comes twice, as through npm, still leaves the report", async () => {
  const { code, stdout, stderr } = await interrupted(MANY, { doubled: true });
  expect(code).toBe(130);
  expect(JSON.parse(stdout).length > 0 || stderr.includes(ENDED)).toBe(true);
});

test("a second Ctrl-C ends it at once, with the same code", async () => {
  const { code, stderr } = await interrupted(MANY, { again: true });
  expect(code).toBe(130);
  expect(stderr).toContain("interrupted: ");
});

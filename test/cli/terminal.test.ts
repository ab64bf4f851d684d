/** On a terminal: colours, width and progress. `script` lends one; without it these are skipped. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { meter, progressLine } from "../../src/cli/progress.ts";
import type { Progress } from "../../src/pipeline/check-options.ts";

import { type Ended, NODE, shell, temporaryFolder, writeDamaged, writeSample } from "./run.ts";

const folder = temporaryFolder();
const broken = join(folder, "broken.mcap");
const large = join(folder, "large.mcap");
const noTerminal = spawnSync("script", ["-qec", "true", "/dev/null"]).status !== 0;

beforeAll(async () => {
  await writeDamaged(broken);
  await writeSample(large, { frames: 12_000, chunked: false });
});

/** A line of shell, in which $P is the command, with a terminal for stdout and stderr, which arrive as one. */
function terminal(line: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const all = { TERM: "xterm", P: NODE.join(" "), ...env };
  return shell(`script -qec "stty cols 70; ${line}" /dev/null`, { env: all });
}

describe.skipIf(noTerminal)("on a terminal (needs `script`)", () => {
  test("colours, unless NO_COLOR or a dumb terminal", async () => {
    const [plain, noColor, emptyNoColor, dumb, toFile] = await Promise.all([
      terminal(`$P check ${broken}`),
      terminal(`$P check ${broken}`, { NO_COLOR: "1" }),
      terminal(`$P check ${broken}`, { NO_COLOR: "" }),
      terminal(`$P check ${broken}`, { TERM: "dumb" }),
      terminal(`$P check ${broken} --out ${join(folder, "out.txt")}; cat ${join(folder, "out.txt")}`),
    ]);
    expect(plain.stdout).toContain("\u001b[31mFAIL\u001b[39m");
    expect(emptyNoColor.stdout).toContain("\u001b[31mFAIL\u001b[39m");
    for (const { stdout } of [noColor, dumb, toFile]) {
      expect(stdout).toContain("FAIL");
      expect(stdout).not.toContain("\u001b[31m");
    }
    expect(plain.code).toBe(1);
  });

  test("text wraps to the terminal's width", async () => {
    const { stdout } = await terminal(`$P explain time/rate`);
    expect(Math.max(...stdout.split(/\r?\n/).map((line) => line.length))).toBeLessThanOrEqual(70 + "\u001b[1m\u001b[22m".length);
  });

  test("progress rewrites one line on stderr and leaves nothing behind; stdout stays clean", async () => {
    const out = join(folder, "report.json");
    const { stdout } = await terminal(`$P check ${large} ${large} --format json > ${out}; echo done`);
    const shown = stdout.replaceAll("\r\u001b[K", "<line>");
    expect(shown).toMatch(/^<line>\[1\/2\] large\.mcap: \d+ %, /);
    expect(shown).toMatch(/<line>\[2\/2\] large\.mcap: \d+ %, /);
    expect(shown).toMatch(/<line>done\r?\n$/);
    expect(stdout.split("\n").length).toBe(2);
    const { stdout: json } = await shell(`cat ${out}`);
    expect(JSON.parse(json)).toHaveLength(2);
  });
});

describe("progress", () => {
  const progress = (elapsedMs: number, bytes = 0): Progress => ({
    bytes,
    totalBytes: 4 << 20,
    spans: 0,
    totalSpans: 4,
    findings: 2,
    elapsedMs,
  });

  function written(
    sink: { readonly isTTY?: boolean; readonly columns?: number },
    label: string,
    ...times: readonly number[]
  ): readonly string[] {
    const lines: string[] = [];
    const one = meter(label, { ...sink, write: (text: string) => lines.push(text) });
    for (const time of times) one.update(progress(time, 1 << 20));
    one.end();
    return lines;
  }

  test("says share, size, rate, time left and findings", () => {
    expect(progressLine("a.mcap", progress(2000, 1 << 20))).toBe("a.mcap: 25 %, 1.00 MiB of 4.00 MiB, 512 KiB/s, 6 s left, 2 findings");
    expect(progressLine("a", { ...progress(600_000, 1 << 20), findings: 1 })).toBe(
      "a: 25 %, 1.00 MiB of 4.00 MiB, 1.71 KiB/s, 30 min 00 s left, 1 finding",
    );
    expect(progressLine("a", progress(0))).toBe("a: 0 %, 0 B of 4.00 MiB, 0 B/s, 2 findings");
    expect(progressLine("a", { ...progress(5), totalBytes: 0 })).toBe("a: 100 %, 0 B of 0 B, 0 B/s, 0 s left, 2 findings");
  });

  test("ten times a second on a terminal, every ten seconds in a log, and nothing of a run that is over at once", () => {
    expect(written({ isTTY: true }, "a", 50, 99)).toEqual([]);
    expect(written({ isTTY: true }, "a", 50, 100, 150, 200)).toHaveLength(3);
    expect(written({}, "a", 100, 9_999)).toEqual([]);
    expect(written({}, "a", 100, 10_000, 10_100, 20_001)).toEqual([
      "plumbline: a: 25 %, 1.00 MiB of 4.00 MiB, 102 KiB/s, 30 s left, 2 findings\n",
      "plumbline: a: 25 %, 1.00 MiB of 4.00 MiB, 51.20 KiB/s, 1 min 01 s left, 2 findings\n",
    ]);
  });

  test("fits the terminal and clears its line, whatever the name", () => {
    const [line = "", end] = written({ isTTY: true, columns: 20 }, "\u001b[2J\n".repeat(10), 100);
    expect(line.slice("\r\u001b[K".length)).toHaveLength(19);
    expect(line.slice("\r\u001b[K".length)).toMatch(/^\\x1b\[2J\\n/);
    expect(end).toBe("\r\u001b[K");
  });
});

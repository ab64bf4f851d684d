/** `plumbline simulate` at its process boundary. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { plumbline, temporaryFolder } from "./run.ts";

const folder = temporaryFolder();
const SMALL = ["--seconds", "1", "--lidar", "8x90", "--camera", "none"];

describe("plumbline simulate", () => {
  test("writes a drive that info and check read, and its truth beside it", async () => {
    const faults = join(folder, "faults.yaml");
    writeFileSync(faults, "schema: plumbline.faults/1\nfaults:\n  - { kind: stamp-regression, stream: /imu/data, from: 0.5 }\n");
    const out = join(folder, "drive.mcap");
    const made = await plumbline(["simulate", ...SMALL, "--faults", faults, "--out", out]);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toContain("of 10 streams, 1 planted defects");
    const { faults: planted } = JSON.parse(readFileSync(join(folder, "drive.truth.json"), "utf8"));
    expect(planted).toMatchObject([{ kind: "stamp-regression", stream: "/imu/data", frames: [100, 100] }]);
    const checked = await plumbline(["check", out, "--format", "json"]);
    expect(checked.code).toBe(1);
    // The sweeps are as measured, which is information.
    expect(JSON.parse(checked.stdout).findings).toMatchObject([
      { check: "time/order", stream: "/imu/data", frames: [100, 100] },
      { check: "points/motion-distortion", kind: "distorted", severity: "info" },
    ]);
  });

  for (const [args, message] of [
    [["--seconds", "-3"], "seconds: expected a number above 0, at most 86400, got -3"],
    [["--lidar", "63x100"], "lidar rings: expected a multiple of 4 from 4 to 128, got 63"],
    [["--lidar", "large"], "expected two whole numbers such as 64x1800."],
    [["--seed", "1.5"], "seed: expected a whole number from 0 to 2^53 - 1, got 1.5"],
    [["--faults", "missing.yaml"], "missing.yaml: no such file or folder"],
    [["--truth", join("nowhere", "truth.json")], "no such file or folder"],
  ] as const) {
    test(`${args.join(" ")}: one line, exit 2, no half file`, async () => {
      const out = join(folder, "never.mcap");
      const { code, stdout, stderr } = await plumbline(["simulate", ...args, "--out", out]);
      expect([code, stdout, stderr.trimEnd().split("\n").length]).toEqual([2, "", 1]);
      expect(stderr).toContain(message);
      expect(existsSync(out)).toBe(false);
      expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    });
  }

  test("says why a device or folder is no target", async () => {
    const { code, stderr } = await plumbline(["simulate", ...SMALL, "--out", folder]);
    expect([code, stderr]).toEqual([2, `plumbline: --out ${folder}: expected a file, got a folder\n`]);
  });
});

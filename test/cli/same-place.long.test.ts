/** Boxes that all lie on one spot: a check must not keep kilobytes of each (acceptance case S01, and as many as 11 MB hold). */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type SpotFormat, writeSpot } from "../../bench/throughput/write-spot.ts";
import { plumbline } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "plumbline-spot-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("400,000 boxes on one spot take 300 MB", () => {
  const formats: readonly SpotFormat[] = ["mot", "kitti", "coco", "table"];
  test.each(formats.flatMap((format) => [1, 5].map((frames) => [format, frames] as const)))(
    "%s, over %d frames",
    { timeout: 300_000 },
    async (format, frames) => {
      const cost = join(folder, "cost.json");
      const path = writeSpot(folder, format, 400_000, frames);
      const { code, stdout } = await plumbline(["check", path, "--format", "json", "--cost", cost]);
      const { findings, summary } = JSON.parse(stdout);
      expect([code, findings.length, summary.more]).toEqual(frames < 5 ? [0, 0, undefined] : [1, 1, undefined]);
      if (frames === 5) expect(findings[0]).toMatchObject({ kind: "duplicate", observed: { framesTogether: 5, tracks: 80_000 } });
      expect(JSON.parse(readFileSync(cost, "utf8")).peakRssBytes).toBeLessThan(300e6 * 1.05);
    },
  );
});

/**
 * What boxes cost that all lie on one spot: peak memory, time and exit code of `plumbline check` against how many there are, in one frame and
 * over five, as MOTChallenge text, KITTI labels, COCO and a table. A process each, from source.
 *
 *   node bench/throughput/same-place.ts [--boxes 10000,100000,400000,1000000] [--frames 1,5] [--formats mot,kitti,coco,table] [--folder DIR]
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type SpotFormat, writeSpot } from "./write-spot.ts";

const { values } = parseArgs({
  options: {
    boxes: { type: "string", default: "10000,100000,400000,1000000" },
    frames: { type: "string", default: "1,5" },
    formats: { type: "string", default: "mot,kitti,coco,table" },
    folder: { type: "string", default: join(tmpdir(), "plumbline-bench-spot") },
  },
});
const numbers = (list: string): readonly number[] => list.split(",").map(Number);
const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const cost = join(values.folder, "cost.json");
mkdirSync(values.folder, { recursive: true });

console.log("| format | boxes | frames | file | exit | wall s | CPU s | peak MiB |\n|---|--:|--:|--:|--:|--:|--:|--:|");
for (const format of values.formats.split(",") as SpotFormat[]) {
  for (const boxes of numbers(values.boxes)) {
    for (const frames of numbers(values.frames)) {
      const path = writeSpot(values.folder, format, boxes, frames);
      const run = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", main, "check", path, "--cost", cost], {
        maxBuffer: 1 << 28,
      });
      const { wallMs, cpuMs, peakRssBytes } = JSON.parse(readFileSync(cost, "utf8")) as Record<string, number>;
      const figures = [((wallMs ?? 0) / 1e3).toFixed(1), ((cpuMs ?? 0) / 1e3).toFixed(1), Math.round((peakRssBytes ?? 0) / 2 ** 20)];
      console.log(`| ${[format, boxes, frames, `${(statSync(path).size / 1e6).toFixed(1)} MB`, run.status, ...figures].join(" | ")} |`);
      rmSync(path);
    }
  }
}
rmSync(values.folder, { recursive: true });

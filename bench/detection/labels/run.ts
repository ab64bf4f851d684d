/**
 * Scores the analysis of label sequences: faults of every kind into every real track set, seeds and halves apart.
 *
 *     node bench/detection/labels/run.ts [--kinds swap,stale] [--sets kitti-0001,av2] [--seeds 3] [--misses] [--modes single,mixed,bursts] [--watch]
 *
 * --watch: by the streaming form. A run of everything (no flag) writes bench/results/labels.json and the table in docs/labels.md.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { analyseLabels } from "../../../src/checks/labels/sequence/analyse.ts";
import { loadKernels } from "../../../src/kernels.ts";
import { randomStream } from "../../../src/simulate/random.ts";
import { Clean } from "./clean.ts";
import { iouAlarms, randomAlarms, touchedBy } from "./controls.ts";
import { damaged } from "./inject.ts";
import { KINDS } from "./kinds.ts";
import { type CleanResult, type Result, report, writeTable } from "./report.ts";
import { type Alarm, addTo, emptyTally, score } from "./score.ts";
import { type TrackSet, trackSets } from "./sets.ts";
import { lateness, watched } from "./watch.ts";

const { values } = parseArgs({
  options: {
    kinds: { type: "string" },
    sets: { type: "string" },
    seeds: { type: "string", default: "20" },
    modes: { type: "string", default: "single,mixed,bursts" },
    misses: { type: "boolean", default: false },
    watch: { type: "boolean", default: false },
  },
});
const words = (list: string | undefined): readonly string[] => list?.split(",").filter((word) => word !== "") ?? [];
const kinds = values.kinds ? words(values.kinds) : Object.keys(KINDS);
const unknown = kinds.find((kind) => !(kind in KINDS));
if (unknown !== undefined) throw new RangeError(`expected kinds of ${Object.keys(KINDS).join(", ")}; got ${unknown}`);
const modes = words(values.modes);
const seeds = Number(values.seeds);

const kernels = await loadKernels();
const results = new Map<string, Result>();
const cleanResults: CleanResult[] = [];
for (const set of await trackSets(words(values.sets))) {
  const clean = new Clean(set);
  const find = (table: typeof set.table): readonly Alarm[] =>
    values.watch ? watched(table, set.info) : (analyseLabels(table, set.poses, set.info, kernels)?.faults ?? []);
  const usual = find(set.table);
  const usualIou = iouAlarms(set.table, clean.is3d).length;
  cleanResults.push({ set: set.name, half: set.half, dimensions: set.dimensions, frames: clean.frames, alarms: usual, iou: usualIou });
  for (const mode of modes) {
    for (const kind of mode === "single" ? kinds : [mode]) {
      for (let seed = 0; seed < seeds; seed++) {
        const random = randomStream(seed, `${set.name} ${kind}`);
        const { faults, table } = damaged(clean, mode === "single" ? [kind] : kinds, random, mode === "bursts");
        if (faults.length === 0) continue;
        const alarms = find(table);
        const chance = randomAlarms(kinds, alarms.length, table, random);
        const iou = iouAlarms(table, clean.is3d);
        const { byKind, misses, echoes, added } = score(faults, alarms, usual);
        for (const [of, tally] of byKind) {
          const result = resultOf(mode, of, set);
          addTo(result.tally, tally);
          const mine = faults.filter((fault) => fault.kind === of);
          result.random += touchedBy(chance, mine);
          result.iou += touchedBy(iou, mine);
        }
        const whole = resultOf(mode, mode === "single" ? kind : "all", set);
        whole.added += added.length;
        whole.frames += clean.frames;
        if (!values.misses) continue;
        const where = `${set.name} seed ${seed} with ${kind}:`;
        for (const { fault, instead } of misses)
          console.log(`${where} missed ${said(fault)}; said ${instead.map(said).join(", ") || "nothing"}`);
        for (const alarm of added) console.log(`${where} said of nothing ${said(alarm)}`);
        for (const alarm of echoes) console.log(`${where} echo ${said(alarm)}`);
      }
    }
  }
}

function resultOf(mode: string, kind: string, { dimensions, half }: TrackSet): Result {
  const key = `${mode} ${kind} ${dimensions} ${half}`;
  const result = results.get(key) ?? { mode, kind, dimensions, half, tally: emptyTally(), added: 0, frames: 0, random: 0, iou: 0 };
  results.set(key, result);
  return result;
}

function said({ kind, frames, tracks }: Alarm): string {
  return `${kind} ${frames.join("-")} ${tracks.join("+")}`;
}

const isWhole = !values.watch && !values.kinds && !values.sets && seeds >= 20;
const all = [...results.values()].toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
console.log(report(all, cleanResults, seeds));
if (values.watch) console.log(`\nframes late, at most: ${[...lateness].map(([kind, frames]) => `${kind} ${frames}`).join(", ")}`);
if (isWhole) {
  const file = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
  const rows = all.map(({ tally, ...rest }) => ({ ...rest, ...tally }));
  writeFileSync(
    file("bench/results/labels.json"),
    `${JSON.stringify({ node: process.version, seeds, clean: cleanResults, results: rows }, null, 1)}\n`,
  );
  writeTable(file("docs/labels.md"), report(all, cleanResults, seeds));
}

function sortKey({ mode, kind, dimensions, half }: Result): string {
  const order = ["single", "mixed", "bursts"].indexOf(mode);
  return `${order} ${half} ${dimensions === "3d" ? 0 : 1} ${String(Object.keys(KINDS).indexOf(kind)).padStart(2, "0")}`;
}

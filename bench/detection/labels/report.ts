/** The table of what was found: for the terminal and for docs/labels.md. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Alarm, Tally } from "./score.ts";
import { HALF_RULE, type Half } from "./sets.ts";
import { MOST_ADDED, MOST_CLEAN, MOST_ECHOES, MOST_MIXED_LOSS, targetOf } from "./targets.ts";

export interface Result {
  readonly mode: string;
  readonly kind: string;
  readonly dimensions: "2d" | "3d";
  readonly half: Half;
  readonly tally: Tally;
  added: number;
  frames: number;
  random: number;
  iou: number;
}

export interface CleanResult {
  readonly set: string;
  readonly half: Half;
  readonly dimensions: "2d" | "3d";
  readonly frames: number;
  readonly alarms: readonly Alarm[];
  readonly iou: number;
}

const HEAD =
  "| kind | | injected | observable | found | recall | exact | target | | echoes a fault | added / 10,000 frames | otherwise | chance | IoU > 0.8 |";

export function report(results: readonly Result[], clean: readonly CleanResult[], seeds: number): string {
  const parts: string[] = [];
  for (const half of ["scoring", "tuning"] as const) {
    const rows = results.filter((one) => one.mode === "single" && one.half === half);
    if (rows.length === 0) continue;
    parts.push(`### ${half === "scoring" ? "Scoring half" : "Half thresholds were set on"}`, "");
    parts.push(HEAD, `|---|---|${"--:|".repeat(6)}---|${"--:|".repeat(5)}`, ...rows.map(line), "");
  }
  return [
    `${seeds} seeds a set, 8 % of frames. ${HALF_RULE}.`,
    "",
    ...parts,
    "### Kinds mixed in one file, and in bursts",
    "",
    ...mixedLines(results),
    "",
    "### Undamaged sets",
    "",
    ...cleanLines(clean),
  ].join("\n");
}

function line({ kind, dimensions, tally, added, frames, random, iou }: Result): string {
  const { injected, observable, found, exact, echoes, otherwise } = tally;
  const target = targetOf(kind, dimensions);
  const perFault = echoes / Math.max(1, observable);
  const per10k = (10_000 * added) / Math.max(1, frames);
  const missed = [
    ...(observable > 0 && found / observable < target.recall ? ["recall"] : []),
    ...(found > 0 && exact / found < target.exact ? ["exact"] : []),
    ...(perFault > MOST_ECHOES ? ["echoes"] : []),
    ...(per10k > MOST_ADDED ? ["added"] : []),
  ];
  const verdict = observable === 0 ? "–" : missed.length === 0 ? "met" : `NOT MET: ${missed.join(", ")}`;
  const cells = [
    kind,
    dimensions,
    injected,
    `${observable} (${percent(observable, injected)})`,
    found,
    share(found, observable),
    share(exact, found),
    `${target.recall} / ${target.exact}`,
    verdict,
    perFault.toFixed(3),
    per10k.toFixed(1),
    otherwise,
    share(random, observable),
    share(iou, observable),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Recall on the scoring half beside that of files with one kind. */
function mixedLines(results: readonly Result[]): readonly string[] {
  const lines = ["| kind | | alone | mixed | in bursts | observable mixed, in bursts | |", "|---|---|--:|--:|--:|--:|---|"];
  const scoring = results.filter((one) => one.half === "scoring");
  const of = (mode: string, { kind, dimensions }: Result): Result | undefined =>
    scoring.find((one) => one.mode === mode && one.kind === kind && one.dimensions === dimensions);
  for (const alone of scoring.filter((one) => one.mode === "single")) {
    const both = [of("mixed", alone), of("bursts", alone)];
    const tallies = [alone, ...both].map((one) => [one?.tally.found ?? 0, one?.tally.observable ?? 0] as const);
    const [own = 1, ...others] = tallies.map(([found, seen]) => (seen === 0 ? 1 : found / seen));
    const seen = tallies.slice(1).map(([, observable]) => observable);
    if (seen.every((count) => count === 0)) continue;
    const isNear = others.every((recall) => recall >= own - MOST_MIXED_LOSS);
    const cells = [alone.kind, alone.dimensions, ...tallies.map(([found, all]) => share(found, all)), seen.join(", ")];
    lines.push(`| ${cells.join(" | ")} | ${isNear ? "met" : "NOT MET"} |`);
  }
  for (const mode of ["mixed", "bursts"]) {
    const some = scoring.filter((one) => one.mode === mode && one.kind === "all");
    for (const { dimensions, added, frames } of some) {
      lines.push("", `${mode}, ${dimensions}: ${((10_000 * added) / frames).toFixed(1)} findings of nothing a 10,000 frames.`);
    }
  }
  return lines;
}

function cleanLines(clean: readonly CleanResult[]): readonly string[] {
  const lines = [
    "| half | | frames | findings / 10,000 frames | at most, unexplained | IoU > 0.8 rule / 10,000 frames |",
    "|---|---|--:|--:|--:|--:|",
  ];
  for (const half of ["scoring", "tuning"] as const) {
    for (const dimensions of ["3d", "2d"] as const) {
      const some = clean.filter((one) => one.half === half && one.dimensions === dimensions);
      if (some.length === 0) continue;
      const sum = (of: (one: CleanResult) => number): number => some.reduce((total, one) => total + of(one), 0);
      const frames = sum((one) => one.frames);
      const per = (count: number): string => ((10_000 * count) / frames).toFixed(1);
      lines.push(
        `| ${half} | ${dimensions} | ${frames} | ${per(sum((one) => one.alarms.length))} | ${MOST_CLEAN[dimensions]} | ${per(sum((one) => one.iou))} |`,
      );
    }
  }
  lines.push("", "| set | kind | frames | tracks |", "|---|---|--:|---|");
  for (const { set, alarms } of clean)
    for (const { kind, frames, tracks } of alarms) lines.push(`| ${set} | ${kind} | ${frames.join("–")} | ${tracks.join(", ")} |`);
  return lines;
}

function share(part: number, whole: number): string {
  return whole === 0 ? "–" : (Math.floor((10_000 * part) / whole) / 10_000).toFixed(4);
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${Math.round((100 * part) / whole)} %`;
}

const BEGIN = "<!-- bench:labels -->";
const END = "<!-- /bench:labels -->";

/** Puts the table between its marks; the rest of the page is written by hand. */
export function writeTable(path: string, table: string): void {
  const page = existsSync(path) ? readFileSync(path, "utf8") : `# Label sequences\n\n${BEGIN}\n${END}\n`;
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before < 0 || after < 0) throw new Error(`expected ${BEGIN} and ${END} in ${path}`);
  writeFileSync(path, `${page.slice(0, before + BEGIN.length)}\n${table}\n${page.slice(after)}`);
}

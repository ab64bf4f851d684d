/**
 * What the checks of label sequences share: they ask one analysis (src/checks/labels/sequence/analyse.ts), each for its own kinds of
 * faults, and answer for every label stream.
 */
import { type Check, type Conclusion, type Context, type Defect, defineCheck } from "../../check/check.ts";
import type { Seen } from "../../check/table.ts";
import { type LabelTable, labelRows, labelTables } from "../../columns/labels.ts";
import { poseRows, poseTable } from "../../columns/poses.ts";
import type { Kernels } from "../../kernels.ts";
import type { Finding, Plain, Severity } from "../../types.ts";
import { analyseLabels, type LabelAnalysis } from "./sequence/analyse.ts";
import { type FaultKind, type LabelFault, rounded } from "./sequence/faults.ts";

interface Analysed {
  readonly table: LabelTable;
  /** Several annotators labelled the same objects: how they agree is another question. */
  readonly isShared: boolean;
  readonly analysis: LabelAnalysis | null;
}

export interface SequenceCheck<Kind extends FaultKind> {
  readonly id: string;
  readonly title: string;
  readonly kinds: Readonly<Record<Kind, { readonly severity: Severity; readonly meaning: string }>>;
  readonly blindSpots: readonly string[];
  /** Why the labels cannot answer; null when they can. */
  unobservable(analysis: LabelAnalysis): string | null;
  /** Figures of its own beside those all label checks give. */
  observed?(analysis: LabelAnalysis): Readonly<Record<string, Plain>>;
  describe(finding: Finding): string;
}

export function sequenceCheck<Kind extends FaultKind>(check: SequenceCheck<Kind>): Check<never> {
  const { unobservable, observed, ...about } = check;
  return defineCheck({
    ...about,
    level: 1,
    needs: ["frames"],
    sees: [labelRows, poseRows],
    defaults: {},
    conclude(context) {
      if (context.partial) return [nothing(null, "not_run", context.partial)];
      const analysed = context.seen.derive(analyses);
      const answers = context.streams.flatMap(({ info }, i) => {
        const one = analysed[i];
        return one ? [answer(check, info.id, one)] : [];
      });
      return answers.length > 0 ? answers : [nothing(null, "not_run", absent(context))];
    },
  });
}

function absent({ streams }: Context): string {
  return streams.some(({ info }) => info.kind === "labels") ? "no label" : "no label stream";
}

/** By stream; null where a stream has no labels. Worked out once for all checks. */
function analyses(seen: Seen, kernels: Kernels): readonly (Analysed | null)[] {
  const poses = seen.of(poseRows).flatMap((pieces) => (pieces ? [poseTable(pieces)] : []));
  return seen.derive(labelTables).map((table, i) => {
    const info = seen.streams[i];
    if (!table || !info) return null;
    const isShared = hasSeveralAnnotators(table);
    return { table, isShared, analysis: isShared ? null : analyseLabels(table, poses, info, kernels) };
  });
}

/** Whether a track has boxes of different annotators in one frame. */
function hasSeveralAnnotators({ labels }: LabelTable): boolean {
  const last = new Int32Array(labels.tracks.length).fill(-1);
  for (let row = 0; row < labels.count; row++) {
    const track = labels.track[row] ?? -1;
    const before = last[track] ?? -1;
    if (before >= 0 && labels.frame[before] === labels.frame[row] && labels.annotator[before] !== labels.annotator[row]) return true;
    if (track >= 0) last[track] = row;
  }
  return false;
}

function nothing(stream: string | null, status: "not_run" | "not_observable", reason: string, items = 0): Conclusion {
  return { stream, status, reason, coverage: { items, checked: 0 }, observed: {}, defects: [] };
}

function answer<Kind extends FaultKind>(check: SequenceCheck<Kind>, stream: string, { table, isShared, analysis }: Analysed): Conclusion {
  const items = table.labels.ignored.reduce((sum, ignored) => sum + (ignored ? 0 : 1), 0);
  if (isShared) return nothing(stream, "not_observable", "several annotators label the same tracks", items);
  if (!analysis) return nothing(stream, "not_run", "no box has a track", items);
  const mine = analysis.faults.filter((fault) => fault.kind in check.kinds);
  const reason = mine.length > 0 ? null : unanswered(check, analysis);
  if (reason !== null) return nothing(stream, "not_observable", reason, items);
  const left = analysis.more.filter(({ kind }) => kind in check.kinds);
  const counts: Record<string, number> = {};
  for (const { kind } of mine) counts[kind] = (counts[kind] ?? 0) + 1;
  for (const { kind, count } of left) counts[kind] = (counts[kind] ?? 0) + count;
  const noise = analysis.dimensions === "3d" ? "noiseM" : "noiseWidths";
  return {
    stream,
    status: mine.length > 0 ? "fail" : "pass",
    coverage: { items, checked: analysis.rows },
    observed: {
      tracks: analysis.tracks,
      boxesBetweenNeighbours: analysis.judged,
      [noise]: rounded(analysis.noise, 4),
      fixedFrame: analysis.fixedFrame,
      ...check.observed?.(analysis),
      ...counts,
    },
    defects: mine.map((fault) => defectOf(check, stream, fault, table)),
    more: left.map((one) => ({
      ...one,
      severity: check.kinds[one.kind as Kind].severity,
      timeNs: one.frames && timesOf(one.frames, table),
    })),
  };
}

function unanswered<Kind extends FaultKind>(check: SequenceCheck<Kind>, analysis: LabelAnalysis): string | null {
  return analysis.judged === 0 ? "no track has three boxes in a row" : check.unobservable(analysis);
}

function timesOf([first, last]: readonly [number, number], { stampNs }: LabelTable): readonly [bigint, bigint] {
  const [from, to] = [stampNs[first] ?? 0n, stampNs[last] ?? 0n];
  return from <= to ? [from, to] : [to, from];
}

function defectOf<Kind extends FaultKind>(check: SequenceCheck<Kind>, stream: string, fault: LabelFault, table: LabelTable): Defect {
  return {
    kind: fault.kind,
    severity: check.kinds[fault.kind as Kind].severity,
    stream,
    frames: fault.frames,
    timeNs: timesOf(fault.frames, table),
    weight: fault.weight,
    ...(fault.tracks.length > 0 && { tracks: fault.tracks }),
    observed: fault.observed,
    expected: fault.expected,
    signals: fault.signals,
  };
}

/** "frame 7" or "frames 7-9". */
export function framesOf({ frames }: Finding): string {
  const [first, last] = frames ?? [0, 0];
  return first === last ? `frame ${first}` : `frames ${first}-${last}`;
}

/** "track 7" or "tracks 7, 9". */
export function tracksOf({ tracks = [] }: Finding): string {
  return tracks.length === 1 ? `track ${tracks[0]}` : `tracks ${tracks.join(", ")}`;
}

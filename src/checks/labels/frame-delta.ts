/**
 * labels/frame-delta: do the labels of a camera go where the pixels go?
 *
 * Every image is looked at once, at an eighth of its size (src/luma/), against the one before: what moved inside each box, and whether
 * its label moved along. What that says about labels, tracks and the image itself is in src/checks/labels/pixels/disagreements.ts.
 *
 * The summary keeps a row per box (some 150 bytes), and the small images of its two ends.
 */
import { AMOUNT, type Conclusion, type Defect, defineStreamCheck, type Options, SHARE } from "../../check/check.ts";
import { type BoxTable, boxTables, labelFrameAt, labelsOf, NO_BOXES } from "../../columns/label-frames.ts";
import { labelRows } from "../../columns/labels.ts";
import type { Kernels } from "../../kernels.ts";
import { hasLuma, smallLuma } from "../../luma/small-luma.ts";
import type { Luma } from "../../luma/types.ts";
import { gravestRuns, joinRuns, moreOf, type Run, type Runs, RunsBuilder, shiftRuns, timesOf, weightOf } from "../../summary/runs.ts";
import { rounded } from "../../summary/seam.ts";
import type { Severity } from "../../types.ts";
import { type ImageStep, measureStep, type Sight } from "./pixels/box-motion.ts";
import { type Disagreement, type DisagreementKind, disagreements, LIMITS } from "./pixels/disagreements.ts";
import { MOST_NAMED } from "./sequence/faults.ts";

const kinds = {
  "broken-image": { severity: "error", meaning: "an image that contradicts itself: its checksum, its end or its coding" },
  "frozen-image": { severity: "error", meaning: "the image before again, not one cell changed, under labels that move" },
  "stale-labels": { severity: "error", meaning: "the labels of the frame before again, all of them, over pixels that move" },
  "shifted-labels": { severity: "error", meaning: "most labels of a frame are not where their pixels went: labels of another frame" },
  "swapped-tracks": { severity: "error", meaning: "tracks whose boxes took each other's places while their pixels did not" },
  "frozen-label": { severity: "warning", meaning: "a label that stays while the pixels in it move on" },
  "moved-label": { severity: "warning", meaning: "a label that leaves the pixels it was on, and its own course" },
} as const satisfies Record<DisagreementKind | "broken-image", { severity: Severity; meaning: string }>;

/** A labelled image at the end of a block, to be compared across the seam. */
interface End extends Omit<Sight, "luma"> {
  readonly luma: Omit<Luma, "pointer">;
  readonly cells: Uint8Array;
}

interface Summary {
  readonly frames: number;
  /** Why nothing was looked at; null where it was. */
  readonly without: string | null;
  /** Images read, images of a form that is not read, by reason, images that are broken, tagged with theirs, and images no label frame belongs to. */
  readonly read: number;
  readonly unread: Readonly<Record<string, number>>;
  readonly broken: Runs;
  readonly unlabelled: number;
  readonly steps: readonly ImageStep[];
  /** Of the first and the last frame, where they are read and labelled. */
  readonly first: End | null;
  readonly last: End | null;
}

export const frameDelta = defineStreamCheck<Summary>({
  id: "labels/frame-delta",
  title: "Do labels go where the pixels go?",
  level: 2,
  needs: ["frames", "images"],
  sees: [labelRows],
  early: true,
  defaults: { ...LIMITS },
  ranges: { ...Object.fromEntries(Object.keys(LIMITS).map((name) => [name, AMOUNT])), minShare: SHARE },
  kinds,
  absent: "no image stream that is read",
  blindSpots: [
    "video, depth and float images, and labels that are only 3D boxes: they are not projected",
    "boxes below 24 px, cut off by the border, without texture or hidden by something, and all but the first 1000 of an image: each is counted as not seen",
    "labels and pixels that part by less than 8 px or a quarter of the box's smaller side in one step",
    "labels that are late by the same time in all frames: they move as the pixels do, only elsewhere",
    "a wrong class, a box too large or too small, a box that is on nothing from beginning to end",
    "images without labels, and what is wrong with them: nobody decodes them",
    "tracks of fewer than 4 frames: they have no course of their own",
  ],
  appliesTo: ({ kind }) => kind === "image",

  observe(block, { kernels, stream, seen }) {
    const { frames, images = [] } = block;
    const table = labelsOf(stream, seen.streams, seen.derive(boxTables));
    const unread: Record<string, number> = {};
    const broken = new RunsBuilder(frames.stampNs);
    const steps: ImageStep[] = [];
    let [read, unlabelled] = [0, 0];
    let [first, last, before]: [End | null, End | null, Sight | null] = [null, null, null];
    const mark = kernels.mark();
    for (const image of typeof table === "string" ? [] : images) {
      const luma = smallLuma(image, kernels);
      if (!hasLuma(luma)) {
        if (luma.kind === "broken") broken.add(image.frame, image.frame, 0, luma.reason);
        else unread[luma.reason] = (unread[luma.reason] ?? 0) + 1;
        continue;
      }
      read++;
      const stampNs = frames.stampNs[image.frame] ?? 0n;
      const labelFrame = typeof table === "string" ? null : labelFrameAt(table, stampNs);
      if (labelFrame === null || typeof table === "string") {
        unlabelled++;
        continue;
      }
      const sight: Sight = { frame: image.frame, stampNs, labelFrame, luma };
      const step = before?.frame === sight.frame - 1 ? measureStep(before, sight, table, kernels) : null;
      if (step) steps.push(step);
      if (sight.frame === 0) first = endOf(sight, kernels);
      if (sight.frame === frames.count - 1) last = endOf(sight, kernels);
      before = sight;
    }
    kernels.release(mark);
    const without = typeof table === "string" ? table : null;
    return { frames: frames.count, without, read, unread, broken: broken.finish(), unlabelled, steps, first, last };
  },

  merge(left, right, { touching, skipped, kernels, stream, seen }) {
    const later = left.frames + skipped;
    const shift = <T extends { readonly frame: number }>(one: T): T => ({ ...one, frame: one.frame + later });
    const first = right.first && shift(right.first);
    const across =
      touching && left.last && first ? stepAcross(left.last, first, labelsOf(stream, seen.streams, seen.derive(boxTables)), kernels) : [];
    return {
      frames: later + right.frames,
      without: left.without,
      read: left.read + right.read,
      unread: added(left.unread, right.unread),
      broken: joinRuns(left.broken, shiftRuns(right.broken, later)),
      unlabelled: left.unlabelled + right.unlabelled,
      steps: [...left.steps, ...across, ...right.steps.map(shift)],
      first: left.first,
      last: right.last && shift(right.last),
    };
  },

  answer(summary, { info }, { seen }, options) {
    if (!summary || summary.frames === 0) return silent("not_observable", "no frames", 0);
    const answer = compared(summary, labelsOf(info, seen.streams, seen.derive(boxTables)), options);
    if (summary.broken.runs === 0) return answer;
    const { kept, rest } = gravestRuns(summary.broken);
    const more = moreOf("broken-image", kinds["broken-image"].severity, rest);
    return { ...answer, status: "fail", defects: [...kept.map(brokenDefect), ...answer.defects], more };
  },

  describe({ kind, frames, tracks, observed }) {
    const [first, last] = frames ?? [0, 0];
    const at = first === last ? `image ${first}` : `images ${first}-${last}`;
    const who = tracks ? `track${tracks.length > 1 ? "s" : ""} ${tracks.join(", ")}` : "";
    const moved = `labels move by ${observed["labelPx"]} px, pixels by ${observed["pixelsPx"]} px`;
    switch (kind) {
      case "broken-image":
        return `${at}: ${observed["reason"]}`;
      case "frozen-image":
        return `${at}: the image before again, while labels move by ${observed["labelPx"]} px`;
      case "stale-labels":
        return `${at}: the labels before again, while pixels move by ${observed["pixelsPx"]} px in ${observed["boxes"]} boxes`;
      case "shifted-labels":
        return `${at}: ${observed["boxes"]} of ${observed["of"]} labels are not where their pixels went (${moved})`;
      case "swapped-tracks":
        return `${who} in ${at}: boxes took each other's places, pixels did not (${moved})`;
      case "frozen-label":
        return `${who} in ${at}: the label stays while its pixels move by ${observed["pixelsPx"]} px`;
      default:
        return `${who} in ${at}: the label moves by ${observed["labelPx"]} px, its pixels by ${observed["pixelsPx"]} px`;
    }
  },
});

function compared(summary: Summary, table: BoxTable | string, options: Options): Conclusion {
  const { frames, without, read, steps } = summary;
  if (without) return silent(without === NO_BOXES ? "not_run" : "not_observable", without, frames);
  if (typeof table === "string") return silent("not_observable", table, frames);
  const counts = { labels: table.stream.id, images: read, ...notRead(summary) };
  if (read === 0) {
    const reasons = new Set([...Object.keys(summary.unread), ...gravestRuns(summary.broken).kept.map(({ tag }) => String(tag))]);
    return silent("not_run", [...reasons].sort().join("; ") || "no image that is read", frames, counts);
  }
  if (steps.length === 0) return silent("not_observable", "no two images in a row with labels", frames, counts);
  const limits = { ...LIMITS, ...options };
  const found = disagreements(steps, limits);
  const boxes = steps.reduce((sum, { tracks }) => sum + tracks, 0);
  const seen = steps.reduce((sum, step) => sum + step.boxes.filter(({ pixels }) => pixels[0] !== null || pixels[1] !== null).length, 0);
  const observed = { ...counts, steps: steps.length, boxes, seen };
  if (seen === 0 && found.length === 0) {
    const reason = "boxes too small, cut off or without texture to see them move";
    return { ...silent("not_observable", reason, frames, observed), coverage: { items: boxes, checked: 0 } };
  }
  const names = table.labels.tracks;
  return {
    status: found.length > 0 ? "fail" : "pass",
    coverage: { items: boxes, checked: seen },
    observed,
    defects: found.map((one) => defectOf(one, table.stream.id, names)),
  };
}

function brokenDefect(run: Run): Defect {
  return {
    kind: "broken-image",
    severity: kinds["broken-image"].severity,
    frames: [run.first, run.last],
    timeNs: timesOf(run),
    weight: weightOf(run),
    observed: { reason: run.tag ?? null },
    expected: {},
    signals: ["image"],
  };
}

function endOf({ luma: { pointer, ...luma }, ...sight }: Sight, kernels: Kernels): End {
  return { ...sight, luma, cells: kernels.u8(pointer, luma.columns * luma.rows).slice() };
}

function stepAcross(left: End, right: End, table: BoxTable | string, kernels: Kernels): readonly ImageStep[] {
  if (typeof table === "string") return [];
  const mark = kernels.mark();
  const [before, after] = [left, right].map(
    ({ cells, luma, ...end }): Sight => ({ ...end, luma: { ...luma, pointer: kernels.put(cells) } }),
  );
  const step = before && after ? measureStep(before, after, table, kernels) : null;
  kernels.release(mark);
  return step ? [step] : [];
}

function added(left: Readonly<Record<string, number>>, right: Readonly<Record<string, number>>): Record<string, number> {
  const sum: Record<string, number> = { ...left };
  for (const [reason, count] of Object.entries(right)) sum[reason] = (sum[reason] ?? 0) + count;
  return sum;
}

/** Only what there is of it. */
function notRead({ unread, broken, unlabelled }: Summary): Readonly<Record<string, number>> {
  const total = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((sum, n) => sum + n, 0);
  const counts = { notRead: total(unread), broken: broken.frames, withoutLabels: unlabelled };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

function silent(status: "not_run" | "not_observable", reason: string, frames: number, observed: Conclusion["observed"] = {}): Conclusion {
  return { status, reason, coverage: { items: frames, checked: 0 }, observed: { frames, ...observed }, defects: [] };
}

function defectOf(one: Disagreement, labels: string, names: readonly string[]): Defect {
  const { kind, frames, stampNs, labelFrames, tracks, boxes, signals } = one;
  return {
    kind,
    severity: kinds[kind].severity,
    frames,
    timeNs: stampNs,
    weight: Math.max(one.labelPx, one.pixelsPx),
    ...(tracks.length > 0 && { tracks: tracks.slice(0, MOST_NAMED).map((track) => names[track] ?? "") }),
    from: { stream: labels, frames: labelFrames },
    observed: {
      labelPx: rounded(one.labelPx, 2),
      pixelsPx: rounded(one.pixelsPx, 2),
      lumaUnderLabel: rounded(one.followed, 2),
      lumaAtBest: rounded(one.best, 2),
      boxes: boxes[0],
      of: boxes[1],
    },
    expected: kind === "frozen-image" ? { luma: "changes" } : { labelPx: rounded(one.pixelsPx, 2) },
    signals,
  };
}

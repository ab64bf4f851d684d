/**
 * labels/geometry: is every box a box, and is it where an image can show it?
 *
 * Each row is judged on its own and gets one kind, the gravest that fits, so a box without a size is not also called
 * out of place. A 2D box is judged against the image only when it lies wholly outside: boxes that reach beyond the
 * border are how several benchmarks annotate cut-off objects (MOTChallenge), and how others clip is their choice.
 */
import { AMOUNT, type Conclusion, type Defect, defineStreamCheck, type Options } from "../../check/check.ts";
import { moreOf, timesOf, weightOf } from "../../summary/runs.ts";
import { rounded } from "../../summary/seam.ts";
import {
  gravestTrackRuns,
  mergeTrackRuns,
  NO_TRACK_RUNS,
  type TrackRun,
  type TrackRuns,
  TrackRunsBuilder,
} from "../../summary/track-runs.ts";
import type { Severity, StreamInfo } from "../../types.ts";

const kinds = {
  "non-finite": { severity: "error", meaning: "a coordinate, size or angle is NaN or infinite" },
  "negative-size": { severity: "error", meaning: "a 3D box has a negative length, width or height" },
  inverted: { severity: "error", meaning: "a 2D box whose right edge is left of its left one, or bottom above top" },
  degenerate: { severity: "error", meaning: "a box without extent: a size of 0 or below the smallest one" },
  "outside-image": { severity: "error", meaning: "a 2D box that lies wholly outside the image" },
  "absurd-size": { severity: "warning", meaning: "a 3D box larger than anything on a road" },
} as const satisfies Record<string, { severity: Severity; meaning: string }>;

type Kind = keyof typeof kinds;
const KINDS = Object.keys(kinds) as Kind[];

interface Summary {
  readonly frames: number;
  /** Rows that are boxes, and rows that mark a region to ignore. */
  readonly rows: number;
  readonly ignored: number;
  readonly boxes2d: number;
  readonly boxes3d: number;
  readonly found: Readonly<Record<Kind, TrackRuns>>;
}

export const geometry = defineStreamCheck<Summary>({
  id: "labels/geometry",
  title: "Is every box a box, and inside the image?",
  level: 0,
  needs: ["frames", "labels"],
  defaults: {
    /** A 3D box smaller than this in any dimension has no extent. */
    minSizeM: 1e-6,
    /** The same for a 2D box. */
    minSizePx: 1e-6,
    maxSizeM: 100,
    /** How far beyond the border a box may lie and still touch the image. */
    imageMarginPx: 0,
  },
  ranges: { minSizeM: AMOUNT, minSizePx: AMOUNT, maxSizeM: AMOUNT, imageMarginPx: AMOUNT },
  kinds,
  absent: "no label stream",
  blindSpots: [
    "boxes that are proper boxes in the wrong place, of the wrong size or class",
    "2D boxes partly outside the image: some formats clip them, some do not",
    "2D boxes outside an image whose size the recording does not state",
    "a box that is NaN in all its values: it reads as no box",
    "rows that mark a region to ignore (KITTI DontCare) are not judged",
  ],
  appliesTo: ({ kind }) => kind === "labels",

  observe(block, { options, stream }) {
    const builders = new Map<Kind, TrackRunsBuilder>();
    const labels = block.labels;
    let ignored = 0;
    let boxes2d = 0;
    let boxes3d = 0;
    const rows = labels?.count ?? 0;
    for (let row = 0; labels && row < rows; row++) {
      if (labels.ignored[row]) {
        ignored++;
        continue;
      }
      const has2d = hasBox(labels.box2d, 4, row);
      const has3d = hasBox(labels.box3d, 7, row);
      if (has2d) boxes2d++;
      if (has3d) boxes3d++;
      const fault = (has3d ? judge3d(labels.box3d, row, options) : null) ?? (has2d ? judge2d(labels.box2d, row, options, stream) : null);
      if (!fault) continue;
      const builder = builders.get(fault.kind) ?? new TrackRunsBuilder(block.frames.stampNs, labels.tracks);
      builders.set(fault.kind, builder);
      builder.add(labels.frame[row] ?? 0, labels.track[row] ?? -1, fault.figure);
    }
    return {
      frames: block.frames.count,
      rows: rows - ignored,
      ignored,
      boxes2d,
      boxes3d,
      found: byKind((kind) => builders.get(kind)?.finish() ?? NO_TRACK_RUNS),
    };
  },

  merge(left, right, seam) {
    const before = left.frames + seam.skipped;
    return {
      frames: before + right.frames,
      rows: left.rows + right.rows,
      ignored: left.ignored + right.ignored,
      boxes2d: left.boxes2d + right.boxes2d,
      boxes3d: left.boxes3d + right.boxes3d,
      found: byKind((kind) => mergeTrackRuns(left.found[kind], right.found[kind], left.frames, seam)),
    };
  },

  answer(summary, { info }, _context, options) {
    if (!summary || summary.boxes2d + summary.boxes3d === 0) return silent(summary);
    const found = KINDS.map((kind) => ({ kind, ...gravestTrackRuns(summary.found[kind], summary.frames) }));
    const defects = found.flatMap(({ kind, kept }) => kept.map((run) => defectOf(kind, run, info, options)));
    return {
      status: defects.length > 0 ? "fail" : "pass",
      coverage: { items: summary.rows, checked: summary.rows },
      observed: {
        boxes2d: summary.boxes2d,
        boxes3d: summary.boxes3d,
        ignored: summary.ignored,
        outsideImage: outsideImage(summary, info),
        ...Object.fromEntries(KINDS.flatMap((kind) => (summary.found[kind].rows > 0 ? [[kind, summary.found[kind].rows]] : []))),
      },
      defects,
      more: found.flatMap(({ kind, rest }) => moreOf(kind, kinds[kind].severity, rest)),
    };
  },

  describe({ kind, frames, tracks, observed, expected }) {
    const [first, last] = frames ?? [0, 0];
    const who = tracks ? `track ${tracks.join(", ")}` : "a box without a track";
    const at = `${who} in ${first === last ? `frame ${first}` : `frames ${first}-${last}`}`;
    switch (kind) {
      case "non-finite":
        return `${at}: ${observed["values"]} values are not finite`;
      case "negative-size":
      case "inverted":
        return `${at}: the box has a size of ${observed["size"]}`;
      case "degenerate":
        return `${at}: the box has no extent`;
      case "outside-image":
        return `${at}: the box lies ${observed["beyondPx"]} px beyond the ${expected["width"]} x ${expected["height"]} image`;
      default:
        return `${at}: the box measures ${observed["size"]} m`;
    }
  },
});

interface Fault {
  readonly kind: Kind;
  /** Larger is worse: values that are not finite, size below zero, pixels beyond the border, metres. */
  readonly figure: number;
}

function judge3d(box: Float64Array, row: number, options: Options): Fault | null {
  const at = 7 * row;
  const wrong = notFinite(box, at, 7);
  if (wrong > 0) return { kind: "non-finite", figure: wrong };
  let smallest = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = at + 3; i < at + 6; i++) {
    const size = box[i] ?? 0;
    smallest = Math.min(smallest, size);
    largest = Math.max(largest, size);
  }
  const minSizeM = options["minSizeM"] ?? 0;
  if (smallest <= -minSizeM && smallest < 0) return { kind: "negative-size", figure: -smallest };
  if (smallest < minSizeM || smallest === 0) return { kind: "degenerate", figure: 0 };
  return largest > (options["maxSizeM"] ?? Number.POSITIVE_INFINITY) ? { kind: "absurd-size", figure: largest } : null;
}

function judge2d(box: Float64Array, row: number, options: Options, { imageSize }: StreamInfo): Fault | null {
  const at = 4 * row;
  const wrong = notFinite(box, at, 4);
  if (wrong > 0) return { kind: "non-finite", figure: wrong };
  const left = box[at] ?? 0;
  const top = box[at + 1] ?? 0;
  const right = box[at + 2] ?? 0;
  const bottom = box[at + 3] ?? 0;
  const smallest = Math.min(right - left, bottom - top);
  const minSizePx = options["minSizePx"] ?? 0;
  if (smallest <= -minSizePx && smallest < 0) return { kind: "inverted", figure: -smallest };
  if (smallest < minSizePx || smallest === 0) return { kind: "degenerate", figure: 0 };
  if (!imageSize) return null;
  const beyond = Math.max(-right, -bottom, left - imageSize.width, top - imageSize.height);
  return beyond > (options["imageMarginPx"] ?? 0) ? { kind: "outside-image", figure: beyond } : null;
}

/** A row without this kind of box is NaN throughout, if there is a column of them. */
function hasBox(box: Float64Array, width: number, row: number): boolean {
  if (box.length === 0) return false;
  for (let i = width * row; i < width * (row + 1); i++) if (!Number.isNaN(box[i])) return true;
  return false;
}

function notFinite(box: Float64Array, at: number, width: number): number {
  let count = 0;
  for (let i = at; i < at + width; i++) if (!Number.isFinite(box[i])) count++;
  return count;
}

function byKind<T>(of: (kind: Kind) => T): Record<Kind, T> {
  return Object.fromEntries(KINDS.map((kind) => [kind, of(kind)])) as Record<Kind, T>;
}

function silent(summary: Summary | null): Conclusion {
  const frames = summary?.frames ?? 0;
  const coverage = { items: summary?.rows ?? 0, checked: 0 };
  const observed = { frames, ignored: summary?.ignored ?? 0 };
  return { status: "not_observable", reason: frames === 0 ? "no frames" : "no boxes", coverage, observed, defects: [] };
}

function outsideImage({ boxes2d }: Summary, { imageSize }: StreamInfo): string {
  if (boxes2d === 0) return "no 2D boxes";
  return imageSize ? "checked" : "not checked: image size unknown";
}

function defectOf(kind: Kind, run: TrackRun, { imageSize }: StreamInfo, options: Options): Defect {
  return {
    kind,
    severity: kinds[kind].severity,
    frames: [run.first, run.last],
    timeNs: timesOf(run),
    weight: weightOf(run),
    ...(run.tag !== "" && { tracks: [run.tag] }),
    ...FIGURES[kind](rounded(run.worst), options, imageSize ?? { width: 0, height: 0 }),
    signals: ["geometry"],
  };
}

type Figures = Pick<Defect, "observed" | "expected">;
type Size = NonNullable<StreamInfo["imageSize"]>;

const FIGURES: Record<Kind, (worst: number, options: Options, image: Size) => Figures> = {
  "non-finite": (worst) => ({ observed: { values: worst }, expected: { values: 0 } }),
  "negative-size": (worst) => ({ observed: { size: -worst }, expected: { size: "positive" } }),
  inverted: (worst) => ({ observed: { size: -worst }, expected: { size: "positive" } }),
  degenerate: () => ({ observed: { size: 0 }, expected: { size: "positive" } }),
  "outside-image": (worst, _options, { width, height }) => ({ observed: { beyondPx: worst }, expected: { width, height } }),
  "absurd-size": (worst, options) => ({ observed: { size: worst }, expected: { maxSizeM: options["maxSizeM"] ?? null } }),
};

/**
 * labels/consistency: do the labels of a stream agree with themselves and with the rig?
 *
 * A track is in one place at a time, classes are those the rig states, and numbers are in one unit: boxes of fractions among boxes
 * of pixels were normalised by somebody, headings of hundreds are degrees. Units are only judged where the stream or its image
 * size says what is usual.
 */

import { AMOUNT, type Conclusion, type Defect, defineStreamCheck } from "../../check/check.ts";
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
import type { LabelColumns, Severity } from "../../types.ts";
import { BoxesOfTrack, type ClassUse, ClassUses } from "./_tallies.ts";

const kinds = {
  "duplicate-track": { severity: "error", meaning: "a track has several boxes in one frame, by the same annotator" },
  "unknown-class": { severity: "error", meaning: "a class that is not among those the rig states for the stream" },
  "unit-square": { severity: "error", meaning: "2D boxes as fractions of the image among boxes in pixels" },
  "angle-unit": { severity: "warning", meaning: "a heading beyond a full turn: degrees instead of radians" },
} as const satisfies Record<string, { severity: Severity; meaning: string }>;

/** What is found frame by frame; classes are held against the rig at the end. */
type RunKind = Exclude<keyof typeof kinds, "unknown-class">;
const RUN_KINDS = (Object.keys(kinds) as (keyof typeof kinds)[]).filter((kind) => kind !== "unknown-class");

/** Classes kept: a list of classes has tens, the first names of a longer one are enough to say that it is wrong. */
const MAX_CLASSES = 256;
/** Unknown ones that are named. */
const MAX_NAMED = 16;
/** Several shapes of one entity are how a scene is drawn. */
const DRAWN = /SceneUpdate/;

interface Summary {
  readonly frames: number;
  /** Boxes, those with a track, and 2D boxes beyond the unit square. */
  readonly rows: number;
  readonly tracked: number;
  readonly pixels: number;
  /** The first `MAX_CLASSES` by name; a name among the first of the whole is among the first of every part. */
  readonly classes: readonly ClassUse[];
  readonly found: Readonly<Record<RunKind, TrackRuns>>;
}

export const consistency = defineStreamCheck<Summary>({
  id: "labels/consistency",
  title: "Do labels agree with themselves and with the rig's classes?",
  level: 0,
  needs: ["frames", "labels"],
  defaults: {
    /** A heading beyond this is no angle in radians. */
    maxYawRad: 2 * Math.PI + 1e-6,
  },
  ranges: { maxYawRad: AMOUNT },
  kinds,
  absent: "no label stream",
  blindSpots: [
    "classes, unless the rig states `classes` for the stream",
    "normalised boxes where all are, and the image size is not known",
    "headings in degrees that happen to be small; sizes in other units: see labels/geometry",
    "several boxes of one entity in a SceneUpdate: that is how scenes are drawn",
    "rows that mark a region to ignore",
  ],
  appliesTo: ({ kind }) => kind === "labels",

  observe({ frames, labels }, { options, stream }) {
    const builders = new Map<RunKind, TrackRunsBuilder>();
    const add = (kind: RunKind, frame: number, track: number, figure: number): void => {
      const builder = builders.get(kind) ?? new TrackRunsBuilder(frames.stampNs, labels?.tracks ?? []);
      builders.set(kind, builder);
      builder.add(frame, track, figure);
    };
    const used = new ClassUses(labels?.classes.length ?? 0);
    const seen = new BoxesOfTrack(labels?.tracks.length ?? 0);
    const drawn = DRAWN.test(stream.type);
    let [rows, tracked, pixels] = [0, 0, 0];
    for (let row = 0; labels && row < labels.count; row++) {
      if (labels.ignored[row]) continue;
      rows++;
      const at = labels.frame[row] ?? 0;
      const track = labels.track[row] ?? -1;
      if ((labels.tracks[track] ?? "") !== "") {
        tracked++;
        const boxes = seen.add(at, track, labels.annotator[row] ?? -1);
        if (boxes > 1 && !drawn) add("duplicate-track", at, track, boxes);
      }
      const extent = unitExtent(labels, row);
      if (extent === null || extent > 1) pixels += extent === null ? 0 : 1;
      else add("unit-square", at, track, extent);
      const yaw = Math.abs(labels.box3d[7 * row + 6] ?? 0);
      if (yaw > (options["maxYawRad"] ?? Number.POSITIVE_INFINITY) && Number.isFinite(yaw)) add("angle-unit", at, track, yaw);
      used.add(labels.class[row] ?? -1, at);
    }
    const classes = used.first(labels?.classes ?? [], frames.stampNs, MAX_CLASSES);
    const found = byKind((kind) => builders.get(kind)?.finish() ?? NO_TRACK_RUNS);
    return { frames: frames.count, rows, tracked, pixels, classes, found };
  },

  merge(left, right, seam) {
    const before = left.frames + seam.skipped;
    const classes = new Map(left.classes.map((use) => [use.name, use]));
    for (const use of right.classes) {
      const known = classes.get(use.name);
      const [first, last] = [use.first + before, use.last + before];
      if (known) classes.set(use.name, { ...known, rows: known.rows + use.rows, last, endNs: use.endNs });
      else classes.set(use.name, { ...use, first, last });
    }
    return {
      frames: before + right.frames,
      rows: left.rows + right.rows,
      tracked: left.tracked + right.tracked,
      pixels: left.pixels + right.pixels,
      classes: firstByName([...classes.values()]),
      found: byKind((kind) => mergeTrackRuns(left.found[kind], right.found[kind], left.frames, seam)),
    };
  },

  answer(summary, { info }, { rig }) {
    if (!summary || summary.rows === 0) return silent(summary);
    const known = rig?.streams?.find(({ id }) => id === info.id)?.classes;
    const unknown = known ? summary.classes.filter(({ name }) => !known.includes(name)) : [];
    const { width = 0, height = 0 } = info.imageSize ?? {};
    // Fractions are wrong among pixels, and in an image of more than a pixel.
    const kept = RUN_KINDS.filter((kind) => kind !== "unit-square" || summary.pixels > 0 || Math.max(width, height) > 1);
    const found = kept.map((kind) => ({ kind, ...gravestTrackRuns(summary.found[kind], summary.frames) }));
    const defects = [
      ...found.flatMap(({ kind, kept: runs }) => runs.map((run) => defectOf(kind, run))),
      ...(known && unknown.length > 0 ? [unknownClasses(unknown, known.length)] : []),
    ];
    return {
      status: defects.length > 0 ? "fail" : "pass",
      coverage: { items: summary.rows, checked: summary.rows },
      observed: {
        tracked: summary.tracked,
        classes: known ? "checked" : "not checked: the rig states none",
        ...Object.fromEntries(kept.flatMap((kind) => (summary.found[kind].rows > 0 ? [[kind, summary.found[kind].rows]] : []))),
      },
      defects,
      more: found.flatMap(({ kind, rest }) => moreOf(kind, kinds[kind].severity, rest)),
    };
  },

  describe({ kind, frames, tracks, observed }) {
    const [first, last] = frames ?? [0, 0];
    const where = first === last ? `in frame ${first}` : `in frames ${first}-${last}`;
    const who = tracks ? `track ${tracks.join(", ")}` : "a box without a track";
    switch (kind) {
      case "duplicate-track":
        return `${who} has ${observed["boxes"]} boxes at a time ${where}`;
      case "unknown-class":
        return `${observed["boxes"]} boxes ${where} have a class the rig does not know: ${names(observed["classes"])}`;
      case "unit-square":
        return `${who} ${where}: the box lies within the first pixel, as a fraction of the image would`;
      default:
        return `${who} ${where}: a heading of ${observed["yaw"]} rad`;
    }
  },
});

/** Largest coordinate of a finite 2D box of positive size, 0 or more; null where there is none to judge. */
function unitExtent({ box2d }: LabelColumns, row: number): number | null {
  const left = box2d[4 * row] ?? 0;
  const top = box2d[4 * row + 1] ?? 0;
  const right = box2d[4 * row + 2] ?? 0;
  const bottom = box2d[4 * row + 3] ?? 0;
  if (!(right > left && bottom > top)) return null;
  return left < 0 || top < 0 ? Number.POSITIVE_INFINITY : Math.max(right, bottom);
}

function firstByName(uses: readonly ClassUse[]): readonly ClassUse[] {
  return [...uses].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)).slice(0, MAX_CLASSES);
}

function byKind<T>(of: (kind: RunKind) => T): Record<RunKind, T> {
  return Object.fromEntries(RUN_KINDS.map((kind) => [kind, of(kind)])) as Record<RunKind, T>;
}

function names(value: unknown): string {
  return Array.isArray(value) ? value.map((name) => `"${name}"`).join(", ") : "";
}

function silent(summary: Summary | null): Conclusion {
  const frames = summary?.frames ?? 0;
  const reason = frames === 0 ? "no frames" : "no boxes";
  return { status: "not_observable", reason, coverage: { items: 0, checked: 0 }, observed: { frames }, defects: [] };
}

/** One finding for all of them: they are one disagreement about the list. */
function unknownClasses(unknown: readonly ClassUse[], known: number): Defect {
  const [from, to] = [unknown.reduce((a, b) => (b.first < a.first ? b : a)), unknown.reduce((a, b) => (b.last > a.last ? b : a))];
  const [startNs, endNs] = from.startNs <= to.endNs ? [from.startNs, to.endNs] : [to.endNs, from.startNs];
  return {
    kind: "unknown-class",
    severity: kinds["unknown-class"].severity,
    frames: [from.first, to.last],
    timeNs: [startNs, endNs],
    observed: { classes: unknown.slice(0, MAX_NAMED).map(({ name }) => name), boxes: unknown.reduce((sum, { rows }) => sum + rows, 0) },
    expected: { classes: known },
    signals: ["rig"],
  };
}

function defectOf(kind: RunKind, run: TrackRun): Defect {
  const figures: Record<RunKind, Pick<Defect, "observed" | "expected">> = {
    "duplicate-track": { observed: { boxes: run.worst }, expected: { boxes: 1 } },
    "unit-square": { observed: { extentPx: rounded(run.worst) }, expected: { unit: "px" } },
    "angle-unit": { observed: { yaw: rounded(run.worst) }, expected: { unit: "rad" } },
  };
  return {
    kind,
    severity: kinds[kind].severity,
    frames: [run.first, run.last],
    timeNs: timesOf(run),
    weight: weightOf(run),
    ...(run.tag !== "" && { tracks: [run.tag] }),
    ...figures[kind],
    signals: ["consistency"],
  };
}

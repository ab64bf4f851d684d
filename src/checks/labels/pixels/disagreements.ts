/**
 * Where labels and pixels disagree, from what both did between images.
 *
 * A box that follows its object finds the object's pixels where it went, so the difference there is about the least anywhere (`excess`
 * near 0), whatever the object is. A disagreement needs three things: the pixels went elsewhere by more than the log and this track
 * usually show, they are clearly there (least difference) and clearly not where the label went (excess). Faults of a whole frame are
 * decided first and explain what their tracks did, and the catching up behind them.
 */
import type { BoxStep, ImageStep } from "./box-motion.ts";

export type DisagreementKind = "frozen-image" | "stale-labels" | "shifted-labels" | "swapped-tracks" | "frozen-label" | "moved-label";

export interface Disagreement {
  readonly kind: DisagreementKind;
  /** Image frames that are wrong. */
  readonly frames: readonly [number, number];
  readonly stampNs: readonly [bigint, bigint];
  readonly labelFrames: readonly [number, number];
  /** Indices of tracks; none where the whole frame is meant. */
  readonly tracks: readonly number[];
  /** Boxes that show it, and boxes that were looked at. */
  readonly boxes: readonly [number, number];
  /** Largest: how far the label and the pixels moved in one step, and the difference of luma under the label and at the best place. */
  readonly labelPx: number;
  readonly pixelsPx: number;
  readonly followed: number;
  readonly best: number;
  readonly signals: readonly string[];
}

export interface Limits {
  /** Least distance between where label and pixels went. */
  readonly minErrorPx: number;
  /** The same, over the median of the log and of the track's neighbourhood. */
  readonly minErrorRatio: number;
  /** How much further from the track's course the label is than the pixels. */
  readonly minCourseRatio: number;
  /** Share of the box's smaller side. */
  readonly minErrorSide: number;
  /** How much worse the place is where the label went, in levels and as a ratio. */
  readonly minExcess: number;
  readonly minExcessRatio: number;
  /** What counts as motion of pixels under labels that repeat, and of labels over an image that does. */
  readonly minMotionPx: number;
  /** Share of the boxes looked at, and how many at least, that make it the whole frame's fault. */
  readonly minShare: number;
  readonly minBoxes: number;
}

export const LIMITS: Limits = {
  minErrorPx: 8,
  minErrorRatio: 4,
  minCourseRatio: 2,
  minErrorSide: 0.15,
  minExcess: 3,
  minExcessRatio: 1.4,
  minMotionPx: 4,
  minShare: 0.6,
  minBoxes: 2,
};

/** Steps before and behind that are a track's neighbourhood. */
const NEAR = 5;
const LEAST_NEAR = 3;
/** A label that did not move, in pixels. */
const AT_REST_PX = 0.5;

/** @param steps by ascending frame */
export function disagreements(steps: readonly ImageStep[], limits: Limits): readonly Disagreement[] {
  const usual = usualSteps(steps);
  const found: Disagreement[] = [];
  const wrong = steps.map((step) => step.boxes.filter((box) => isWrong(box, usual(step, box), limits)));
  /** Steps that a fault of their frame, or the one behind it, explains. */
  const explained = new Set<number>();
  const wholeFrame = (kind: DisagreementKind, is: (i: number) => boolean, evidence: (i: number) => readonly BoxStep[]): void => {
    for (let i = 0; i < steps.length; i++) {
      if (explained.has(i) || !is(i)) continue;
      let end = i;
      while (end + 1 < steps.length && follows(steps, end + 1) && !explained.has(end + 1) && is(end + 1)) end++;
      for (let k = i; k <= end + 1; k++) explained.add(k);
      const boxes = range(i, end).flatMap(evidence);
      found.push(disagreement(kind, steps, i, end, boxes, [], SIGNALS[kind]));
      i = end;
    }
  };
  const movedLabels = (i: number): readonly BoxStep[] => steps[i]?.boxes.filter(({ label }) => size(label) >= limits.minMotionPx) ?? [];
  const movedPixels = (i: number): readonly BoxStep[] =>
    steps[i]?.boxes.filter((box) => size(box.pixels) >= limits.minMotionPx && box.stayed - box.best >= limits.minExcess / 2) ?? [];
  wholeFrame(
    "frozen-image",
    (i) => Boolean(steps[i]?.still && !steps[i]?.repeated) && movedLabels(i).length >= limits.minBoxes,
    movedLabels,
  );
  wholeFrame(
    "stale-labels",
    (i) => Boolean(steps[i]?.repeated && !steps[i]?.still) && movedPixels(i).length >= limits.minBoxes,
    movedPixels,
  );
  const cycles = (i: number): (readonly BoxStep[])[] => (steps[i] ? cyclesOf(steps[i], wrong[i] ?? [], usual) : []);
  const shifted = (i: number): boolean => {
    const seen = steps[i]?.boxes.filter(isSeen).length ?? 0;
    const bad = wrong[i]?.length ?? 0;
    return bad > limits.minBoxes && bad >= limits.minShare * seen && !cycles(i).some(({ length }) => length >= bad - 1);
  };
  wholeFrame("shifted-labels", shifted, (i) => wrong[i] ?? []);

  // What is left is about single tracks: the same ones, step after step, are one fault.
  const open: OpenFault[] = [];
  /** Those of the step before that a step goes on with, by track: of several the first. */
  let going = new Map<number, OpenFault>();
  for (let i = 0; i < steps.length; i++) {
    const before = follows(steps, i) ? going : new Map<number, OpenFault>();
    going = new Map();
    if (explained.has(i)) continue;
    const exchanges = cycles(i);
    const inCycle = new Set(exchanges.flat().map(({ track }) => track));
    const groups: (readonly [DisagreementKind, readonly BoxStep[]])[] = [
      ...exchanges.map((boxes) => ["swapped-tracks", boxes] as const),
      ...(wrong[i] ?? [])
        .filter(({ track }) => !inCycle.has(track))
        .map((box) => [size(box.label) < AT_REST_PX ? "frozen-label" : "moved-label", [box]] as const),
    ];
    for (const [kind, boxes] of groups) {
      const tracks = boxes.map(({ track }) => track).sort((a, b) => a - b);
      const same = tracks
        .flatMap((track) => before.get(track) ?? [])
        .filter(({ last }) => last === i - 1)
        .reduce<OpenFault | null>((first, one) => (first && first.order <= one.order ? first : one), null);
      const fault = same ?? { kind, tracks, first: i, last: i, boxes: [], order: open.length };
      if (!same) open.push(fault);
      fault.last = i;
      for (const box of boxes) fault.boxes.push(box);
      for (const track of fault.tracks) {
        const other = going.get(track);
        if (!other || fault.order < other.order) going.set(track, fault);
      }
    }
  }
  for (const { kind, tracks, first, last, boxes } of open) found.push(disagreement(kind, steps, first, last, boxes, tracks, SIGNALS[kind]));
  return found.sort((a, b) => a.frames[0] - b.frames[0] || order(a.kind, b.kind) || (a.tracks[0] ?? -1) - (b.tracks[0] ?? -1));
}

/** A fault of single tracks that may go on. */
interface OpenFault {
  readonly kind: DisagreementKind;
  readonly tracks: readonly number[];
  readonly first: number;
  last: number;
  readonly boxes: BoxStep[];
  readonly order: number;
}

const SIGNALS: Record<DisagreementKind, readonly string[]> = {
  "frozen-image": ["luma repeats", "labels move"],
  "stale-labels": ["labels repeat", "pixels move"],
  "shifted-labels": ["pixel motion", "most tracks agree"],
  "swapped-tracks": ["pixel motion", "exchanged places"],
  "frozen-label": ["label repeats", "pixels move", "course"],
  "moved-label": ["pixel motion", "course"],
};

function disagreement(
  kind: DisagreementKind,
  steps: readonly ImageStep[],
  first: number,
  last: number,
  boxes: readonly BoxStep[],
  tracks: readonly number[],
  signals: readonly string[],
): Disagreement {
  const from = steps[first];
  const to = steps[last];
  if (!from || !to) throw new RangeError(`expected steps below ${steps.length}, got ${first} and ${last}`);
  // A place left and found again: wrong are the frames between, not the one that is right once more.
  const caughtUp = kind === "frozen-label" && size(boxes.at(-1)?.label ?? []) >= AT_REST_PX;
  const back = last > first && (caughtUp || kind === "moved-label" || kind === "swapped-tracks" || kind === "shifted-labels") ? 1 : 0;
  const worst = boxes.reduce<BoxStep | null>((most, box) => (most && excess(most) >= excess(box) ? most : box), null);
  return {
    kind,
    frames: [from.frame, to.frame - back],
    stampNs: [from.stampNs[1], to.stampNs[back ? 0 : 1]],
    labelFrames: [from.labelFrames[1], to.labelFrames[back ? 0 : 1]],
    tracks,
    boxes: [boxes.length, range(first, last).reduce((sum, i) => sum + (steps[i]?.boxes.length ?? 0), 0)],
    labelPx: worst ? size(worst.label) : 0,
    pixelsPx: worst ? size(worst.pixels) : 0,
    followed: worst?.followed ?? 0,
    best: worst?.best ?? 0,
    signals,
  };
}

function isSeen({ pixels }: BoxStep): boolean {
  return pixels[0] !== null || pixels[1] !== null;
}

/** Between where the label and where the pixels went; 0 where the pixels do not tell. */
function errorOf({ label, pixels }: BoxStep): number {
  const dx = pixels[0] === null ? 0 : label[0] - pixels[0];
  const dy = pixels[1] === null ? 0 : label[1] - pixels[1];
  return length(dx, dy);
}

function excess(box: BoxStep): number {
  return box.followed - box.best;
}

function isWrong(box: BoxStep, { errorPx, course }: Usual, limits: Limits): boolean {
  if (!isSeen(box) || !course) return false;
  const side = Math.min(...box.size);
  const error = errorOf(box);
  // Of the two it is the label that left the track's course: pixels that did were lost, behind something or in a pattern.
  const astray = distance(box.label, course);
  if (astray < limits.minCourseRatio * distance(box.pixels, course)) return false;
  const enough = error >= limits.minErrorPx && error >= limits.minErrorRatio * errorPx && error >= limits.minErrorSide * side;
  return enough && excess(box) >= limits.minExcess && box.followed >= limits.minExcessRatio * box.best;
}

interface Usual {
  /** The larger of the log's median error and of the track's in its neighbourhood, without the step itself. */
  readonly errorPx: number;
  /** How the label moves in its neighbourhood, without the steps beside this one; null where there are too few. */
  readonly course: readonly [number, number] | null;
}

function usualSteps(steps: readonly ImageStep[]): (step: ImageStep, box: BoxStep) => Usual {
  const all: number[] = [];
  const byTrack = new Map<number, { frame: number; box: BoxStep }[]>();
  for (const { frame, boxes } of steps) {
    for (const box of boxes) {
      if (isSeen(box)) all.push(errorOf(box));
      const rows = byTrack.get(box.track) ?? [];
      rows.push({ frame, box });
      byTrack.set(box.track, rows);
    }
  }
  const whole = median(all);
  return ({ frame }, { track }) => {
    const rows = byTrack.get(track) ?? [];
    const near: typeof rows = [];
    for (let k = firstFrom(rows, frame - NEAR); k < rows.length; k++) {
      const row = rows[k];
      if (!row || row.frame > frame + NEAR) break;
      if (row.frame !== frame) near.push(row);
    }
    const seen = near.filter(({ box }) => isSeen(box)).map(({ box }) => errorOf(box));
    const labels = near.map(({ box }) => box.label);
    return {
      errorPx: Math.max(whole, seen.length < LEAST_NEAR ? 0 : median(seen)),
      course: labels.length < LEAST_NEAR ? null : [median(labels.map(([x]) => x)), median(labels.map(([, y]) => y))],
    };
  };
}

/** Position of the first of `rows`, which ascend, in `frame` or later. */
function firstFrom(rows: readonly { readonly frame: number }[], frame: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.frame ?? 0) < frame) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Along the axes that tell. */
function distance(motion: readonly (number | null)[], course: readonly [number, number]): number {
  return length(...course.map((along, d) => (motion[d] ?? along) - along));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/**
 * Labels that took each other's places, round to the first: where each went, the next one's pixels (along an axis that does not tell: its
 * course) went too. At least one of them must be wrong by its pixels.
 */
function cyclesOf(step: ImageStep, wrong: readonly BoxStep[], usual: (step: ImageStep, box: BoxStep) => Usual): (readonly BoxStep[])[] {
  if (wrong.length === 0) return [];
  const boxes = step.boxes.filter((box) => {
    const { course } = usual(step, box);
    return wrong.includes(box) || (course && distance(box.label, course) >= tolerance(box));
  });
  const next = boxes.map((box) => {
    let [nearest, least] = [-1, Number.POSITIVE_INFINITY];
    for (const [j, other] of boxes.entries()) {
      if (other === box) continue;
      const { course } = usual(step, other);
      const apart = [0, 1].map((d) => {
        const went = other.pixels[d] ?? course?.[d] ?? 0;
        return (other.centre[d] ?? 0) + went - (box.centre[d] ?? 0) - (box.label[d] ?? 0);
      });
      const far = length(...apart);
      if (far <= Math.max(tolerance(box), tolerance(other)) && far < least) [nearest, least] = [j, far];
    }
    return nearest;
  });
  const cycles: BoxStep[][] = [];
  const used = new Set<number>();
  for (let start = 0; start < boxes.length; start++) {
    const cycle: number[] = [];
    for (let i = start; i >= 0 && !used.has(i) && !cycle.includes(i); i = next[i] ?? -1) cycle.push(i);
    if (cycle.length > 1 && next[cycle.at(-1) ?? -1] === start && cycle.some((k) => wrong.some((box) => box === boxes[k]))) {
      for (const i of cycle) used.add(i);
      cycles.push(cycle.flatMap((i) => boxes[i] ?? []));
    }
  }
  return cycles;
}

/** How near is the same place, in pixels. */
function tolerance({ size: [width, height] }: BoxStep): number {
  return Math.max(8, 0.3 * Math.min(width, height));
}

/** Whether step i begins with the image the one before ends with. */
function follows(steps: readonly ImageStep[], i: number): boolean {
  return steps[i]?.frame === (steps[i - 1]?.frame ?? -2) + 1;
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Length of a motion, what does not tell counting as none. */
function size(motion: readonly (number | null)[]): number {
  return length(...motion.map((along) => along ?? 0));
}

/** Math.hypot may differ from engine to engine; this may not. */
function length(...along: readonly number[]): number {
  return Math.sqrt(along.reduce((sum, d) => sum + d * d, 0));
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Jitter: a stretch of a track in which its boxes shake about their own path, as a whole and back and forth.
 *
 * A box displaced by j leaves residuals of j - (j' + j'') / 2 about it, so the variance rises to 1.5 of that of j inside the
 * stretch, 1.25 on its two ends and 0.25 on the rows beside it. Where it begins and ends is where that fits best.
 */
import { hypot, log, square } from "../../../geometry/elementary.ts";
import { type LabelFault, rounded } from "./faults.ts";
import type { Scale } from "./scale.ts";
import { median, type Tracks, WIDTH } from "./tracks.ts";

/** Least rows of a jittering stretch, and how far it stands out from its surroundings. */
const LEAST_JITTER = 7;
const STANDS_OUT = 3;
/** Rows on each side that are its surroundings. */
const AROUND = 12;
/** Neighbouring residuals point against each other. */
const MOST_CORRELATED = -0.2;
/** Metres, or widths: what shaking is at least. */
const JITTER_3D = 0.15;
const JITTER_2D = 0.035;
/** The edges of a 2D box that shakes move together. */
const TOGETHER = 0.6;
/** Quiet rows have this share of the variance of shaking ones, at least: paths have kinks. No row surprises by more than so much. */
const LEAST_STILL = 0.03;
const MOST_SURPRISE = 6;
/** Rows a stretch's end is looked for on each side of where it seems to be. */
const SEARCH = 3;
/** Share of the least shaking, below which no box is looked at: half of the edges of a box may stand still. */
const LOOK = 0.25;

interface Shaking {
  /** By row: displacement from the line between its neighbours (x, y, z, disagreement of edges); null where nothing is known. */
  readonly by: readonly (Float64Array | null)[];
  /** Its length. */
  readonly off: readonly number[];
}

/**
 * @param residual of every row, as the tracks are now
 * @param found faults of single rows, which are no jitter
 */
export function jitterFaults(tracks: Tracks, scale: Scale, residual: Float64Array, found: readonly LabelFault[]): LabelFault[] {
  const leaps = new Set(found.filter(({ kind }) => kind === "teleport").map(({ tracks: [name], frames: [frame] }) => `${name} ${frame}`));
  const least = tracks.dimensions === "3d" ? JITTER_3D : JITTER_2D;
  return tracks.rows.flatMap((rows, track) => {
    let restless = 0;
    for (const row of rows) if ((residual[row] ?? 0) > LOOK * least * tracks.size(row)) restless++;
    if (restless < LEAST_JITTER / 2 || rows.length < 2 * LEAST_JITTER) return [];
    const name = tracks.table.labels.tracks[track] ?? "";
    const isLeap = (i: number): boolean => leaps.has(`${name} ${tracks.frame[rows[i] ?? -1]}`);
    const shaking = shakingOf(tracks, track, isLeap);
    return stretchesOf(shaking, Math.max(least, scale.log / 2)).map(
      ([first, last, usual]): LabelFault => ({
        kind: "jitter",
        frames: [tracks.frame[rows[first] ?? -1] ?? 0, tracks.frame[rows[last] ?? -1] ?? 0],
        tracks: [name],
        observed: { residual: rounded(median(shaking.off.slice(first, last + 1))) },
        expected: { residual: rounded(usual) },
        signals: ["motion of the track"],
      }),
    );
  });
}

function shakingOf(tracks: Tracks, track: number, isLeap: (i: number) => boolean): Shaking {
  const at = new Float64Array(WIDTH);
  const by = (tracks.rows[track] ?? []).map((row, i) => {
    if (isLeap(i - 1) || isLeap(i) || isLeap(i + 1) || !Number.isFinite(tracks.residual(track, i, at))) return null;
    const out = new Float64Array(WIDTH);
    tracks.displacement(row, at, out);
    return out;
  });
  return { by, off: by.map((one) => (one ? hypot(one[0] ?? 0, one[1] ?? 0, one[2] ?? 0) : 0)) };
}

/** Stretches of positions [first, last] that shake, and what is usual around them. */
function stretchesOf(shaking: Shaking, least: number): readonly (readonly [number, number, number])[] {
  const { off } = shaking;
  // Most residuals of a short window stand out, single ones need not.
  const isOff = off.map((_, i) => {
    const [from, to] = [Math.max(0, i - 2), Math.min(off.length, i + 3)];
    let count = 0;
    for (let k = from; k < to; k++) if ((off[k] ?? 0) > least) count++;
    return 2 * count > to - from;
  });
  const found: (readonly [number, number, number])[] = [];
  for (let i = 0; i < off.length; i++) {
    if (!isOff[i]) continue;
    let end = i;
    for (let k = i + 1; k < off.length && k - end <= 2; k++) if (isOff[k]) end = k;
    const [first, last] = fitted(shaking, i, end);
    const usual = usualAround(off, first, last);
    const count = last - first + 1;
    const level = median(off.slice(first, last + 1));
    const bend = median(shaking.by.slice(first, last + 1).map((one) => one?.[3] ?? 0));
    const isShaking = level > Math.max(least, STANDS_OUT * usual) && bend < TOGETHER * level;
    if (count >= LEAST_JITTER && isShaking && correlation(shaking.by, first, last) < MOST_CORRELATED) found.push([first, last, usual]);
    i = end;
  }
  return found;
}

function usualAround(off: readonly number[], first: number, last: number): number {
  const around = [...off.slice(Math.max(0, first - 1 - AROUND), Math.max(0, first - 1)), ...off.slice(last + 2, last + 2 + AROUND)];
  return around.length === 0 ? 0 : median(around);
}

/** The stretch near [first, last] whose pattern of variances fits best. */
function fitted({ by, off }: Shaking, first: number, last: number): readonly [number, number] {
  const inside = off.slice(first, last + 1);
  const shake = inside.reduce((sum, r) => sum + r * r, 0) / (3 * inside.length);
  const still = Math.max(square(usualAround(off, first, last)) / 1.4, LEAST_STILL * shake);
  const [low, high] = [Math.max(0, first - SEARCH), Math.min(off.length - 1, last + SEARCH)];
  let best: readonly [number, number] = [first, last];
  let most = Number.NEGATIVE_INFINITY;
  for (let a = low; a <= Math.min(first + SEARCH, high); a++) {
    for (let b = Math.max(a + LEAST_JITTER - 1, last - SEARCH); b <= high; b++) {
      let fit = 0;
      for (let i = Math.max(0, low - 1); i <= Math.min(off.length - 1, high + 1); i++) {
        if (!by[i]) continue;
        const variance = still + shake * shareOf(i, a, b);
        fit -= log(variance) + Math.min(square(off[i] ?? 0) / (2 * variance), MOST_SURPRISE);
      }
      if (fit <= most) continue;
      most = fit;
      best = [a, b];
    }
  }
  return best;
}

/** How much of the variance of a shaking stretch [a, b] is in the residual of row i. */
function shareOf(i: number, a: number, b: number): number {
  if (i < a - 1 || i > b + 1) return 0;
  if (i < a || i > b) return 0.25;
  return i === a || i === b ? 1.25 : 1.5;
}

/** Correlation of neighbouring residuals: -2/3 for shaking, 0 for single kinks, above for a turn. */
function correlation(by: readonly (Float64Array | null)[], first: number, last: number): number {
  const dot = (a: Float64Array, b: Float64Array): number =>
    (a[0] ?? 0) * (b[0] ?? 0) + (a[1] ?? 0) * (b[1] ?? 0) + (a[2] ?? 0) * (b[2] ?? 0);
  let [product, before, after] = [0, 0, 0];
  for (let i = first + 1; i <= last; i++) {
    const [a, b] = [by[i - 1], by[i]];
    if (!a || !b) continue;
    product += dot(a, b);
    before += dot(a, a);
    after += dot(b, b);
  }
  return product === 0 ? 0 : product / Math.sqrt(before * after);
}

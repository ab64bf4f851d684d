/**
 * Jitter: a stretch of a track in which its boxes shake about their own path, as a whole and back and forth.
 *
 * A box displaced by j leaves residuals of j - (j' + j'') / 2 about it, so the variance rises to 1.5 of that of j inside the
 * stretch, 1.25 on its two ends and 0.25 on the rows beside it. Where it begins and ends is where that fits best.
 */

import { hypot, log, square } from "../../../geometry/elementary.ts";
import { type FaultList, rounded } from "./faults.ts";
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
  /** By row, four values each: displacement from the line between its neighbours (x, y, z, disagreement of edges). */
  readonly by: Float64Array;
  /** By row: 1 where that is known. */
  readonly known: Uint8Array;
  /** Its length; 0 where nothing is known. */
  readonly off: Float64Array;
}

/**
 * @param residual of every row, as the tracks are now
 * @param leaps by row: 1 for a fault of a single row, which is no jitter
 */
export function jitterFaults(tracks: Tracks, scale: Scale, residual: Float64Array, leaps: Uint8Array, faults: FaultList): void {
  const least = tracks.dimensions === "3d" ? JITTER_3D : JITTER_2D;
  for (let track = 0; track < tracks.count; track++) {
    if (tracks.lengthOf(track) < 2 * LEAST_JITTER) continue;
    const rows = tracks.rowsOf(track);
    let restless = 0;
    for (const row of rows) if ((residual[row] ?? 0) > LOOK * least * tracks.size(row)) restless++;
    if (restless < LEAST_JITTER / 2) continue;
    const shaking = shakingOf(tracks, track, leaps);
    for (const [first, last, usual] of stretchesOf(shaking, Math.max(least, scale.log / 2))) {
      const shake = median(shaking.off.subarray(first, last + 1));
      faults.add({
        kind: "jitter",
        frames: [tracks.frame[rows[first] ?? -1] ?? 0, tracks.frame[rows[last] ?? -1] ?? 0],
        tracks: [tracks.table.labels.tracks[track] ?? ""],
        weight: shake,
        observed: { residual: rounded(shake) },
        expected: { residual: rounded(usual) },
        signals: ["motion of the track"],
      });
    }
  }
}

function shakingOf(tracks: Tracks, track: number, leaps: Uint8Array): Shaking {
  const rows = tracks.rowsOf(track);
  const at = new Float64Array(WIDTH);
  const shaking = { by: new Float64Array(WIDTH * rows.length), known: new Uint8Array(rows.length), off: new Float64Array(rows.length) };
  const isLeap = (i: number): boolean => leaps[rows[i] ?? -1] === 1;
  for (const [i, row] of rows.entries()) {
    if (isLeap(i - 1) || isLeap(i) || isLeap(i + 1) || !Number.isFinite(tracks.residual(track, i, at))) continue;
    const out = shaking.by.subarray(WIDTH * i, WIDTH * i + WIDTH);
    tracks.displacement(row, at, out);
    shaking.known[i] = 1;
    shaking.off[i] = hypot(out[0] ?? 0, out[1] ?? 0, out[2] ?? 0);
  }
  return shaking;
}

/** Stretches of positions [first, last] that shake, and what is usual around them. */
function stretchesOf(shaking: Shaking, least: number): readonly (readonly [number, number, number])[] {
  const { off } = shaking;
  // Most residuals of a short window stand out, single ones need not.
  const isOff = Uint8Array.from(off, (_, i) => {
    const [from, to] = [Math.max(0, i - 2), Math.min(off.length, i + 3)];
    let count = 0;
    for (let k = from; k < to; k++) if ((off[k] ?? 0) > least) count++;
    return 2 * count > to - from ? 1 : 0;
  });
  const found: (readonly [number, number, number])[] = [];
  for (let i = 0; i < off.length; i++) {
    if (!isOff[i]) continue;
    let end = i;
    for (let k = i + 1; k < off.length && k - end <= 2; k++) if (isOff[k]) end = k;
    const [first, last] = fitted(shaking, i, end);
    const usual = usualAround(off, first, last);
    const count = last - first + 1;
    const level = median(off.subarray(first, last + 1));
    const bend = median(Float64Array.from({ length: count }, (_, k) => shaking.by[WIDTH * (first + k) + 3] ?? 0));
    const isShaking = level > Math.max(least, STANDS_OUT * usual) && bend < TOGETHER * level;
    if (count >= LEAST_JITTER && isShaking && correlation(shaking, first, last) < MOST_CORRELATED) found.push([first, last, usual]);
    i = end;
  }
  return found;
}

function usualAround(off: Float64Array, first: number, last: number): number {
  const around = [...off.slice(Math.max(0, first - 1 - AROUND), Math.max(0, first - 1)), ...off.slice(last + 2, last + 2 + AROUND)];
  return around.length === 0 ? 0 : median(around);
}

/** The stretch near [first, last] whose pattern of variances fits best. */
function fitted({ known, off }: Shaking, first: number, last: number): readonly [number, number] {
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
        if (!known[i]) continue;
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
function correlation({ by, known }: Shaking, first: number, last: number): number {
  const dot = (a: number, b: number): number =>
    (by[WIDTH * a] ?? 0) * (by[WIDTH * b] ?? 0) +
    (by[WIDTH * a + 1] ?? 0) * (by[WIDTH * b + 1] ?? 0) +
    (by[WIDTH * a + 2] ?? 0) * (by[WIDTH * b + 2] ?? 0);
  let [product, before, after] = [0, 0, 0];
  for (let i = first + 1; i <= last; i++) {
    if (!known[i - 1] || !known[i]) continue;
    product += dot(i - 1, i);
    before += dot(i - 1, i - 1);
    after += dot(i, i);
  }
  return product === 0 ? 0 : product / Math.sqrt(before * after);
}

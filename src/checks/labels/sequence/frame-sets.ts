/**
 * Frame-set faults: a race condition delivers the labels of one frame with another. All tracks of a frame are asked
 * together, in the frame of reference the labels were delivered in: the ego's motion makes standing objects witnesses.
 *
 * Exchange: the sets of t and t + 1 fit better the other way round. Stale and shifted sets repeat a set exactly (a set
 * delivered k frames late begins with the set of k frames ago; one delivered early ends with it); where they begin and
 * end is where all tracks jump by k steps more than they move.
 */
import { type FaultList, rounded } from "./faults.ts";
import type { Residuals } from "./residuals.ts";
import type { Scale } from "./scale.ts";
import { MOST_GAP_FRAMES, type Tracks, WIDTH } from "./tracks.ts";

/** A repaired order must fit absolutely: what is left of the residuals. */
const MOST_LEFT = 0.4;
/** A track is a witness when it is off by this many of its usual residuals. */
const WITNESS_SCALES = 1.5;
/** A track that speaks alone must fit this well. */
const ALONE_LEFT = 0.3;
/** A path across two frames is off by this many residuals of one across one frame. */
const PATH_SCALES = 4;
/** No track counts with more usual residuals than this. */
const MOST_SCALES = 8;
/** What speaks for an exchange, at least, and the share of it that may speak against it. */
const LEAST_VOTE = 2;
const MOST_AGAINST = 0.3;
const MOST_WEIGHT = 4;
const MOST_SHIFT = 2;
/** Exact repetition is rare by itself: a step this share of what is too small to speak of makes it one. */
const STEP_SHARE = 0.25;
/** Share of the boxes of a repeated set that may differ. */
const MOST_DIFFERENT = 0.1;
/** A shifted stretch is looked for over this many frames. */
const MOST_STRETCH = 40;
/** A jump counts with this share of the evidence of the clearest one in reach, and at least with so much. */
const CLEAR = 0.15;
const LEAST_EVIDENCE = 0.5;

/** Finds and repairs. */
export function frameSetFaults(tracks: Tracks, scale: Scale, { restless }: Residuals, faults: FaultList): void {
  repeats(tracks, scale, faults);
  exchanges(tracks, scale, restless, faults);
}

interface Vote {
  /** What speaks for the exchange less what speaks against it, in usual residuals. */
  readonly margin: number;
  readonly before: number;
  readonly after: number;
  readonly witnesses: number;
  readonly agreeing: number;
}

function exchanges(tracks: Tracks, scale: Scale, restless: Uint8Array, faults: FaultList): void {
  const { frames } = tracks.table;
  const votes: { readonly frame: number; readonly vote: Vote }[] = [];
  for (let t = 1; t + 2 < frames; t++) {
    const vote = restless[t] || restless[t + 1] ? voteOn(tracks, scale, t) : null;
    if (vote) votes.push({ frame: t, vote });
  }
  // The clearest first; what overlaps an accepted one is its echo.
  votes.sort((a, b) => b.vote.margin - a.vote.margin || a.frame - b.frame);
  const taken = new Uint8Array(frames);
  for (const { frame } of votes) {
    if (taken[frame] || taken[frame + 1]) continue;
    const vote = voteOn(tracks, scale, frame);
    if (!vote) continue;
    tracks.exchangeFrames(frame);
    taken.fill(1, frame, frame + 2);
    faults.add({
      kind: "exchange",
      frames: [frame, frame + 1],
      tracks: [],
      weight: vote.margin,
      observed: {
        residual: rounded(vote.before),
        residualExchanged: rounded(vote.after),
        tracksAgreeing: vote.agreeing,
        tracksMoving: vote.witnesses,
      },
      expected: { residual: rounded(vote.after) },
      signals: vote.agreeing > 1 ? ["order of frames", "agreement of tracks"] : ["order of frames"],
    });
  }
}

/**
 * Whether the tracks want frames t and t + 1 exchanged; null when not. Each track is asked how far it is from its path through the
 * frames around, as given and exchanged, in what it usually is off; none outvotes the others by being very far off.
 */
function voteOn(tracks: Tracks, scale: Scale, t: number): Vote | null {
  let before = 0;
  let after = 0;
  let residual = 0;
  let residualExchanged = 0;
  let witnesses = 0;
  let agreeing = 0;
  let pro = 0;
  let contra = 0;
  for (const row of tracks.inFrame(t)) {
    const track = tracks.track[row] ?? -1;
    const i = tracks.indexAt(track, t);
    if (i < 1) continue;
    const [p0, p1, p2, p3] = [tracks.rowOf(track, i - 1), row, tracks.rowOf(track, i + 1), tracks.rowOf(track, i + 2)];
    if (p3 < 0 || tracks.frame[p0] !== t - 1 || tracks.frame[p2] !== t + 1 || tracks.frame[p3] !== t + 2) continue;
    const [given, other] = bothWays(tracks, track, i);
    const usual = Math.max(PATH_SCALES * scale.local(track, i), scale.floor(p1));
    const [g, o] = [Math.min(given / usual, MOST_SCALES), Math.min(other / usual, MOST_SCALES)];
    before += g;
    after += o;
    if (g > o) pro += g - o;
    else contra += o - g;
    if (Math.max(g, o) < WITNESS_SCALES) continue;
    witnesses++;
    residual += given / tracks.size(p1);
    residualExchanged += other / tracks.size(p1);
    if (g > o) agreeing++;
  }
  if (agreeing === 0 || pro - contra < LEAST_VOTE || contra > MOST_AGAINST * pro) return null;
  if (after > (witnesses === 1 ? ALONE_LEFT : MOST_LEFT) * before) return null;
  return { margin: pro - contra, before: residual, after: residualExchanged, witnesses, agreeing };
}

/**
 * How far the rows at positions i and i + 1 of a track are from its path through the rows around, as given and exchanged: a
 * straight line through one row on each side, or a cubic through two where they are there. Each order takes the path that
 * suits it better. The path does not depend on the two that are in doubt.
 */
function bothWays(tracks: Tracks, track: number, i: number): readonly [number, number] {
  const [p0, p1, p2, p3] = [i - 1, i, i + 1, i + 2].map((k) => tracks.rowOf(track, k)) as [number, number, number, number];
  const [t1, t2] = [tracks.frame[p1] ?? 0, tracks.frame[p2] ?? 0];
  const [at1, at2] = [new Float64Array(WIDTH), new Float64Array(WIDTH)];
  tracks.line(p0, p3, t1, at1);
  tracks.line(p0, p3, t2, at2);
  let given = tracks.gap(p1, at1) + tracks.gap(p2, at2);
  let other = tracks.gap(p2, at1) + tracks.gap(p1, at2);
  const [a, d] = [tracks.near(track, i - 2, t1), tracks.near(track, i + 3, t2)];
  if (a >= 0 && d >= 0) {
    tracks.cubic([a, p0, p3, d], t1, at1);
    tracks.cubic([a, p0, p3, d], t2, at2);
    given = Math.min(given, tracks.gap(p1, at1) + tracks.gap(p2, at2));
    other = Math.min(other, tracks.gap(p2, at1) + tracks.gap(p1, at2));
  }
  return [given, other];
}

interface Repeat {
  readonly frame: number;
  /** Of so many frames ago. */
  readonly k: number;
  readonly moved: number;
}

/** Sets that repeat an earlier one exactly although its tracks were moving: each is one end of a stretch. */
function repeats(tracks: Tracks, scale: Scale, faults: FaultList): void {
  const found: Repeat[] = [];
  for (let frame = 1; frame < tracks.table.frames; frame++) {
    for (let k = 1; k <= MOST_SHIFT; k++) {
      const moved = repeated(tracks, scale, frame, k);
      // A set k frames late repeats k times.
      const goesOn = found.at(-1)?.k === k && k > 1 && frame - (found.at(-1)?.frame ?? 0) < k;
      if (moved > 0 && !goesOn) found.push({ frame, k, moved });
      if (moved > 0) break;
    }
  }
  const stretches = stretchesOf(tracks, scale, found);
  const wrong: (readonly [number, number])[] = [];
  for (const [i, { frame, k, moved }] of found.entries()) {
    const [first, last] = stretches[i] ?? [frame, frame];
    wrong.push([first, last]);
    faults.add({
      kind: first === frame && last === frame && k === 1 ? "stale" : "shift",
      frames: [first, last],
      tracks: [],
      weight: (last - first + 1) * moved,
      observed: { identicalTo: frame - k, tracksMoving: moved, frames: first < frame ? k : -k },
      expected: { frames: 0 },
      signals: stretches[i] ? ["exact repetition", "jump of all tracks"] : ["exact repetition"],
    });
  }
  tracks.forget(wrong);
}

/** How many tracks are exactly where they were k frames ago though they should have moved; 0 when the sets differ. */
function repeated(tracks: Tracks, scale: Scale, t: number, k: number): number {
  let same = 0;
  let moved = 0;
  let different = 0;
  const at = new Float64Array(WIDTH);
  const rows = tracks.inFrame(t);
  for (const row of rows) {
    const track = tracks.track[row] ?? -1;
    const i = tracks.indexAt(track, t);
    const old = rowBefore(tracks, track, i, t - k);
    if (old < 0) continue;
    if (!isSame(tracks, row, old)) {
      if (++different > MOST_DIFFERENT * rows.length) return 0;
      continue;
    }
    same++;
    const frame = tracks.frame[row] ?? 0;
    // Its motion around, on either side of the repetition.
    const [a, b] = [tracks.near(track, i - k - 1, frame - k), tracks.near(track, i - k, frame - k)];
    const [c, d] = [tracks.near(track, i + 1, frame), tracks.near(track, i + 2, frame)];
    let step = 0;
    if (a >= 0 && b >= 0) {
      tracks.line(a, b, frame, at);
      step = Math.max(step, tracks.gap(row, at));
    }
    if (c >= 0 && d >= 0) {
      tracks.line(c, d, frame - k, at);
      step = Math.max(step, tracks.gap(old, at));
    }
    if (step > scale.floor(row) * STEP_SHARE) moved++;
  }
  return different > MOST_DIFFERENT * same ? 0 : moved;
}

/** Row of a track in `frame`, from position i of the track back; -1 where it has none there. */
function rowBefore(tracks: Tracks, track: number, i: number, frame: number): number {
  for (let at = i - 1; at >= 0; at--) {
    const row = tracks.rowOf(track, at);
    if ((tracks.frame[row] ?? 0) <= frame) return tracks.frame[row] === frame ? row : -1;
  }
  return -1;
}

function isSame(tracks: Tracks, a: number, b: number): boolean {
  for (let i = 0; i < WIDTH; i++) if (tracks.place[WIDTH * a + i] !== tracks.place[WIDTH * b + i]) return false;
  return true;
}

/**
 * The frames delivered k late (from the repetition to a jump of all tracks) or k early (from a jump to before the repetition), for each
 * repetition; null where no jump closes it. A jump ends one stretch: the shortest are taken first.
 */
function stretchesOf(tracks: Tracks, scale: Scale, found: readonly Repeat[]): readonly (readonly [number, number] | null)[] {
  /** Evidence by frame, k and way: many stretches ask about one frame, and the other end, when it is far enough, plays no part. */
  const known = new Map<number, number>();
  const evidenceOf = (e: number, k: number, way: 1 | -1, end: number, length: number): number => {
    if (length <= MOST_GAP_FRAMES) return jumpEvidence(tracks, scale, e, k, way, end);
    const key = (e * (MOST_SHIFT + 1) + k) * 2 + (way === 1 ? 1 : 0);
    const before = known.get(key);
    if (before !== undefined) return before;
    const evidence = jumpEvidence(tracks, scale, e, k, way, end);
    known.set(key, evidence);
    return evidence;
  };
  const ends = found.flatMap(({ frame, k }, i) => {
    const mine: {
      readonly i: number;
      readonly jump: number;
      readonly length: number;
      readonly frames: readonly [number, number];
      readonly evidence: number;
    }[] = [];
    for (let length = 1; length <= MOST_STRETCH; length++) {
      const early = frame - length - k + 1;
      const late = frame + length;
      mine.push({ i, jump: late, length, frames: [frame, late - 1], evidence: evidenceOf(late, k, 1, frame, length) });
      mine.push({ i, jump: early, length, frames: [early, frame - k], evidence: evidenceOf(early, k, -1, frame - k, length) });
    }
    // One late frame is told from more by the frame after it alone: there the tracks leap, or go on late.
    const single = mine[0];
    if (single && single.evidence > 0 && k === 1) return [single];
    const most = mine.reduce((best, { evidence }) => Math.max(best, evidence), Number.NEGATIVE_INFINITY);
    return mine.filter(({ evidence }) => evidence > LEAST_EVIDENCE && evidence >= CLEAR * most);
  });
  ends.sort((a, b) => a.length - b.length || b.evidence - a.evidence || a.i - b.i);
  const stretches: (readonly [number, number] | null)[] = found.map(() => null);
  const used = new Set<number>();
  for (const { i, jump, frames } of ends) {
    if (stretches[i] || used.has(jump)) continue;
    stretches[i] = frames;
    used.add(jump);
  }
  return stretches;
}

/**
 * How much speaks for a leap by k frames too many from frame e - 1 to e, where the frames before were delivered k late (way 1) or those
 * from e on k early (way -1): what the tracks that leap outweigh those that do not, by their speed on both sides. Not above 0 where
 * nothing does.
 *
 * @param end the other end of the stretch: beyond it a track's speed says nothing of this end
 */
function jumpEvidence(tracks: Tracks, scale: Scale, e: number, k: number, way: 1 | -1, end: number): number {
  const at = new Float64Array(WIDTH);
  const [from, to] = way === 1 ? [e - 1 - k, e] : [e - 1, e + k];
  if (from < 0 || to >= tracks.table.frames || e < 1) return 0;
  const elapsed = (a: number, b: number): number => (tracks.seconds[b] ?? 0) - (tracks.seconds[a] ?? 0);
  let evidence = 0;
  for (const row of tracks.inFrame(e)) {
    const track = tracks.track[row] ?? -1;
    const i = tracks.indexAt(track, e);
    if (i < 1) continue;
    const before = tracks.near(track, i - 1, e);
    const speed = speedAround(tracks, track, i, way === 1 ? [end - 1, end] : [end, end + 1]);
    if (before < 0 || tracks.frame[before] !== e - 1 || !speed) continue;
    const expect = (seconds: number): Float64Array => at.map((_, d) => (tracks.place[WIDTH * before + d] ?? 0) + (speed[d] ?? 0) * seconds);
    const given = tracks.gap(row, expect(elapsed(e - 1, e)));
    const other = tracks.gap(row, expect(elapsed(from, to)));
    const least = Math.max(WITNESS_SCALES * scale.local(track, i), scale.floor(row) / 2);
    // Half-way between the two readings a track says nothing, at either end all it can.
    const sure = (given - other) / Math.max(given + other, 1e-9);
    evidence += sure * Math.min(Math.max(given, other) / least, MOST_WEIGHT);
  }
  return evidence;
}

/**
 * Speed of a track before position i and from it on, without the step to it: the mean of both sides, so that a change of speed
 * cancels; of one where there is no other. The step between frames `broken[0]` and `broken[1]` is no motion and is kept out.
 */
function speedAround(tracks: Tracks, track: number, i: number, broken: readonly [number, number]): readonly number[] | null {
  const frame = tracks.frame[tracks.rowOf(track, i)] ?? 0;
  const before = [i - 3, i - 2, i - 1].map((k) => tracks.near(track, k, frame)).filter((row) => row >= 0);
  const after = [i, i + 1, i + 2].map((k) => tracks.near(track, k, frame)).filter((row) => row >= 0);
  const sides = [before, after].flatMap((side) => {
    const cut = side.findIndex((row) => (tracks.frame[row] ?? 0) >= broken[1]);
    const parts = cut > 0 && (tracks.frame[side[cut - 1] ?? -1] ?? 0) <= broken[0] ? [side.slice(0, cut), side.slice(cut)] : [side];
    // The longer part, of equals the nearer one.
    const [one = [], two = []] = side === before ? parts.toReversed() : parts;
    const part = two.length > one.length ? two : one;
    const [a, b] = [part[0] ?? -1, part.at(-1) ?? -1];
    if (part.length < 2) return [];
    const seconds = (tracks.seconds[tracks.frame[b] ?? 0] ?? 0) - (tracks.seconds[tracks.frame[a] ?? 0] ?? 0);
    return [Array.from({ length: WIDTH }, (_, d) => ((tracks.place[WIDTH * b + d] ?? 0) - (tracks.place[WIDTH * a + d] ?? 0)) / seconds)];
  });
  const [one, two = one] = sides;
  return one && two ? one.map((v, d) => (v + (two[d] ?? 0)) / 2) : null;
}

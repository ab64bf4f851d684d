/**
 * Frame-set faults: a race condition delivers the labels of one frame with another. All tracks of a frame are asked
 * together, in the frame of reference the labels were delivered in: the ego's motion makes standing objects witnesses.
 *
 * Exchange: the sets of t and t + 1 fit better the other way round. Stale and shifted sets repeat a set exactly (a set
 * delivered k frames late begins with the set of k frames ago; one delivered early ends with it); where they begin and
 * end is where all tracks jump by k steps more than they move.
 */
import { type LabelFault, rounded } from "./faults.ts";
import type { Scale } from "./scale.ts";
import { type Tracks, WIDTH } from "./tracks.ts";

/** A repaired order must fit absolutely: what is left of the residuals. */
const MOST_LEFT = 0.4;
/** A track is a witness when it is off by this many of its usual residuals. */
const WITNESS_SCALES = 1.5;
/** A track that speaks alone must fit this well. */
const ALONE_LEFT = 0.2;
/** Of the witnesses, this many must agree. */
const MAJORITY = 0.7;
const MOST_WEIGHT = 4;
const MOST_SHIFT = 2;
/** A shifted stretch is looked for over this many frames. */
const MOST_STRETCH = 40;
/** A jump counts with this share of the evidence of the clearest one in reach, and at least with so much. */
const CLEAR = 0.15;
const LEAST_EVIDENCE = 0.5;

/** Finds and repairs. */
export function frameSetFaults(tracks: Tracks, scale: Scale): LabelFault[] {
  return [...repeats(tracks, scale), ...exchanges(tracks, scale)];
}

interface Vote {
  readonly before: number;
  readonly after: number;
  readonly witnesses: number;
  readonly agreeing: number;
}

function exchanges(tracks: Tracks, scale: Scale): LabelFault[] {
  const { frames } = tracks.table;
  const votes: { readonly frame: number; readonly vote: Vote }[] = [];
  for (let t = 1; t + 2 < frames; t++) {
    const vote = voteOn(tracks, scale, t);
    if (vote) votes.push({ frame: t, vote });
  }
  // The clearest first; what overlaps an accepted one is its echo.
  votes.sort((a, b) => b.vote.before - b.vote.after - (a.vote.before - a.vote.after) || a.frame - b.frame);
  const faults: LabelFault[] = [];
  const taken = new Set<number>();
  for (const { frame } of votes) {
    if (taken.has(frame) || taken.has(frame + 1)) continue;
    const vote = voteOn(tracks, scale, frame);
    if (!vote) continue;
    tracks.exchangeFrames(frame, frame + 1);
    taken.add(frame).add(frame + 1);
    faults.push({
      kind: "exchange",
      frames: [frame, frame + 1],
      tracks: [],
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
  return faults;
}

/** Whether the tracks want frames t and t + 1 exchanged; null when not. */
function voteOn(tracks: Tracks, scale: Scale, t: number): Vote | null {
  const at = new Float64Array(WIDTH);
  let before = 0;
  let after = 0;
  let witnesses = 0;
  let agreeing = 0;
  let weights = 0;
  let agreed = 0;
  for (let track = 0; track < tracks.rows.length; track++) {
    const i = tracks.indexAt(track, t);
    if (i < 1) continue;
    const rows = tracks.rows[track] ?? [];
    const [p0, p1, p2, p3] = [rows[i - 1] ?? -1, rows[i] ?? -1, rows[i + 1] ?? -1, rows[i + 2] ?? -1];
    if (p3 < 0 || tracks.frame[p0] !== t - 1 || tracks.frame[p2] !== t + 1 || tracks.frame[p3] !== t + 2) continue;
    // The straight line between the frames around is the witness: it does not depend on the two that are in doubt.
    tracks.line(p0, p3, t, at);
    const given1 = tracks.gap(p1, at);
    const other1 = tracks.gap(p2, at);
    tracks.line(p0, p3, t + 1, at);
    const given = given1 + tracks.gap(p2, at);
    const other = other1 + tracks.gap(p1, at);
    const least = Math.max(2 * WITNESS_SCALES * scale.local(track, i), 1.5 * scale.floor(p1));
    if (Math.max(given, other) < least) continue;
    // No track outvotes the others by being far off.
    const weight = Math.min(Math.max(given, other) / least, MOST_WEIGHT);
    witnesses++;
    weights += weight;
    before += given / tracks.size(p1);
    after += other / tracks.size(p1);
    if (other >= MOST_LEFT * given) continue;
    agreeing++;
    agreed += weight;
  }
  const alone = witnesses === 1;
  if (witnesses === 0 || agreed < MAJORITY * weights || after > MOST_LEFT * before) return null;
  return alone && after > ALONE_LEFT * before ? null : { before, after, witnesses, agreeing };
}

interface Repeat {
  readonly frame: number;
  /** Of so many frames ago. */
  readonly k: number;
  readonly moved: number;
}

/** Sets that repeat an earlier one exactly although its tracks were moving: each is one end of a stretch. */
function repeats(tracks: Tracks, scale: Scale): LabelFault[] {
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
  const faults = found.map(({ frame, k, moved }, i): LabelFault => {
    const [first, last] = stretches[i] ?? [frame, frame];
    return {
      kind: first === frame && last === frame && k === 1 ? "stale" : "shift",
      frames: [first, last],
      tracks: [],
      observed: { identicalTo: frame - k, tracksMoving: moved, frames: first < frame ? k : -k },
      expected: { frames: 0 },
      signals: stretches[i] ? ["exact repetition", "jump of all tracks"] : ["exact repetition"],
    };
  });
  for (const { frames } of faults) tracks.forget(...frames);
  return faults;
}

/** How many tracks are exactly where they were k frames ago though they should have moved; 0 when the sets differ. */
function repeated(tracks: Tracks, scale: Scale, t: number, k: number): number {
  let same = 0;
  let moved = 0;
  let different = 0;
  const at = new Float64Array(WIDTH);
  for (let track = 0; track < tracks.rows.length; track++) {
    const row = tracks.rowAt(track, t);
    const old = tracks.rowAt(track, t - k);
    if (row < 0 || old < 0) continue;
    if (!isSame(tracks, row, old)) {
      different++;
      continue;
    }
    same++;
    const i = tracks.indexAt(track, t);
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
    if (step > Math.max(scale.floor(row), 2 * scale.local(track, i))) moved++;
  }
  return different > 0.1 * same || moved === 0 ? 0 : moved;
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
      mine.push({ i, jump: late, length, frames: [frame, late - 1], evidence: jumpEvidence(tracks, scale, late, k, 1) });
      mine.push({ i, jump: early, length, frames: [early, frame - k], evidence: jumpEvidence(tracks, scale, early, k, -1) });
    }
    const most = Math.max(...mine.map(({ evidence }) => evidence));
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
 * How much speaks for a jump by k steps too many from frame e - 1 to e, when the frames before (way 1) or from e on (way -1) were
 * delivered k frames late or early: what the tracks that fit then outweigh those that do not. Not above 0 where nothing does.
 */
function jumpEvidence(tracks: Tracks, scale: Scale, e: number, k: number, way: 1 | -1): number {
  const at = new Float64Array(WIDTH);
  let evidence = 0;
  for (let track = 0; track < tracks.rows.length; track++) {
    const i = tracks.indexAt(track, e);
    const row = tracks.rows[track]?.[i] ?? -1;
    if (i < 0) continue;
    // The line on the far side of the stretch, carried to the frame before and to k frames before that.
    const [near, far] = way === 1 ? [tracks.near(track, i + 1, e), row] : [tracks.near(track, i - 1, e), tracks.near(track, i - 2, e)];
    const inside = way === 1 ? tracks.near(track, i - 1, e) : row;
    if (near < 0 || far < 0 || inside < 0 || near === far) continue;
    const inFrame = tracks.frame[inside] ?? 0;
    const meant = inFrame - way * k;
    if (meant < 0 || meant >= tracks.table.frames) continue;
    tracks.line(near, far, inFrame, at);
    const given = tracks.gap(inside, at);
    tracks.line(near, far, meant, at);
    const other = tracks.gap(inside, at);
    const least = Math.max(WITNESS_SCALES * scale.local(track, i), scale.floor(row) / 2);
    // Half-way between the two readings a track says nothing, at either end all it can.
    const sure = (given - other) / Math.max(given + other, 1e-9);
    evidence += sure * Math.min(Math.max(given, other) / least, MOST_WEIGHT);
  }
  return evidence;
}

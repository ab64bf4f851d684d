/**
 * The catalogue of label faults: where each may strike, whether the data can show it, and what it does.
 *
 * `observable` is the rule of what can be seen, from undamaged data alone and written before anything was scored. Lengths
 * are metres in 3D and shares of the box's width (w) in 2D; n is the noise of the track by itself (clean.ts).
 * - swap, rotation: distance >= 0.5 m / 25 % w and >= 4n between all, rows at t-1 and t+1; persistent: rows at t-2..t+1
 * - class flicker and swap of r frames: >= r + 1 rows on each side; class switch: >= 3
 * - exchange, shift: a track displaced >= 0.3 m / 10 % w and >= 4n, present t-1..t+2 (a shift: where it begins and where it ends)
 * - stale: a track moved >= 0.1 m / 3 % w
 * - jitter of 8 frames: median n <= a quarter of the amplitude, rows on both sides
 * - teleport: moved >= 4n, rows at t-1 and t+1; ghost: a free spot inside the border, nearer than the farthest 1 % of boxes, not in the first or last frame; missing: 2 rows on each side
 * - broken: 3 rows on each side, prediction within 1 m / 50 % w, no rival birth there; yaw flip: clean steps <= 0.5 rad
 * - size drift: 3 rows before, 12 that drift; duplicate: IoU > 0.9 in >= 5 frames, by construction
 */
import type { Random } from "../../../src/simulate/random.ts";
import { type Clean, copied, distance, type Row, type Space, width } from "./clean.ts";

export interface Site {
  readonly kind: string;
  /** What is wrong, inclusive; for what goes on to the end of a track: the frame it begins in. */
  readonly frames: readonly [number, number];
  readonly tracks: readonly string[];
  readonly observable: boolean;
  /** Frames it needs for itself: [first, last]. */
  readonly holds: readonly [number, number];
  /** Tracks nothing else may touch: their names change for good. */
  readonly owns?: readonly string[];
  /** Whole sets are moved after everything else has been done to their rows. */
  readonly last?: true;
  apply(rows: Rows): void;
}

/** Rows to damage: found by what they are in truth, whatever was done to them. */
export interface Rows {
  at(track: string, frame: number): Row | undefined;
  of(track: string): readonly Row[];
  inFrame(frame: number): readonly Row[];
  add(row: Row): void;
  remove(row: Row): void;
}

/** Proposes a fault somewhere; null where it would be none. */
export type Propose = (clean: Clean, random: Random) => Site | null;

const JITTER_FRAMES = 8;
const JITTER_M = 0.3;
const JITTER_WIDTHS = 0.05;
const DRIFT_FRAMES = 12;
const DRIFT_SHARE = 0.03;
const DUPLICATE_FRAMES = 10;

export const KINDS: Readonly<Record<string, Propose>> = {
  swap: (clean, random) => identities(clean, random, 2),
  "persistent-swap": (clean, random) => {
    const group = together(clean, random, 2);
    const [a, b] = group;
    if (!a || !b) return null;
    const t = a.frame;
    const tracks = [a.track, b.track];
    const known = tracks.every((track) => clean.has(track, t - 2, t + 1));
    return {
      kind: "persistent-swap",
      frames: [t, t],
      tracks,
      observable: known && isApart(clean, group),
      holds: [t - 1, t + 1],
      owns: tracks,
      apply: (rows) => {
        const [ofA, ofB] = [rows.of(a.track), rows.of(b.track)];
        for (const row of ofA) if (row.origin >= t) row.track = b.track;
        for (const row of ofB) if (row.origin >= t) row.track = a.track;
      },
    };
  },
  rotation: (clean, random) => identities(clean, random, 3),
  "class-flicker": (clean, random) => {
    const row = anyRow(clean, random);
    const to = clean.classes.filter((name) => name !== row.class);
    const name = to.length > 0 ? random.pick(to) : "flickering";
    const r = 1 + random.below(3);
    const [i, all] = position(clean, row);
    if (i + r > all.length) return null;
    const part = all.slice(i, i + r);
    const last = part.at(-1)?.frame ?? row.frame;
    return {
      kind: "class-flicker",
      frames: [row.frame, last],
      tracks: [row.track],
      observable: isSteady(all.slice(Math.max(0, i - r - 1), i + 2 * r + 1)) && i >= r + 1 && all.length - i - r >= r + 1,
      holds: [row.frame, last],
      apply: (rows) => each(rows, part, (one) => (one.class = name)),
    };
  },
  "class-switch": (clean, random) => {
    const row = anyRow(clean, random);
    const to = clean.classes.filter((name) => name !== row.class);
    const name = to.length > 0 ? random.pick(to) : "switched";
    const [i, all] = position(clean, row);
    if (i === 0) return null;
    return {
      kind: "class-switch",
      frames: [row.frame, row.frame],
      tracks: [row.track],
      observable: i >= 3 && all.length - i >= 3 && isSteady(all),
      holds: [row.frame, row.frame],
      owns: [row.track],
      apply: (rows) => each(rows, all.slice(i), (one) => (one.class = name)),
    };
  },
  "class-swap": (clean, random) => {
    const a = anyRow(clean, random);
    const others = nearest(clean, a).filter((row) => row.class !== a.class);
    const b = others[0];
    if (!b) return null;
    const r = 1 + random.below(3);
    const t = a.frame;
    const tracks = [a.track, b.track];
    if (!tracks.every((track) => clean.has(track, t, t + r - 1))) return null;
    const sides = [a, b].every((row) => {
      const [i, all] = position(clean, row);
      return i >= r + 1 && all.length - i - r >= r + 1;
    });
    return {
      kind: "class-swap",
      frames: [t, t + r - 1],
      tracks,
      observable: sides,
      holds: [t, t + r - 1],
      apply: (rows) => {
        for (let f = t; f < t + r; f++) {
          const [p, q] = [rows.at(a.track, f), rows.at(b.track, f)];
          if (p && q) [p.class, q.class] = [q.class, p.class];
        }
      },
    };
  },
  exchange: (clean, random) => {
    const t = random.below(clean.frames - 1);
    return {
      kind: "exchange",
      frames: [t, t + 1],
      tracks: [],
      observable: displaced(clean, t, t + 1, 0.3, 0.1, 4).some((row) => clean.has(row.track, t - 1, t + 2)),
      holds: [t - 1, t + 2],
      last: true,
      apply: (rows) => {
        const [before, after] = [[...rows.inFrame(t)], [...rows.inFrame(t + 1)]];
        for (const row of before) row.frame = t + 1;
        for (const row of after) row.frame = t;
      },
    };
  },
  stale: (clean, random) => {
    const t = 1 + random.below(clean.frames - 1);
    if ((clean.byFrame[t - 1]?.length ?? 0) === 0) return null;
    return {
      kind: "stale",
      frames: [t, t],
      tracks: [],
      observable: displaced(clean, t - 1, t, 0.1, 0.03, 0).length > 0,
      holds: [t - 1, t + 1],
      last: true,
      apply: (rows) => delayed(rows, t, t, 1),
    };
  },
  "shift-1": (clean, random) => shifted(clean, random, 1),
  "shift-2": (clean, random) => shifted(clean, random, 2),
  jitter: (clean, random) => {
    const row = anyRow(clean, random);
    const t = row.frame;
    const [first, last] = [t, t + JITTER_FRAMES - 1];
    if (!clean.has(row.track, first, last)) return null;
    const noise = Array.from({ length: JITTER_FRAMES }, (_, i) => clean.noise(row.track, t + i, "fixed")).sort((a, b) => a - b);
    const amplitude = clean.reach(row, JITTER_M, JITTER_WIDTHS);
    const angles = noise.map(() => random.between(0, 2 * Math.PI));
    return {
      kind: "jitter",
      frames: [first, last],
      tracks: [row.track],
      observable: clean.has(row.track, first - 1, last + 1) && (noise[JITTER_FRAMES / 2] ?? 0) <= amplitude / 4,
      holds: [first - 1, last + 1],
      apply: (rows) => {
        for (const [i, angle] of angles.entries()) {
          const one = rows.at(row.track, t + i);
          if (one) move(one, clean.reach(one, JITTER_M, JITTER_WIDTHS), angle);
        }
      },
    };
  },
  teleport: (clean, random) => {
    const row = anyRow(clean, random);
    const by = clean.reach(row, random.between(1, 5), random.between(0.5, 2));
    const angle = random.between(0, 2 * Math.PI);
    const n = clean.noise(row.track, row.frame, "fixed");
    // Four edges that move together by (dx, dy): what the rule measures is the mean of both.
    const moved = clean.is3d ? by : (by * (Math.abs(Math.cos(angle)) + Math.abs(Math.sin(angle)))) / 2;
    return {
      kind: "teleport",
      frames: [row.frame, row.frame],
      tracks: [row.track],
      observable: clean.has(row.track, row.frame - 1, row.frame + 1) && moved >= 4 * n,
      holds: [row.frame, row.frame],
      apply: (rows) => each(rows, [row], (one) => move(one, by, angle)),
    };
  },
  ghost: (clean, random) => {
    const like = anyRow(clean, random);
    const ghost = copied(like, { track: `ghost-${like.frame}-${random.below(1e6)}` });
    move(ghost, clean.reach(like, random.between(3, 15), random.between(1.5, 5)), random.between(0, 2 * Math.PI));
    return {
      kind: "ghost",
      frames: [like.frame, like.frame],
      tracks: [ghost.track],
      observable: isFree(clean, ghost),
      holds: [like.frame, like.frame],
      apply: (rows) => rows.add(ghost),
    };
  },
  missing: (clean, random) => {
    const row = anyRow(clean, random);
    return {
      kind: "missing",
      frames: [row.frame, row.frame],
      tracks: [row.track],
      observable: clean.has(row.track, row.frame - 2, row.frame + 2),
      holds: [row.frame, row.frame],
      apply: (rows) => each(rows, [row], (one) => rows.remove(one)),
    };
  },
  broken: (clean, random) => {
    const row = anyRow(clean, random);
    const gap = random.below(3);
    const [i, all] = position(clean, row);
    if (i === 0 || i + gap >= all.length) return null;
    const born = all[i + gap] ?? row;
    const heir = `${row.track}-heir-${row.frame}`;
    return {
      kind: "broken",
      frames: [born.frame, born.frame],
      tracks: [row.track, heir],
      observable: i >= 3 && all.length - i - gap >= 3 && isPredicted(clean, row, born),
      holds: [row.frame, born.frame],
      owns: [row.track],
      apply: (rows) => {
        each(rows, all.slice(i, i + gap), (one) => rows.remove(one));
        each(rows, all.slice(i + gap), (one) => (one.track = heir));
      },
    };
  },
  "yaw-flip": (clean, random) => {
    if (!clean.is3d) return null;
    const row = anyRow(clean, random);
    const yaw = (frame: number): number => clean.at(row.track, frame)?.box3d[6] ?? Number.NaN;
    const steps = [yaw(row.frame) - yaw(row.frame - 1), yaw(row.frame + 1) - yaw(row.frame)];
    return {
      kind: "yaw-flip",
      frames: [row.frame, row.frame],
      tracks: [row.track],
      observable: steps.every((step) => Math.abs(Math.atan2(Math.sin(step), Math.cos(step))) <= 0.5),
      holds: [row.frame, row.frame],
      apply: (rows) => each(rows, [row], (one) => (one.box3d[6] = (one.box3d[6] ?? 0) + ((one.box3d[6] ?? 0) > 0 ? -Math.PI : Math.PI))),
    };
  },
  "size-drift": (clean, random) => {
    if (!clean.is3d) return null;
    const row = anyRow(clean, random);
    const [i, all] = position(clean, row);
    const part = all.slice(i, i + DRIFT_FRAMES);
    if (part.length < DRIFT_FRAMES) return null;
    const last = part.at(-1)?.frame ?? row.frame;
    return {
      kind: "size-drift",
      frames: [row.frame, last],
      tracks: [row.track],
      observable: i >= 3,
      holds: [row.frame, last],
      apply: (rows) => {
        for (const [k, one] of part.entries()) {
          each(rows, [one], ({ box3d }) => {
            for (let d = 3; d < 5; d++) box3d[d] = (box3d[d] ?? 0) * (1 + DRIFT_SHARE * (k + 1));
          });
        }
      },
    };
  },
  duplicate: (clean, random) => {
    const row = anyRow(clean, random);
    const [first, last] = [row.frame, row.frame + DUPLICATE_FRAMES - 1];
    if (!clean.has(row.track, first, last)) return null;
    const twin = `twin-${row.track}-${first}`;
    const angle = random.between(0, 2 * Math.PI);
    return {
      kind: "duplicate",
      frames: [first, last],
      tracks: [row.track, twin],
      observable: true,
      holds: [first, last],
      apply: (rows) => {
        for (let f = first; f <= last; f++) {
          const one = rows.at(row.track, f);
          if (!one) continue;
          const copy = copied(one, { track: twin });
          move(copy, 0.01 * (clean.is3d ? Math.min(one.box3d[3] ?? 0, one.box3d[4] ?? 0) : width(one)), angle);
          rows.add(copy);
        }
      },
    };
  },
};

function anyRow(clean: Clean, random: Random): Row {
  return random.pick(random.pick(clean.byFrame.filter((rows) => rows.length > 0)));
}

/** Place of a row in its track, and the track. */
function position(clean: Clean, row: Row): readonly [number, readonly Row[]] {
  const all = clean.tracks.get(row.track) ?? [];
  return [all.indexOf(row), all];
}

function isSteady(rows: readonly Row[]): boolean {
  return rows.every((row) => row.class === rows[0]?.class);
}

/** Other boxes of the frame, the nearest first. */
function nearest(clean: Clean, row: Row): readonly Row[] {
  const others = (clean.byFrame[row.frame] ?? []).filter((one) => one !== row);
  return others.toSorted((a, b) => clean.distance(row, a, "given") - clean.distance(row, b, "given"));
}

/** A box and some of those about it: half the time the nearest. */
function together(clean: Clean, random: Random, count: number): readonly Row[] {
  const first = anyRow(clean, random);
  const others = [...nearest(clean, first)];
  if (others.length < count - 1) return [];
  const chosen = [first];
  const near = random.chance(0.5);
  while (chosen.length < count) chosen.push(...others.splice(near ? 0 : random.below(others.length), 1));
  return chosen;
}

function isApart(clean: Clean, rows: readonly Row[]): boolean {
  return rows.every((a) =>
    rows.every((b) => {
      if (a === b) return true;
      const far = clean.distance(a, b, "fixed");
      const n = Math.max(clean.noise(a.track, a.frame, "fixed"), clean.noise(b.track, b.frame, "fixed"));
      return far >= Math.max(clean.reach(a, 0.5, 0.25), clean.reach(b, 0.5, 0.25)) && far >= 4 * n;
    }),
  );
}

function identities(clean: Clean, random: Random, count: 2 | 3): Site | null {
  const group = together(clean, random, count);
  const t = group[0]?.frame;
  if (t === undefined) return null;
  const tracks = group.map((row) => row.track);
  return {
    kind: count === 2 ? "swap" : "rotation",
    frames: [t, t],
    tracks,
    observable: isApart(clean, group) && tracks.every((track) => clean.has(track, t - 1, t + 1)),
    holds: [t, t],
    apply: (rows) => {
      const damaged = tracks.map((track) => rows.at(track, t));
      for (const [i, row] of damaged.entries()) if (row) row.track = tracks[(i + 1) % tracks.length] ?? row.track;
    },
  };
}

/** Rows of frame `b` that are displaced from their own in frame `a`, as delivered. */
function displaced(clean: Clean, a: number, b: number, metres: number, share: number, scales: number): readonly Row[] {
  return (clean.byFrame[b] ?? []).filter((row) => {
    const before = clean.at(row.track, a);
    if (!before) return false;
    const moved = clean.distance(row, before, "given");
    const space: Space = "given";
    return moved >= clean.reach(row, metres, share) && moved >= scales * clean.noise(row.track, b, space);
  });
}

/** Frames s..e are delivered with the labels of k frames ago. */
function shifted(clean: Clean, random: Random, k: number): Site | null {
  const length = k + 2 + random.below(8);
  const s = k + random.below(Math.max(1, clean.frames - length - k));
  const e = s + length - 1;
  if (e >= clean.frames || (clean.byFrame[s - k]?.length ?? 0) === 0) return null;
  const seen = (t: number): boolean => displaced(clean, t - k, t, 0.3, 0.1, 4).some((row) => clean.has(row.track, t - 1, t + 2));
  return {
    kind: `shift-${k}`,
    frames: [s, e],
    tracks: [],
    observable: seen(s) && seen(e + 1),
    holds: [s - k - 1, e + 2],
    last: true,
    apply: (rows) => delayed(rows, s, e, k),
  };
}

function delayed(rows: Rows, first: number, last: number, k: number): void {
  const old = Array.from({ length: last - first + 1 }, (_, i) =>
    rows.inFrame(first + i - k).map((row) => copied(row, { frame: first + i })),
  );
  for (let f = first; f <= last; f++) for (const row of [...rows.inFrame(f)]) rows.remove(row);
  for (const row of old.flat()) rows.add(row);
}

function each(rows: Rows, clean: readonly Row[], change: (row: Row) => void): void {
  for (const { track, origin } of clean) {
    const row = rows.at(track, origin);
    if (row) change(row);
  }
}

/** Moves a box over the ground, or in the image, by metres or pixels. */
function move({ box2d, box3d }: Row, by: number, angle: number): void {
  const [dx, dy] = [by * Math.cos(angle), by * Math.sin(angle)];
  for (const d of [0, 2]) box2d[d] = (box2d[d] ?? 0) + dx;
  for (const d of [1, 3]) box2d[d] = (box2d[d] ?? 0) + dy;
  box3d[0] = (box3d[0] ?? 0) + dx;
  box3d[1] = (box3d[1] ?? 0) + dy;
}

/**
 * No box of the frames around is within 2 m / one width of it, and it lies where boxes of the set lie: inside the border of the image,
 * not as far (as narrow) as the last hundredth of all boxes, and neither in the first nor in the last frame, whose objects come and go.
 */
function isFree(clean: Clean, ghost: Row): boolean {
  if (ghost.frame === 0 || ghost.frame >= clean.frames - 1 || farness(clean.is3d, ghost) > farthest(clean)) return false;
  const place = clean.is3d ? ghost.box3d.slice(0, 3) : ghost.box2d;
  if (!clean.is3d) {
    const { width: w = 0, height: h = 0 } = clean.set.info.imageSize ?? {};
    const border = w > 0 ? [0, 0, w, h] : extent(clean);
    const [left = 0, top = 0, right = 0, bottom = 0] = place;
    if (left < (border[0] ?? 0) || top < (border[1] ?? 0) || right > (border[2] ?? 0) || bottom > (border[3] ?? 0)) return false;
  }
  for (let f = ghost.frame - 2; f <= ghost.frame + 2; f++) {
    for (const row of clean.byFrame[f] ?? []) if (distance(clean.is3d, row.given, place) < clean.reach(row, 2, 1)) return false;
  }
  return true;
}

const farthestOf = new WeakMap<Clean, number>();

function farthest(clean: Clean): number {
  const known = farthestOf.get(clean);
  if (known !== undefined) return known;
  const all = clean.byFrame
    .flat()
    .map((row) => farness(clean.is3d, row))
    .sort((a, b) => a - b);
  const far = all[Math.floor(0.99 * all.length)] ?? Number.POSITIVE_INFINITY;
  farthestOf.set(clean, far);
  return far;
}

/** Metres, or one over the width in pixels. */
function farness(is3d: boolean, row: Row): number {
  return is3d ? Math.hypot(...row.box3d.slice(0, 3)) : 1 / width(row);
}

function extent(clean: Clean): readonly number[] {
  const edge = (d: number, of: (...values: number[]) => number): number =>
    clean.rows.reduce((most, row) => of(most, row.box2d[d] ?? most), clean.rows[0]?.box2d[d] ?? 0);
  return [edge(0, Math.min), edge(1, Math.min), edge(2, Math.max), edge(3, Math.max)];
}

/** The line of the last two rows before `row` leads to where the track is born again, and to no other birth. */
function isPredicted(clean: Clean, row: Row, born: Row): boolean {
  const [i, all] = position(clean, row);
  const [a, b] = [all[i - 2], all[i - 1]];
  if (!a || !b || b.frame === a.frame) return false;
  const share = (born.frame - b.frame) / (b.frame - a.frame);
  const at = b.fixed.map((value, d) => value + (value - (a.fixed[d] ?? 0)) * share);
  const most = clean.reach(b, 1, 0.5);
  if (distance(clean.is3d, born.fixed, at) > most) return false;
  for (const rows of clean.tracks.values()) {
    const first = rows[0];
    if (!first || first.track === row.track || Math.abs(first.frame - born.frame) > 3) continue;
    if (distance(clean.is3d, first.fixed, at) <= 2 * most) return false;
  }
  return true;
}

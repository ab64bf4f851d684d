/** Class faults: runs of classes along a track. A..A B A..A flickers, A..A B..B switches, two tracks exchanging theirs are one swap. */
import type { LabelFault } from "./faults.ts";
import type { Tracks } from "./tracks.ts";

/** A longer run between two of another class is no flicker but two switches. */
const MOST_FLICKER = 5;
/** Rows on each side that make a switch. */
const LEAST_SWITCH = 3;

interface Change {
  readonly track: number;
  readonly from: string;
  readonly to: string;
  /** Frames of the run in question; to the track's end for a switch. */
  readonly frames: readonly [number, number];
  readonly kind: "class-flicker" | "class-switch";
}

export function classFaults(tracks: Tracks): LabelFault[] {
  const changes = tracks.rows.flatMap((_, track) => changesOf(tracks, track));
  const waiting = new Map<string, Change[]>();
  const key = ({ kind, frames }: Change, from: string, to: string): string => `${kind} ${frames[0]} ${from} ${to}`;
  for (const one of changes) waiting.set(key(one, one.from, one.to), [...(waiting.get(key(one, one.from, one.to)) ?? []), one]);
  const faults: LabelFault[] = [];
  const used = new Set<Change>();
  for (const one of changes) {
    if (used.has(one)) continue;
    const other = waiting.get(key(one, one.to, one.from))?.find((two) => !used.has(two));
    const name = (change: Change): string => tracks.table.labels.tracks[change.track] ?? "";
    if (other) {
      used.add(other);
      const last = Math.max(one.frames[1], other.frames[1]);
      faults.push({
        kind: "class-swap",
        frames: [one.frames[0], last],
        tracks: [name(one), name(other)].sort((a, b) => (a < b ? -1 : 1)),
        observed: { classes: [one.to, other.to] },
        expected: { classes: [one.from, other.from] },
        signals: ["class of both tracks"],
      });
    } else {
      faults.push({
        kind: one.kind,
        frames: one.frames,
        tracks: [name(one)],
        observed: { class: one.to },
        expected: { class: one.from },
        signals: ["class of the track"],
      });
    }
    used.add(one);
  }
  return faults;
}

function changesOf(tracks: Tracks, track: number): Change[] {
  const { labels } = tracks.table;
  const runs: { readonly class: number; readonly rows: number[] }[] = [];
  for (const row of tracks.rows[track] ?? []) {
    const last = runs.at(-1);
    if (last && last.class === labels.class[row]) last.rows.push(row);
    else runs.push({ class: labels.class[row] ?? -1, rows: [row] });
  }
  const className = (index: number): string => labels.classes[index] ?? "";
  const frameOf = (row: number | undefined): number => tracks.frame[row ?? -1] ?? 0;
  const changes: Change[] = [];
  for (let r = 1; r < runs.length; r++) {
    const [before, run, after] = [runs[r - 1], runs[r], runs[r + 1]];
    if (!before || !run) continue;
    const frames = [frameOf(run.rows[0]), frameOf(run.rows.at(-1))] as const;
    const isBetween = after !== undefined && after.class === before.class;
    if (isBetween && run.rows.length <= MOST_FLICKER && before.rows.length > run.rows.length && after.rows.length > run.rows.length) {
      changes.push({ track, from: className(before.class), to: className(run.class), frames, kind: "class-flicker" });
      // Back to what it was: the run after continues the one before.
      after.rows.unshift(...before.rows);
      r++;
    } else if (before.rows.length >= LEAST_SWITCH && run.rows.length >= LEAST_SWITCH) {
      changes.push({ track, from: className(before.class), to: className(run.class), frames, kind: "class-switch" });
    }
  }
  return changes;
}

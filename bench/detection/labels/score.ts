/** Findings against faults: what was found, to the frame, what was said twice, and what was said of nothing. */
import type { Site } from "./kinds.ts";

/** A finding, whoever made it. */
export interface Alarm {
  readonly kind: string;
  readonly frames: readonly [number, number];
  readonly tracks: readonly string[];
}

/** What a fault may be called: one late frame is a stale set, and a size that leaves its track's is a drift or a jump. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  "shift-1": ["shift", "stale"],
  "shift-2": ["shift"],
  stale: ["stale", "shift"],
  "size-drift": ["size-drift", "size-jump"],
};
/** These go on to the end of a track: the frame they begin in is what counts. */
const OPEN = new Set(["persistent-swap", "class-switch", "broken"]);
/** Amplitudes of jitter begin and end anyhow: a frame more or less is exact. */
const LOOSE: Readonly<Record<string, number>> = { jitter: 1 };
/** A finding this near a fault is about it. */
const NEAR = 3;

export interface Tally {
  injected: number;
  observable: number;
  found: number;
  exact: number;
  /** Found although the rule says they cannot be seen. */
  beyond: number;
  /** Further findings about faults that can be seen. */
  echoes: number;
  /** Findings of another name about faults that cannot be seen as what they are: a size that leaps, a class that flickers. */
  otherwise: number;
}

export function emptyTally(): Tally {
  return { injected: 0, observable: 0, found: 0, exact: 0, beyond: 0, echoes: 0, otherwise: 0 };
}

export function addTo(sum: Tally, one: Tally): void {
  for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += one[key];
}

export interface Score {
  readonly byKind: ReadonlyMap<string, Tally>;
  /** Missed or not exact, and what was said there. */
  readonly misses: readonly { readonly fault: Site; readonly instead: readonly Alarm[] }[];
  readonly echoes: readonly Alarm[];
  /** On damaged data, where nothing was damaged and undamaged data gave nothing. */
  readonly added: readonly Alarm[];
}

/** @param usual findings of the undamaged set */
export function score(faults: readonly Site[], alarms: readonly Alarm[], usual: readonly Alarm[]): Score {
  const byKind = new Map(faults.map(({ kind }) => [kind, emptyTally()]));
  const tallyOf = ({ kind }: Site): Tally => byKind.get(kind) ?? emptyTally();
  const misses: { fault: Site; instead: Alarm[] }[] = [];
  const used = new Set<Alarm>();
  for (const fault of faults) {
    const matching = alarms.filter((alarm) => !used.has(alarm) && isCalled(fault, alarm) && touches(fault, alarm, 2));
    const exact = matching.find((alarm) => isExact(fault, alarm));
    const hit = exact ?? matching[0];
    const tally = tallyOf(fault);
    tally.injected++;
    if (hit) used.add(hit);
    if (!fault.observable) {
      if (hit) tally.beyond++;
      continue;
    }
    tally.observable++;
    if (hit) tally.found++;
    if (exact) tally.exact++;
    else misses.push({ fault, instead: hit ? [hit] : alarms.filter((alarm) => touches(fault, alarm, NEAR)) });
  }
  const echoes: Alarm[] = [];
  const added: Alarm[] = [];
  for (const alarm of alarms) {
    if (used.has(alarm) || usual.some((one) => isSame(one, alarm))) continue;
    const about = faults.filter((fault) => touches(fault, alarm, NEAR));
    const seen = about.find((fault) => fault.observable);
    if (seen) {
      tallyOf(seen).echoes++;
      echoes.push(alarm);
    } else if (about[0]) tallyOf(about[0]).otherwise++;
    else added.push(alarm);
  }
  return { byKind, misses, echoes, added };
}

function isCalled(fault: Site, alarm: Alarm): boolean {
  return (NAMES[fault.kind] ?? [fault.kind]).includes(alarm.kind);
}

function touches(fault: Site, alarm: Alarm, within: number): boolean {
  const last = OPEN.has(alarm.kind) && OPEN.has(fault.kind) ? alarm.frames[0] : alarm.frames[1];
  if (alarm.frames[0] > fault.frames[1] + within || last < fault.frames[0] - within) return false;
  return fault.tracks.length === 0 || alarm.tracks.length === 0 || alarm.tracks.some((track) => fault.tracks.includes(track));
}

function isExact(fault: Site, alarm: Alarm): boolean {
  const loose = LOOSE[fault.kind] ?? 0;
  if (Math.abs(alarm.frames[0] - fault.frames[0]) > loose) return false;
  if (!OPEN.has(fault.kind) && Math.abs(alarm.frames[1] - fault.frames[1]) > loose) return false;
  return (
    fault.tracks.every((track) => alarm.tracks.includes(track)) &&
    (fault.tracks.length === 0 || alarm.tracks.length === fault.tracks.length)
  );
}

function isSame(a: Alarm, b: Alarm): boolean {
  if (a.kind !== b.kind || a.frames[0] > b.frames[1] + 1 || a.frames[1] < b.frames[0] - 1) return false;
  return a.tracks.length === 0 || a.tracks.some((track) => b.tracks.includes(track));
}

/** Seeded damage to a track set: faults of given kinds in 8 % of its frames, each known to the frame and the track. */
import type { LabelTable } from "../../../src/columns/labels.ts";
import type { Random } from "../../../src/simulate/random.ts";
import { type Clean, copied, type Row, tableOf } from "./clean.ts";
import { KINDS, type Rows, type Site } from "./kinds.ts";

const SHARE = 0.08;
/** Undamaged frames between two faults, and in bursts. */
const APART = 4;
const IN_BURSTS = 0;
const TRIES = 40;

export interface Damaged {
  readonly faults: readonly Site[];
  readonly table: LabelTable;
}

/** @param bursts faults may follow each other at once, and come in groups */
export function damaged(clean: Clean, kinds: readonly string[], random: Random, bursts = false): Damaged {
  const faults = sitesOf(clean, kinds, random, bursts ? IN_BURSTS : APART, bursts);
  const rows = new DamagedRows(clean);
  for (const fault of faults) if (!fault.last) fault.apply(rows);
  for (const fault of faults) if (fault.last) fault.apply(rows);
  return { faults, table: tableOf(clean.set, rows.all()) };
}

function sitesOf(clean: Clean, kinds: readonly string[], random: Random, apart: number, bursts: boolean): readonly Site[] {
  const budget = Math.max(1, Math.round(SHARE * clean.frames));
  const held = new Set<number>();
  const owned = new Set<string>();
  const touched = new Set<string>();
  const sites: Site[] = [];
  let used = 0;
  for (let tries = 0; used < budget && tries < TRIES * budget; tries++) {
    const kind = random.pick(kinds);
    const site = KINDS[kind]?.(clean, random);
    if (!site) continue;
    const [first, last] = site.holds;
    // A burst grows from a fault that is there: half of all begin within three frames of one.
    const isNear = !bursts || sites.length % 2 === 0 || isHeld(held, first - 3, last + 3);
    const length = site.frames[1] - site.frames[0] + 1;
    if (!isNear || isHeld(held, first - apart, last + apart) || (used > 0 && used + length > budget + 1)) continue;
    if (site.tracks.some((track) => owned.has(track)) || (site.owns ?? []).some((track) => touched.has(track))) continue;
    for (let f = first; f <= last; f++) held.add(f);
    for (const track of site.owns ?? []) owned.add(track);
    for (const track of site.tracks) touched.add(track);
    used += length;
    sites.push(site);
  }
  return sites;
}

function isHeld(held: ReadonlySet<number>, first: number, last: number): boolean {
  for (let f = first; f <= last; f++) if (held.has(f)) return true;
  return false;
}

class DamagedRows implements Rows {
  readonly #rows = new Map<string, Row>();
  readonly #frames: Set<Row>[];
  readonly #rest: Row[] = [];

  constructor(clean: Clean) {
    this.#frames = Array.from({ length: clean.frames }, () => new Set<Row>());
    for (const one of clean.rows) {
      const row = copied(one);
      if (one.track === "" || one.ignored) {
        this.#rest.push(row);
        continue;
      }
      this.#rows.set(`${one.origin} ${one.track}`, row);
      this.#frames[one.origin]?.add(row);
    }
  }

  at(track: string, frame: number): Row | undefined {
    return this.#rows.get(`${frame} ${track}`);
  }

  of(track: string): readonly Row[] {
    return [...this.#rows].flatMap(([key, row]) => (key.slice(key.indexOf(" ") + 1) === track ? [row] : []));
  }

  inFrame(frame: number): readonly Row[] {
    return [...(this.#frames[frame] ?? [])];
  }

  add(row: Row): void {
    this.#frames[row.frame]?.add(row);
  }

  remove(row: Row): void {
    for (const rows of this.#frames) rows.delete(row);
  }

  all(): readonly Row[] {
    return [...this.#frames.flatMap((rows) => [...rows]), ...this.#rest];
  }
}

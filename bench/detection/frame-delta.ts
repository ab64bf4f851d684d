/**
 * labels/frame-delta against planted faults: simulated drives whose 2D labels or images are damaged, one kind at a time.
 *
 * `node bench/detection/frame-delta.ts DRIVE.mcap …`: the first half of the drives is what limits were chosen on, the second scores.
 * Make drives with `plumbline simulate --seed N --seconds 20 --lidar 16x64 --out N.mcap`. Observable, fixed before scoring: the track is
 * wholly in the image and at least 24 px wide and high; label and pixels part by 16 px and 30 % of the smaller side (frozen and
 * stale: two such tracks whose clean labels move by 8 px; a frozen image likewise).
 */

import { type ImageStep, measureStep, type Sight } from "../../src/checks/labels/pixels/box-motion.ts";
import { type Disagreement, disagreements, LIMITS } from "../../src/checks/labels/pixels/disagreements.ts";
import { type BoxTable, boxTable, labelFrameAt } from "../../src/columns/label-frames.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import { type Filmed, filmed, type Picture } from "./frame-data.ts";

type Kind = "swap" | "swap from here on" | "stale" | "exchange" | "moved" | "frozen label" | "frozen image";
const KINDS: readonly Kind[] = ["swap", "swap from here on", "stale", "exchange", "moved", "frozen label", "frozen image"];
const ANSWERS: Record<Kind, readonly string[]> = {
  swap: ["swapped-tracks"],
  "swap from here on": ["swapped-tracks"],
  stale: ["stale-labels"],
  exchange: ["shifted-labels"],
  moved: ["moved-label"],
  "frozen label": ["frozen-label", "moved-label"],
  "frozen image": ["frozen-image"],
};
/** Frames from one fault to the next. */
const APART = 12;

interface Fault {
  readonly frame: number;
  readonly tracks: readonly number[];
}

interface Score {
  planted: number;
  found: number;
  exact: number;
  named: number;
  extra: number;
  frames: number;
}

function random(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

export function stepsOf(pictures: readonly Picture[], table: BoxTable, kernels: Kernels): readonly ImageStep[] {
  const steps: ImageStep[] = [];
  for (let i = 1; i < pictures.length; i++) {
    kernels.release();
    const [a, b] = [i - 1, i].map((frame): Sight | null => {
      const picture = pictures[frame];
      const labelFrame = picture ? labelFrameAt(table, picture.stampNs) : null;
      if (!picture || labelFrame === null) return null;
      return { frame, stampNs: picture.stampNs, labelFrame, luma: { ...picture, pointer: kernels.put(picture.cells) } };
    });
    const step = a && b ? measureStep(a, b, table, kernels) : null;
    if (step) steps.push(step);
  }
  return steps;
}

type Box = readonly number[];

/** What the observable rule needs of a clean drive. */
class Drive {
  readonly film: Filmed;
  readonly #rows = new Map<string, number>();

  constructor(film: Filmed) {
    this.film = film;
    const { labels } = film.table;
    for (let row = 0; row < labels.count; row++) this.#rows.set(`${labels.frame[row]} ${labels.track[row]}`, row);
  }

  row(frame: number, track: number): number | undefined {
    return this.#rows.get(`${frame} ${track}`);
  }

  box(frame: number, track: number): Box | null {
    const row = this.row(frame, track);
    return row === undefined ? null : [...this.film.table.labels.box2d.subarray(4 * row, 4 * row + 4)];
  }

  /** Tracks that are whole and large enough in all of the frames. */
  seen(frames: readonly number[]): readonly number[] {
    const { width = 0, height = 0 } = this.film.pictures[0] ?? {};
    const whole = ([l = 0, t = 0, r = 0, b = 0]: Box): boolean =>
      l >= 3 && t >= 3 && r <= width - 3 && b <= height - 3 && Math.min(r - l, b - t) >= 24;
    return this.film.table.labels.tracks
      .map((_, track) => track)
      .filter((track) => frames.every((frame) => whole(this.box(frame, track) ?? [])));
  }

  moved(frame: number, track: number): number {
    return apart(this.box(frame - 1, track) ?? [], this.box(frame, track) ?? []);
  }
}

const centre = ([l = 0, t = 0, r = 0, b = 0]: Box): readonly [number, number] => [(l + r) / 2, (t + b) / 2];
const apart = (a: Box, b: Box): number => Math.hypot(centre(a)[0] - centre(b)[0], centre(a)[1] - centre(b)[1]);
const side = ([l = 0, t = 0, r = 0, b = 0]: Box): number => Math.min(r - l, b - t);
const parts = (a: Box, b: Box): boolean => apart(a, b) >= 16 && apart(a, b) >= 0.3 * side(a);

/** Plants faults of one kind. @returns the damaged drive and what was done */
function damage(drive: Drive, kind: Kind, seed: number): { pictures: readonly Picture[]; table: BoxTable; faults: Fault[] } {
  const { pictures, table } = drive.film;
  const draw = random(seed);
  const box2d = table.labels.box2d.slice();
  const track = table.labels.track.slice();
  const images = [...pictures];
  const faults: Fault[] = [];
  const frames = table.rowOf.length - 1;
  const put = (frame: number, of: number, box: Box): void => {
    const row = drive.row(frame, of);
    if (row !== undefined) box2d.set(box, 4 * row);
  };
  const names = new Map<number, number>();
  for (let frame = 6 + draw(4); frame < frames - 6; frame += APART) {
    const seen = drive.seen([frame - 1, frame, frame + 1]);
    const at = (one: number, f = frame): Box => drive.box(f, one) ?? [];
    const any = <T>(list: readonly T[]): T | undefined => list[draw(list.length)];
    if (kind === "swap" || kind === "swap from here on") {
      const free = seen.filter((one) => !names.has(one));
      const pair = any(
        free.flatMap((a) =>
          free.filter((b) => b > a && parts(at(a), at(b)) && parts(at(b), at(a)) && apart(at(a), at(b)) < 400).map((b) => [a, b] as const),
        ),
      );
      if (!pair) continue;
      const [a, b] = pair;
      const until = kind === "swap" ? frame : frames - 1;
      for (let f = frame; f <= until; f++) {
        for (const [from, to] of [
          [a, b],
          [b, a],
        ] as const) {
          const row = drive.row(f, from);
          if (row !== undefined) track[row] = to;
        }
      }
      if (kind !== "swap") for (const one of pair) names.set(one, frame);
      faults.push({ frame, tracks: [a, b] });
    } else if (kind === "stale") {
      const moving = seen.filter((one) => drive.moved(frame, one) >= 8);
      // The whole frame again: only where the frame has the same tracks can that be written here.
      const mine = [...table.labels.tracks.keys()].filter((one) => drive.row(frame, one) !== undefined);
      if (moving.length < 2 || mine.some((one) => drive.row(frame - 1, one) === undefined)) continue;
      if ([...table.labels.tracks.keys()].some((one) => drive.row(frame - 1, one) !== undefined && drive.row(frame, one) === undefined))
        continue;
      for (const one of mine) put(frame, one, at(one, frame - 1));
      faults.push({ frame, tracks: [] });
    } else if (kind === "exchange") {
      const both = [...table.labels.tracks.keys()].filter(
        (one) => drive.row(frame, one) !== undefined && drive.row(frame + 1, one) !== undefined,
      );
      const moving = seen.filter(
        (one) => both.includes(one) && drive.moved(frame + 1, one) >= 8 && parts(at(one, frame - 1), at(one, frame + 1)),
      );
      if (moving.length < 3 || moving.length < 0.6 * seen.length) continue;
      for (const one of both) {
        put(frame, one, at(one, frame + 1));
        put(frame + 1, one, at(one));
      }
      faults.push({ frame, tracks: [] });
    } else if (kind === "moved") {
      const one = any(seen);
      if (one === undefined) continue;
      const far = Math.max(20, 0.5 * side(at(one)));
      const [dx, dy] = [draw(2) ? far : -far, 0];
      put(
        frame,
        one,
        at(one).map((edge, i) => edge + (i % 2 ? dy : dx)),
      );
      faults.push({ frame, tracks: [one] });
    } else if (kind === "frozen label") {
      const one = any(seen.filter((each) => parts(at(each), at(each, frame - 1))));
      if (one === undefined) continue;
      put(frame, one, at(one, frame - 1));
      faults.push({ frame, tracks: [one] });
    } else {
      const moving = seen.filter((one) => drive.moved(frame, one) >= 8);
      const i = pictures.findIndex(({ stampNs }) => labelFrameAt(table, stampNs) === frame);
      const [image, before] = [pictures[i], pictures[i - 1]];
      if (moving.length < 2 || !image || !before) continue;
      images[i] = { ...image, cells: before.cells };
      faults.push({ frame, tracks: [] });
    }
  }
  const labels = { ...table.labels, box2d, track };
  const stamps = new BigInt64Array(frames);
  for (const [i, frame] of table.order.entries()) stamps[frame] = table.stampNs[i] ?? 0n;
  return { pictures: images, table: boxTable(table.stream, frames, stamps, labels), faults };
}

function score(found: readonly Disagreement[], faults: readonly Fault[], clean: readonly Disagreement[], kind: Kind, into: Score): void {
  const near = ({ labelFrames: [first, last] }: Disagreement, { frame }: Fault): boolean => first <= frame + 2 && last >= frame - 1;
  const about = (one: Disagreement, { tracks }: Fault): boolean =>
    tracks.length === 0 || one.tracks.length === 0 || tracks.some((track) => one.tracks.includes(track));
  into.planted += faults.length;
  for (const fault of faults) {
    const mine = found.filter((one) => near(one, fault) && about(one, fault));
    if (mine.length > 0) into.found++;
    if (mine.some(({ labelFrames }) => labelFrames[0] === fault.frame)) into.exact++;
    if (mine.some((one) => ANSWERS[kind].includes(one.kind))) into.named++;
  }
  const known = new Set(clean.map((one) => `${one.kind} ${one.labelFrames[0]} ${one.tracks}`));
  into.extra += found.filter(
    (one) => !faults.some((fault) => near(one, fault)) && !known.has(`${one.kind} ${one.labelFrames[0]} ${one.tracks}`),
  ).length;
}

const kernels = await loadKernels();
const drives = await Promise.all(process.argv.slice(2).map(async (path) => new Drive(await filmed(path))));
for (const [half, some] of [
  ["tuned on", drives.slice(0, drives.length >> 1)],
  ["scored", drives.slice(drives.length >> 1)],
] as const) {
  const clean = some.map(({ film }) => disagreements(stepsOf(film.pictures, film.table, kernels), LIMITS));
  const frames = some.reduce((sum, { film }) => sum + film.pictures.length, 0);
  console.log(`\n${half}: ${some.length} drives, ${frames} images; clean: ${clean.flat().length} findings`);
  for (const [i, one] of clean.entries())
    for (const each of one) console.log(`  ${some[i]?.film.name.split("/").at(-1)} ${describe(each)}`);
  console.log("kind               planted  found  exact frame  right kind  others per 10,000 images");
  for (const kind of KINDS) {
    const total: Score = { planted: 0, found: 0, exact: 0, named: 0, extra: 0, frames: 0 };
    for (const [i, drive] of some.entries()) {
      for (const seed of [1, 2, 3]) {
        const { pictures, table, faults } = damage(drive, kind, seed);
        const found = disagreements(stepsOf(pictures, table, kernels), LIMITS);
        score(found, faults, clean[i] ?? [], kind, total);
        total.frames += pictures.length;
      }
    }
    const share = (n: number): string => (n / Math.max(1, total.planted)).toFixed(3);
    console.log(
      `${kind.padEnd(18)} ${String(total.planted).padStart(7)}  ${share(total.found)}  ${share(total.exact).padStart(11)}  ${share(total.named).padStart(10)}  ${((1e4 * total.extra) / total.frames).toFixed(1)}`,
    );
  }
}

function describe(one: Disagreement): string {
  const { kind, frames, tracks, labelPx, pixelsPx, followed, best, boxes } = one;
  return `${kind} frames ${frames.join("-")} tracks ${tracks} label ${labelPx.toFixed(1)} px, pixels ${pixelsPx.toFixed(1)} px, luma ${followed.toFixed(1)} against ${best.toFixed(1)}, ${boxes.join(" of ")} boxes`;
}

/** Tables of boxes made to make a check find, compare or keep too much; and what must come of them. */
import { expect } from "vitest";
import type { Report } from "../src/types.ts";

interface Scene {
  /** CSV: frame, track, class, left, top, right, bottom. */
  readonly text: () => string;
  readonly expected: (report: Report) => void;
}

type Box = readonly [track: string | number, name: string, left: number, top: number, right: number, bottom: number];

/** One row for each box of each frame. */
function table(frames: number, boxes: (frame: number) => Iterable<Box>): string {
  const lines = ["frame,track,class,left,top,right,bottom"];
  for (let frame = 0; frame < frames; frame++) for (const box of boxes(frame)) lines.push(`${frame},${box.join(",")}`);
  return `${lines.join("\n")}\n`;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const SPOT = [9, 9, 18, 18] as const;

/** Verdict and findings of one check. */
function answer(report: Report, id: string) {
  const verdict = report.verdicts.find(({ check }) => check === id);
  return { ...verdict, findings: report.findings.filter(({ check }) => check === id) };
}

/** Located and counted findings of a kind. */
function count(report: Report, kind: string): number {
  const more = report.verdicts.flatMap((verdict) => (verdict.more ?? []).filter((one) => one.kind === kind));
  return report.findings.filter((one) => one.kind === kind).length + more.reduce((sum, one) => sum + one.count, 0);
}

export const SCENES: Readonly<Record<string, Scene>> = {
  "2,700 tracks on one object, over 5 frames (acceptance case S01)": {
    text: () => table(5, () => range(2700).map((i): Box => [i, "car", ...SPOT])),
    expected(report) {
      const { status, findings, observed } = answer(report, "labels/duplicate-object");
      expect([status, observed?.["duplicate"]]).toEqual(["fail", 1]);
      expect(findings).toMatchObject([{ frames: [0, 4], observed: { framesTogether: 5, tracks: 2700 } }]);
    },
  },
  "tracks on one object that come in another order in every frame": {
    text: () =>
      table(40, (frame) => range(300).map((i): Box => [(i * 7 + frame * 11) % 300, "car", 9 + ((i * 13 + frame) % 5) / 100, 9, 18, 18])),
    expected: (report) => expect(answer(report, "labels/duplicate-object").findings).toMatchObject([{ observed: { tracks: 300 } }]),
  },
  "400 pairs of tracks on one object each": {
    text: () => table(6, () => range(800).map((i): Box => [i, "car", 100 * (i >> 1), 9, 100 * (i >> 1) + 50, 59])),
    expected(report) {
      expect([count(report, "duplicate"), answer(report, "labels/duplicate-object").observed?.["duplicate"]]).toEqual([400, 400]);
      expect(answer(report, "labels/duplicate-object").more).toMatchObject([
        { kind: "duplicate", severity: "error", count: 300, frames: [0, 5] },
      ]);
    },
  },
  "20,000 flickers of class": {
    text: () => table(800, (frame) => range(100).map((i): Box => [i, (frame + i) % 4 === 3 ? "bus" : "car", 100 * i, 9, 100 * i + 50, 59])),
    expected(report) {
      expect(count(report, "class-flicker") + count(report, "class-swap")).toBeGreaterThan(19_000);
      expect(answer(report, "labels/class-flip").findings.length).toBe(100);
    },
  },
  "one class flicker of five frames behind a thousand of one": {
    text: () => table(4100, (frame) => [[1, (frame < 4000 && frame % 4 === 3) || (frame > 4050 && frame < 4056) ? "bus" : "car", ...SPOT]]),
    expected(report) {
      expect(answer(report, "labels/class-flip").findings.at(-1)?.frames).toEqual([4051, 4055]);
      expect(count(report, "class-flicker")).toBe(1001);
    },
  },
  "30,000 tracks of a single box": {
    text: () => table(3, (frame) => range(10_000).map((i): Box => [10_000 * frame + i, "car", i, 9, i + 50, 59])),
    expected(report) {
      expect(count(report, "ghost")).toBe(10_000);
      expect(answer(report, "labels/continuity").more).toMatchObject([{ kind: "ghost", severity: "warning", count: 9900, frames: [1, 1] }]);
    },
  },
  "20,000 tracks end where 20,000 others begin": {
    text: () => table(8, (frame) => range(20_000).map((i): Box => [frame < 4 ? i : 20_000 + i, "car", i % 200, 9, (i % 200) + 50, 59])),
    expected: (report) => expect(count(report, "broken")).toBe(0),
  },
  "5,000 boxes turned inside out, each of a track of its own, in every frame": {
    text: () => table(4, () => range(5000).map((i): Box => [i, "car", 50, 9, 40 - (i % 7), 59])),
    expected(report) {
      const { findings, observed, more } = answer(report, "labels/geometry");
      expect([findings.length, observed?.["inverted"]]).toEqual([100, 20_000]);
      expect(more).toEqual([expect.objectContaining({ kind: "inverted", severity: "error", count: 4900, frames: [0, 3] })]);
      expect(new Set(findings.map(({ observed: { size } }) => size))).toEqual(new Set([-16]));
    },
  },
  "3,000 tracks twice in every frame": {
    text: () => table(3, () => range(6000).map((i): Box => [i >> 1, "car", i, 9, i + 50, 59])),
    expected(report) {
      expect([count(report, "duplicate-track"), answer(report, "labels/consistency").observed?.["duplicate-track"]]).toEqual([3000, 9000]);
    },
  },
  "5,000 classes and 5,000 tracks without a neighbour": {
    text: () => table(2, (frame) => range(5000).map((i): Box => [`${frame}-${i}`, `class ${i}`, i, 9, i + 50, 59])),
    expected: (report) => expect(report.summary.findings).toBe(0),
  },
  "two tracks that change places 300 times for good": {
    text: () =>
      table(3000, (frame) => {
        const isOther = Math.floor(frame / 10) % 2 === 1;
        const place = (k: number): Box[] => [[(k === 0) === isOther ? "b" : "a", "car", 300 * k + frame, 9, 300 * k + frame + 50, 59]];
        return [...place(0), ...place(1)];
      }),
    expected: (report) => expect(count(report, "swap") + count(report, "persistent-swap")).toBeGreaterThan(100),
  },
  "frames whose labels repeat the ones before, every second one": {
    text: () =>
      table(600, (frame) => range(10).map((i): Box => [i, "car", 100 * i + 12 * (frame >> 1), 9, 100 * i + 12 * (frame >> 1) + 50, 59])),
    expected: (report) => expect(count(report, "stale") + count(report, "shift")).toBeGreaterThan(200),
  },
};

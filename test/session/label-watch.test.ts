import { describe, expect, test } from "vitest";
import type { LabelFault } from "../../src/checks/labels/sequence/faults.ts";
import type { LabelRow } from "../../src/columns/builder.ts";
import { LabelWatch } from "../../src/session/label-watch.ts";
import { boxOf, pavement, type Scene, street, swapTracks } from "../label-scene.ts";

/** What is told, and in which frame. */
function watched(scene: Scene, windowFrames = 40): { readonly fault: LabelFault; readonly at: number }[] {
  const watch = new LabelWatch({ windowFrames });
  const told = scene.flatMap((boxes, at) =>
    watch.push(BigInt(at) * 100_000_000n, boxes as unknown as Omit<LabelRow, "frame">[]).map((fault) => ({ fault, at })),
  );
  return [...told, ...watch.end().map((fault) => ({ fault, at: scene.length }))];
}
const said = ({ fault: { kind, frames, tracks } }: { readonly fault: LabelFault }): string =>
  `${kind} ${frames[0]} ${tracks.join(", ")}`.trim();

describe("a stream", () => {
  for (const windowFrames of [20, 40]) {
    test(`clean, however long, window of ${windowFrames}`, () => {
      expect(watched(street(150), windowFrames)).toEqual([]);
      expect(watched(pavement(150), windowFrames)).toEqual([]);
    });
  }

  /** Kind, how to spoil frame 60, what is told, and frames it needs after the first. */
  const cases: readonly (readonly [string, (scene: Scene) => void, string, number])[] = [
    ["a swap", (scene) => swapTracks(scene, "car 0", "car 1", 60), "swap 60 car 0, car 1", 0],
    ["a swap that lasts", (scene) => swapTracks(scene, "car 0", "car 1", 60, 119), "persistent-swap 60 car 0, car 1", 0],
    ["a class that flickers", (scene) => (boxOf(scene, 60, "car 2").class = "bus"), "class-flicker 60 car 2", 0],
    [
      "a class that changes",
      (scene) => {
        for (let f = 60; f < 120; f++) boxOf(scene, f, "car 2").class = "bus";
      },
      "class-switch 60 car 2",
      2,
    ],
    [
      "a class that is another for four frames",
      (scene) => {
        for (let f = 60; f < 64; f++) boxOf(scene, f, "car 2").class = "bus";
      },
      "class-switch 60 car 2",
      2,
    ],
    ["sets exchanged", (scene) => ([scene[60], scene[61]] = [scene[61] ?? [], scene[60] ?? []]), "exchange 60", 1],
    ["a stale set", (scene) => (scene[60] = structuredClone(scene[59] ?? [])), "stale 60", 0],
    ["a box left out", (scene) => (scene[60] = (scene[60] ?? []).filter(({ track }) => track !== "car 1")), "missing 60 car 1", 0],
    [
      "a box out of place",
      (scene) => {
        const { box3d = [] } = boxOf(scene, 60, "car 1");
        box3d[0] = (box3d[0] ?? 0) + 3;
      },
      "teleport 60 car 1",
      0,
    ],
    [
      "a heading turned about",
      (scene) => {
        const { box3d = [] } = boxOf(scene, 60, "car 1");
        box3d[6] = (box3d[6] ?? 0) + Math.PI;
      },
      "yaw-flip 60 car 1",
      0,
    ],
    [
      "a track that goes on under a new id",
      (scene) => {
        for (let f = 60; f < 120; f++) boxOf(scene, f, "car 3").track = "car 9";
      },
      "broken 60 car 3, car 9",
      2,
    ],
  ];
  for (const [name, spoil, expected, needs] of cases) {
    test(`${name}: told once, at most three frames late`, () => {
      const scene = street(120);
      spoil(scene);
      const told = watched(scene);
      expect(told.map(said)).toEqual([expected]);
      expect((told[0]?.at ?? Number.NaN) - 60 - needs).toBeLessThanOrEqual(3);
    });
  }

  test("nothing, and misuse", () => {
    expect(watched(Array.from({ length: 50 }, () => []))).toEqual([]);
    expect(() => new LabelWatch({ windowFrames: 3 })).toThrow(RangeError);
  });
});

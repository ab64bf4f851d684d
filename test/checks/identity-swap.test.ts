import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { identitySwap } from "../../src/checks/labels/identity-swap.ts";
import { askSequence, boxOf, pavement, said, street, swapTracks, told } from "../label-scene.ts";

const ask = (scene: ReturnType<typeof street>, asked = {}) => askSequence(identitySwap, scene, asked);

describe("clean", () => {
  test("passes, and says how smooth the tracks are", () => {
    const answer = ask(street(40));
    expect([answer.status, answer.coverage]).toEqual(["pass", { items: 160, checked: 160 }]);
    expect(Number(answer.observed["noiseM"])).toBeLessThan(0.02);
    expect(ask(pavement(40)).status).toBe("pass");
  });

  test("never a pass where nothing can be seen", () => {
    expect([ask(street(40, 1)).status, ask(street(40, 1)).reason]).toEqual(["not_observable", "one track has nobody to be confused with"]);
    expect([ask(street(2)).status, ask(street(2)).reason]).toEqual(["not_observable", "no track has three boxes in a row"]);
    const nameless = street(40).map((boxes) => boxes.map(({ track: _, ...box }) => box as ReturnType<typeof boxOf>));
    expect([ask(nameless).status, ask(nameless).reason]).toEqual(["not_run", "no box has a track"]);
    expect(ask(street(40), { interrupted: true }).status).toBe("not_run");
  });
});

describe("found", () => {
  for (const [name, make, tracks] of [
    ["3D", street, ["car 1", "car 2"]],
    ["2D", pavement, ["person 1", "person 2"]],
  ] as const) {
    const [a, b] = tracks;
    test(`${name}: a swap of one frame`, () => {
      const scene = make(40);
      swapTracks(scene, a, b, 17);
      expect(said(ask(scene))).toEqual([`swap 17-17 ${a}, ${b}`]);
    });

    test(`${name}: a swap of some frames is one finding`, () => {
      const scene = make(40);
      swapTracks(scene, a, b, 17, 21);
      expect(said(ask(scene))).toEqual([`swap 17-21 ${a}, ${b}`]);
    });

    test(`${name}: a swap that lasts is one finding with its first frame`, () => {
      const scene = make(40);
      swapTracks(scene, a, b, 17, 39);
      const answer = ask(scene);
      expect(said(answer)).toEqual([`persistent-swap 17-39 ${a}, ${b}`]);
      expect(told(identitySwap, answer)[0]).toContain("from frame 17 on");
    });

    test(`${name}: three tracks passed round`, () => {
      const scene = make(40);
      const [x, y, z] = tracks.concat(a.replace("1", "0") as never).map((track) => boxOf(scene, 20, track));
      if (x && y && z) [x.track, y.track, z.track] = [y.track, z.track, x.track];
      expect(said(ask(scene))).toEqual([`rotation 20-20 ${[a, b, a.replace("1", "0")].sort().join(", ")}`]);
    });
  }

  test("several in one log, each by itself", () => {
    const scene = street(60);
    swapTracks(scene, "car 0", "car 3", 10);
    swapTracks(scene, "car 1", "car 2", 11);
    swapTracks(scene, "car 1", "car 3", 40);
    expect(said(ask(scene))).toEqual(["swap 10-10 car 0, car 3", "swap 11-11 car 1, car 2", "swap 40-40 car 1, car 3"]);
  });
});

test("tracks on one object never swap", () => {
  const scene = street(40);
  for (const boxes of scene) boxes.push({ ...boxes[0], track: "double" } as (typeof boxes)[0]);
  swapTracks(scene, "car 0", "double", 12);
  expect(ask(scene).status).toBe("pass");
});

test("the same whatever the cut", () => {
  const scene = street(40);
  swapTracks(scene, "car 1", "car 2", 17, 21);
  swapTracks(scene, "car 0", "car 3", 30);
  const whole = ask(scene);
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 8 }), (cuts) => {
      expect(ask(scene, { cuts })).toEqual(whole);
    }),
  );
});

test("hostile: an id twice in a frame, no numbers, thousands of boxes on one spot", () => {
  const scene = street(20);
  for (const boxes of scene) boxes.push({ ...(boxes[0] as (typeof boxes)[0]) });
  boxOf(scene, 5, "car 1").box3d = [Number.NaN, 1, 1, 1, 1, 1, 1];
  expect(ask(scene).defects).toEqual([]);
  const crowd = Array.from({ length: 5 }, (_, f) =>
    Array.from({ length: 5000 }, (_, i) => ({
      track: `${(i + f * 7919) % 5000}`,
      class: "car",
      box3d: [i % 100, f, 0, 4, 2, 1.5, 0] as const,
    })),
  );
  expect(() => ask(crowd as never)).not.toThrow();
});

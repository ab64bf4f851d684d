import { describe, expect, test } from "vitest";
import { annotatorTeam, MOST_ANNOTATORS, MOST_KEYFRAME_GAP } from "../../src/simulate/annotators.ts";
import { goldLabels, type LabelFrame, Labeller, type LabellerOptions, LOOKAHEAD, type TracedLabel } from "../../src/simulate/labels.ts";
import { toVehicle, turn } from "../../src/simulate/sights.ts";
import type { TrueBox, TrueMoment } from "../../src/simulate/types.ts";
import { boxAt, CAMERA, momentAt } from "./moments.ts";

const FRAMES = 120;
const team = annotatorTeam(1, 6);

/** Object 1 drives before us, 2 is parked, 3 brakes and turns through pi, 4 walks by for a while, 5 to 40 are parked along the road. */
function street(t: number, index: number): readonly TrueBox[] {
  const boxes = [
    boxAt(t, 1, [25, 1]),
    boxAt(0, 2, [60, 6], { parked: true }),
    boxAt(0, 3, [10 + 12 * t - 0.7 * t * t, -4], { yaw: turn(2.6 + 0.1 * t) }),
    ...(index >= 30 && index < 80
      ? [boxAt(0, 4, [40, 8 - 1.4 * (t - 3)], { class: "pedestrian", length: 0.6, width: 0.6, height: 1.8 })]
      : []),
  ];
  for (let i = 5; i <= 40; i++) boxes.push(boxAt(0, i, [4 * i, i % 2 ? 9 : -9], { parked: true, class: i % 7 ? "car" : "truck" }));
  return boxes;
}

function draw(options: LabellerOptions, boxes = street): { frames: readonly LabelFrame[]; labeller: Labeller } {
  const labeller = new Labeller(options);
  const frames: LabelFrame[] = [];
  for (let i = 0; i < FRAMES; i++) {
    const frame = labeller.push(momentAt(i, boxes));
    if (frame) frames.push(frame);
  }
  frames.push(...labeller.finish());
  return { frames, labeller };
}

/** Labels of an object by frame. */
function of(frames: readonly LabelFrame[], object: number): ReadonlyMap<number, TracedLabel> {
  const list = frames.flatMap(({ index, labels }) =>
    labels.filter((label) => label.object === object).map((label) => [index, label] as const),
  );
  return new Map(list);
}

/** Distance from a label's centre to the truth. */
function error(label: TracedLabel, moment: TrueMoment): number {
  const box = moment.boxes.find(({ object }) => object === label.object);
  if (!box || !label.box3d) throw new Error("no box");
  const { centre, yaw } = toVehicle(moment, [box.x, box.y, box.z], box.yaw);
  expect(Math.abs(turn(label.box3d[6] - yaw))).toBeLessThan(0.35);
  return Math.hypot(...centre.map((value, i) => value - (label.box3d?.[i] ?? 0)));
}

describe("labels around the vehicle", () => {
  const { frames } = draw({ seed: 1, team });

  test("the drives of these tests hold late and early tracks, overlooked ones and wrong classes", () => {
    const tracks = [1, 2, 3, 4, 5, 6].flatMap((seed) => draw({ seed, team }).labeller.takeTracks());
    expect(tracks.some(({ late }) => late > 0)).toBe(true);
    expect(tracks.some(({ object, early }) => object === 4 && early > 0)).toBe(true);
    expect(tracks.some(({ overlooked }) => overlooked)).toBe(true);
    expect(tracks.some((track) => track.class !== track.labelled)).toBe(true);
  });

  test("one frame per moment, in order, with its stamp", () => {
    expect(frames.map(({ index }) => index)).toEqual(Array.from({ length: FRAMES }, (_, i) => i));
    expect(frames[7]?.stampNs).toBe(momentAt(7, street).stampNs);
    expect(LOOKAHEAD).toBeGreaterThanOrEqual(MOST_KEYFRAME_GAP);
  });

  test.each([1, 2, 3, 4, 5, 6])("the truth about every track is what its labels show, seed %i", (seed) => {
    const { frames, labeller } = draw({ seed, team });
    const tracks = labeller.takeTracks();
    expect(labeller.takeTracks()).toEqual([]);
    expect(tracks.map(({ object }) => object).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    for (const track of tracks) {
      const labels = of(frames, track.object);
      const [first, end] = track.object === 4 ? [30, 80 - track.early] : [0, FRAMES];
      expect(track.firstFrame).toBe(first);
      const expected = track.overlooked ? [] : Array.from({ length: end - first - track.late }, (_, i) => first + track.late + i);
      expect([track.object, [...labels.keys()]]).toEqual([track.object, expected]);
      const truth = momentAt(50, street).boxes.find(({ object }) => object === track.object);
      for (const label of labels.values()) {
        expect(label).toMatchObject({ track: track.track, class: track.labelled, annotator: track.annotator, gold: false });
        for (const [i, side] of [truth?.length, truth?.width, truth?.height].entries()) {
          expect(label.box3d?.[3 + i]).toBeCloseTo((side ?? 0) * (track.sizeRatio[i] ?? 0), 9);
        }
      }
    }
  });

  test("boxes lie near the truth, and not on it", () => {
    const errors: number[] = [];
    for (const frame of frames) {
      const moment = momentAt(frame.index, street);
      for (const label of frame.labels) errors.push(error(label, moment));
    }
    errors.sort((a, b) => a - b);
    expect(errors[Math.floor(errors.length / 2)]).toBeGreaterThan(0.01);
    expect(errors[Math.floor(errors.length / 2)]).toBeLessThan(0.2);
    expect(errors.at(-1)).toBeLessThan(0.8);
  });

  test("between keyframes a box moves in a straight line through the map; what is parked does not move at all", () => {
    for (const [object, least] of [
      [1, 1e-9],
      [2, 1e-9],
    ] as const) {
      const labels = of(frames, object);
      let bent = 0;
      for (const [index, label] of labels) {
        const around = [index - 1, index, index + 1].map((i) => inMap(labels.get(i), momentAt(i, street)));
        const [a, b, c] = around;
        if (!a || !b || !c) continue;
        const residual = Math.hypot(...[0, 1].map((i) => (b[i] ?? 0) - ((a[i] ?? 0) + (c[i] ?? 0)) / 2));
        if (object === 2) expect(residual).toBeLessThan(least);
        else if (residual > least) expect([index, label.keyframe, ++bent]).toEqual([index, true, bent]);
      }
      if (object === 1) expect(bent).toBeGreaterThan(5);
    }
  });

  test("time is spent on keyframes", () => {
    const labels = frames.flatMap((frame) => frame.labels);
    for (const { keyframe, seconds } of labels) expect(keyframe ? seconds > 1 && seconds < 200 : seconds === 0).toBe(true);
    const share = labels.filter(({ keyframe }) => keyframe).length / labels.length;
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThan(0.3);
  });

  test("come again with the same seed, differ with another, and do not change with other objects", () => {
    expect(draw({ seed: 1, team }).frames).toEqual(frames);
    expect(draw({ seed: 2, team }).frames).not.toEqual(frames);
    const alone = draw({ seed: 1, team }, (t, i) => street(t, i).filter(({ object }) => object === 3)).frames;
    const without = ([, label]: readonly [number, TracedLabel]) => [label.box3d, label.annotator, label.keyframe];
    expect([...of(alone, 3)].map(without)).toEqual([...of(frames, 3)].map(without));
  });

  test("many drives hold overlooked tracks and confused classes, but few", () => {
    let [all, overlooked, confused] = [0, 0, 0];
    for (let seed = 0; seed < 40; seed++) {
      for (const track of draw({ seed, team }, (t, i) => (i < 12 ? street(t, i) : [])).labeller.takeTracks()) {
        all++;
        overlooked += track.overlooked ? 1 : 0;
        confused += track.class !== track.labelled ? 1 : 0;
      }
    }
    for (const count of [overlooked, confused]) {
      expect(count / all).toBeGreaterThan(0.001);
      expect(count / all).toBeLessThan(0.08);
    }
  });
});

describe("labels in the image", () => {
  const { frames } = draw({ seed: 1, team, camera: CAMERA });

  test("are rectangles in it, near those of the truth", () => {
    const lead = of(frames, 1);
    expect(lead.size).toBeGreaterThan(100);
    for (const frame of frames) {
      for (const { box2d, box3d } of frame.labels) {
        expect(box3d).toBeUndefined();
        const [left = -1, top = -1, right = 0, bottom = 0] = box2d ?? [];
        expect(left >= 0 && top >= 0 && right <= 960 && bottom <= 540 && left < right && top < bottom).toBe(true);
      }
    }
    for (const { box2d } of lead.values()) expect(Math.abs((box2d?.[2] ?? 0) - (box2d?.[0] ?? 0) - 58)).toBeLessThan(14);
  });

  test("say what is cut off and hidden", () => {
    const labels = frames.flatMap((frame) => frame.labels);
    expect(labels.some(({ truncation }) => truncation > 0)).toBe(true);
    expect(labels.some(({ occlusion }) => occlusion > 0)).toBe(true);
  });
});

describe("gold labels", () => {
  const gold = goldLabels(momentAt(10, street), { seed: 1, team });

  test("several annotators for the same objects, the same ones every time", () => {
    const by = new Map<number, Set<string>>();
    for (const { object, annotator } of gold) by.set(object, (by.get(object) ?? new Set()).add(annotator));
    expect(by.size).toBeGreaterThan(4);
    expect(by.size).toBeLessThan(25);
    for (const names of by.values()) expect(names.size <= 5).toBe(true);
    expect([...by.values()].filter(({ size }) => size >= 2).length).toBeGreaterThan(by.size * 0.8);
    const later = goldLabels(momentAt(20, street), { seed: 1, team });
    expect(new Set(later.map(({ object }) => object)).size).toBeGreaterThan(by.size * 0.8);
    for (const label of [...gold, ...later]) expect(error(label, momentAt(gold.includes(label) ? 10 : 20, street))).toBeLessThan(0.8);
  });

  test("one annotator alone gives one opinion", () => {
    const alone = goldLabels(momentAt(10, street), { seed: 1, team: annotatorTeam(1, 1) });
    expect(new Set(alone.map(({ object }) => object)).size).toBe(alone.length);
  });
});

test("the team is the same for a seed, and skill makes the better annotator", () => {
  expect(annotatorTeam(1, 3)).toEqual(annotatorTeam(1, 6).slice(0, 3));
  const all = Array.from({ length: 30 }, (_, seed) => annotatorTeam(seed, MOST_ANNOTATORS)).flat();
  for (const { skill, keyframeGap, tenureMonths } of all) {
    expect(skill > 0 && skill < 1 && keyframeGap >= 4 && keyframeGap <= MOST_KEYFRAME_GAP && tenureMonths >= 1).toBe(true);
  }
  const sorted = [...all].sort((a, b) => a.skill - b.skill);
  expect(sorted[0]?.positionNoise).toBeGreaterThan(sorted.at(-1)?.positionNoise ?? 1);
  for (const count of [0, 1.5, MOST_ANNOTATORS + 1]) expect(() => annotatorTeam(1, count)).toThrow("annotators");
});

/** A label's centre in the map, by the vehicle's true pose. */
function inMap(label: TracedLabel | undefined, { ego: { pose } }: TrueMoment): readonly number[] | null {
  if (!label?.box3d) return null;
  const [x, y] = label.box3d;
  const [c, s] = [Math.cos(0.5), Math.sin(0.5)];
  return [pose.x + c * x - s * y, pose.y + s * x + c * y];
}

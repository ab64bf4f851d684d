/** Who labels a drive. Nobody is perfect: skill and tenure set how precise, how quick and how reliable each one is. */
import { exp } from "../geometry/elementary.ts";
import { type Random, randomStream } from "./random.ts";
import type { ObjectClass } from "./types.ts";

export interface Annotator {
  readonly name: string;
  readonly tenureMonths: number;
  /** 0 (untrained) to 1 (expert); tenure is part of it. */
  readonly skill: number;
  /** Standard deviation of a keyframe: metres for a car 20 m away, radians of its yaw, and pixels of an edge in the image. */
  readonly positionNoise: number;
  readonly yawNoise: number;
  readonly edgeNoise: number;
  /** Boxes are this much longer and wider than the object, relative: a habit. */
  readonly sizeBias: number;
  /** Frames from one keyframe to the next; between them boxes are interpolated. At most MOST_KEYFRAME_GAP. */
  readonly keyframeGap: number;
  /** Mean of how many frames late a track begins, and early it ends. */
  readonly meanDelay: number;
  /** Probability that a whole track gets a wrong class, and that it is not drawn at all. */
  readonly confusion: number;
  readonly oversight: number;
  /** Mean time for one keyframe. */
  readonly keyframeSeconds: number;
}

export const MOST_KEYFRAME_GAP = 8;

const NAMES = ["ada", "ben", "chloe", "dev", "elif", "finn", "goran", "hana", "ines", "jun"] as const;
export const MOST_ANNOTATORS = NAMES.length;

/**
 * The team of a drive.
 * @param count 1 to MOST_ANNOTATORS
 * @throws RangeError outside
 */
export function annotatorTeam(seed: number, count: number): readonly Annotator[] {
  if (!Number.isInteger(count) || count < 1 || count > MOST_ANNOTATORS) {
    throw new RangeError(`expected 1 to ${MOST_ANNOTATORS} annotators, got ${count}`);
  }
  return NAMES.slice(0, count).map((name) => annotator(name, randomStream(seed, `annotator ${name}`)));
}

function annotator(name: string, random: Random): Annotator {
  const tenureMonths = 1 + Math.floor(random.exponential(14));
  const talent = random.between(0.3, 1);
  // Two thirds of what can be learnt is learnt in nine months.
  const skill = talent * (1 - 0.6 * exp(-tenureMonths / 9));
  const slip = 1 - skill;
  return {
    name,
    tenureMonths,
    skill,
    positionNoise: 0.012 + 0.03 * slip,
    yawNoise: 0.004 + 0.015 * slip,
    edgeNoise: 0.6 + 1.5 * slip,
    sizeBias: random.normal(0.01) + 0.01 * slip,
    keyframeGap: skill > 0.6 ? 4 + random.below(2) : 5 + random.below(MOST_KEYFRAME_GAP - 4),
    meanDelay: 0.2 + 2.5 * slip,
    confusion: 0.004 + 0.03 * slip,
    oversight: 0.003 + 0.02 * slip,
    keyframeSeconds: random.between(7, 16) * (1.4 - 0.7 * skill),
  };
}

/** What an object is taken for by somebody who takes it for something else. */
export function confusedWith(truth: ObjectClass, random: Random): ObjectClass {
  const others: Readonly<Record<ObjectClass, readonly ObjectClass[]>> = {
    car: ["truck"],
    truck: ["car"],
    cyclist: ["pedestrian", "pedestrian", "car"],
    pedestrian: ["cyclist"],
  };
  return random.pick(others[truth]);
}

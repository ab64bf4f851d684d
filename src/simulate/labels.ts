/**
 * Labels of a drive as people draw them. Every object has one annotator, who draws its box in keyframes a few frames apart; between
 * them it is interpolated, so errors are smooth, bend at keyframes and grow where an object brakes or turns. A box's size is drawn
 * once. Tracks begin late and end early, some get a wrong class, some are overlooked; `tracks` says which, for the truth.
 *
 * Interpolation and early ends need to know what follows: a frame's labels come out once LOOKAHEAD more frames are in. Memory is those
 * frames and the tracks in them.
 */

import { exp } from "../geometry/elementary.ts";
import { type Annotator, confusedWith } from "./annotators.ts";
import { randomStream } from "./random.ts";
import { type Sight, sightsAround, sightsInImage, toVehicle, turn } from "./sights.ts";
import type { CameraModel, Label, ObjectClass, TrueMoment } from "./types.ts";

export const LABEL_TOPIC = {
  /** vision_msgs/Detection3DArray in base_link, per sweep. */
  boxes3d: "/labels/boxes_3d",
  /** vision_msgs/Detection2DArray, per image. */
  boxes2d: "/labels/boxes_2d",
  /** plumbline_msgs/LabelArray: the labels of `boxes3d` with who drew them and how, per sweep. */
  work: "/labels/work",
  /** plumbline_msgs/LabelArray: the same objects by two to five annotators each, every GOLD_EVERY sweeps. */
  gold: "/labels/gold",
} as const;

/** Frames that must follow before a frame's labels are known: no fewer than the longest gap between keyframes. */
export const LOOKAHEAD = 10;

export const GOLD_EVERY = 10;

export interface LabelFrame {
  readonly index: number;
  readonly t: number;
  readonly stampNs: bigint;
  readonly labels: readonly TracedLabel[];
}

/** A label and the object it is of. */
export interface TracedLabel extends Label {
  readonly object: number;
}

/** What was done to one track, exactly. */
export interface LabelTrack {
  readonly object: number;
  readonly track: string;
  readonly annotator: string;
  readonly class: ObjectClass;
  /** What it is labelled as. */
  readonly labelled: ObjectClass;
  /** Frame in which it could first be labelled; frames it begins late and ends early (where it ends before the drive does). */
  readonly firstFrame: number;
  readonly late: number;
  readonly early: number;
  /** Not drawn at all. */
  readonly overlooked: boolean;
  /** Labelled over true length, width, height. 1 in the image. */
  readonly sizeRatio: readonly [number, number, number];
}

/** How one kind of label is seen, and what of it is drawn. */
interface Kind {
  readonly name: string;
  see(moment: TrueMoment): readonly Sight[];
  /** Whether anybody would draw it. */
  worthwhile(sight: Sight): boolean;
  /** Frames from one keyframe to the next. */
  gap(annotator: Annotator): number;
  /** Standard deviations per value of a keyframe. */
  noise(sight: Sight, annotator: Annotator): readonly number[];
  /** The box as it is written, null when nothing is left of it. */
  box(values: readonly number[], moment: TrueMoment): Pick<Label, "box3d" | "box2d"> | null;
  readonly solid: boolean;
}

interface Frame {
  readonly moment: TrueMoment;
  readonly sights: ReadonlyMap<number, Sight>;
}

interface Keyframe {
  readonly index: number;
  readonly values: readonly number[];
}

interface Track extends LabelTrack {
  readonly drawnBy: Annotator;
  readonly random: ReturnType<typeof randomStream>;
  /** Size as drawn; empty in the image. */
  readonly size: readonly number[];
  lastSeen: number;
  from: Keyframe;
  to: Keyframe;
}

export interface LabellerOptions {
  readonly seed: number;
  readonly team: readonly Annotator[];
  /** With a camera the labels are rectangles in its image, else boxes around the vehicle. */
  readonly camera?: CameraModel;
}

export class Labeller {
  readonly #seed: number;
  readonly #team: readonly Annotator[];
  readonly #kind: Kind;
  readonly #tracks = new Map<number, Track>();
  readonly #done: LabelTrack[] = [];
  #pending: Frame[] = [];

  constructor({ seed, team, camera }: LabellerOptions) {
    this.#seed = seed;
    this.#team = team;
    this.#kind = camera ? inImage(camera) : AROUND;
  }

  /** Takes the next moment. @returns the labels of an earlier one, or null while there are not enough */
  push(moment: TrueMoment): LabelFrame | null {
    const sights = this.#kind.see(moment).filter(this.#kind.worthwhile);
    this.#pending.push({ moment, sights: new Map(sights.map((sight) => [sight.object, sight])) });
    return this.#pending.length > LOOKAHEAD ? this.#shift() : null;
  }

  /** The labels of what is left at the end. */
  finish(): readonly LabelFrame[] {
    const frames: LabelFrame[] = [];
    for (let frame = this.#shift(); frame; frame = this.#shift()) frames.push(frame);
    for (const track of this.#tracks.values()) this.#done.push(plain(track));
    this.#tracks.clear();
    return frames;
  }

  /** The truth about tracks that are complete and were not taken yet. */
  takeTracks(): readonly LabelTrack[] {
    return this.#done.splice(0);
  }

  #shift(): LabelFrame | null {
    const [frame] = this.#pending;
    if (!frame) return null;
    const { moment, sights } = frame;
    const labels: TracedLabel[] = [];
    for (const sight of sights.values()) {
      const label = this.#draw(sight, frame);
      if (label) labels.push(label);
    }
    for (const [object, track] of this.#tracks) {
      if (track.lastSeen >= moment.index - LOOKAHEAD) continue;
      this.#done.push(plain(track));
      this.#tracks.delete(object);
    }
    this.#pending = this.#pending.slice(1);
    return { index: moment.index, t: moment.t, stampNs: moment.stampNs, labels };
  }

  #draw(sight: Sight, frame: Frame): TracedLabel | null {
    const { index } = frame.moment;
    const known = this.#tracks.get(sight.object);
    const track = known ?? this.#begin(sight, index);
    const gap = index - track.lastSeen > 1;
    track.lastSeen = index;
    // How many of the next frames have it too, without a gap.
    let ahead = 0;
    while (this.#pending[ahead + 1]?.sights.has(sight.object)) ahead++;
    if (!known || gap) track.from = track.to = this.#keyframe(track, sight, index);
    if (index >= track.to.index) {
      track.from = track.to;
      const next = Math.min(ahead, this.#kind.gap(track.drawnBy));
      const there = this.#pending[next]?.sights.get(sight.object);
      if (next > 0 && there) track.to = this.#keyframe(track, there, index + next);
    }
    if (track.overlooked || index - track.firstFrame < track.late) return null;
    const ends = ahead < this.#pending.length - 1;
    if (ends && ahead < track.early) return null;

    const { from, to } = track;
    const share = to.index > from.index ? (index - from.index) / (to.index - from.index) : 0;
    const values = from.values.map((value, i) => value + share * ((to.values[i] ?? value) - value));
    const box = this.#kind.box([...values.slice(0, 3), ...track.size, ...values.slice(3)], frame.moment);
    if (!box) return null;
    const keyframe = index === from.index || index === to.index;
    const { drawnBy } = track;
    const effort = 1 + sight.occlusion + (sight.distance > 50 ? 0.4 : 0);
    return {
      object: sight.object,
      track: track.track,
      class: track.labelled,
      annotator: drawnBy.name,
      score: 1,
      ...box,
      occlusion: inSteps(sight.occlusion),
      truncation: inSteps(sight.truncation),
      keyframe,
      gold: false,
      seconds: keyframe ? drawnBy.keyframeSeconds * effort * exp(track.random.normal(0.35)) : 0,
    };
  }

  #begin(sight: Sight, index: number): Track {
    const { object } = sight;
    const random = randomStream(this.#seed, `${this.#kind.name} of object ${object}`);
    const drawnBy = random.pick(this.#team);
    const labelled = random.chance(drawnBy.confusion) ? confusedWith(sight.class, random) : sight.class;
    const overlooked = random.chance(drawnBy.oversight * (sight.distance > 60 ? 3 : 1));
    const late = Math.min(LOOKAHEAD, Math.floor(random.exponential(drawnBy.meanDelay)));
    const early = Math.min(LOOKAHEAD - 1, Math.floor(random.exponential(drawnBy.meanDelay)));
    const ratio = (): number => 1 + drawnBy.sizeBias + random.normal(0.01 + 0.01 * (1 - drawnBy.skill));
    const sizeRatio = [ratio(), ratio(), ratio()] as const;
    const { solid } = this.#kind;
    const size = solid ? sizeRatio.map((by, i) => by * (sight.values[3 + i] ?? 0)) : [];
    const first = { index, values: [] };
    const track: Track = {
      ...{
        object,
        track: String(object),
        annotator: drawnBy.name,
        class: sight.class,
        labelled,
        firstFrame: index,
        late,
        early,
        overlooked,
      },
      sizeRatio: solid ? sizeRatio : [1, 1, 1],
      ...{ drawnBy, random, size, lastSeen: index, from: first, to: first },
    };
    this.#tracks.set(object, track);
    return track;
  }

  /** Position and yaw, or edges, as drawn. What never moves is drawn once and copied. */
  #keyframe(track: Track, sight: Sight, index: number): Keyframe {
    const noise = this.#kind.noise(sight, track.drawnBy);
    const seen = this.#kind.solid ? [...sight.values.slice(0, 3), ...sight.values.slice(6)] : sight.values;
    if (this.#kind.solid && sight.parked && track.to.values.length > 0) return { index, values: track.to.values };
    const drawn = seen.map((value, i) => value + track.random.normal(noise[i] ?? 0));
    if (!this.#kind.solid || track.to.values.length === 0) return { index, values: drawn };
    // Yaw goes the short way round.
    const before = track.to.values[3] ?? 0;
    return { index, values: [...drawn.slice(0, 3), before + turn((drawn[3] ?? 0) - before)] };
  }
}

const AROUND: Kind = {
  name: "labels 3d",
  solid: true,
  see: sightsAround,
  worthwhile: () => true,
  gap: ({ keyframeGap }) => keyframeGap,
  noise({ distance, occlusion, class: name }, { positionNoise, yawNoise }) {
    const far = (0.6 + distance / 50) * (1 + occlusion);
    const round = name === "pedestrian" ? 4 : 1;
    return [positionNoise * far, positionNoise * far, 0.6 * positionNoise * far, yawNoise * far * round];
  },
  box(values, moment) {
    const [x = 0, y = 0, z = 0, length = 0, width = 0, height = 0, yaw = 0] = values;
    const seen = toVehicle(moment, [x, y, z], yaw);
    return { box3d: [...seen.centre, length, width, height, seen.yaw] };
  },
};

const LEAST_PIXELS = 8;

function inImage(camera: CameraModel): Kind {
  return {
    name: "labels 2d",
    solid: false,
    see: (moment) => sightsInImage(moment, camera),
    worthwhile({ values: [left = 0, top = 0, right = 0, bottom = 0], occlusion, truncation }) {
      return right - left >= LEAST_PIXELS && bottom - top >= LEAST_PIXELS && occlusion < 0.85 && truncation < 0.9;
    },
    // What comes near grows ever faster: straight lines between keyframes are only near enough over a few frames.
    gap: ({ keyframeGap }) => (keyframeGap > 5 ? 3 : 2),
    noise({ values: [left = 0, , right = 0], occlusion }, { edgeNoise }) {
      const edge = edgeNoise * (0.7 + (right - left) / 400) * (1 + occlusion);
      return [edge, edge, edge, edge];
    },
    box([left = 0, top = 0, right = 0, bottom = 0]) {
      const clipped = [Math.max(0, left), Math.max(0, top), Math.min(camera.width, right), Math.min(camera.height, bottom)] as const;
      return clipped[2] - clipped[0] >= 2 && clipped[3] - clipped[1] >= 2 ? { box2d: clipped } : null;
    },
  };
}

/**
 * Gold labels of one moment: a third of the objects, each drawn by two to five annotators of the team who do not see each other's work.
 * Who errs about a class, errs about that object every time.
 */
export function goldLabels(moment: TrueMoment, { seed, team }: LabellerOptions): readonly TracedLabel[] {
  return sightsAround(moment).flatMap((sight) => {
    const ofObject = randomStream(seed, `gold object ${sight.object}`);
    if (!ofObject.chance(1 / 3)) return [];
    const most = Math.min(5, team.length);
    const wanted = Math.min(most, 2 + ofObject.below(4));
    const first = ofObject.below(team.length);
    return Array.from({ length: wanted }, (_, i): TracedLabel | null => {
      const annotator = team[(first + i) % team.length];
      return annotator ? goldLabel(moment, sight, annotator, seed) : null;
    }).filter((label) => label !== null);
  });
}

function goldLabel(moment: TrueMoment, sight: Sight, annotator: Annotator, seed: number): TracedLabel | null {
  const habit = randomStream(seed, `gold object ${sight.object} by ${annotator.name}`);
  const random = randomStream(seed, `gold object ${sight.object} by ${annotator.name} at ${moment.index}`);
  if (random.chance(annotator.oversight)) return null;
  // Distant and hidden objects are harder to tell.
  const doubt = Math.min(0.5, annotator.confusion * (2 + sight.distance / 20 + 3 * sight.occlusion));
  const labelled = habit.chance(doubt) ? confusedWith(sight.class, habit) : sight.class;
  const noise = AROUND.noise(sight, annotator);
  const [x = 0, y = 0, z = 0, length = 0, width = 0, height = 0, yaw = 0] = sight.values;
  const size = [length, width, height].map((side) => side * (1 + annotator.sizeBias + habit.normal(0.02)));
  const place = [x, y, z].map((value, i) => value + random.normal(noise[i] ?? 0));
  const box = AROUND.box([...place, ...size, yaw + random.normal(noise[3] ?? 0)], moment);
  return {
    ...{ object: sight.object, track: String(sight.object), class: labelled, annotator: annotator.name, score: 1 },
    ...box,
    ...{ occlusion: inSteps(sight.occlusion), truncation: 0, keyframe: true, gold: true },
    seconds: annotator.keyframeSeconds * (1 + sight.occlusion) * exp(random.normal(0.35)),
  };
}

/** People choose from a few degrees. */
function inSteps(share: number): number {
  return Math.min(1, Math.max(0, Math.round(share * 4) / 4));
}

function plain({ drawnBy, random, size, lastSeen, from, to, ...track }: Track): LabelTrack {
  return track;
}

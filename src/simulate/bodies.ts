/** What objects are made of. A body's frame: x forward, y left, z up, origin on the ground under the middle of its box. */
import { MATERIAL_CLOTH, MATERIAL_GLASS, MATERIAL_METAL, MATERIAL_PAINT, MATERIAL_SIGN, MATERIAL_SKIN, MATERIAL_TYRE } from "../abi.ts";
import { cos, sin } from "../geometry/elementary.ts";
import type { Random } from "./random.ts";
import { cross, fromYawPitchRoll, type Matrix, multiply, rotate, type Vector } from "./rotation.ts";
import type { Place, Solid, SolidWriter } from "./solid.ts";
import type { ObjectClass } from "./types.ts";

export interface Body {
  readonly class: ObjectClass;
  readonly length: number;
  readonly width: number;
  readonly height: number;
  /** In [0, 1): how dark its paint or cloth is. */
  readonly shade: number;
  readonly solids: readonly Solid[];
  readonly limbs: readonly Limb[];
}

/** A cylinder that swings about the y axis through its upper end. */
interface Limb {
  readonly material: number;
  readonly joint: Vector;
  readonly length: number;
  readonly radius: number;
  /** Radians to each side; negative swings the other way. */
  readonly swing: number;
}

/** A quarter turn about x: a cylinder's axis, z, comes to lie along y. */
const SIDEWAYS: Matrix = [1, 0, 0, 0, 0, -1, 0, 1, 0];

const wheel = (x: number, y: number, radius: number, halfWidth: number): Solid => ({
  kind: "cylinder",
  material: MATERIAL_TYRE,
  centre: [x, y, radius],
  half: [radius, radius, halfWidth],
  rotation: SIDEWAYS,
});

const box = (material: number, centre: Vector, half: Vector): Solid => ({ kind: "box", material, centre, half });
const round = (material: number, centre: Vector, half: Vector): Solid => ({ kind: "ellipsoid", material, centre, half });

export function car(random: Random): Body {
  const length = random.between(3.9, 4.9);
  const width = random.between(1.7, 1.92);
  const height = random.between(1.42, 1.75);
  const waist = 0.58 * height;
  const [l, w] = [length / 2, width / 2];
  const cabin = random.between(0.5, 0.62) * l;
  const shift = -0.08 * length;
  return {
    class: "car",
    length,
    width,
    height,
    shade: random.uniform(),
    solids: [
      box(MATERIAL_PAINT, [0, 0, (0.28 + waist) / 2], [l, w, (waist - 0.28) / 2]),
      box(MATERIAL_GLASS, [shift, 0, (waist + height - 0.08) / 2], [cabin, w - 0.12, (height - 0.08 - waist) / 2]),
      box(MATERIAL_PAINT, [shift, 0, height - 0.04], [cabin - 0.05, w - 0.14, 0.04]),
      box(MATERIAL_SIGN, [0, 0, 0.5], [l, 0.26, 0.06]),
      ...[0.62 * l, -0.62 * l].flatMap((x) => [wheel(x, w - 0.1, 0.32, 0.1), wheel(x, 0.1 - w, 0.32, 0.1)]),
    ],
    limbs: [],
  };
}

export function truck(random: Random): Body {
  const length = random.between(7, 10);
  const width = random.between(2.35, 2.5);
  const height = random.between(3, 3.7);
  const [l, w] = [length / 2, width / 2];
  return {
    class: "truck",
    length,
    width,
    height,
    shade: random.uniform(),
    solids: [
      box(MATERIAL_PAINT, [l - 1, 0, 1.55], [1, w - 0.05, 1.1]),
      box(MATERIAL_GLASS, [l - 0.95, 0, 2.1], [0.96, w - 0.04, 0.35]),
      box(MATERIAL_PAINT, [-1.1, 0, (height + 1.05) / 2], [l - 1.1, w, (height - 1.05) / 2]),
      box(MATERIAL_METAL, [0, 0, 0.75], [l - 0.1, 0.5, 0.2]),
      ...[l - 1.2, 1.6 - l, 2.7 - l].flatMap((x) => [wheel(x, w - 0.17, 0.5, 0.15), wheel(x, 0.17 - w, 0.5, 0.15)]),
    ],
    limbs: [],
  };
}

export function cyclist(random: Random): Body {
  const height = random.between(1.65, 1.85);
  const lean = fromYawPitchRoll(0, 0.5, 0);
  return {
    class: "cyclist",
    length: 1.8,
    width: 0.66,
    height,
    shade: random.uniform(),
    solids: [
      wheel(0.55, 0, 0.34, 0.02),
      wheel(-0.55, 0, 0.34, 0.02),
      box(MATERIAL_METAL, [0, 0, 0.62], [0.5, 0.03, 0.2]),
      box(MATERIAL_METAL, [0.45, 0, 1], [0.03, 0.28, 0.03]),
      { kind: "ellipsoid", material: MATERIAL_CLOTH, centre: [0.02, 0, height - 0.56], half: [0.15, 0.22, 0.36], rotation: lean },
      round(MATERIAL_SKIN, [0.2, 0, height - 0.13], [0.11, 0.09, 0.13]),
    ],
    limbs: [
      { material: MATERIAL_CLOTH, joint: [-0.12, 0.12, 0.95], length: 0.7, radius: 0.07, swing: 0.45 },
      { material: MATERIAL_CLOTH, joint: [-0.12, -0.12, 0.95], length: 0.7, radius: 0.07, swing: -0.45 },
    ],
  };
}

export function pedestrian(random: Random): Body {
  const height = random.between(1.5, 1.92);
  const hip = 0.52 * height;
  const shoulder = 0.82 * height;
  return {
    class: "pedestrian",
    length: 0.9,
    width: 0.66,
    height,
    shade: random.uniform(),
    solids: [
      round(MATERIAL_CLOTH, [0, 0, (hip + shoulder) / 2], [0.13, 0.21, (shoulder - hip) / 2 + 0.08]),
      round(MATERIAL_SKIN, [0, 0, height - 0.125], [0.1, 0.085, 0.125]),
    ],
    limbs: [
      { material: MATERIAL_CLOTH, joint: [0, 0.1, hip], length: hip, radius: 0.075, swing: 0.42 },
      { material: MATERIAL_CLOTH, joint: [0, -0.1, hip], length: hip, radius: 0.075, swing: -0.42 },
      { material: MATERIAL_CLOTH, joint: [0, 0.26, shoulder], length: 0.33 * height, radius: 0.05, swing: -0.5 },
      { material: MATERIAL_CLOTH, joint: [0, -0.26, shoulder], length: 0.33 * height, radius: 0.05, swing: 0.5 },
    ],
  };
}

/** Metres of one full swing of a limb, there and back. */
const STRIDE = 1.5;

/**
 * @param walked metres, sets the limbs; 0 where there are none
 * @param speed m/s that `walked` grows by
 */
export function writeBody(out: SolidWriter, body: Body, object: number, place: Place, walked: number, speed: number): void {
  for (const solid of body.solids) out.add(solid, object, body.shade, place);
  if (body.limbs.length === 0) return;
  const phase = (2 * Math.PI * (walked % STRIDE)) / STRIDE;
  const [s, c] = [sin(phase), cos(phase)];
  const rate = (2 * Math.PI * speed) / STRIDE;
  // Who stands does not stand on one leg.
  const gait = Math.min(1, Math.abs(speed) / 0.6);
  for (const limb of body.limbs) writeLimb(out, limb, object, body.shade, place, limb.swing * gait * s, limb.swing * gait * c * rate);
}

function writeLimb(
  out: SolidWriter,
  { material, joint, length, radius }: Limb,
  object: number,
  shade: number,
  place: Place,
  angle: number,
  rate: number,
): void {
  const rotation = multiply(place.rotation, fromYawPitchRoll(0, angle, 0));
  const arm = rotate(place.rotation, joint);
  const turn = cross(place.spin, arm);
  const [ax, ay, az] = rotate(place.rotation, [0, rate, 0]);
  const [x, y, z] = place.centre;
  const [vx, vy, vz] = place.velocity;
  const swinging: Place = {
    centre: [x + arm[0], y + arm[1], z + arm[2]],
    rotation,
    velocity: [vx + turn[0], vy + turn[1], vz + turn[2]],
    spin: [place.spin[0] + ax, place.spin[1] + ay, place.spin[2] + az],
  };
  const half: Vector = [radius, radius, length / 2];
  out.add({ kind: "cylinder", material, centre: [0, 0, -length / 2], half }, object, shade, swinging);
}

/**
 * The ground of a simulated scene (GROUND_CELLS in src/abi.ts), shared by the LiDAR and the camera.
 * Coordinates are the scene's own; the grid wraps around, so any coordinate is a valid one.
 */
import {
  GROUND_CELLS,
  KERB_HEIGHT,
  MATERIAL_ASPHALT,
  MATERIAL_GRASS,
  MATERIAL_MARKING,
  MATERIAL_PAVEMENT,
  PAVEMENT_WIDTH,
} from "../../src/abi";
import { wholeOf } from "./_noise";

const MASK: i32 = GROUND_CELLS - 1;
/** Half the width of a marking, and where markings are, in metres. */
const LINE: f32 = 0.07;
const EDGE_LINE: f32 = 0.35;
const LANE_EDGE: f32 = 3.5;
const DASH_PERIOD: f32 = 9;
const DASH: f32 = 3;
/** A road narrower than this from the middle has no lines but at its edges. */
const NARROW: f32 = 5;
/** Share of places that are wet. */
const WET: f32 = 0.66;

/**
 * The ground at a place, bilinearly, all fields at once.
 *
 * | lane  | 0      | 1       | 2     | 3          |
 * |-------|--------|---------|-------|------------|
 * | holds | height | lateral | along | half width |
 */
export function groundAt(ground: usize, x: f32, y: f32): v128 {
  const left = Mathf.floor(x);
  const low = Mathf.floor(y);
  const row0 = ground + (usize(i32(low) & MASK) << 12);
  const row1 = ground + (usize((i32(low) + 1) & MASK) << 12);
  const column0 = usize(i32(left) & MASK) << 4;
  const column1 = usize((i32(left) + 1) & MASK) << 4;
  const u = f32x4.splat(x - left);
  const a = v128.load(row0 + column0);
  const c = v128.load(row1 + column0);
  const bottom = f32x4.add(a, f32x4.mul(u, f32x4.sub(v128.load(row0 + column1), a)));
  const top = f32x4.add(c, f32x4.mul(u, f32x4.sub(v128.load(row1 + column1), c)));
  return f32x4.add(bottom, f32x4.mul(f32x4.splat(y - low), f32x4.sub(top, bottom)));
}

/** Height of the smooth ground, without kerbs. */
export function groundBase(ground: usize, x: f32, y: f32): f32 {
  return f32x4.extract_lane(groundAt(ground, x, y), 0);
}

/** Height of the surface, given the ground there: beyond the kerb the pavement is higher. */
export function groundHeight(base: f32, lateral: f32, half: f32): f32 {
  return Mathf.abs(lateral) > half ? base + f32(KERB_HEIGHT) : base;
}

/** What the surface is made of, given the ground there. */
export function groundMaterial(across: f32, along: f32, half: f32): i32 {
  const lateral = Mathf.abs(across);
  if (lateral > half) return lateral > half + f32(PAVEMENT_WIDTH) ? MATERIAL_GRASS : MATERIAL_PAVEMENT;
  if (Mathf.abs(half - EDGE_LINE - lateral) < LINE) return MATERIAL_MARKING;
  if (half < NARROW) return MATERIAL_ASPHALT;
  if (Mathf.abs(lateral - LANE_EDGE) < LINE) return MATERIAL_MARKING;
  if (lateral >= LINE) return MATERIAL_ASPHALT;
  return along - DASH_PERIOD * Mathf.floor(along / DASH_PERIOD) < DASH ? MATERIAL_MARKING : MATERIAL_ASPHALT;
}

/** Whether a place is wet: smooth noise of four-metre cells, the same in every scene as the grid wraps with it. */
export function groundWet(x: f32, y: f32): bool {
  const u = x * 0.25;
  const v = y * 0.25;
  const left = Mathf.floor(u);
  const low = Mathf.floor(v);
  const i = i32(left);
  const j = i32(low);
  const a = cell(i, j);
  const b = cell(i + 1, j);
  const c = cell(i, j + 1);
  const d = cell(i + 1, j + 1);
  const bottom = a + (u - left) * (b - a);
  const top = c + (u - left) * (d - c);
  return bottom + (v - low) * (top - bottom) > WET;
}

/** `groundWet` of four places at once: all ones where it is wet. Coordinates below 2^22 cells. */
export function groundWetFour(x: v128, y: v128): v128 {
  const u = f32x4.mul(x, f32x4.splat(0.25));
  const v = f32x4.mul(y, f32x4.splat(0.25));
  const left = f32x4.floor(u);
  const low = f32x4.floor(v);
  const i = wholeOf(left);
  const j = wholeOf(low);
  const one = i32x4.splat(1);
  const a = cells(i, j);
  const b = cells(i32x4.add(i, one), j);
  const c = cells(i, i32x4.add(j, one));
  const d = cells(i32x4.add(i, one), i32x4.add(j, one));
  const across = f32x4.sub(u, left);
  const bottom = f32x4.add(a, f32x4.mul(across, f32x4.sub(b, a)));
  const top = f32x4.add(c, f32x4.mul(across, f32x4.sub(d, c)));
  return f32x4.gt(f32x4.add(bottom, f32x4.mul(f32x4.sub(v, low), f32x4.sub(top, bottom))), f32x4.splat(WET));
}

/** `cell`, four at once. */
function cells(i: v128, j: v128): v128 {
  const mask = i32x4.splat(63);
  let h = i32x4.mul(v128.or(v128.and(i, mask), i32x4.shl(v128.and(j, mask), 6)), i32x4.splat(0x9e3779b9));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(0x85ebca6b));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 13)), i32x4.splat(0xc2b2ae35));
  h = i32x4.shr_u(v128.xor(h, i32x4.shr_u(h, 16)), 8);
  return f32x4.mul(f32x4.convert_i32x4_s(h), f32x4.splat(5.9604645e-8));
}

/** [0, 1) for a cell, from the finaliser of MurmurHash3. */
function cell(i: i32, j: i32): f32 {
  let h = u32((i & 63) | ((j & 63) << 6)) * 0x9e3779b9;
  h = (h ^ (h >> 16)) * 0x85ebca6b;
  h = (h ^ (h >> 13)) * 0xc2b2ae35;
  return f32((h ^ (h >> 16)) >> 8) * f32(5.9604645e-8);
}

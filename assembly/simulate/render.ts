/**
 * The camera of a simulated drive: an image of a scene by rays, one per pixel, four at a time.
 *
 * Every RENDER_ROWS rows have a pose of their own: that is the rolling shutter. Acceleration: a solid's eight corners give the rectangle
 * it can cover, and only rays in there are tested; per band it is brought into the camera's frame once, where a ray through
 * pixel (x, y) is (u, v, 1), linear in x, and a distance along it is a depth. The ground is one profile per 32 columns and band, refined per
 * ray. Textures are noise fixed to surfaces, each octave fading where it is finer than a pixel. Motion is known per pixel (what is
 * seen there, the camera, the exposure) and is blurred along afterwards, within the pixel's own surroundings.
 *
 * Minima and maxima are the "pseudo" ones, one instruction each: those of IEEE 754 take seven on x86, and no NaN is waited for here.
 *
 * Not done: shadows, reflections, lens distortion, colour.
 *
 * | scratch    | bytes              | holds                                                                    |
 * |------------|--------------------|--------------------------------------------------------------------------|
 * | LANES      | 256                | corners; then f32[4] each: ground's depth, x, y, lateral, along, half width; white, grain, cells |
 * | PROFILE    | 512                | f32[64] heights, f32[64] distances                                       |
 * | boxes      | 16 * count         | i32[4]: first column, end, first row, end                                |
 * | frames     | 64 * count         | f32[9] camera to solid, f32[3] where rays begin, f32[3] velocity, camera's axes |
 * | depth, ids | 8 * RENDER_ROWS * w | f32, i32 (index + 1, 0 none) per pixel of the band                      |
 * | planes     | 2 * (w + 32) * h   | u8, padded: as seen, and softened                                        |
 * | motion     | 2 * w * h          | i8: see `expose`                                                         |
 */
import {
  GROUND_CELLS,
  MATERIAL_WALL,
  PRIMITIVE_BOX,
  PRIMITIVE_CENTRE,
  PRIMITIVE_CYLINDER,
  PRIMITIVE_HALF,
  PRIMITIVE_KIND,
  PRIMITIVE_MATERIAL,
  PRIMITIVE_RADIUS,
  PRIMITIVE_ROTATION,
  PRIMITIVE_ROW,
  PRIMITIVE_SHADE,
  PRIMITIVE_SPIN,
  PRIMITIVE_VELOCITY,
  RENDER_POSE,
  RENDER_ROWS,
} from "../../src/abi";
import { groundAt, groundBase, groundHeight, groundMaterial, groundWetFour } from "./_ground";
import { expose, PAD, padRow, soften } from "./_lens";
import { smoothNoise, wholeOf } from "./_noise";

const INFINITE: f32 = Infinity;
/** Nearer than this nothing is seen, further than that nothing but haze, metres. */
const NEAR: f32 = 0.2;
const FAR: f32 = 400;

const TILE: i32 = 32;
const STEPS: i32 = 44;
const FIRST_STEP: f32 = 1;
const STEP_RATIO: f32 = 1.12;
/** Rays are taken to sink at least so fast towards the ground, metres per metre of depth: flatter ones skim it anyway. */
const LEAST_CLOSING: f32 = -0.004;
/** No ground rises faster than this, so higher rays never meet it. */
const STEEPEST: f32 = 0.2;
const WET_SHARE: f32 = 0.6;

/** Byte offsets in a pose: place and axes of the camera in the scene, time since the scene's, its velocity and turn in its own axes. */
const AXES: usize = 12;
const SECONDS: usize = 48;
const VELOCITY: usize = 52;
const TURN: usize = 64;

/** Byte offsets in the settings, see RENDER_SETTINGS. */
const FX: usize = 0;
const FY: usize = 4;
const CX: usize = 8;
const CY: usize = 12;
const EXPOSURE: usize = 16;
const GAIN: usize = 20;
const SUN: usize = 24;
const SUNLIGHT: usize = 36;
const AMBIENT: usize = 40;
const SKY: usize = 44;
const HAZE: usize = 48;
const HAZE_DISTANCE: usize = 52;
const NOISE: usize = 56;
const SEED: usize = 60;

/** Byte offsets in LANES. */
const DEPTH: usize = 0;
const GROUND_X: usize = 16;
const GROUND_Y: usize = 32;
const LATERAL: usize = 48;
const ALONG: usize = 64;
const HALF_WIDTH: usize = 80;
const WHITE: usize = 96;
const GRAIN: usize = 112;
const CELLS: usize = 128;

const PROFILE: usize = 256;
const DISTANCES: usize = 256;
const BOXES: usize = 768;
/** Byte offsets in a frame. */
const BEGIN: usize = 36;
const MOVES: usize = 48;

/**
 * @param primitives u8[count * PRIMITIVE_ROW], and `ground`: the scene
 * @param poses u8[ceil(height / RENDER_ROWS) * RENDER_POSE]
 * @param width a multiple of 16
 * @param settings u8[RENDER_SETTINGS]
 * @param looks f32[4 * MATERIALS], see RENDER_LOOKS
 * @param scratch u8[], 16-byte aligned; how much: see above
 * @param out u8[width * height]
 * @returns mean of all pixels, times 256
 *
 * O(pixels + pixels in the rectangles of solids).
 */
export function renderImage(
  primitives: usize,
  count: i32,
  ground: usize,
  poses: usize,
  width: i32,
  height: i32,
  settings: usize,
  looks: usize,
  scratch: usize,
  out: usize,
): i32 {
  const boxes = scratch + BOXES;
  const frames = boxes + (usize(count) << 4);
  const depth = frames + (usize(count) << 6);
  const ids = depth + usize(width) * (RENDER_ROWS * 4);
  const sharp = ids + usize(width) * (RENDER_ROWS * 4);
  const stride = usize(width) + 2 * PAD;
  const soft = sharp + stride * usize(height);
  const motionX = soft + stride * usize(height);
  const motionY = motionX + usize(width) * usize(height);

  const bands = (height + RENDER_ROWS - 1) / RENDER_ROWS;
  outline(primitives, count, poses, bands, width, height, settings, boxes, scratch);
  for (let band = 0; band < bands; band++) {
    const pose = poses + usize(band) * RENDER_POSE;
    const top = band * RENDER_ROWS;
    const end = min(top + RENDER_ROWS, height);
    for (let p = depth; p < ids; p += 16) {
      v128.store(p, f32x4.splat(INFINITE));
      v128.store(p + (ids - depth), i32x4.splat(0));
    }
    for (let n = 0; n < count; n++) {
      const box = boxes + (usize(n) << 4);
      if (load<i32>(box, 12) <= top || load<i32>(box, 8) >= end) continue;
      const primitive = primitives + usize(n) * PRIMITIVE_ROW;
      const frame = frames + (usize(n) << 6);
      bring(primitive, pose, frame);
      cast(primitive, frame, box, n + 1, top, end, width, settings, depth, ids);
    }
    shade(primitives, frames, ground, pose, top, end, width, settings, looks, scratch, depth, ids, sharp, motionX, motionY);
  }
  soften(sharp, soft, width, height);
  const sum = expose(soft, motionX, motionY, width, height, load<f32>(settings, NOISE), load<i32>(settings, SEED), out);
  return i32((sum * 256) / (i64(width) * i64(height)));
}

/** The rectangle of pixels each solid can cover, seen from the first and the last pose. */
function outline(
  primitives: usize,
  count: i32,
  poses: usize,
  bands: i32,
  width: i32,
  height: i32,
  settings: usize,
  boxes: usize,
  corners: usize,
): void {
  for (let n = 0; n < count; n++) {
    const primitive = primitives + usize(n) * PRIMITIVE_ROW;
    const box = boxes + (usize(n) << 4);
    // left, top, -right, -bottom: of all four the least counts.
    let least = f32x4.splat(INFINITE);
    for (let end = 0; end < 2; end++) {
      const pose = poses + (end == 0 ? 0 : usize(bands - 1) * RENDER_POSE);
      least = f32x4.pmin(least, outlineFrom(primitive, pose, settings, corners));
    }
    // One pixel more on each side: it turns meanwhile, a little. Columns in fours.
    const left = f32x4.extract_lane(least, 0) - 1;
    const top = f32x4.extract_lane(least, 1) - 1;
    const right = f32(2) - f32x4.extract_lane(least, 2);
    const bottom = f32(2) - f32x4.extract_lane(least, 3);
    store<i32>(box, i32(max<f32>(0, min(left, f32(width)))) & ~3);
    store<i32>(box, (i32(max<f32>(0, min(right, f32(width)))) + 3) & ~3, 4);
    store<i32>(box, i32(max<f32>(0, min(top, f32(height)))), 8);
    store<i32>(box, i32(max<f32>(0, min(bottom, f32(height)))), 12);
  }
}

/** Least of left, top, -right, -bottom over the corners of a solid's box, cut where it passes the lens; Infinity when it is not ahead. */
function outlineFrom(primitive: usize, pose: usize, settings: usize, corners: usize): v128 {
  const time = load<f32>(pose, SECONDS);
  const x = load<f32>(primitive, PRIMITIVE_CENTRE) + time * load<f32>(primitive, PRIMITIVE_VELOCITY) - load<f32>(pose);
  const y = load<f32>(primitive, PRIMITIVE_CENTRE + 4) + time * load<f32>(primitive, PRIMITIVE_VELOCITY + 4) - load<f32>(pose, 4);
  const z = load<f32>(primitive, PRIMITIVE_CENTRE + 8) + time * load<f32>(primitive, PRIMITIVE_VELOCITY + 8) - load<f32>(pose, 8);
  let least = f32x4.splat(INFINITE);
  const ahead = column(pose, 2, x, y, z);
  const radius = load<f32>(primitive, PRIMITIVE_RADIUS);
  if (ahead + radius < NEAR || ahead - radius > FAR) return least;
  const sx = time * load<f32>(primitive, PRIMITIVE_SPIN);
  const sy = time * load<f32>(primitive, PRIMITIVE_SPIN + 4);
  const sz = time * load<f32>(primitive, PRIMITIVE_SPIN + 8);
  for (let corner: usize = 0; corner < 8; corner++) {
    const a = (corner & 1 ? f32(1) : f32(-1)) * load<f32>(primitive, PRIMITIVE_HALF);
    const b = (corner & 2 ? f32(1) : f32(-1)) * load<f32>(primitive, PRIMITIVE_HALF + 4);
    const c = (corner & 4 ? f32(1) : f32(-1)) * load<f32>(primitive, PRIMITIVE_HALF + 8);
    const r = primitive + PRIMITIVE_ROTATION;
    const mx = load<f32>(r) * a + load<f32>(r, 4) * b + load<f32>(r, 8) * c;
    const my = load<f32>(r, 12) * a + load<f32>(r, 16) * b + load<f32>(r, 20) * c;
    const mz = load<f32>(r, 24) * a + load<f32>(r, 28) * b + load<f32>(r, 32) * c;
    const tx = x + mx + sy * mz - sz * my;
    const ty = y + my + sz * mx - sx * mz;
    const tz = z + mz + sx * my - sy * mx;
    const at = corners + (corner << 4);
    store<f32>(at, column(pose, 0, tx, ty, tz));
    store<f32>(at, column(pose, 1, tx, ty, tz), 4);
    store<f32>(at, column(pose, 2, tx, ty, tz), 8);
  }
  for (let corner: usize = 0; corner < 8; corner++) {
    const from = corners + (corner << 4);
    if (load<f32>(from, 8) >= NEAR) least = f32x4.pmin(least, edges(load<f32>(from), load<f32>(from, 4), load<f32>(from, 8), settings));
    // Corners that differ in one sign are joined by an edge.
    for (let bit: usize = 1; bit < 8; bit <<= 1) {
      const to = corners + ((corner | bit) << 4);
      if (to == from || load<f32>(from, 8) >= NEAR == load<f32>(to, 8) >= NEAR) continue;
      const share = (NEAR - load<f32>(from, 8)) / (load<f32>(to, 8) - load<f32>(from, 8));
      const cx = load<f32>(from) + share * (load<f32>(to) - load<f32>(from));
      const cy = load<f32>(from, 4) + share * (load<f32>(to, 4) - load<f32>(from, 4));
      least = f32x4.pmin(least, edges(cx, cy, NEAR, settings));
    }
  }
  return least;
}

/** A point in the camera's axes as left, top, -right, -bottom of its pixel. */
function edges(x: f32, y: f32, z: f32, settings: usize): v128 {
  const u = load<f32>(settings, CX) + (load<f32>(settings, FX) * x) / z;
  const v = load<f32>(settings, CY) + (load<f32>(settings, FY) * y) / z;
  return f32x4.replace_lane(f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(u), 1, v), 2, -u), 3, -v);
}

/** A vector of the scene along one of the camera's axes. */
function column(pose: usize, axis: usize, x: f32, y: f32, z: f32): f32 {
  const at = pose + AXES + (axis << 2);
  return load<f32>(at) * x + load<f32>(at, 12) * y + load<f32>(at, 24) * z;
}

/** A solid's frame at the time of a pose: see the table above. */
function bring(primitive: usize, pose: usize, frame: usize): void {
  const time = load<f32>(pose, SECONDS);
  const vx = load<f32>(primitive, PRIMITIVE_VELOCITY);
  const vy = load<f32>(primitive, PRIMITIVE_VELOCITY + 4);
  const vz = load<f32>(primitive, PRIMITIVE_VELOCITY + 8);
  const x = load<f32>(pose) - load<f32>(primitive, PRIMITIVE_CENTRE) - time * vx;
  const y = load<f32>(pose, 4) - load<f32>(primitive, PRIMITIVE_CENTRE + 4) - time * vy;
  const z = load<f32>(pose, 8) - load<f32>(primitive, PRIMITIVE_CENTRE + 8) - time * vz;
  const sx = time * load<f32>(primitive, PRIMITIVE_SPIN);
  const sy = time * load<f32>(primitive, PRIMITIVE_SPIN + 4);
  const sz = time * load<f32>(primitive, PRIMITIVE_SPIN + 8);
  for (let axis: usize = 0; axis < 3; axis++) {
    // A column of R turned by spin * time, to the first order: a + s x a.
    const at = primitive + PRIMITIVE_ROTATION + (axis << 2);
    const ax = load<f32>(at);
    const ay = load<f32>(at, 12);
    const az = load<f32>(at, 24);
    const tx = ax + sy * az - sz * ay;
    const ty = ay + sz * ax - sx * az;
    const tz = az + sx * ay - sy * ax;
    const row = frame + axis * 12;
    for (let k: usize = 0; k < 3; k++) store<f32>(row + (k << 2), column(pose, k, tx, ty, tz));
    store<f32>(frame + BEGIN + (axis << 2), tx * x + ty * y + tz * z);
    store<f32>(frame + MOVES + (axis << 2), column(pose, axis, vx, vy, vz) - load<f32>(pose + VELOCITY + (axis << 2)));
  }
}

/** One solid against the rays of a band. */
function cast(
  primitive: usize,
  frame: usize,
  box: usize,
  id: i32,
  top: i32,
  end: i32,
  width: i32,
  settings: usize,
  depth: usize,
  ids: usize,
): void {
  const first = load<i32>(box);
  const last = load<i32>(box, 4);
  const from = max(top, load<i32>(box, 8));
  const to = min(end, load<i32>(box, 12));
  const inverse = f32(1) / load<f32>(settings, FX);
  const cx = load<f32>(settings, CX);
  const ax = v128.load_splat<f32>(frame);
  const ay = v128.load_splat<f32>(frame, 12);
  const az = v128.load_splat<f32>(frame, 24);
  const kind = load<i32>(primitive, PRIMITIVE_KIND);
  const ox = v128.load_splat<f32>(frame, BEGIN);
  const oy = v128.load_splat<f32>(frame, BEGIN + 4);
  const oz = v128.load_splat<f32>(frame, BEGIN + 8);
  const hx = v128.load_splat<f32>(primitive, PRIMITIVE_HALF);
  const hy = v128.load_splat<f32>(primitive, PRIMITIVE_HALF + 4);
  const hz = v128.load_splat<f32>(primitive, PRIMITIVE_HALF + 8);
  const sx = f32x4.div(f32x4.splat(1), hx);
  const sy = f32x4.div(f32x4.splat(1), hy);
  const sz = f32x4.div(f32x4.splat(1), hz);
  const qx = f32x4.mul(ox, sx);
  const qy = f32x4.mul(oy, sy);
  const qz = f32x4.mul(oz, sz);
  const near = f32x4.splat(NEAR);
  const who = i32x4.splat(id);
  for (let y = from; y < to; y++) {
    const v = (f32(y) + 0.5 - load<f32>(settings, CY)) / load<f32>(settings, FY);
    const bx = f32x4.splat(load<f32>(frame, 4) * v + load<f32>(frame, 8));
    const by = f32x4.splat(load<f32>(frame, 16) * v + load<f32>(frame, 20));
    const bz = f32x4.splat(load<f32>(frame, 28) * v + load<f32>(frame, 32));
    for (let x = first; x < last; x += 4) {
      const u = columns(x, cx, inverse);
      const dx = f32x4.add(bx, f32x4.mul(u, ax));
      const dy = f32x4.add(by, f32x4.mul(u, ay));
      const dz = f32x4.add(bz, f32x4.mul(u, az));
      const t =
        kind == PRIMITIVE_BOX
          ? meetBox(dx, dy, dz, ox, oy, oz, hx, hy, hz)
          : kind == PRIMITIVE_CYLINDER
            ? meetCylinder(f32x4.mul(dx, sx), f32x4.mul(dy, sy), dz, qx, qy, oz, hz)
            : meetEllipsoid(f32x4.mul(dx, sx), f32x4.mul(dy, sy), f32x4.mul(dz, sz), qx, qy, qz);
      const at = usize((y - top) * width + x) << 2;
      const before = v128.load(depth + at);
      const taken = v128.and(f32x4.gt(t, near), f32x4.lt(t, before));
      if (!v128.any_true(taken)) continue;
      v128.store(depth + at, v128.bitselect(t, before, taken));
      v128.store(ids + at, v128.bitselect(who, v128.load(ids + at), taken));
    }
  }
}

/** u of four pixels. */
function columns(x: i32, cx: f32, inverse: f32): v128 {
  return f32x4.mul(f32x4.add(f32x4.splat(f32(x) + 0.5 - cx), f32x4(0, 1, 2, 3)), f32x4.splat(inverse));
}

/** Depth at which rays enter a box (slabs, Kay and Kajiya 1986); Infinity where they miss. */
function meetBox(dx: v128, dy: v128, dz: v128, ox: v128, oy: v128, oz: v128, hx: v128, hy: v128, hz: v128): v128 {
  const one = f32x4.splat(1);
  const ix = f32x4.div(one, dx);
  const iy = f32x4.div(one, dy);
  const iz = f32x4.div(one, dz);
  const ax = f32x4.mul(f32x4.abs(ix), hx);
  const ay = f32x4.mul(f32x4.abs(iy), hy);
  const az = f32x4.mul(f32x4.abs(iz), hz);
  const bx = f32x4.mul(ix, ox);
  const by = f32x4.mul(iy, oy);
  const bz = f32x4.mul(iz, oz);
  const enter = f32x4.neg(f32x4.pmin(f32x4.pmin(f32x4.add(bx, ax), f32x4.add(by, ay)), f32x4.add(bz, az)));
  const leave = f32x4.pmin(f32x4.pmin(f32x4.sub(ax, bx), f32x4.sub(ay, by)), f32x4.sub(az, bz));
  return v128.bitselect(enter, f32x4.splat(INFINITE), f32x4.le(enter, leave));
}

/** Likewise a cylinder along z with flat ends, x and y scaled to the unit circle. */
function meetCylinder(ux: v128, uy: v128, dz: v128, qx: v128, qy: v128, oz: v128, hz: v128): v128 {
  const a = f32x4.add(f32x4.mul(ux, ux), f32x4.mul(uy, uy));
  const b = f32x4.add(f32x4.mul(ux, qx), f32x4.mul(uy, qy));
  const miss = f32x4.sub(f32x4.mul(ux, qy), f32x4.mul(uy, qx));
  const discriminant = f32x4.sub(a, f32x4.mul(miss, miss));
  const root = f32x4.sqrt(f32x4.pmax(discriminant, f32x4.splat(0)));
  const iz = f32x4.div(f32x4.splat(1), dz);
  const az = f32x4.mul(f32x4.abs(iz), hz);
  const bz = f32x4.mul(iz, oz);
  const enter = f32x4.pmax(f32x4.div(f32x4.sub(f32x4.neg(b), root), a), f32x4.neg(f32x4.add(bz, az)));
  const leave = f32x4.pmin(f32x4.div(f32x4.sub(root, b), a), f32x4.sub(az, bz));
  const hit = v128.and(f32x4.le(enter, leave), f32x4.ge(discriminant, f32x4.splat(0)));
  return v128.bitselect(enter, f32x4.splat(INFINITE), hit);
}

/** Likewise an ellipsoid, scaled to the unit sphere. */
function meetEllipsoid(ux: v128, uy: v128, uz: v128, qx: v128, qy: v128, qz: v128): v128 {
  const a = f32x4.add(f32x4.add(f32x4.mul(ux, ux), f32x4.mul(uy, uy)), f32x4.mul(uz, uz));
  const b = f32x4.add(f32x4.add(f32x4.mul(ux, qx), f32x4.mul(uy, qy)), f32x4.mul(uz, qz));
  // |u x q|^2: the distance from the centre, squared, times a, without cancelling.
  const mx = f32x4.sub(f32x4.mul(uy, qz), f32x4.mul(uz, qy));
  const my = f32x4.sub(f32x4.mul(uz, qx), f32x4.mul(ux, qz));
  const mz = f32x4.sub(f32x4.mul(ux, qy), f32x4.mul(uy, qx));
  const discriminant = f32x4.sub(a, f32x4.add(f32x4.add(f32x4.mul(mx, mx), f32x4.mul(my, my)), f32x4.mul(mz, mz)));
  const zero = f32x4.splat(0);
  const enter = f32x4.div(f32x4.sub(f32x4.neg(b), f32x4.sqrt(f32x4.pmax(discriminant, zero))), a);
  return v128.bitselect(enter, f32x4.splat(INFINITE), f32x4.ge(discriminant, zero));
}

/** Light and motion of every pixel of a band. */
function shade(
  primitives: usize,
  frames: usize,
  ground: usize,
  pose: usize,
  top: i32,
  end: i32,
  width: i32,
  settings: usize,
  looks: usize,
  scratch: usize,
  depth: usize,
  ids: usize,
  sharp: usize,
  motionX: usize,
  motionY: usize,
): void {
  const fx = load<f32>(settings, FX);
  const inverse = f32(1) / fx;
  const cx = load<f32>(settings, CX);
  const ax = v128.load_splat<f32>(pose, AXES);
  const ay = v128.load_splat<f32>(pose, AXES + 12);
  const az = v128.load_splat<f32>(pose, AXES + 24);
  const stride = usize(width) + 2 * PAD;
  const infinite = f32x4.splat(INFINITE);
  const zero = f32x4.splat(0);
  const gain = v128.load_splat<f32>(settings, GAIN);
  const haze = v128.load_splat<f32>(settings, HAZE);
  const hazeDistance = v128.load_splat<f32>(settings, HAZE_DISTANCE);
  const scaleX = f32x4.splat(4 * fx * load<f32>(settings, EXPOSURE));
  const scaleY = f32x4.splat(4 * load<f32>(settings, FY) * load<f32>(settings, EXPOSURE));
  const turnX = v128.load_splat<f32>(pose, TURN);
  const turnY = v128.load_splat<f32>(pose, TURN + 4);
  const turnZ = v128.load_splat<f32>(pose, TURN + 8);
  const stillX = f32x4.splat(-load<f32>(pose, VELOCITY));
  const stillY = f32x4.splat(-load<f32>(pose, VELOCITY + 4));
  const stillZ = f32x4.splat(-load<f32>(pose, VELOCITY + 8));
  const middle = (f32(top + end) * 0.5 - load<f32>(settings, CY)) / load<f32>(settings, FY);
  for (let tile = 0; tile < width; tile += TILE) {
    const tileEnd = min(tile + TILE, width);
    const aim = (f32(tile + tileEnd) * 0.5 - cx) * inverse;
    profile(ground, pose, aim, middle, scratch + PROFILE);
    for (let y = top; y < end; y++) {
      const v = (f32(y) + 0.5 - load<f32>(settings, CY)) / load<f32>(settings, FY);
      const v4 = f32x4.splat(v);
      const dx0 = f32x4.splat(load<f32>(pose, AXES + 4) * v + load<f32>(pose, AXES + 8));
      const dy0 = f32x4.splat(load<f32>(pose, AXES + 16) * v + load<f32>(pose, AXES + 20));
      const dz0 = f32x4.splat(load<f32>(pose, AXES + 28) * v + load<f32>(pose, AXES + 32));
      let step = 1;
      for (let x = tile; x < tileEnd; x += 4) {
        const u = columns(x, cx, inverse);
        const dx = f32x4.add(dx0, f32x4.mul(u, ax));
        const dy = f32x4.add(dy0, f32x4.mul(u, ay));
        const dz = f32x4.add(dz0, f32x4.mul(u, az));
        const length = f32x4.sqrt(f32x4.add(f32x4.add(f32x4.mul(u, u), f32x4.mul(v4, v4)), f32x4.splat(1)));
        const at = usize((y - top) * width + x) << 2;
        const solid = v128.load(depth + at);
        step = meetGround(ground, pose, dx, dy, dz, step, scratch);
        const land = v128.load(scratch, DEPTH);
        const onLand = f32x4.lt(land, solid);
        const z = f32x4.pmin(land, solid);
        const inverseZ = v128.bitselect(zero, f32x4.div(f32x4.splat(1), z), f32x4.eq(z, infinite));

        let light = zero;
        let wx = stillX;
        let wy = stillY;
        let wz = stillZ;
        if (v128.any_true(onLand)) light = landLight(z, length, dz, inverse, settings, looks, scratch);
        let rest = v128.andnot(v128.load(ids + at), onLand);
        while (v128.any_true(rest)) {
          const id = firstOf(rest);
          const mine = i32x4.eq(rest, i32x4.splat(id));
          const primitive = primitives + usize(id - 1) * PRIMITIVE_ROW;
          const frame = frames + (usize(id - 1) << 6);
          light = v128.bitselect(solidLight(primitive, frame, pose, u, v4, z, inverse, settings, looks), light, mine);
          wx = v128.bitselect(v128.load_splat<f32>(frame, MOVES), wx, mine);
          wy = v128.bitselect(v128.load_splat<f32>(frame, MOVES + 4), wy, mine);
          wz = v128.bitselect(v128.load_splat<f32>(frame, MOVES + 8), wz, mine);
          rest = v128.andnot(rest, mine);
        }
        const distance = f32x4.mul(z, length);
        light = f32x4.add(light, f32x4.mul(f32x4.sub(haze, light), f32x4.div(distance, f32x4.add(distance, hazeDistance))));
        const open = f32x4.eq(z, infinite);
        if (v128.any_true(open)) light = v128.bitselect(skyLight(dx, dy, dz, length, settings), light, open);

        // Gamma of one half: then shot noise is the same at every level.
        const level = f32x4.mul(f32x4.sqrt(f32x4.mul(light, gain)), f32x4.splat(255));
        store<u32>(sharp + usize(y) * stride + PAD + usize(x), bytesOf(wholeOf(level), false));

        const rx = f32x4.sub(turnY, f32x4.mul(turnZ, v4));
        const ry = f32x4.sub(f32x4.mul(turnZ, u), turnX);
        const rz = f32x4.sub(f32x4.mul(turnX, v4), f32x4.mul(turnY, u));
        const px = f32x4.sub(f32x4.mul(f32x4.sub(wx, f32x4.mul(u, wz)), inverseZ), f32x4.sub(rx, f32x4.mul(u, rz)));
        const py = f32x4.sub(f32x4.mul(f32x4.sub(wy, f32x4.mul(v4, wz)), inverseZ), f32x4.sub(ry, f32x4.mul(v4, rz)));
        const pixel = usize(y * width + x);
        store<u32>(motionX + pixel, bytesOf(wholeOf(f32x4.mul(px, scaleX)), true));
        store<u32>(motionY + pixel, bytesOf(wholeOf(f32x4.mul(py, scaleY)), true));
      }
    }
  }
  for (let y = top; y < end; y++) padRow(sharp + usize(y) * stride, width);
}

/** Four numbers as bytes, saturated. */
function bytesOf(four: v128, signed: bool): u32 {
  const narrow = i16x8.narrow_i32x4_s(four, four);
  return i32x4.extract_lane(signed ? i8x16.narrow_i16x8_s(narrow, narrow) : i8x16.narrow_i16x8_u(narrow, narrow), 0);
}

/** The first lane that is not zero. */
function firstOf(four: v128): i32 {
  const a = i32x4.extract_lane(four, 0);
  if (a != 0) return a;
  const b = i32x4.extract_lane(four, 1);
  if (b != 0) return b;
  const c = i32x4.extract_lane(four, 2);
  return c != 0 ? c : i32x4.extract_lane(four, 3);
}

/** Heights of the ground ahead, in a geometric series of distances. */
function profile(ground: usize, pose: usize, u: f32, v: f32, at: usize): void {
  const x = load<f32>(pose, AXES) * u + load<f32>(pose, AXES + 4) * v + load<f32>(pose, AXES + 8);
  const y = load<f32>(pose, AXES + 12) * u + load<f32>(pose, AXES + 16) * v + load<f32>(pose, AXES + 20);
  const flat = f32(1) / Mathf.sqrt(x * x + y * y);
  let r = FIRST_STEP;
  for (let k = 0; k < STEPS; k++) {
    store<f32>(at + (usize(k) << 2), groundBase(ground, load<f32>(pose) + x * flat * r, load<f32>(pose, 4) + y * flat * r));
    store<f32>(at + (usize(k) << 2), r, DISTANCES);
    r *= STEP_RATIO;
  }
}

/**
 * Four neighbouring rays against the ground: fills the first six of LANES, depth Infinity where they miss.
 *
 * @param step of the profile where the rays to the left met it, 1 at the left of a tile
 * @returns that of these
 */
function meetGround(ground: usize, pose: usize, dx: v128, dy: v128, dz: v128, step: i32, lanes: usize): i32 {
  v128.store(lanes, f32x4.splat(INFINITE), DEPTH);
  const ox = load<f32>(pose);
  const oy = load<f32>(pose, 4);
  const oz = load<f32>(pose, 8);
  // One crossing with the profile, for the second ray, made exact; the others begin on the plane through it.
  const mx = f32x4.extract_lane(dx, 1);
  const my = f32x4.extract_lane(dy, 1);
  const mz = f32x4.extract_lane(dz, 1);
  const flat = Mathf.sqrt(mx * mx + my * my);
  const slope = mz / flat;
  if (slope > STEEPEST) return step;
  const table = lanes + PROFILE;
  let k = max(1, step - 3);
  while (k < STEPS && oz + slope * load<f32>(table + (usize(k) << 2), DISTANCES) > load<f32>(table + (usize(k) << 2))) k++;
  if (k == STEPS) return k;
  const here = table + (usize(k) << 2);
  const r0 = load<f32>(here - 4, DISTANCES);
  const r1 = load<f32>(here, DISTANCES);
  const rise = (load<f32>(here) - load<f32>(here - 4)) / (r1 - r0);
  const above = oz + slope * r0 - load<f32>(here - 4);
  const below = oz + slope * r1 - load<f32>(here);
  let t = (r0 + ((r1 - r0) * above) / (above - below)) / flat;
  const lean = rise * flat;
  const closing = min<f32>(mz - lean, LEAST_CLOSING);
  t -= (oz + mz * t - surface(groundAt(ground, ox + mx * t, oy + my * t))) / closing;
  const all = f32x4.pmin(f32x4.sub(dz, f32x4.splat(lean)), f32x4.splat(LEAST_CLOSING));
  const start = f32x4.div(f32x4.splat(t * closing), all);
  lane(
    ground,
    ox,
    oy,
    oz,
    f32x4.extract_lane(dx, 0),
    f32x4.extract_lane(dy, 0),
    f32x4.extract_lane(dz, 0),
    f32x4.extract_lane(start, 0),
    f32x4.extract_lane(all, 0),
    lanes,
  );
  lane(ground, ox, oy, oz, mx, my, mz, t, closing, lanes + 4);
  lane(
    ground,
    ox,
    oy,
    oz,
    f32x4.extract_lane(dx, 2),
    f32x4.extract_lane(dy, 2),
    f32x4.extract_lane(dz, 2),
    f32x4.extract_lane(start, 2),
    f32x4.extract_lane(all, 2),
    lanes + 8,
  );
  lane(
    ground,
    ox,
    oy,
    oz,
    f32x4.extract_lane(dx, 3),
    f32x4.extract_lane(dy, 3),
    f32x4.extract_lane(dz, 3),
    f32x4.extract_lane(start, 3),
    f32x4.extract_lane(all, 3),
    lanes + 12,
  );
  return k;
}

/** One ray: a step of Newton's method from depth t, where it sinks by `closing` per depth towards the ground. */
function lane(ground: usize, ox: f32, oy: f32, oz: f32, dx: f32, dy: f32, dz: f32, t: f32, closing: f32, at: usize): void {
  const x = ox + dx * t;
  const y = oy + dy * t;
  const node = groundAt(ground, x, y);
  const hit = t - (oz + dz * t - surface(node)) / closing;
  if (!(hit > NEAR && hit < FAR)) return;
  store<f32>(at, hit, DEPTH);
  store<f32>(at, x, GROUND_X);
  store<f32>(at, y, GROUND_Y);
  store<f32>(at, f32x4.extract_lane(node, 1), LATERAL);
  store<f32>(at, f32x4.extract_lane(node, 2), ALONG);
  store<f32>(at, f32x4.extract_lane(node, 3), HALF_WIDTH);
}

function surface(node: v128): f32 {
  return groundHeight(f32x4.extract_lane(node, 0), f32x4.extract_lane(node, 1), f32x4.extract_lane(node, 3));
}

/** Light from the ground, of all four lanes; what it is of lanes that are no ground does not matter. */
function landLight(z: v128, length: v128, dz: v128, inverse: f32, settings: usize, looks: usize, lanes: usize): v128 {
  for (let at = lanes; at < lanes + 16; at += 4) {
    const material = groundMaterial(load<f32>(at, LATERAL), load<f32>(at, ALONG), load<f32>(at, HALF_WIDTH));
    const look = looks + (usize(material) << 4);
    store<f32>(at, load<f32>(look), WHITE);
    store<f32>(at, load<f32>(look, 8), GRAIN);
    store<f32>(at, load<f32>(look, 12), CELLS);
  }
  // A pixel covers more of the ground the flatter it is looked at.
  const incidence = f32x4.pmax(f32x4.div(f32x4.abs(dz), length), f32x4.splat(0.05));
  const size = f32x4.div(f32x4.mul(z, f32x4.splat(inverse * 0.4)), incidence);
  const grain = texture(v128.load(lanes, GROUND_X), v128.load(lanes, GROUND_Y), size, v128.load(lanes, CELLS), v128.load(lanes, GRAIN), 0);
  const bright = f32x4.splat(load<f32>(settings, AMBIENT) + load<f32>(settings, SUNLIGHT) * max<f32>(0, load<f32>(settings, SUN + 8)));
  const wet = groundWetFour(v128.load(lanes, GROUND_X), v128.load(lanes, GROUND_Y));
  const white = f32x4.mul(v128.load(lanes, WHITE), v128.bitselect(f32x4.splat(WET_SHARE), f32x4.splat(1), wet));
  return f32x4.mul(f32x4.mul(white, grain), bright);
}

/** 1 plus noise of three octaves, each fading where its cells are finer than `size`. */
function texture(x: v128, y: v128, size: v128, cells: v128, grain: v128, salt: i32): v128 {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  let sum = one;
  let frequency = cells;
  let weight: f32 = 0.6;
  for (let octave = 0; octave < 3; octave++) {
    const seen = f32x4.pmax(zero, f32x4.sub(one, f32x4.mul(size, frequency)));
    if (!v128.any_true(f32x4.gt(seen, zero))) break;
    const mask = i32x4.sub(wholeOf(f32x4.mul(frequency, f32x4.splat(f32(GROUND_CELLS)))), i32x4.splat(1));
    const noise = f32x4.sub(smoothNoise(f32x4.mul(x, frequency), f32x4.mul(y, frequency), mask, salt + octave), f32x4.splat(0.5));
    sum = f32x4.add(sum, f32x4.mul(f32x4.mul(noise, seen), f32x4.mul(grain, f32x4.splat(2 * weight))));
    frequency = f32x4.mul(frequency, f32x4.splat(4));
    weight *= 0.8;
  }
  return f32x4.pmax(sum, f32x4.splat(0.05));
}

/** Light from a solid, of all four lanes. */
function solidLight(
  primitive: usize,
  frame: usize,
  pose: usize,
  u: v128,
  v: v128,
  z: v128,
  inverse: f32,
  settings: usize,
  looks: usize,
): v128 {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const px = f32x4.add(v128.load_splat<f32>(frame, BEGIN), f32x4.mul(z, ray(frame, u, v)));
  const py = f32x4.add(v128.load_splat<f32>(frame, BEGIN + 4), f32x4.mul(z, ray(frame + 12, u, v)));
  const pz = f32x4.add(v128.load_splat<f32>(frame, BEGIN + 8), f32x4.mul(z, ray(frame + 24, u, v)));
  const ix = f32x4.splat(f32(1) / load<f32>(primitive, PRIMITIVE_HALF));
  const iy = f32x4.splat(f32(1) / load<f32>(primitive, PRIMITIVE_HALF + 4));
  const iz = f32x4.splat(f32(1) / load<f32>(primitive, PRIMITIVE_HALF + 8));
  const qx = f32x4.mul(px, ix);
  const qy = f32x4.mul(py, iy);
  const qz = f32x4.mul(pz, iz);

  // The normal in the solid's axes, and where on its surface: s around, h up.
  const kind = load<i32>(primitive, PRIMITIVE_KIND);
  let nx = zero;
  let ny = zero;
  let nz = zero;
  let s = f32x4.sub(px, py);
  let h = pz;
  let onSide = one;
  if (kind == PRIMITIVE_BOX) {
    const ax = f32x4.abs(qx);
    const ay = f32x4.abs(qy);
    const az = f32x4.abs(qz);
    const isZ = v128.and(f32x4.gt(az, ax), f32x4.gt(az, ay));
    const isX = v128.andnot(f32x4.ge(ax, ay), isZ);
    const isY = v128.not(v128.or(isX, isZ));
    nx = v128.and(signOf(qx), isX);
    ny = v128.and(signOf(qy), isY);
    nz = v128.and(signOf(qz), isZ);
    s = v128.bitselect(py, px, isX);
    h = v128.bitselect(py, pz, isZ);
    onSide = v128.bitselect(zero, one, isZ);
  } else if (kind == PRIMITIVE_CYLINDER) {
    const end = f32x4.gt(f32x4.abs(qz), f32x4.splat(0.999));
    nx = v128.andnot(f32x4.mul(qx, ix), end);
    ny = v128.andnot(f32x4.mul(qy, iy), end);
    nz = v128.and(signOf(qz), end);
    s = f32x4.add(px, py);
  } else {
    nx = f32x4.mul(qx, ix);
    ny = f32x4.mul(qy, iy);
    nz = f32x4.mul(qz, iz);
  }
  // The sun's direction in the solid's axes; the first-order turn of the rotation does not show in the light.
  const sx = load<f32>(settings, SUN);
  const sy = load<f32>(settings, SUN + 4);
  const sz = load<f32>(settings, SUN + 8);
  const r = primitive + PRIMITIVE_ROTATION;
  const lx = f32x4.splat(load<f32>(r) * sx + load<f32>(r, 12) * sy + load<f32>(r, 24) * sz);
  const ly = f32x4.splat(load<f32>(r, 4) * sx + load<f32>(r, 16) * sy + load<f32>(r, 28) * sz);
  const lz = f32x4.splat(load<f32>(r, 8) * sx + load<f32>(r, 20) * sy + load<f32>(r, 32) * sz);
  const squared = f32x4.add(f32x4.add(f32x4.mul(nx, nx), f32x4.mul(ny, ny)), f32x4.mul(nz, nz));
  const facing = f32x4.add(f32x4.add(f32x4.mul(nx, lx), f32x4.mul(ny, ly)), f32x4.mul(nz, lz));
  const lit = f32x4.div(f32x4.pmax(facing, zero), f32x4.sqrt(squared));
  const bright = f32x4.add(v128.load_splat<f32>(settings, AMBIENT), f32x4.mul(v128.load_splat<f32>(settings, SUNLIGHT), lit));

  const material = load<i32>(primitive, PRIMITIVE_MATERIAL);
  const look = looks + (usize(material) << 4);
  const shade = load<f32>(primitive, PRIMITIVE_SHADE);
  const salt = i32(shade * 65536);
  const white = load<f32>(look) * (1 - load<f32>(look, 4) * (1 - shade));
  const size = f32x4.mul(z, f32x4.splat(inverse));
  let grain = texture(s, h, size, v128.load_splat<f32>(look, 12), v128.load_splat<f32>(look, 8), salt);
  if (material == MATERIAL_WALL) grain = f32x4.mul(grain, windows(s, h, onSide, salt));
  return f32x4.mul(f32x4.mul(f32x4.splat(white), grain), bright);
}

/** A row of a frame times (u, v, 1). */
function ray(row: usize, u: v128, v: v128): v128 {
  return f32x4.add(
    f32x4.add(f32x4.mul(v128.load_splat<f32>(row), u), f32x4.mul(v128.load_splat<f32>(row, 4), v)),
    v128.load_splat<f32>(row, 8),
  );
}

function signOf(q: v128): v128 {
  return v128.or(v128.and(q, f32x4.splat(-0.0)), f32x4.splat(1));
}

/** How much darker the windows of a wall are: one in every 3 by 2.8 m, each with a shade of its own. */
function windows(s: v128, h: v128, onSide: v128, salt: i32): v128 {
  const across = f32x4.mul(s, f32x4.splat(0.33333334));
  const up = f32x4.mul(h, f32x4.splat(0.35714287));
  const i = f32x4.floor(across);
  const j = f32x4.floor(up);
  const a = f32x4.abs(f32x4.sub(f32x4.sub(across, i), f32x4.splat(0.5)));
  const b = f32x4.abs(f32x4.sub(f32x4.sub(up, j), f32x4.splat(0.5)));
  const inside = v128.and(f32x4.lt(f32x4.pmax(a, b), f32x4.splat(0.25)), f32x4.gt(onSide, f32x4.splat(0)));
  const shade = f32x4.add(f32x4.splat(0.25), f32x4.mul(f32x4.splat(0.35), smoothNoise(i, j, i32x4.splat(1023), salt)));
  return v128.bitselect(shade, f32x4.splat(1), inside);
}

/** The sky, brighter towards the horizon, with clouds; below the horizon the land too far away to be seen. */
function skyLight(dx: v128, dy: v128, dz: v128, length: v128, settings: usize): v128 {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const haze = v128.load_splat<f32>(settings, HAZE);
  const up = f32x4.div(dz, length);
  const clear = f32x4.pmin(one, f32x4.mul(f32x4.pmax(up, zero), f32x4.splat(2.5)));
  const blue = f32x4.add(haze, f32x4.mul(f32x4.sub(v128.load_splat<f32>(settings, SKY), haze), clear));
  const reach = f32x4.div(f32x4.splat(3), f32x4.add(f32x4.pmax(dz, zero), f32x4.mul(length, f32x4.splat(0.15))));
  const x = f32x4.mul(dx, reach);
  const y = f32x4.mul(dy, reach);
  const mask = i32x4.splat(1023);
  const coarse = smoothNoise(x, y, mask, 101);
  const fine = smoothNoise(f32x4.mul(x, f32x4.splat(4)), f32x4.mul(y, f32x4.splat(4)), mask, 102);
  const cloud = f32x4.add(f32x4.mul(coarse, f32x4.splat(0.7)), f32x4.mul(fine, f32x4.splat(0.3)));
  const cover = f32x4.mul(f32x4.pmax(zero, f32x4.sub(cloud, f32x4.splat(0.45))), clear);
  const above = f32x4.add(blue, f32x4.mul(cover, haze));
  return v128.bitselect(above, f32x4.mul(haze, f32x4.splat(0.6)), f32x4.gt(dz, zero));
}

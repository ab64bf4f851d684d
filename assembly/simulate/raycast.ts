/**
 * A spinning LiDAR's rays against a scene: solids that move and turn while the head spins, and the ground.
 *
 * Acceleration: solids are culled three times. Once per call by range; then, FAN firings at a time, by the wedge of space the fan sweeps
 * (four spheres against two planes per step); then, per firing, by the interval of elevation their sphere covers. What is left is
 * met by four rays at a time. All rays of a firing start in one point, so a solid is brought into the frame of the firing once for
 * all of them. The ground is one profile per firing, walked once from the lowest ray to the highest, and refined per ray.
 *
 * | lane  | 0     | 1     | 2     | 3     |
 * |-------|-------|-------|-------|-------|
 * | holds | ray 0 | ray 1 | ray 2 | ray 3 | of a group
 */
import {
  CAST_SCRATCH,
  FIRING_ROW,
  HIT_GROUP,
  MATERIALS,
  PRIMITIVE_BOX,
  PRIMITIVE_CENTRE,
  PRIMITIVE_CYLINDER,
  PRIMITIVE_HALF,
  PRIMITIVE_KIND,
  PRIMITIVE_MATERIAL,
  PRIMITIVE_OBJECT,
  PRIMITIVE_RADIUS,
  PRIMITIVE_ROTATION,
  PRIMITIVE_ROW,
  PRIMITIVE_SHADE,
  PRIMITIVE_SPIN,
  PRIMITIVE_VELOCITY,
  RAY_GROUP,
} from "../../src/abi";
import { groundAt, groundBase, groundHeight, groundMaterial, groundWet } from "./_ground";

/** Firings per fan. */
const FAN: i32 = 12;
/** The profile of the ground: distances in a geometric series. */
const PROFILE: i32 = 44;
const PROFILE_FIRST: f32 = 1;
const PROFILE_RATIO: f32 = 1.12;
/** No ground rises faster than this, so higher rays never meet it. */
const STEEPEST: f32 = 0.2;
/** A wet surface reflects this share. */
const WET_SHARE: f32 = 0.25;
const INFINITE: f32 = Infinity;

/** Byte offsets in a firing. */
const ORIGIN: usize = 0;
const AXES: usize = 12;
const SECONDS: usize = 48;
/** Byte offsets in a group of hits. */
const COSINE: usize = 16;
const REFLECTIVITY: usize = 32;
const OBJECT: usize = 48;
/** Byte offset of the profile's distances in the scratch; its heights come first. */
const DISTANCES: usize = 256;

/**
 * @param primitives u8[count * PRIMITIVE_ROW], and `ground`: the scene
 * @param firings u8[firingCount * FIRING_ROW] - in the order of the spin; all within some 30 ms of the scene's time, less than half a turn
 * @param rays u8[groups * RAY_GROUP]
 * @param reflectivity f32[2 * MATERIALS], see REFLECTIVITY_BYTES
 * @param mostRange metres
 * @param scratch u8[CAST_SCRATCH + CAST_SCRATCH_PER_PRIMITIVE * (count + 3)], 16-byte aligned
 * @param hits u8[firingCount * groups * HIT_GROUP] - output, by firing
 * @returns firingCount
 *
 * f32 throughout; ranges are within about 2 mm of exact at 100 m. O(firings * solids in their direction).
 */
export function castRays(
  primitives: usize,
  count: i32,
  ground: usize,
  firings: usize,
  firingCount: i32,
  rays: usize,
  groups: i32,
  reflectivity: usize,
  mostRange: f32,
  scratch: usize,
  hits: usize,
): i32 {
  const lists = scratch + CAST_SCRATCH;
  const stride = usize((count + 3) & ~3) << 2;
  const stagger = widest(rays, groups);
  const near = cull(primitives, count, firings, firingCount, mostRange, lists, stride);
  const chosen = lists + stride * 5;
  for (let first = 0; first < firingCount; first += FAN) {
    const last = min(first + FAN, firingCount) - 1;
    const from = firings + usize(first) * FIRING_ROW;
    const to = firings + usize(last) * FIRING_ROW;
    const candidates = inWedge(from, to, stagger, lists, stride, near, chosen);
    for (let n = first; n <= last; n++) {
      const firing = firings + usize(n) * FIRING_ROW;
      const out = hits + usize(n) * usize(groups) * HIT_GROUP;
      clear(out, groups, mostRange);
      for (let k = 0; k < candidates; k++) {
        const primitive = primitives + usize(load<u32>(chosen + (usize(k) << 2))) * PRIMITIVE_ROW;
        meet(primitive, firing, rays, groups, stagger, reflectivity, out);
      }
      meetGround(ground, firing, rays, groups, reflectivity, scratch, out);
      drop(out, groups, mostRange);
    }
  }
  return firingCount;
}

/** Largest sine of an angle between a ray and the middle plane of a firing. */
function widest(rays: usize, groups: i32): f32 {
  let most: f32 = 0;
  for (let g = 0; g < groups; g++) {
    const at = rays + usize(g) * RAY_GROUP;
    for (let lane: usize = 0; lane < 16; lane += 4) {
      const x = load<f32>(at + lane);
      const y = load<f32>(at + lane, 16);
      most = max(most, Mathf.abs(y) / Mathf.sqrt(x * x + y * y));
    }
  }
  return most;
}

/** Lists what may be hit by any firing: x, y, z, radius (f32) and index (u32), in five arrays. The radius covers what moves meanwhile. */
function cull(primitives: usize, count: i32, firings: usize, firingCount: i32, mostRange: f32, lists: usize, stride: usize): i32 {
  const middle = firings + usize(firingCount >> 1) * FIRING_ROW;
  const end = firings + usize(firingCount - 1) * FIRING_ROW;
  const ox = load<f32>(middle, ORIGIN);
  const oy = load<f32>(middle, ORIGIN + 4);
  const oz = load<f32>(middle, ORIGIN + 8);
  const moved = max(distance(firings, middle), distance(end, middle));
  const time = load<f32>(middle, SECONDS);
  const span = max(Mathf.abs(load<f32>(firings, SECONDS) - time), Mathf.abs(load<f32>(end, SECONDS) - time));
  let near = 0;
  for (let n = 0; n < count; n++) {
    const at = primitives + usize(n) * PRIMITIVE_ROW;
    const vx = load<f32>(at, PRIMITIVE_VELOCITY);
    const vy = load<f32>(at, PRIMITIVE_VELOCITY + 4);
    const vz = load<f32>(at, PRIMITIVE_VELOCITY + 8);
    const x = load<f32>(at, PRIMITIVE_CENTRE) + vx * time - ox;
    const y = load<f32>(at, PRIMITIVE_CENTRE + 4) + vy * time - oy;
    const z = load<f32>(at, PRIMITIVE_CENTRE + 8) + vz * time - oz;
    const radius = load<f32>(at, PRIMITIVE_RADIUS) + moved + span * Mathf.sqrt(vx * vx + vy * vy + vz * vz);
    if (Mathf.sqrt(x * x + y * y + z * z) - radius > mostRange) continue;
    const row = lists + (usize(near) << 2);
    store<f32>(row, x);
    store<f32>(row + stride, y);
    store<f32>(row + stride * 2, z);
    store<f32>(row + stride * 3, radius);
    store<u32>(row + stride * 4, u32(n));
    near++;
  }
  // The rest of the last four can never be inside a wedge.
  for (let n = near; n < ((near + 3) & ~3); n++) store<f32>(lists + stride * 3 + (usize(n) << 2), -INFINITE);
  return near;
}

function distance(a: usize, b: usize): f32 {
  const x = load<f32>(a, ORIGIN) - load<f32>(b, ORIGIN);
  const y = load<f32>(a, ORIGIN + 4) - load<f32>(b, ORIGIN + 4);
  const z = load<f32>(a, ORIGIN + 8) - load<f32>(b, ORIGIN + 8);
  return Mathf.sqrt(x * x + y * y + z * z);
}

/** Indices of what reaches into the wedge between two firings. */
function inWedge(from: usize, to: usize, stagger: f32, lists: usize, stride: usize, near: i32, chosen: usize): i32 {
  // Which of the two is to the left of the other: the sign of the cross product of their x axes along z.
  const turn = load<f32>(from, AXES) * load<f32>(to, AXES + 12) - load<f32>(from, AXES + 12) * load<f32>(to, AXES);
  const left = turn > 0 ? to : from;
  const right = turn > 0 ? from : to;
  const c = Mathf.sqrt(max<f32>(0, 1 - stagger * stagger));
  // Outward normals of the two planes: the y axis of a firing, turned outward by the widest ray.
  const lx = f32x4.splat(c * load<f32>(left, AXES + 4) - stagger * load<f32>(left, AXES));
  const ly = f32x4.splat(c * load<f32>(left, AXES + 16) - stagger * load<f32>(left, AXES + 12));
  const lz = f32x4.splat(c * load<f32>(left, AXES + 28) - stagger * load<f32>(left, AXES + 24));
  const rx = f32x4.splat(-c * load<f32>(right, AXES + 4) - stagger * load<f32>(right, AXES));
  const ry = f32x4.splat(-c * load<f32>(right, AXES + 16) - stagger * load<f32>(right, AXES + 12));
  const rz = f32x4.splat(-c * load<f32>(right, AXES + 28) - stagger * load<f32>(right, AXES + 24));
  const fx = f32x4.splat(load<f32>(from, AXES));
  const fy = f32x4.splat(load<f32>(from, AXES + 12));
  const fz = f32x4.splat(load<f32>(from, AXES + 24));
  let found = 0;
  for (let n = 0; n < near; n += 4) {
    const row = lists + (usize(n) << 2);
    const x = v128.load(row);
    const y = v128.load(row + stride);
    const z = v128.load(row + stride * 2);
    const radius = v128.load(row + stride * 3);
    const beyondLeft = f32x4.add(f32x4.add(f32x4.mul(lx, x), f32x4.mul(ly, y)), f32x4.mul(lz, z));
    const beyondRight = f32x4.add(f32x4.add(f32x4.mul(rx, x), f32x4.mul(ry, y)), f32x4.mul(rz, z));
    const ahead = f32x4.add(f32x4.add(f32x4.mul(fx, x), f32x4.mul(fy, y)), f32x4.mul(fz, z));
    const inside = v128.and(v128.and(f32x4.le(beyondLeft, radius), f32x4.le(beyondRight, radius)), f32x4.ge(ahead, f32x4.neg(radius)));
    let mask = i32x4.bitmask(inside);
    while (mask != 0) {
      const lane = ctz(mask);
      mask &= mask - 1;
      if (n + lane >= near) break;
      store<u32>(chosen + (usize(found) << 2), load<u32>(row + stride * 4 + (usize(lane) << 2)));
      found++;
    }
  }
  return found;
}

function clear(out: usize, groups: i32, mostRange: f32): void {
  const range = f32x4.splat(mostRange);
  const zero = i32x4.splat(0);
  for (let g = 0; g < groups; g++) {
    const at = out + usize(g) * HIT_GROUP;
    v128.store(at, range);
    v128.store(at, zero, COSINE);
    v128.store(at, zero, REFLECTIVITY);
    v128.store(at, zero, OBJECT);
  }
}

/** What is still at the greatest range was not hit. */
function drop(out: usize, groups: i32, mostRange: f32): void {
  const none = f32x4.splat(INFINITE);
  const limit = f32x4.splat(mostRange);
  for (let g = 0; g < groups; g++) {
    const at = out + usize(g) * HIT_GROUP;
    const range = v128.load(at);
    v128.store(at, v128.bitselect(range, none, f32x4.lt(range, limit)));
  }
}

/** One solid against the rays of one firing. */
function meet(primitive: usize, firing: usize, rays: usize, groups: i32, stagger: f32, reflectivity: usize, out: usize): void {
  const time = load<f32>(firing, SECONDS);
  const cx = load<f32>(primitive, PRIMITIVE_CENTRE) + time * load<f32>(primitive, PRIMITIVE_VELOCITY) - load<f32>(firing, ORIGIN);
  const cy =
    load<f32>(primitive, PRIMITIVE_CENTRE + 4) + time * load<f32>(primitive, PRIMITIVE_VELOCITY + 4) - load<f32>(firing, ORIGIN + 4);
  const cz =
    load<f32>(primitive, PRIMITIVE_CENTRE + 8) + time * load<f32>(primitive, PRIMITIVE_VELOCITY + 8) - load<f32>(firing, ORIGIN + 8);
  const m00 = load<f32>(firing, AXES);
  const m01 = load<f32>(firing, AXES + 4);
  const m02 = load<f32>(firing, AXES + 8);
  const m10 = load<f32>(firing, AXES + 12);
  const m11 = load<f32>(firing, AXES + 16);
  const m12 = load<f32>(firing, AXES + 20);
  const m20 = load<f32>(firing, AXES + 24);
  const m21 = load<f32>(firing, AXES + 28);
  const m22 = load<f32>(firing, AXES + 32);
  const radius = load<f32>(primitive, PRIMITIVE_RADIUS);

  // The sphere, seen from the firing: beside the rays, behind them, or at another elevation.
  const ahead = m00 * cx + m10 * cy + m20 * cz;
  if (ahead < -radius) return;
  const aside = m01 * cx + m11 * cy + m21 * cz;
  const up = m02 * cx + m12 * cy + m22 * cz;
  const away = Mathf.sqrt(cx * cx + cy * cy + cz * cz);
  if (Mathf.abs(aside) > radius + stagger * away) return;
  let low: f32 = -2;
  let high: f32 = 2;
  if (away > radius) {
    low = (up - radius) / away;
    high = (up + radius) / away;
  }

  // R' = R + spin * time x R: rows are the solid's axes after the turn, to the first order.
  const sx = time * load<f32>(primitive, PRIMITIVE_SPIN);
  const sy = time * load<f32>(primitive, PRIMITIVE_SPIN + 4);
  const sz = time * load<f32>(primitive, PRIMITIVE_SPIN + 8);
  let r00 = load<f32>(primitive, PRIMITIVE_ROTATION);
  let r01 = load<f32>(primitive, PRIMITIVE_ROTATION + 4);
  let r02 = load<f32>(primitive, PRIMITIVE_ROTATION + 8);
  let r10 = load<f32>(primitive, PRIMITIVE_ROTATION + 12);
  let r11 = load<f32>(primitive, PRIMITIVE_ROTATION + 16);
  let r12 = load<f32>(primitive, PRIMITIVE_ROTATION + 20);
  let r20 = load<f32>(primitive, PRIMITIVE_ROTATION + 24);
  let r21 = load<f32>(primitive, PRIMITIVE_ROTATION + 28);
  let r22 = load<f32>(primitive, PRIMITIVE_ROTATION + 32);
  if (sx != 0 || sy != 0 || sz != 0) {
    const a0 = r00 + sy * r20 - sz * r10;
    const a1 = r01 + sy * r21 - sz * r11;
    const a2 = r02 + sy * r22 - sz * r12;
    const b0 = r10 + sz * r00 - sx * r20;
    const b1 = r11 + sz * r01 - sx * r21;
    const b2 = r12 + sz * r02 - sx * r22;
    r20 += sx * r10 - sy * r00;
    r21 += sx * r11 - sy * r01;
    r22 += sx * r12 - sy * r02;
    r00 = a0;
    r01 = a1;
    r02 = a2;
    r10 = b0;
    r11 = b1;
    r12 = b2;
  }

  // From the firing into the solid: p = R'^T M, and where the rays begin.
  const p00 = f32x4.splat(r00 * m00 + r10 * m10 + r20 * m20);
  const p01 = f32x4.splat(r00 * m01 + r10 * m11 + r20 * m21);
  const p02 = f32x4.splat(r00 * m02 + r10 * m12 + r20 * m22);
  const p10 = f32x4.splat(r01 * m00 + r11 * m10 + r21 * m20);
  const p11 = f32x4.splat(r01 * m01 + r11 * m11 + r21 * m21);
  const p12 = f32x4.splat(r01 * m02 + r11 * m12 + r21 * m22);
  const p20 = f32x4.splat(r02 * m00 + r12 * m10 + r22 * m20);
  const p21 = f32x4.splat(r02 * m01 + r12 * m11 + r22 * m21);
  const p22 = f32x4.splat(r02 * m02 + r12 * m12 + r22 * m22);
  const ox = f32x4.splat(-(r00 * cx + r10 * cy + r20 * cz));
  const oy = f32x4.splat(-(r01 * cx + r11 * cy + r21 * cz));
  const oz = f32x4.splat(-(r02 * cx + r12 * cy + r22 * cz));
  const hx = f32x4.splat(load<f32>(primitive, PRIMITIVE_HALF));
  const hy = f32x4.splat(load<f32>(primitive, PRIMITIVE_HALF + 4));
  const hz = f32x4.splat(load<f32>(primitive, PRIMITIVE_HALF + 8));
  const kind = load<i32>(primitive, PRIMITIVE_KIND);
  const albedo = f32x4.splat(reflects(primitive, reflectivity));
  const object = i32x4.splat(load<i32>(primitive, PRIMITIVE_OBJECT));

  for (let g = 0; g < groups; g++) {
    const ray = rays + usize(g) * RAY_GROUP;
    const z = v128.load(ray, 32);
    // Ascending by groups: the first lane of a group is its lowest ray, the last its highest.
    if (f32x4.extract_lane(z, 3) < low) continue;
    if (f32x4.extract_lane(z, 0) > high) break;
    const x = v128.load(ray);
    const y = v128.load(ray, 16);
    const dx = f32x4.add(f32x4.add(f32x4.mul(p00, x), f32x4.mul(p01, y)), f32x4.mul(p02, z));
    const dy = f32x4.add(f32x4.add(f32x4.mul(p10, x), f32x4.mul(p11, y)), f32x4.mul(p12, z));
    const dz = f32x4.add(f32x4.add(f32x4.mul(p20, x), f32x4.mul(p21, y)), f32x4.mul(p22, z));
    const at = out + usize(g) * HIT_GROUP;
    if (kind == PRIMITIVE_BOX) meetBox(dx, dy, dz, ox, oy, oz, hx, hy, hz, at, albedo, object);
    else if (kind == PRIMITIVE_CYLINDER) meetCylinder(dx, dy, dz, ox, oy, oz, hx, hy, hz, at, albedo, object);
    else meetEllipsoid(dx, dy, dz, ox, oy, oz, hx, hy, hz, at, albedo, object);
  }
}

/** Reflectivity of a solid: its material's, darker the lower its shade. */
function reflects(primitive: usize, reflectivity: usize): f32 {
  const material = usize(load<i32>(primitive, PRIMITIVE_MATERIAL)) << 2;
  const dark = load<f32>(reflectivity + material + (MATERIALS << 2));
  return load<f32>(reflectivity + material) * (1 - dark * (1 - load<f32>(primitive, PRIMITIVE_SHADE)));
}

/** Slabs (Kay and Kajiya 1986). Rays that begin inside see nothing of it. */
function meetBox(
  dx: v128,
  dy: v128,
  dz: v128,
  ox: v128,
  oy: v128,
  oz: v128,
  hx: v128,
  hy: v128,
  hz: v128,
  at: usize,
  albedo: v128,
  object: v128,
): void {
  const one = f32x4.splat(1);
  const ix = f32x4.div(one, dx);
  const iy = f32x4.div(one, dy);
  const iz = f32x4.div(one, dz);
  // |i| * h reaches from the middle plane of a slab to its faces.
  const ax = f32x4.mul(f32x4.abs(ix), hx);
  const ay = f32x4.mul(f32x4.abs(iy), hy);
  const az = f32x4.mul(f32x4.abs(iz), hz);
  const bx = f32x4.mul(ix, ox);
  const by = f32x4.mul(iy, oy);
  const bz = f32x4.mul(iz, oz);
  const nx = f32x4.neg(f32x4.add(bx, ax));
  const ny = f32x4.neg(f32x4.add(by, ay));
  const nz = f32x4.neg(f32x4.add(bz, az));
  const enter = f32x4.max(f32x4.max(nx, ny), nz);
  const leave = f32x4.min(f32x4.min(f32x4.sub(ax, bx), f32x4.sub(ay, by)), f32x4.sub(az, bz));
  const cosine = v128.bitselect(f32x4.abs(dx), v128.bitselect(f32x4.abs(dy), f32x4.abs(dz), f32x4.eq(enter, ny)), f32x4.eq(enter, nx));
  keep(enter, cosine, f32x4.le(enter, leave), at, albedo, object);
}

/** A cylinder along z with flat ends; an elliptic one is scaled to the unit circle. */
function meetCylinder(
  dx: v128,
  dy: v128,
  dz: v128,
  ox: v128,
  oy: v128,
  oz: v128,
  hx: v128,
  hy: v128,
  hz: v128,
  at: usize,
  albedo: v128,
  object: v128,
): void {
  const one = f32x4.splat(1);
  const sx = f32x4.div(one, hx);
  const sy = f32x4.div(one, hy);
  const ux = f32x4.mul(dx, sx);
  const uy = f32x4.mul(dy, sy);
  const qx = f32x4.mul(ox, sx);
  const qy = f32x4.mul(oy, sy);
  const a = f32x4.add(f32x4.mul(ux, ux), f32x4.mul(uy, uy));
  const b = f32x4.add(f32x4.mul(ux, qx), f32x4.mul(uy, qy));
  // The distance of the line from the axis gives the discriminant without cancelling: a - (ux qy - uy qx)^2.
  const miss = f32x4.sub(f32x4.mul(ux, qy), f32x4.mul(uy, qx));
  const discriminant = f32x4.sub(a, f32x4.mul(miss, miss));
  const root = f32x4.sqrt(f32x4.max(discriminant, f32x4.splat(0)));
  const inverse = f32x4.div(one, a);
  const side = f32x4.mul(f32x4.sub(f32x4.neg(b), root), inverse);
  const far = f32x4.mul(f32x4.sub(root, b), inverse);
  // The slab between the two ends.
  const iz = f32x4.div(one, dz);
  const az = f32x4.mul(f32x4.abs(iz), hz);
  const bz = f32x4.mul(iz, oz);
  const end = f32x4.neg(f32x4.add(bz, az));
  const enter = f32x4.max(side, end);
  const leave = f32x4.min(far, f32x4.sub(az, bz));
  // The normal of the side is (x / hx^2, y / hy^2) at the hit, made a unit vector.
  const nx = f32x4.mul(f32x4.add(qx, f32x4.mul(ux, side)), sx);
  const ny = f32x4.mul(f32x4.add(qy, f32x4.mul(uy, side)), sy);
  const along = f32x4.abs(f32x4.add(f32x4.mul(nx, dx), f32x4.mul(ny, dy)));
  const length = f32x4.sqrt(f32x4.add(f32x4.mul(nx, nx), f32x4.mul(ny, ny)));
  const cosine = v128.bitselect(f32x4.abs(dz), f32x4.div(along, length), f32x4.gt(end, side));
  keep(enter, cosine, v128.and(f32x4.le(enter, leave), f32x4.ge(discriminant, f32x4.splat(0))), at, albedo, object);
}

/** Scaled to the unit sphere. */
function meetEllipsoid(
  dx: v128,
  dy: v128,
  dz: v128,
  ox: v128,
  oy: v128,
  oz: v128,
  hx: v128,
  hy: v128,
  hz: v128,
  at: usize,
  albedo: v128,
  object: v128,
): void {
  const one = f32x4.splat(1);
  const sx = f32x4.div(one, hx);
  const sy = f32x4.div(one, hy);
  const sz = f32x4.div(one, hz);
  const ux = f32x4.mul(dx, sx);
  const uy = f32x4.mul(dy, sy);
  const uz = f32x4.mul(dz, sz);
  const qx = f32x4.mul(ox, sx);
  const qy = f32x4.mul(oy, sy);
  const qz = f32x4.mul(oz, sz);
  const a = f32x4.add(f32x4.add(f32x4.mul(ux, ux), f32x4.mul(uy, uy)), f32x4.mul(uz, uz));
  const b = f32x4.add(f32x4.add(f32x4.mul(ux, qx), f32x4.mul(uy, qy)), f32x4.mul(uz, qz));
  // |u x q|^2 is the distance of the line from the centre, squared, times a: no cancelling.
  const mx = f32x4.sub(f32x4.mul(uy, qz), f32x4.mul(uz, qy));
  const my = f32x4.sub(f32x4.mul(uz, qx), f32x4.mul(ux, qz));
  const mz = f32x4.sub(f32x4.mul(ux, qy), f32x4.mul(uy, qx));
  const miss = f32x4.add(f32x4.add(f32x4.mul(mx, mx), f32x4.mul(my, my)), f32x4.mul(mz, mz));
  const discriminant = f32x4.sub(a, miss);
  const root = f32x4.sqrt(f32x4.max(discriminant, f32x4.splat(0)));
  const enter = f32x4.div(f32x4.sub(f32x4.neg(b), root), a);
  const nx = f32x4.mul(f32x4.add(qx, f32x4.mul(ux, enter)), sx);
  const ny = f32x4.mul(f32x4.add(qy, f32x4.mul(uy, enter)), sy);
  const nz = f32x4.mul(f32x4.add(qz, f32x4.mul(uz, enter)), sz);
  const along = f32x4.abs(f32x4.add(f32x4.add(f32x4.mul(nx, dx), f32x4.mul(ny, dy)), f32x4.mul(nz, dz)));
  const length = f32x4.sqrt(f32x4.add(f32x4.add(f32x4.mul(nx, nx), f32x4.mul(ny, ny)), f32x4.mul(nz, nz)));
  keep(enter, f32x4.div(along, length), f32x4.ge(discriminant, f32x4.splat(0)), at, albedo, object);
}

/** Takes the lanes of `hit` that lie ahead and nearer than what is there. */
function keep(range: v128, cosine: v128, hit: v128, at: usize, albedo: v128, object: v128): void {
  const before = v128.load(at);
  const taken = v128.and(hit, v128.and(f32x4.gt(range, f32x4.splat(0)), f32x4.lt(range, before)));
  if (!v128.any_true(taken)) return;
  v128.store(at, v128.bitselect(range, before, taken));
  v128.store(at, v128.bitselect(cosine, v128.load(at, COSINE), taken), COSINE);
  v128.store(at, v128.bitselect(albedo, v128.load(at, REFLECTIVITY), taken), REFLECTIVITY);
  v128.store(at, v128.bitselect(object, v128.load(at, OBJECT), taken), OBJECT);
}

/** The rays of one firing against the ground. */
function meetGround(ground: usize, firing: usize, rays: usize, groups: i32, reflectivity: usize, scratch: usize, out: usize): void {
  const ox = load<f32>(firing, ORIGIN);
  const oy = load<f32>(firing, ORIGIN + 4);
  const oz = load<f32>(firing, ORIGIN + 8);
  const m00 = load<f32>(firing, AXES);
  const m01 = load<f32>(firing, AXES + 4);
  const m02 = load<f32>(firing, AXES + 8);
  const m10 = load<f32>(firing, AXES + 12);
  const m11 = load<f32>(firing, AXES + 16);
  const m12 = load<f32>(firing, AXES + 20);
  const m20 = load<f32>(firing, AXES + 24);
  const m21 = load<f32>(firing, AXES + 28);
  const m22 = load<f32>(firing, AXES + 32);

  const flat = f32(1) / Mathf.sqrt(m00 * m00 + m10 * m10);
  let r = PROFILE_FIRST;
  for (let k = 0; k < PROFILE; k++) {
    const at = scratch + (usize(k) << 2);
    store<f32>(at, groundBase(ground, ox + m00 * flat * r, oy + m10 * flat * r));
    store<f32>(at, r, DISTANCES);
    r *= PROFILE_RATIO;
  }

  let k = 1;
  let begin = 1;
  for (let n = 0; n < groups * 4; n++) {
    const group = usize(n >> 2);
    const lane = usize(n & 3) << 2;
    const ray = rays + group * RAY_GROUP + lane;
    const x = load<f32>(ray);
    const y = load<f32>(ray, 16);
    const z = load<f32>(ray, 32);
    const dx = m00 * x + m01 * y + m02 * z;
    const dy = m10 * x + m11 * y + m12 * z;
    const dz = m20 * x + m21 * y + m22 * z;
    const along = Mathf.sqrt(dx * dx + dy * dy);
    const slope = dz / along;
    if (slope > STEEPEST) continue;
    // Higher rays meet the ground further out, but for small differences in azimuth. The next group is the other half of the same beams:
    // it begins where this one began.
    k = max(1, (lane == 0 ? begin : k) - 3);
    while (k < PROFILE && oz + slope * load<f32>(scratch + (usize(k) << 2), DISTANCES) > load<f32>(scratch + (usize(k) << 2))) k++;
    if (lane == 0) begin = k;
    if (k == PROFILE) continue;
    const here = scratch + (usize(k) << 2);
    const r0 = load<f32>(here, DISTANCES - 4);
    const r1 = load<f32>(here, DISTANCES);
    const rise = (load<f32>(here) - load<f32>(here - 4)) / (r1 - r0);
    const above = oz + slope * r0 - load<f32>(here - 4);
    const below = oz + slope * r1 - load<f32>(here);
    let t = (r0 + ((r1 - r0) * above) / (above - below)) / along;
    const hit = out + group * HIT_GROUP + lane;
    const nearest = load<f32>(hit);
    if (!(t > 0 && t < nearest + 2)) continue;
    // The profile lies in the middle plane and has no kerbs; the ray may not.
    const closing = min<f32>(dz - rise * along, -0.004);
    t -= over(groundAt(ground, ox + dx * t, oy + dy * t), oz + dz * t) / closing;
    const hx = ox + dx * t;
    const hy = oy + dy * t;
    const node = groundAt(ground, hx, hy);
    t -= over(node, oz + dz * t) / closing;
    if (!(t > 0 && t < nearest)) continue;
    const cosine = Mathf.abs(dz - rise * along) / Mathf.sqrt(1 + rise * rise);
    const material = groundMaterial(f32x4.extract_lane(node, 1), f32x4.extract_lane(node, 2), f32x4.extract_lane(node, 3));
    const bright = load<f32>(reflectivity + (usize(material) << 2));
    store<f32>(hit, t);
    store<f32>(hit, cosine, COSINE);
    store<f32>(hit, groundWet(hx, hy) ? bright * WET_SHARE : bright, REFLECTIVITY);
    store<i32>(hit, 0, OBJECT);
  }
}

/** How far a height is above the surface. */
function over(node: v128, height: f32): f32 {
  return height - groundHeight(f32x4.extract_lane(node, 0), f32x4.extract_lane(node, 1), f32x4.extract_lane(node, 3));
}

/**
 * Points inside oriented boxes: how many, and when they were measured.
 *
 * A point is inside where its distance from the box's centre along each of the box's axes is at most half its size, in float64 on the
 * file's own coordinates: as Argoverse 2 counts `num_interior_pts`. Most points are told to be outside by their distance from the centre
 * over ground, sixteen at a time in float32; where that is close the answer in float64 counts.
 */
import { BOX_POINTS_CHUNK } from "../../src/abi";
import { loadField, loadSince } from "./_field";

/** Points looked at together: their x and y stay in the first cache while all boxes pass. */
const CHUNK: i32 = BOX_POINTS_CHUNK;
/**
 * What a distance in float32 may be off by, as a share of the coordinates and the size: places and centres are rounded to 6e-8 of themselves, and
 * so are the difference, its square, the sum and the reach they are held against.
 */
const FLOAT_SHARE: f64 = 1e-6;
/** Bytes of a box's answer. */
const OUT: usize = 32;

/**
 * @param rows u8[count * stride] - points in place, little-endian
 * @param x, y, z offsets of the coordinates (metres) in a row; `type` their common field type
 * @param time offset of the time in a row, or -1
 * @param boxes f64[7n] - x, y, z of the centre, length, width, height, yaw; boxes that are not finite hold nothing
 * @param scratch 8 * BOX_POINTS_CHUNK bytes
 * @param out f64[4n] - output: points inside; mean, smallest and largest of their times less the first row's, in the field's own unit (0 without a time)
 * @returns point-box pairs that were compared
 * O(count * n), of which all but those near a box are a sixteenth of a loop. Points that are not finite are outside
 */
export function pointsInBoxes(
  rows: usize,
  count: i32,
  stride: i32,
  x: i32,
  y: i32,
  z: i32,
  type: i32,
  time: i32,
  timeType: i32,
  boxes: usize,
  n: i32,
  scratch: usize,
  out: usize,
): f64 {
  for (let b = 0; b < n; b++) {
    const own = out + usize(b) * OUT;
    store<f64>(own, 0);
    store<f64>(own, 0, 8);
    store<f64>(own, Infinity, 16);
    store<f64>(own, -Infinity, 24);
  }
  const ys = scratch + (usize(CHUNK) << 2);
  for (let first = 0; first < count; first += CHUNK) {
    const here = min(CHUNK, count - first);
    let row = rows + usize(first) * usize(stride);
    for (let i = 0; i < here; i++, row += usize(stride)) {
      store<f32>(scratch + (usize(i) << 2), f32(loadField(row + usize(x), type)));
      store<f32>(ys + (usize(i) << 2), f32(loadField(row + usize(y), type)));
    }
    // What the last sixteen lack is nowhere.
    const whole = (here + 15) & ~15;
    for (let i = here; i < whole; i++) {
      store<f32>(scratch + (usize(i) << 2), NaN);
      store<f32>(ys + (usize(i) << 2), NaN);
    }
    for (let b = 0; b < n; b++) {
      const box = boxes + usize(b) * 56;
      const cx = load<f64>(box);
      const cy = load<f64>(box, 8);
      const halfLength = load<f64>(box, 24) / 2;
      const halfWidth = load<f64>(box, 32) / 2;
      const reach = sqrt(halfLength * halfLength + halfWidth * halfWidth) + FLOAT_SHARE * (abs(cx) + abs(cy) + halfLength + halfWidth);
      if (!(reach < Infinity)) continue;
      const cos = Math.cos(load<f64>(box, 48));
      const sin = Math.sin(load<f64>(box, 48));
      const x4 = f32x4.splat(f32(cx));
      const y4 = f32x4.splat(f32(cy));
      const most = f32x4.splat(f32(reach * reach));
      for (let i = 0; i < whole; i += 16) {
        const px = scratch + (usize(i) << 2);
        const py = ys + (usize(i) << 2);
        const near = v128.or(
          v128.or(within(v128.load(px), v128.load(py), x4, y4, most), within(v128.load(px, 16), v128.load(py, 16), x4, y4, most)),
          v128.or(within(v128.load(px, 32), v128.load(py, 32), x4, y4, most), within(v128.load(px, 48), v128.load(py, 48), x4, y4, most)),
        );
        if (!v128.any_true(near)) continue;
        for (let j = i; j < min(i + 16, here); j += 4) {
          const at = usize(j) << 2;
          let lanes = i32x4.bitmask(within(v128.load(scratch + at), v128.load(ys + at), x4, y4, most));
          while (lanes != 0) {
            const point = first + j + ctz(lanes);
            lanes &= lanes - 1;
            take(rows, rows + usize(point) * usize(stride), x, y, z, type, time, timeType, box, cos, sin, out + usize(b) * OUT);
          }
        }
      }
    }
  }
  for (let b = 0; b < n; b++) {
    const own = out + usize(b) * OUT;
    const inside = load<f64>(own);
    store<f64>(own, inside == 0 ? 0 : load<f64>(own, 8) / inside, 8);
    if (inside != 0 && time >= 0) continue;
    store<f64>(own, 0, 16);
    store<f64>(own, 0, 24);
  }
  return f64(count) * f64(n);
}

function within(px: v128, py: v128, x: v128, y: v128, most: v128): v128 {
  const dx = f32x4.sub(px, x);
  const dy = f32x4.sub(py, y);
  return f32x4.le(f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy)), most);
}

/** Counts a point where it is inside. */
function take(
  rows: usize,
  row: usize,
  x: i32,
  y: i32,
  z: i32,
  type: i32,
  time: i32,
  timeType: i32,
  box: usize,
  cos: f64,
  sin: f64,
  own: usize,
): void {
  const dx = loadField(row + usize(x), type) - load<f64>(box);
  const dy = loadField(row + usize(y), type) - load<f64>(box, 8);
  const dz = loadField(row + usize(z), type) - load<f64>(box, 16);
  if (!(abs(cos * dx + sin * dy) <= load<f64>(box, 24) / 2)) return;
  if (!(abs(cos * dy - sin * dx) <= load<f64>(box, 32) / 2)) return;
  if (!(abs(dz) <= load<f64>(box, 40) / 2)) return;
  store<f64>(own, load<f64>(own) + 1);
  if (time < 0) return;
  const at = loadSince(row + usize(time), rows + usize(time), timeType);
  store<f64>(own, load<f64>(own, 8) + at, 8);
  store<f64>(own, min(load<f64>(own, 16), at), 16);
  store<f64>(own, max(load<f64>(own, 24), at), 24);
}

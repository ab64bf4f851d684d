/** What a sweep consists of: points that are none, repeated, out of reach; which lasers and which directions it has. */
import { SHAPE_FIGURES, SHAPE_SECTORS, SWEEP_LASERS } from "../../src/abi";
import { azimuth } from "./_azimuth";
import { loadField, loadLaser } from "./_field";

const TAU: f64 = 6.283185307179586;

/**
 * @param rows u8[count * stride] - points in place, little-endian
 * @param x, y, z offsets of the coordinates (metres) in a row; `type` their common field type
 * @param ring offset of the laser's number in a row, or -1
 * @param intensity offset of the intensity in a row, or -1
 * @param farthest metres
 * @param out u32[SHAPE_FIGURES + SWEEP_LASERS + SHAPE_SECTORS] - output: points that have a place; that are not finite; at the origin; farther
 *   than `farthest`; at the very place of the point before; of the largest intensity there is; then points of each laser (by its number's low
 *   8 bits); then points of each sector of azimuth, the first begins at -pi
 * @returns points that have a place
 * O(n)
 */
export function sweepShape(
  rows: usize,
  count: i32,
  stride: i32,
  x: i32,
  y: i32,
  z: i32,
  type: i32,
  ring: i32,
  ringType: i32,
  intensity: i32,
  intensityType: i32,
  farthest: f64,
  out: usize,
): i32 {
  memory.fill(out, 0, (SHAPE_FIGURES + SWEEP_LASERS + SHAPE_SECTORS) << 2);
  const lasers = out + (SHAPE_FIGURES << 2);
  const sectors = lasers + (SWEEP_LASERS << 2);
  const most = farthest * farthest;
  let brightest: f64 = -Infinity;
  let bright = 0;
  let bx: f64 = NaN;
  let by: f64 = NaN;
  let bz: f64 = NaN;
  let row = rows;
  for (let i = 0; i < count; i++, row += usize(stride)) {
    const px = loadField(row + usize(x), type);
    const py = loadField(row + usize(y), type);
    const pz = loadField(row + usize(z), type);
    const reach = max(abs(px), max(abs(py), abs(pz)));
    if (!(reach < Infinity)) {
      up(out, 1);
      continue;
    }
    if (reach == 0) {
      up(out, 2);
      continue;
    }
    up(out, 0);
    if (px * px + py * py + pz * pz > most) up(out, 3);
    if (px == bx && py == by && pz == bz) up(out, 4);
    bx = px;
    by = py;
    bz = pz;
    if (ring >= 0) up(lasers, loadLaser(row + usize(ring), ringType));
    if (px != 0 || py != 0) {
      up(sectors, min(SHAPE_SECTORS - 1, i32((azimuth(px, py) / TAU + 0.5) * f64(SHAPE_SECTORS))));
    }
    if (intensity < 0) continue;
    const value = loadField(row + usize(intensity), intensityType);
    if (value > brightest) {
      brightest = value;
      bright = 1;
    } else if (value == brightest) bright++;
  }
  store<u32>(out, bright, 20);
  return load<u32>(out);
}

function up(list: usize, at: i32): void {
  const slot = list + (usize(at) << 2);
  store<u32>(slot, load<u32>(slot) + 1);
}

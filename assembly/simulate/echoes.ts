/**
 * From hits to points: what the receiver of a LiDAR makes of a beam. A beam is two rays side by side, each with half of its
 * energy. Where they meet the same surface there is one echo; where they straddle an edge, one between the two if the pulse cannot
 * tell them apart, else two. Weak echoes are lost, ranges are noisy and come in steps.
 */
import { FIRING_ROW, HIT_GROUP } from "../../src/abi";

/** Byte offsets in a firing. */
const COSINE: usize = 52;
const SINE: usize = 56;
const NANOSECONDS: usize = 60;
/** Bytes per ring in `rings`: f32 x, y, z, u32 ns. */
const RING: usize = 16;
/** Two surfaces closer than this give one echo: the length of a pulse. */
const PULSE: f32 = 0.9;
/** Ranges come in steps of 2 mm. */
const STEPS: f32 = 500;
/** How far away a surface of reflectivity 1 would have to be to be seen half as bright. */
const HALF_BRIGHT: f32 = 80;
const BRIGHTEST: f32 = 255;
/** One echo in 1024 is lost for no reason. */
const LOST: u32 = 1023;

/**
 * @param firings u8[firingCount * FIRING_ROW]
 * @param rings u8[ringCount * 16] - per ring the direction of its beam in the frame of a firing (f32[3]) and its delay (u32 ns)
 * @param ringCount a multiple of 4
 * @param hits u8[firingCount * ringCount / 2 * HIT_GROUP] - as `castRays` leaves them; group 2k holds one half of the beams of rings
 * 4k to 4k + 3, group 2k + 1 the other half
 * @param leastRange and `noise` (standard deviation) in metres; `threshold`: least reflectivity times cosine over squared range
 * @param returns 1 or 2 per beam
 * @param seed of the noise
 * @param rows u8[2 * firingCount * ringCount * 24] - output: f32 x, y, z, intensity; u32 t (ns); u16 ring, u16 return
 * @param objects i32[2 * firingCount * ringCount] - output: what each point lies on
 * @returns points
 */
export function formEchoes(
  firings: usize,
  firingCount: i32,
  rings: usize,
  ringCount: i32,
  hits: usize,
  leastRange: f32,
  noise: f32,
  threshold: f32,
  returns: i32,
  seed: u32,
  rows: usize,
  objects: usize,
): i32 {
  let count = 0;
  const perFiring = usize(ringCount >> 1) * HIT_GROUP;
  for (let n = 0; n < firingCount; n++) {
    const firing = firings + usize(n) * FIRING_ROW;
    for (let ring = 0; ring < ringCount; ring++) {
      const a = hits + usize(n) * perFiring + usize(ring >> 2) * (2 * HIT_GROUP) + (usize(ring & 3) << 2);
      const b = a + HIT_GROUP;
      const rangeA = load<f32>(a);
      const rangeB = load<f32>(b);
      // Infinity over nothing: no signal.
      const signalA = rangeA < Infinity ? signal(a, rangeA) : 0;
      const signalB = rangeB < Infinity ? signal(b, rangeB) : 0;
      if (signalA + signalB == 0) continue;
      const word = scramble(seed + u32(n * ringCount + ring) * 0x9e3779b9);
      const other = scramble(word ^ 0x5bd1e995);
      if ((other & LOST) == 0) continue;
      // Fluctuates by 15 %.
      const fluctuation: f32 = 1 + f32(0.15) * normal(other);
      const error = noise * normal(word);
      const aIsStronger = signalA >= signalB;
      const strong = aIsStronger ? a : b;
      if (signalA > 0 && signalB > 0 && Mathf.abs(rangeA - rangeB) < PULSE) {
        const sum = signalA + signalB;
        const range = (signalA * rangeA + signalB * rangeB) / sum;
        if (sum * fluctuation < threshold || range < leastRange) continue;
        const bright = brightness(a, rangeA) + brightness(b, rangeB);
        emit(firing, rings, ring, range + error, bright * fluctuation, 0, rows + usize(count) * 24);
        store<i32>(objects + (usize(count) << 2), load<i32>(strong, 48));
        count++;
        continue;
      }
      const first = aIsStronger ? rangeA : rangeB;
      if (max(signalA, signalB) * fluctuation < threshold || first < leastRange) continue;
      emit(firing, rings, ring, first + error, brightness(strong, first) * fluctuation, 0, rows + usize(count) * 24);
      store<i32>(objects + (usize(count) << 2), load<i32>(strong, 48));
      count++;
      const second = aIsStronger ? rangeB : rangeA;
      const weak = aIsStronger ? b : a;
      if (returns < 2 || min(signalA, signalB) * fluctuation < threshold || second < leastRange) continue;
      emit(firing, rings, ring, second - error, brightness(weak, second) * fluctuation, 1, rows + usize(count) * 24);
      store<i32>(objects + (usize(count) << 2), load<i32>(weak, 48));
      count++;
    }
  }
  return count;
}

/** Half a beam's energy that comes back. */
function signal(hit: usize, range: f32): f32 {
  return (f32(0.5) * load<f32>(hit, 16) * load<f32>(hit, 32)) / max<f32>(range * range, f32(1e-6));
}

/** Half a beam's share of the intensity, most of the fall with range being corrected as sensors do. */
function brightness(hit: usize, range: f32): f32 {
  const far = range / HALF_BRIGHT;
  return (f32(0.5) * BRIGHTEST * load<f32>(hit, 16) * load<f32>(hit, 32)) / (1 + far * far);
}

function emit(firing: usize, rings: usize, ring: i32, range: f32, intensity: f32, which: u16, row: usize): void {
  const r = Mathf.floor(range * STEPS + f32(0.5)) / STEPS;
  const beam = rings + usize(ring) * RING;
  const c = load<f32>(firing, COSINE);
  const s = load<f32>(firing, SINE);
  const x = load<f32>(beam);
  const y = load<f32>(beam, 4);
  store<f32>(row, r * (c * x - s * y));
  store<f32>(row, r * (s * x + c * y), 4);
  store<f32>(row, r * load<f32>(beam, 8), 8);
  store<f32>(row, Mathf.floor(min(BRIGHTEST, intensity) + f32(0.5)), 12);
  store<u32>(row, load<u32>(firing, NANOSECONDS) + load<u32>(beam, 12), 16);
  store<u16>(row, u16(ring), 20);
  store<u16>(row, which, 22);
}

/** The finaliser of MurmurHash3. */
function scramble(word: u32): u32 {
  let h = (word ^ (word >> 16)) * 0x85ebca6b;
  h = (h ^ (h >> 13)) * 0xc2b2ae35;
  return h ^ (h >> 16);
}

/** Nearly normal with mean 0 and variance 1: the sum of the four bytes of a word, between -3.5 and 3.5. */
function normal(word: u32): f32 {
  const sum = (word & 255) + ((word >> 8) & 255) + ((word >> 16) & 255) + (word >> 24);
  return f32(i32(sum) - 510) * f32(0.006765985);
}

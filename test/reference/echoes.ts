/** What a LiDAR's receiver makes of the hits of its beams, one beam at a time, every operation rounded to f32 as the kernel's is. */
export interface HalfBeam {
  /** Infinity where it met nothing. */
  readonly range: number;
  readonly cosine: number;
  readonly reflectivity: number;
  readonly object: number;
}

export interface Receiver {
  readonly leastRange: number;
  readonly noise: number;
  readonly threshold: number;
  readonly returns: number;
  readonly seed: number;
}

export interface Echo {
  readonly range: number;
  readonly intensity: number;
  readonly which: number;
  readonly object: number;
}

const f = Math.fround;

/** @param index of the beam: firing * rings + ring */
export function formEchoes(a: HalfBeam, b: HalfBeam, index: number, receiver: Receiver): readonly Echo[] {
  const [leastRange, noise, threshold] = [f(receiver.leastRange), f(receiver.noise), f(receiver.threshold)];
  const [sa, sb] = [signal(a), signal(b)];
  const word = scramble((receiver.seed + Math.imul(index, 0x9e3779b9)) >>> 0);
  const other = scramble((word ^ 0x5bd1e995) >>> 0);
  if (f(sa + sb) === 0 || (other & 1023) === 0) return [];
  const fluctuation = f(1 + f(f(0.15) * normal(other)));
  const error = f(noise * normal(word));
  const echo = (range: number, bright: number, which: number, { object }: HalfBeam): Echo => ({
    range: f(Math.floor(f(f(range * 500) + 0.5)) / 500),
    intensity: Math.floor(f(Math.min(255, f(bright * fluctuation)) + 0.5)),
    which,
    object,
  });
  const seen = (strength: number, range: number): boolean => f(strength * fluctuation) >= threshold && range >= leastRange;
  const [first, second] = sa >= sb ? [a, b] : [b, a];
  if (sa > 0 && sb > 0 && Math.abs(f(a.range - b.range)) < f(0.9)) {
    const sum = f(sa + sb);
    const range = f(f(f(sa * a.range) + f(sb * b.range)) / sum);
    return seen(sum, range) ? [echo(f(range + error), f(brightness(a) + brightness(b)), 0, first)] : [];
  }
  if (!seen(Math.max(sa, sb), first.range)) return [];
  const echoes = [echo(f(first.range + error), brightness(first), 0, first)];
  if (receiver.returns > 1 && seen(Math.min(sa, sb), second.range)) {
    echoes.push(echo(f(second.range - error), brightness(second), 1, second));
  }
  return echoes;
}

function signal({ range, cosine, reflectivity }: HalfBeam): number {
  if (range === Number.POSITIVE_INFINITY) return 0;
  return f(f(f(0.5 * cosine) * reflectivity) / Math.max(f(range * range), f(1e-6)));
}

function brightness({ range, cosine, reflectivity }: HalfBeam): number {
  const far = f(range / 80);
  return f(f(f(127.5 * cosine) * reflectivity) / f(1 + f(far * far)));
}

/** The finaliser of MurmurHash3. */
function scramble(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function normal(word: number): number {
  const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
  return f((sum - 510) * f(0.006765985));
}

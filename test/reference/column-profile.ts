/** Column profiles and the shift between two of them, a column at a time. */
import { solve } from "./range-profile.ts";

/** Mean of `step` columns by `rows` rows each. */
export function columnProfile(
  luma: Uint8Array,
  width: number,
  stride: number,
  first: number,
  rows: number,
  step: number,
): readonly number[] {
  return Array.from({ length: Math.floor(width / step) }, (_, c) => {
    let sum = 0;
    for (let row = first; row < first + rows; row++) for (let k = 0; k < step; k++) sum += luma[row * stride + c * step + k] ?? 0;
    return sum / (rows * step);
  });
}

/** Shift and spread that lay b over a, contrast and brightness apart; null where it fails. */
export function matchColumns(
  a: readonly number[],
  b: readonly number[],
  reach: number,
): { readonly shift: number; readonly spread: number } | null {
  const n = a.length;
  if (variance(a) <= 0.0625 || variance(b) <= 0.0625) return null;
  const model = [coarse(a, b, reach), 0, 1, 0];
  const half = (n - 1) / 2;
  let cap = Number.POSITIVE_INFINITY;
  for (let iteration = 0; iteration < 15; iteration++) {
    const [shift = 0, spread = 0, contrast = 1, brightness = 0] = model;
    const rows = a.flatMap((value, i) => {
      const place = (i - half) / half;
      const x = i + shift + spread * place * half;
      const k = Math.floor(x);
      if (k < 1 || k + 2 >= n) return [];
      const [y, slope] = cubic(b, k, x - k);
      return [
        {
          ahead: 1 / (1 + (place / 0.15) ** 4),
          error: value - contrast * y - brightness,
          j: [contrast * slope, contrast * slope * place * half, y, 1],
        },
      ];
    });
    const deviation = rows.reduce((sum, { error }) => sum + Math.abs(error), 0) / rows.length;
    const near = rows.flatMap((row) => (Math.abs(row.error) < cap ? [{ ...row, w: row.ahead * (1 - (row.error / cap) ** 2) ** 2 }] : []));
    if (rows.length < 12 || near.reduce((sum, { w }) => sum + w, 0) <= 2) return null;
    const sum = (of: (row: { readonly error: number; readonly j: readonly number[] }) => number): number =>
      near.reduce((total, row) => total + row.w * of(row), 0);
    const normal = [0, 1, 2, 3].map((p) => [0, 1, 2, 3].map((q) => sum(({ j }) => (j[p] ?? 0) * (j[q] ?? 0))));
    const step = solve(
      normal,
      [0, 1, 2, 3].map((p) => sum(({ j, error }) => (j[p] ?? 0) * error)),
    );
    for (const k of [0, 1, 2, 3]) model[k] = (model[k] ?? 0) + (step[k] ?? 0);
    cap = 6 * Math.max(0.02, deviation);
  }
  const [shift = 0, spread = 0] = model;
  return Math.abs(shift) <= reach + 1 ? { shift, spread } : null;
}

function coarse(a: readonly number[], b: readonly number[], reach: number): number {
  let best = { shift: 0, cost: Number.POSITIVE_INFINITY };
  for (let k = 0; k <= 2 * reach; k++) {
    const shift = k % 2 === 1 ? (k + 1) / 2 : -k / 2;
    const differences = a.flatMap((value, i) => {
      const other = b[i + shift];
      return other === undefined ? [] : [other - value];
    });
    if (differences.length < a.length >> 1) continue;
    const cost = variance(differences);
    if (cost < best.cost) best = { shift, cost };
  }
  return best.shift;
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
}

/** Catmull-Rom between columns k and k + 1: value and slope. */
function cubic(b: readonly number[], k: number, u: number): readonly [number, number] {
  const [p, q, r, s] = [b[k - 1] ?? 0, b[k] ?? 0, b[k + 1] ?? 0, b[k + 2] ?? 0];
  const [c1, c2, c3] = [(r - p) / 2, p - 2.5 * q + 2 * r - s / 2, (s - p) / 2 + 1.5 * (q - r)];
  return [q + c1 * u + c2 * u * u + c3 * u ** 3, c1 + 2 * c2 * u + 3 * c3 * u * u];
}

/** Three by three matrices, by rows: what a cross-covariance says of two sensors whose mutual rotation is unknown. */
import { square } from "./elementary.ts";

/** Singular values of `c` and the orthogonal matrix closest to it (a reflection where that is closer). One-sided Jacobi. */
export function polar(c: Float64Array): { readonly nuclear: number; readonly rotation: Float64Array } {
  const u = Float64Array.from(c);
  const v = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  const at = (m: Float64Array, row: number, column: number): number => m[3 * row + column] as number;
  for (let sweep = 0; sweep < 30; sweep++) {
    let largest = 0;
    for (const [p, q] of PAIRS) {
      let alpha = 0;
      let beta = 0;
      let gamma = 0;
      for (let r = 0; r < 3; r++) {
        alpha += square(at(u, r, p));
        beta += square(at(u, r, q));
        gamma += at(u, r, p) * at(u, r, q);
      }
      if (gamma === 0 || gamma * gamma <= 1e-30 * alpha * beta) continue;
      largest = Math.max(largest, Math.abs(gamma));
      const zeta = (beta - alpha) / (2 * gamma);
      const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
      const cosine = 1 / Math.sqrt(1 + tangent * tangent);
      for (const m of [u, v])
        for (let r = 0; r < 3; r++) {
          const [a, b] = [at(m, r, p), at(m, r, q)];
          m[3 * r + p] = cosine * (a - tangent * b);
          m[3 * r + q] = cosine * (b + tangent * a);
        }
    }
    if (largest === 0) break;
  }
  const size = [0, 1, 2].map((k) => Math.sqrt(square(at(u, 0, k)) + square(at(u, 1, k)) + square(at(u, 2, k))));
  const rotation = new Float64Array(9);
  const largest = Math.max(...size);
  // A direction in which nothing turns adds nothing: the rotation about it is left open.
  for (let k = 0; k < 3; k++) {
    const s = size[k] as number;
    if (s <= 1e-12 * largest) continue;
    for (let r = 0; r < 3; r++) for (let c = 0; c < 3; c++) rotation[3 * r + c] = at(rotation, r, c) + (at(u, r, k) / s) * at(v, c, k);
  }
  return { nuclear: size.reduce((sum, s) => sum + s, 0), rotation };
}

const PAIRS = [
  [0, 1],
  [0, 2],
  [1, 2],
] as const;

/** x with m x = b for a symmetric positive m; a ridge of 1e-9 of its trace keeps a flat direction from running away. */
export function solve(m: Float64Array, b: readonly number[]): readonly [number, number, number] {
  const ridge = 1e-9 * ((m[0] as number) + (m[4] as number) + (m[8] as number)) + 1e-300;
  const [a, d, e, , f, g, , , h] = m as unknown as readonly number[] as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const l1 = Math.sqrt(a + ridge);
  const l2 = d / l1;
  const l3 = e / l1;
  const l4 = Math.sqrt(Math.max(ridge, f + ridge - l2 * l2));
  const l5 = (g - l3 * l2) / l4;
  const l6 = Math.sqrt(Math.max(ridge, h + ridge - l3 * l3 - l5 * l5));
  const y1 = (b[0] as number) / l1;
  const y2 = ((b[1] as number) - l2 * y1) / l4;
  const y3 = ((b[2] as number) - l3 * y1 - l5 * y2) / l6;
  const x3 = y3 / l6;
  const x2 = (y2 - l5 * x3) / l4;
  return [(y1 - l2 * x2 - l3 * x3) / l1, x2, x3];
}

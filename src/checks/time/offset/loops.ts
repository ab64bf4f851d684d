/**
 * Offsets around loops: what a leads b by and b leads c by is what a leads c by. Pairs are measured one by one, so a loop that does not close
 * betrays one of them; pairs that do close are pulled together by least squares.
 */
import { square } from "../../../geometry/elementary.ts";
export interface Edge {
  readonly a: number;
  readonly b: number;
  /** a + offset = b, s. */
  readonly offsetS: number;
  readonly halfWidthS: number;
}

export interface Closing {
  /** By how much the worst triangle through the edge does not close, s, and how far it may. Null where no triangle has it. */
  readonly residualS: number;
  readonly allowedS: number;
}

/** For each edge the triangle that closes worst by its own measure. */
export function closings(edges: readonly Edge[]): readonly (Closing | null)[] {
  const between = (a: number, b: number): { readonly offsetS: number; readonly halfWidthS: number } | null => {
    for (const edge of edges) {
      if (edge.a === a && edge.b === b) return edge;
      if (edge.a === b && edge.b === a) return { offsetS: -edge.offsetS, halfWidthS: edge.halfWidthS };
    }
    return null;
  };
  const nodes = [...new Set(edges.flatMap(({ a, b }) => [a, b]))];
  return edges.map((edge) => {
    let worst: Closing | null = null;
    for (const via of nodes) {
      const first = between(edge.a, via);
      const second = between(via, edge.b);
      if (!first || !second) continue;
      const residualS = first.offsetS + second.offsetS - edge.offsetS;
      const allowedS = Math.sqrt(square(first.halfWidthS) + square(second.halfWidthS) + square(edge.halfWidthS));
      if (!worst || Math.abs(residualS) / allowedS > Math.abs(worst.residualS) / worst.allowedS) worst = { residualS, allowedS };
    }
    return worst;
  });
}

const ROUNDS = 200;

/** The offset of each edge by all of them together, weighed by their intervals (Gauss-Seidel on the clocks). */
export function fused(edges: readonly Edge[]): readonly number[] {
  const clock = new Map<number, number>();
  for (const { a, b } of edges) for (const node of [a, b]) clock.set(node, 0);
  for (let round = 0; round < ROUNDS; round++) {
    for (const node of clock.keys()) {
      let sum = 0;
      let weights = 0;
      for (const { a, b, offsetS, halfWidthS } of edges) {
        if (a !== node && b !== node) continue;
        const weight = 1 / square(halfWidthS);
        weights += weight;
        sum += weight * (a === node ? (clock.get(b) ?? 0) - offsetS : (clock.get(a) ?? 0) + offsetS);
      }
      if (weights > 0) clock.set(node, sum / weights);
    }
  }
  return edges.map(({ a, b }) => (clock.get(b) ?? 0) - (clock.get(a) ?? 0));
}

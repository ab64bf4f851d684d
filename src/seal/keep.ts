/**
 * Step 1 of the comparison (compare.ts): which frames are where they were. The longest common subsequence of a stream (align.ts); of two
 * copies the first; but nothing where two neighbouring groups of equal size changed places, for either may have moved.
 */
import { align, NONE } from "./align.ts";
import { KEPT, OPEN, type Pair, type Side } from "./pairs.ts";

/** Marks them, and counts for every frame the kept ones before it. */
export function keep({ sealed, present }: Pair): void {
  const partner = align(sealed.whole, present.whole);
  keepFirstCopies(present.whole, partner);
  for (const [j, i] of partner.entries()) {
    if (i === NONE) continue;
    present.fate[j] = KEPT;
    sealed.fate[i] = KEPT;
  }
  openExchanged(sealed, present, partner);
  for (const side of [sealed, present]) {
    let kept = 0;
    for (let i = 0; i < side.gap.length; i++) {
      side.gap[i] = kept;
      if (side.fate[i] === KEPT) kept++;
    }
  }
}

/**
 * Which of two equal neighbouring groups was put in does not show: the first one is the original. Groups of new frames slide
 * down as long as the kept frame behind them equals their first; each kept frame is passed once.
 */
function keepFirstCopies(whole: Int32Array, partner: Int32Array): void {
  const count = partner.length;
  for (let start = 0, end = 0; start < count; ) {
    if (partner[start] !== NONE) {
      start++;
      continue;
    }
    end = Math.max(end, start + 1);
    while (end < count && partner[end] === NONE) end++;
    if (end < count && whole[end] === whole[start]) {
      partner[start] = partner[end] as number;
      partner[end] = NONE;
      start++;
    } else start = end;
  }
}

/** Groups of equal size that changed places with their neighbours: the one that was kept is open again. */
function openExchanged(sealed: Side, present: Side, partner: Int32Array): void {
  const lost = new Map<number, number>();
  for (let i = sealed.fate.length - 1; i >= 0; i--) if (sealed.fate[i] === OPEN) lost.set(sealed.whole[i] as number, i);
  for (let j = 0; j < present.fate.length; ) {
    const i = present.fate[j] === OPEN ? (lost.get(present.whole[j] as number) ?? NONE) : NONE;
    let size = 0;
    while (i !== NONE && isSameOpen(sealed, present, i + size, j + size)) size++;
    // Kept frames behind it in the one and before it in the other recording, in one straight run.
    for (const [si, pj] of [[i + size, j - size] as const, [i - size, j + size] as const]) {
      if (size === 0 || !isStraight(partner, si, pj, size) || !isInPlace(partner, Math.min(i, si), Math.min(j, pj), 2 * size, sealed))
        continue;
      for (let k = 0; k < size; k++) {
        sealed.fate[si + k] = OPEN;
        present.fate[pj + k] = OPEN;
        partner[pj + k] = NONE;
      }
      break;
    }
    j += Math.max(1, size);
  }
}

function isSameOpen(sealed: Side, present: Side, i: number, j: number): boolean {
  return sealed.fate[i] === OPEN && present.fate[j] === OPEN && sealed.whole[i] === present.whole[j];
}

function isStraight(partner: Int32Array, i: number, j: number, size: number): boolean {
  if (i < 0 || j < 0) return false;
  for (let k = 0; k < size; k++) if (partner[j + k] !== i + k) return false;
  return true;
}

/** Kept frames are looked for this far around a pair of groups: a frame left alone further out decides nothing. */
const NEAR = 64;

/** Whether both groups together stand where they stood, seen from the next kept frame before or behind them. */
function isInPlace(partner: Int32Array, i: number, j: number, size: number, sealed: Side): boolean {
  const ends = [
    [j - 1, -1, -1, -1],
    [j + size, 1, partner.length, sealed.fate.length],
  ] as const;
  return ends.some(([from, by, end, sealedEnd]) => {
    for (let k = from; Math.abs(k - from) < NEAR; k += by) {
      if (k === end) return sealedEnd - k === i - j;
      if (partner[k] !== NONE) return (partner[k] as number) - k === i - j;
    }
    return false;
  });
}

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { align, NONE } from "../../src/seal/align.ts";
import { type Change, compare } from "../../src/seal/compare.ts";
import type { FrameSet } from "../../src/seal/frame-set.ts";
import { setOf, type Tiny } from "./leaves-of.ts";

/** "kind sealed > present", with a count where a run is longer than one. */
function said(changes: readonly Change[]): string[] {
  const at = (place: Change["sealed"]): string => (place ? `${place.stream}${place.frame}` : "-");
  return changes.map(
    ({ kind, count, sealed, present, leafDiffers, stampDiffers }) =>
      `${kind} ${at(sealed)} > ${at(present)}${count > 1 ? ` x${count}` : ""}${leafDiffers ? " leaf" : ""}${stampDiffers ? " stamp" : ""}`,
  );
}

const one = (sealed: readonly Tiny[], present: readonly Tiny[]): string[] => said(compare([setOf("a", sealed)], [setOf("a", present)]));
const frames = (leaves: string): Tiny[] => [...leaves].map((leaf, i) => [leaf.charCodeAt(0), 10 * i]);
/** The frames of `leaves`, each with the stamp it has in `order`. */
const taken = (order: string, leaves: string): Tiny[] => [...leaves].map((leaf) => [leaf.charCodeAt(0), 10 * order.indexOf(leaf)]);

describe("one stream", () => {
  const S = "abcdefghij";
  const whole = frames(S);

  test("nothing", () => {
    expect(one(whole, whole)).toEqual([]);
    expect(one([], [])).toEqual([]);
  });

  test("a payload, a stamp, or both changed", () => {
    expect(one(whole, whole.toSpliced(3, 1, [99_999, 30]))).toEqual(["changed a3 > a3 leaf"]);
    expect(one(whole, whole.toSpliced(3, 1, ["d".charCodeAt(0), 31]))).toEqual(["changed a3 > a3 stamp"]);
    expect(one(whole, whole.toSpliced(3, 1, [99_999, 31]))).toEqual(["changed a3 > a3 leaf stamp"]);
    expect(one(whole, whole.toSpliced(3, 2, [7, 30], [8, 40]))).toEqual(["changed a3 > a3 x2 leaf"]);
  });

  test("dropped, and the tail cut off", () => {
    expect(one(whole, taken(S, "abcefghij"))).toEqual(["vanished a3 > -"]);
    expect(one(whole, taken(S, "abcdef"))).toEqual(["vanished a6 > - x4"]);
    expect(one(whole, [])).toEqual(["vanished a0 > - x10"]);
  });

  test("duplicated, in place or elsewhere, with its stamp or another", () => {
    expect(one(whole, taken(S, "abccdefghij"))).toEqual(["duplicated a2 > a3"]);
    expect(one(whole, taken(S, "abcdefcghij"))).toEqual(["duplicated a2 > a6"]);
    expect(one(whole, taken(S, "hababcdefghij".slice(1)))).toEqual(["duplicated a0 > a2 x2"]);
    expect(one(whole, taken(S, "abccdeghij"))).toEqual(["duplicated a2 > a3", "vanished a5 > -"]);
    expect(one(whole, taken(S, "acdeefghij"))).toEqual(["duplicated a4 > a4", "vanished a1 > -"]);
    expect(one(whole, taken(S, "acdededefghij"))).toEqual(["duplicated a3 > a4 x2", "duplicated a3 > a6 x2", "vanished a1 > -"]);
    expect(one(whole, whole.toSpliced(6, 0, ["c".charCodeAt(0), 55]))).toEqual(["duplicated a2 > a6 stamp"]);
  });

  test("appeared", () => {
    expect(one(whole, whole.toSpliced(6, 0, [77_777, 55]))).toEqual(["appeared - > a6"]);
    expect(one([], frames("ab"))).toEqual(["appeared - > a0 x2"]);
  });

  test("exchanged: neighbours, with one between, far apart, whole groups", () => {
    expect(one(whole, taken(S, "abdcefghij"))).toEqual(["moved a3 > a2", "moved a2 > a3"]);
    expect(one(whole, taken(S, "abedcfghij"))).toEqual(["moved a4 > a2", "moved a2 > a4"]);
    expect(one(whole, taken(S, "ahcdefgbij"))).toEqual(["moved a7 > a1", "moved a1 > a7"]);
    expect(one(whole, taken(S, "adebcfghij"))).toEqual(["moved a3 > a1 x2", "moved a1 > a3 x2"]);
    expect(one(whole, taken(S, "badcefghij"))).toEqual(["moved a1 > a0", "moved a0 > a1", "moved a3 > a2", "moved a2 > a3"]);
  });

  test("moved", () => {
    expect(one(whole, taken(S, "acdefgbhij"))).toEqual(["moved a1 > a6"]);
    expect(one(whole, taken(S, "abhcdefgij"))).toEqual(["moved a7 > a2"]);
  });

  test("payloads exchanged under the stamps of their places", () => {
    const swapped = frames("ahcdefgbij");
    expect(one(whole, swapped)).toEqual(["moved a7 > a1 stamp", "moved a1 > a7 stamp"]);
    expect(new Set(compare([setOf("a", whole)], [setOf("a", frames("abdcefghij"))]).map(({ present }) => present?.frame))).toEqual(
      new Set([2, 3]),
    );
  });

  test("every stamp shifted, and a frame dropped", () => {
    const shifted = frames("abcdefghij").map(([leaf, stamp]): Tiny => [leaf, stamp + 3]);
    expect(one(whole, shifted)).toEqual(["changed a0 > a0 x10 stamp"]);
    expect(one(whole, shifted.toSpliced(4, 1))).toEqual(["changed a0 > a0 x4 stamp", "changed a5 > a4 x5 stamp", "vanished a4 > -"]);
  });

  test("payloads that are all alike are told apart by their stamps", () => {
    const alike = Array.from({ length: 8 }, (_, i): Tiny => [1, 10 * i]);
    expect(one(alike, alike.toSpliced(3, 1))).toEqual(["vanished a3 > -"]);
    expect(one(alike, alike.toSpliced(3, 1, [1, 33]))).toEqual(["changed a3 > a3 stamp"]);
    expect(one(alike, alike.toSpliced(3, 1, [2, 30]))).toEqual(["changed a3 > a3 leaf"]);
    expect(one(alike, alike.toSpliced(3, 0, [1, 25]))).toEqual(["duplicated a0 > a3 stamp"]);
  });

  test("frames that are alike to the bit are counted", () => {
    const same = Array.from({ length: 6 }, (): Tiny => [1, 5]);
    expect(one(same, same)).toEqual([]);
    expect(one(same, same.slice(1))).toEqual(["vanished a5 > -"]);
    expect(one(same, [...same, [1, 5]])).toEqual(["duplicated a0 > a6"]);
  });
});

describe("several streams", () => {
  const A = frames("abcdef");
  const B = frames("uvwxyz");
  const two = (a: readonly Tiny[], b: readonly Tiny[]): string[] =>
    said(compare([setOf("a", A), setOf("b", B)], [setOf("a", a), setOf("b", b)]));

  test("exchanged between streams, with their stamps or those of the place", () => {
    expect(two(A.toSpliced(2, 1, B[2] as Tiny), B.toSpliced(2, 1, A[2] as Tiny))).toEqual(["moved b2 > a2", "moved a2 > b2"]);
    expect(two(A.toSpliced(1, 1, [B[4]?.[0] ?? 0, 10]), B.toSpliced(4, 1, [A[1]?.[0] ?? 0, 40]))).toEqual([
      "moved b4 > a1 stamp",
      "moved a1 > b4 stamp",
    ]);
  });

  test("a frame that went over, and one that was copied over", () => {
    expect(two(A.toSpliced(2, 1), B.toSpliced(3, 0, A[2] as Tiny))).toEqual(["moved a2 > b3"]);
    expect(two(A, B.toSpliced(3, 0, A[2] as Tiny))).toEqual(["duplicated a2 > b3"]);
  });

  test("a frame that changed into the likeness of another stream's", () => {
    expect(said(compare([setOf("a", A), setOf("b", B.with(3, [999, 30]))], [setOf("a", A), setOf("b", B.with(3, A[3] as Tiny))]))).toEqual([
      "changed b3 > b3 leaf",
    ]);
  });

  test("a stream that has another name, is gone, or is new", () => {
    expect(said(compare([setOf("a", A), setOf("b", B)], [setOf("a", A), setOf("c", B)]))).toEqual(["moved b0 > c0 x6"]);
    expect(said(compare([setOf("a", A), setOf("b", B)], [setOf("a", A)]))).toEqual(["vanished b0 > - x6"]);
    expect(said(compare([setOf("a", A)], [setOf("a", A), setOf("b", B)]))).toEqual(["appeared - > b0 x6"]);
  });
});

/** Longest common subsequence by the definition. */
function lcs(a: readonly number[], b: readonly number[], i = 0, j = 0): number {
  if (i === a.length || j === b.length) return 0;
  if (a[i] === b[j]) return 1 + lcs(a, b, i + 1, j + 1);
  return Math.max(lcs(a, b, i + 1, j), lcs(a, b, i, j + 1));
}

/** The best of all alignments: most pairs, and of those the most frames opposite each other. */
function best(a: readonly number[], b: readonly number[], i = 0, j = 0): readonly [number, number] {
  if (i === a.length || j === b.length) return [0, 0];
  const [pairs, opposite] = best(a, b, i + 1, j + 1);
  const all = [
    a[i] === b[j] ? ([pairs + 1, opposite] as const) : ([pairs, opposite + 1] as const),
    best(a, b, i + 1, j),
    best(a, b, i, j + 1),
  ];
  return all.reduce((x, y) => (y[0] > x[0] || (y[0] === x[0] && y[1] > x[1]) ? y : x));
}

describe("against the definition", () => {
  const small = fc.array(fc.nat(3), { maxLength: 9 });

  test("an alignment is in order, of equals, and as long as can be", () => {
    fc.assert(
      fc.property(small, small, (a, b) => {
        const partner = [...align(Int32Array.from(a), Int32Array.from(b))];
        const pairs = partner.flatMap((i, j) => (i === NONE ? [] : [[i, j] as const]));
        for (const [n, [i, j]] of pairs.entries()) {
          expect(a[i]).toBe(b[j]);
          if (n > 0) expect(i).toBeGreaterThan(pairs[n - 1]?.[0] ?? -1);
        }
        expect(pairs.length).toBe(lcs(a, b));
      }),
      { numRuns: 2000 },
    );
  });

  test("of the longest alignments it is one that leaves most of the others opposite each other", () => {
    const short = fc.array(fc.nat(4), { maxLength: 6 });
    fc.assert(
      fc.property(short, short, (a, b) => {
        const partner = align(Int32Array.from(a), Int32Array.from(b));
        let [pairs, opposite, i, j] = [0, 0, 0, 0];
        for (const [at, to] of [...partner.entries(), [b.length, a.length] as const]) {
          if (to === NONE) continue;
          opposite += Math.min(to - i, at - j);
          if (at < b.length) pairs++;
          [i, j] = [to + 1, at + 1];
        }
        expect([pairs, opposite]).toEqual(best(a, b));
      }),
      { numRuns: 1000 },
    );
  });

  const tiny: fc.Arbitrary<Tiny> = fc.tuple(fc.nat(4), fc.nat(3));
  const stream = fc.array(tiny, { maxLength: 8 });

  test("every frame has one fate, and the fates tell the present from the sealed", () => {
    fc.assert(
      fc.property(fc.array(stream, { maxLength: 3 }), fc.array(stream, { maxLength: 3 }), (was, is) => {
        const sealed = was.map((frames, i) => setOf(`s${i}`, frames));
        const present = is.map((frames, i) => setOf(`s${i}`, frames));
        expect(rebuilt(sealed, compare(sealed, present), present)).toEqual(
          is.map((frames) => frames.map(([leaf, stamp]) => `${leaf}:${stamp}`)),
        );
      }),
      { numRuns: 3000 },
    );
  });

  test("equal recordings have no change, whatever they hold", () => {
    fc.assert(
      fc.property(fc.array(stream, { maxLength: 3 }), (was) => {
        const sets = was.map((frames, i) => setOf(`s${i}`, frames));
        expect(compare(sets, sets)).toEqual([]);
      }),
    );
  });
});

/** Plays the changes: takes away what left each stream, puts in what came; the rest must stand in order. */
function rebuilt(sealed: readonly FrameSet[], changes: readonly Change[], present: readonly FrameSet[]): string[][] {
  const text = (set: FrameSet | undefined, i: number): string =>
    set ? `${new DataView(set.leaves.buffer).getUint32(i * 16, true)}:${set.stampNs[i]}` : "?";
  const gone = new Set<string>();
  const came = new Map<string, string>();
  for (const { kind, count, sealed: from, present: to, leafDiffers, stampDiffers } of changes) {
    for (let k = 0; k < count; k++) {
      if (from && kind !== "duplicated") {
        const key = `${from.stream} ${from.frame + k}`;
        expect(gone.has(key)).toBe(false);
        gone.add(key);
      }
      if (!to) continue;
      const now = text(
        present.find(({ id }) => id === to.stream),
        to.frame + k,
      );
      const before =
        from &&
        text(
          sealed.find(({ id }) => id === from.stream),
          from.frame + k,
        );
      // A change says truly what differs.
      if (before) {
        const [leaf, stamp] = before.split(":");
        const [nowLeaf, nowStamp] = now.split(":");
        expect([kind, leaf !== nowLeaf, stamp !== nowStamp]).toEqual([kind, leafDiffers, stampDiffers]);
      }
      came.set(`${to.stream} ${to.frame + k}`, now);
    }
  }
  return present.map((set) => {
    const was = sealed.find(({ id }) => id === set.id);
    const rest = Array.from({ length: was?.count ?? 0 }, (_, i) => i).filter((i) => !gone.has(`${set.id} ${i}`));
    return Array.from({ length: set.count }, (_, j) => came.get(`${set.id} ${j}`) ?? text(was, rest.shift() ?? -1));
  });
}

describe("size", () => {
  const long = (n: number): Tiny[] => Array.from({ length: n }, (_, i): Tiny => [i, i]);

  test("a long recording with a few changes", () => {
    const whole = long(300_000);
    const present = whole.toSpliced(250_000, 1).toSpliced(123_456, 1, [0x7fffffff, 123_456]);
    expect(one(whole, present)).toEqual(["changed a123456 > a123456 leaf", "vanished a250000 > -"]);
  });

  test("windows too large for a table are exact too: far exchanges, and moved groups", () => {
    const whole = long(20_000);
    const far = whole.slice();
    [far[10], far[19_000]] = [whole[19_000] as Tiny, whole[10] as Tiny];
    expect(one(whole, far)).toEqual(["moved a19000 > a10", "moved a10 > a19000"]);
    const group = [...whole.slice(0, 100), ...whole.slice(9_000, 12_000), ...whole.slice(100, 9_000), ...whole.slice(12_000)];
    expect(one(whole, group)).toEqual(["moved a9000 > a100 x3000"]);
    const mixed = far.toSpliced(15_000, 1).toSpliced(5_000, 0, [0x7fffffff, 1]);
    expect(one(whole, mixed)).toEqual(["moved a19000 > a10", "appeared - > a5000", "moved a10 > a19000", "vanished a15000 > -"]);
  });

  test("hostile: nothing in order, everything alike, nothing in common", () => {
    const whole = long(60_000);
    const moved = compare([setOf("a", whole)], [setOf("a", whole.toReversed())]);
    expect(moved.every(({ kind }) => kind === "moved")).toBe(true);
    const alike = Array.from({ length: 60_000 }, (_, i): Tiny => [i % 2, 0]);
    expect(compare([setOf("a", alike)], [setOf("a", alike.slice(1))]).reduce((n, { count }) => n + count, 0)).toBe(1);
    const other = whole.map(([leaf, stamp]): Tiny => [leaf + 100_000, stamp + 100_000]);
    expect(one(whole, other.slice(1))).toEqual(["appeared - > a0 x59999", "vanished a0 > - x60000"]);
  });
});

import { describe, expect, test } from "vitest";
import { SharedWork } from "../../src/node/shared.ts";

describe("shared work", () => {
  test("claims cover every span once, contiguous, and stay few however many spans there are", () => {
    for (const [spans, workers] of [
      [1, 1],
      [7, 2],
      [4096, 2],
      [1_000_000, 16],
    ] as const) {
      const work = new SharedWork(workers);
      const claims: (readonly [number, number])[] = [];
      for (let claim = work.claim(spans, workers); claim; claim = work.claim(spans, workers)) claims.push(claim);
      expect(claims[0]?.[0]).toBe(0);
      expect(claims.at(-1)?.[1]).toBe(spans);
      for (const [i, [first]] of claims.entries()) if (i > 0) expect(first).toBe(claims[i - 1]?.[1]);
      expect(claims.length).toBeLessThanOrEqual(workers * 8 * (Math.log2(spans) + 2));
    }
  });

  test("who asks after a stop knows whether any worker had begun", () => {
    const work = new SharedWork(2);
    work.stop();
    expect(work.begun).toBe(false);
    new SharedWork(work.buffer).begin();
    expect(work.begun).toBe(true);
  });

  test("a stop ends the claims, and is seen through the shared buffer", () => {
    const work = new SharedWork(2);
    const other = new SharedWork(work.buffer);
    expect(other.claim(10, 2)).toEqual([0, 1]);
    work.stop();
    expect(other.stopped).toBe(true);
    expect(other.claim(10, 2)).toBeNull();
  });

  test("progress adds up over workers", () => {
    const work = new SharedWork(2);
    const other = new SharedWork(work.buffer);
    work.advance(0, 10);
    other.advance(1, 5);
    other.advance(1, 5);
    expect(work.progress()).toEqual({ bytes: 20, spans: 3 });
  });
});

/** Offsets between motions: what is recovered, and what is refused. */
import { beforeAll, describe, expect, test } from "vitest";
import { type Motion, motionOfImu, motionOfPoses, motionOfSteps } from "../../../src/checks/time/offset/motion.ts";
import { PAIR_DEFAULTS, type PairAnswer, pairOffset } from "../../../src/checks/time/offset/pair.ts";
import { type Kernels, loadKernels } from "../../../src/kernels.ts";
import { randomStream } from "../../../src/simulate/random.ts";
import { EPOCH_NS, gyroscope, lively, poses, type Seen, stampsOf, type Turning } from "../../time-scene.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const must = (motion: Motion | null): Motion => {
  if (!motion) throw new Error("expected a motion");
  return motion;
};
const imu = (turning: Turning, seen: Seen): Motion => must(motionOfImu(gyroscope(turning, seen), EPOCH_NS));
const track = (turning: Turning, seen: Seen): Motion => must(motionOfPoses(poses(turning, seen), EPOCH_NS));
const ask = (a: Motion, b: Motion): PairAnswer => pairOffset(a, b, PAIR_DEFAULTS, kernels);
const text = (answer: PairAnswer): string => ("offset" in answer ? "answered" : answer.reason);

/** What a scanner sees: turns about the vertical from frame to frame, each `moment` after the stamps. */
function steps(turning: Turning, seen: Seen, momentS = 0, scale = 1): Motion {
  const { t, stampNs } = stampsOf(seen);
  const random = randomStream(seen.seed ?? 3, "steps");
  const between = (from: number, to: number): number => {
    let sum = 0;
    for (let s = 0; s < 50; s++) sum += ((to - from) / 50) * turning(from + ((s + 0.5) / 50) * (to - from))[2];
    return sum;
  };
  const turn = Float64Array.from(t, (at, k) =>
    k === 0 ? Number.NaN : scale * (between((t[k - 1] ?? 0) + momentS, at + momentS) + ((seen.noise ?? 0) / seen.rateHz) * random.normal()),
  );
  return must(motionOfSteps(stampNs, turn, new Float64Array(t.length).fill(momentS), EPOCH_NS, 0));
}

describe("a known offset is found", () => {
  for (const offsetS of [-0.5, -0.0413, 0, 0.0007, 0.2, 1.6]) {
    test(`${offsetS} s between poses and gyroscope, whichever comes first`, () => {
      const turning = lively(4);
      const [a, b] = [
        track(turning, { rateHz: 10, seconds: 40, noise: 0.003 }),
        imu(turning, { rateHz: 200, seconds: 40, noise: 0.01, offsetS, phaseS: 0.0013 }),
      ];
      for (const [answer, want] of [
        [ask(a, b), offsetS],
        [ask(b, a), -offsetS],
      ] as const) {
        if (!("offset" in answer)) throw new Error(answer.reason);
        const { offset } = answer;
        expect(Math.abs(offset.offsetS - want)).toBeLessThan(0.003);
        expect(Math.abs(offset.offsetS - want)).toBeLessThan(offset.halfWidthS);
        expect(offset.halfWidthS).toBeLessThan(0.006);
        expect(offset.signals).toEqual(["vector", "norm", "halves"]);
      }
    });
  }

  test("equal rates, no stamp in common, turns of one axis in units of their own", () => {
    const turning = lively(9);
    const scanner = steps(turning, { rateHz: 10, seconds: 60, noise: 0.004 }, 0.048);
    const camera = steps(turning, { rateHz: 10, seconds: 60, noise: 0.01, offsetS: 0.031, phaseS: 0.042, seed: 8 }, 0, -480);
    const answer = ask(scanner, camera);
    if (!("offset" in answer)) throw new Error(answer.reason);
    expect(Math.abs(answer.offset.offsetS - 0.031)).toBeLessThan(answer.offset.halfWidthS);
    expect(answer.offset.halfWidthS).toBeLessThan(0.01);
  });

  test("shifted stamps shift the answer by as much, to a microsecond", () => {
    const turning = lively(5);
    const a = track(turning, { rateHz: 30, seconds: 30, noise: 0.02 });
    const at = (offsetS: number): number => {
      const answer = ask(a, imu(turning, { rateHz: 100, seconds: 30, noise: 0.02, offsetS }));
      return "offset" in answer ? answer.offset.offsetS : Number.NaN;
    };
    const base = at(0);
    for (let k = 1; k <= 5; k++) expect(at(0.037 * k) - base).toBeCloseTo(0.037 * k, 5);
  });
});

describe("what the data cannot answer is refused by name", () => {
  const still: Turning = () => [0, 0, 0];
  const cases = (make: (seed: number) => readonly [Motion, Motion]): readonly string[] =>
    [1, 2, 3, 4, 5, 6].map((seed) => text(ask(...make(seed))));

  test("rest", () => {
    const seen = { seconds: 40, noise: 0.002 };
    expect(
      new Set(cases((seed) => [track(still, { ...seen, rateHz: 10, seed }), imu(still, { ...seen, rateHz: 200, seed: seed + 50 })])),
    ).toEqual(new Set(["at rest, or no turn"]));
  });

  test("noise without motion", () => {
    const seen = { seconds: 40, noise: 0.05 };
    for (const answer of cases((seed) => [
      track(still, { ...seen, rateHz: 10, seed }),
      imu(still, { ...seen, rateHz: 200, seed: seed + 50 }),
    ]))
      expect(answer).toBe("the motions do not match");
  });

  test("motions that have nothing to do with each other", () => {
    const seen = { seconds: 40, noise: 0.005 };
    for (const answer of cases((seed) => [track(lively(seed), { ...seen, rateHz: 10 }), imu(lively(seed + 100), { ...seen, rateHz: 200 })]))
      expect(answer).not.toBe("answered");
  });

  test("periodic motion", () => {
    const weaving: Turning = (t) => [0, 0, 0.3 * Math.sin(2 * Math.PI * 0.8 * t)];
    const seen = { seconds: 40, noise: 0.005 };
    for (const answer of cases((seed) => [
      track(weaving, { ...seen, rateHz: 10, seed }),
      imu(weaving, { ...seen, rateHz: 200, seed: seed + 50 }),
    ]))
      expect(answer).toBe("several offsets fit: motion is periodic or slow");
  });

  test("periodic motion whose humps are narrower than the grid of lags", () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const period = 0.4 + 0.21 * seed;
      const wave = (t: number): number => Math.sin((2 * Math.PI * t) / period) + 0.3 * Math.sin((4 * Math.PI * t) / period + 1);
      const weaving: Turning = (t) => [0.02 * wave(t), 0.05 * wave(t), 0.4 * wave(t)];
      const seen = { seconds: 40, noise: 0.005 };
      const answer = ask(
        imu(weaving, { ...seen, rateHz: 20, seed, phaseS: 0.011 }),
        imu(weaving, { ...seen, rateHz: 100, seed: seed + 50 }),
      );
      expect(text(answer)).toBe("several offsets fit: motion is periodic or slow");
    }
  });

  test("one short turn", () => {
    const once: Turning = (t) => [0, 0, 0.5 * Math.exp(-((t - 21) ** 2) / 0.02)];
    const seen = { seconds: 40, noise: 0.0005 };
    expect(text(ask(track(once, { ...seen, rateHz: 10, seed: 1 }), imu(once, { ...seen, rateHz: 200, seed: 50 })))).toBe("a single turn");
  });

  test("a single turn is hardly a degree of freedom: refused, or with the truth inside", () => {
    for (const [seed, width] of [0.02, 0.1, 0.3, 0.5, 1, 3].entries()) {
      const once: Turning = (t) => [0, 0, 0.5 * Math.exp(-((t - 20) ** 2) / width)];
      const seen = { seconds: 40, noise: 0.002 };
      const answer = ask(track(once, { ...seen, rateHz: 10, seed }), imu(once, { ...seen, rateHz: 200, seed: seed + 50 }));
      if ("offset" in answer) expect(Math.abs(answer.offset.offsetS)).toBeLessThan(answer.offset.halfWidthS);
    }
  });

  test("too short, or never at one time", () => {
    const turning = lively(6);
    expect(text(ask(track(turning, { rateHz: 10, seconds: 5 }), imu(turning, { rateHz: 200, seconds: 5 })))).toBe(
      "too short a time in common",
    );
    expect(text(ask(track(turning, { rateHz: 10, seconds: 40 }), imu(turning, { rateHz: 200, seconds: 40, offsetS: 3600 })))).toBe(
      "too short a time in common",
    );
  });

  test("an offset beyond the search", () => {
    const turning = lively(6);
    expect(text(ask(track(turning, { rateHz: 10, seconds: 40 }), imu(turning, { rateHz: 200, seconds: 40, offsetS: 2.5 })))).not.toBe(
      "answered",
    );
  });
});

test("noise that lasts widens the interval: it holds the truth all the same", () => {
  let held = 0;
  for (let seed = 0; seed < 30; seed++) {
    const random = randomStream(seed, "wander");
    const drift = Array.from({ length: 12 }, () => [random.between(0.5, 4), random.between(0, 6.28), 0.01 * random.normal()] as const);
    const turning = lively(seed, 0.15);
    const wandering: Turning = (t) => {
      const [x, y, z] = turning(t);
      return [x, y, z + drift.reduce((sum, [f, phase, size]) => sum + size * Math.sin(f * t + phase), 0)];
    };
    const answer = ask(track(wandering, { rateHz: 10, seconds: 40 }), imu(turning, { rateHz: 100, seconds: 40, noise: 0.001 }));
    if ("offset" in answer && Math.abs(answer.offset.offsetS) <= answer.offset.halfWidthS) held++;
    if (!("offset" in answer)) held++;
  }
  expect(held).toBeGreaterThanOrEqual(26);
});

test("an offset that changes half way widens the interval", () => {
  const turning = lively(7);
  const whole = poses(turning, { rateHz: 10, seconds: 60, noise: 0.002 });
  const stampNs = whole.stampNs.map((stamp, k) => (k < 300 ? stamp : stamp + 20_000_000n));
  const answer = ask(must(motionOfPoses({ ...whole, stampNs }, EPOCH_NS)), imu(turning, { rateHz: 200, seconds: 60, noise: 0.005 }));
  if (!("offset" in answer)) throw new Error(answer.reason);
  expect(answer.offset.halfWidthS).toBeGreaterThan(0.007);
  expect(answer.offset.signals).not.toContain("halves");
});

test("stray stamps and values leave the rest as it is", () => {
  const turning = lively(8);
  const good = gyroscope(turning, { rateHz: 200, seconds: 30 });
  const stampNs = good.stampNs.slice();
  const angularVelocity = good.angularVelocity.slice();
  stampNs[100] = 0n;
  stampNs[200] = 2n ** 62n;
  stampNs[301] = (stampNs[300] ?? 0n) + 1n;
  stampNs[400] = (stampNs[398] ?? 0n) - 5n;
  angularVelocity[900] = Number.NaN;
  angularVelocity[1500] = Number.POSITIVE_INFINITY;
  const a = track(turning, { rateHz: 10, seconds: 30, noise: 0.001 });
  const answer = ask(a, must(motionOfImu({ ...good, stampNs, angularVelocity }, EPOCH_NS)));
  if (!("offset" in answer)) throw new Error(answer.reason);
  expect(Math.abs(answer.offset.offsetS)).toBeLessThan(0.002);
});

import { describe, expect, test } from "vitest";
import { order } from "../../src/checks/time/order.ts";
import { ask, type Frame, healthy, places } from "../blocks.ts";

const MS = 1_000_000n;

/** A healthy stream, changed by hand. */
function changed(count: number, change: (frames: Frame[]) => void): Frame[] {
  const frames = healthy(count);
  change(frames);
  return frames;
}
const at = (frames: Frame[], i: number): Frame => frames[i] as Frame;

describe("time/order", () => {
  test("a healthy stream passes", () => {
    expect(ask(order, healthy(50))).toEqual({
      status: "pass",
      coverage: { items: 50, checked: 50 },
      observed: { clock: "sensor", regressions: 0, duplicates: 0, nearDuplicates: 0, unset: 0, logRegressions: 0 },
      defects: [],
      more: [],
    });
  });

  test("a late frame is one regression, by its size", () => {
    const frames = changed(50, (f) => ([f[20], f[21]] = [at(f, 21), at(f, 20)]));
    const { status, defects } = ask(order, frames);
    expect(status).toBe("fail");
    expect(defects).toEqual([
      {
        kind: "regression",
        severity: "error",
        frames: [21, 21],
        timeNs: [at(frames, 21).stampNs, at(frames, 21).stampNs],
        weight: 100_000_000,
        observed: { backMs: 100, beforeFrame: 20, beforeNs: at(frames, 20).stampNs, stampNs: at(frames, 21).stampNs },
        expected: { backMs: 0 },
        signals: ["stamp"],
      },
    ]);
  });

  test("a step back names both frames and both stamps: the odd one may be the one before", () => {
    const text = (frames: Frame[], cuts: number[] = []) =>
      ask(order, frames, { cuts }).defects.flatMap((d) =>
        d.kind === "regression" ? order.describe({ signals: [], ...d, check: "time/order", stream: "/s", fingerprint: "" }) : [],
      );
    const ahead = changed(100, (f) => (at(f, 50).stampNs += 3_600_000n * MS));
    for (const cuts of [[], [50], [51], [50, 51, 52]])
      expect(text(ahead, cuts)).toEqual(["frame 51: the stamp goes back by 3599900 ms; frame 51 is 3599.9 s before frame 50"]);
    const run = changed(50, (f) => f.splice(10, 6, ...f.slice(10, 16).reverse()));
    for (const cuts of [[], [11], [12, 14]])
      expect(text(run, cuts)).toEqual(["frames 11-15: the stamp goes back by 100 ms; frame 11 is 100 ms before frame 10"]);
    const unset = changed(50, (f) => {
      at(f, 20).stampNs += 500n * MS;
      at(f, 21).stampNs = 0n;
      at(f, 22).stampNs = 0n;
    });
    for (const cuts of [[], [21, 22, 23]])
      expect(text(unset, cuts)).toEqual(["frame 23: the stamp goes back by 200 ms; frame 23 is 200 ms before frame 20"]);
  });

  test("a stretch in reverse is one run", () => {
    const frames = changed(50, (f) => f.splice(10, 6, ...f.slice(10, 16).reverse()));
    expect(places(ask(order, frames))).toEqual(["error regression 11-15"]);
    expect(places(ask(order, frames, { cuts: [12, 14] }))).toEqual(["error regression 11-15"]);
  });

  test("duplicates are a run; publishers that share a topic are not accused", () => {
    const frames = changed(50, (f) => {
      for (const i of [30, 31, 32]) at(f, i).stampNs = at(f, 29).stampNs;
    });
    expect(places(ask(order, frames))).toEqual(["warning duplicate 30-32"]);
    expect(places(ask(order, frames, { cuts: [30, 32] }))).toEqual(["warning duplicate 30-32"]);
    const shared = ask(order, frames, { info: { kind: "pose", type: "tf2_msgs/msg/TFMessage" } });
    expect([shared.status, ...places(shared)]).toEqual(["pass", "info duplicate 30-32"]);
    expect(ask(order, frames, { info: { kind: "bytes" } }).status).toBe("pass");
  });

  test("a nanosecond is a near-duplicate, the shortest are counted", () => {
    const frames = changed(50, (f) => {
      at(f, 9).stampNs = at(f, 8).stampNs + 1n;
      at(f, 30).stampNs = at(f, 29).stampNs + 2n;
      at(f, 40).stampNs = at(f, 39).stampNs + 1n;
    });
    const result = ask(order, frames, { cuts: [9, 40] });
    expect(result.status).toBe("pass");
    expect(places(result)).toEqual(["info near-duplicate 9-9", "info near-duplicate 30-30", "info near-duplicate 40-40"]);
    expect(result.defects[0]).toMatchObject({ observed: { gapNs: 1 }, timeNs: [at(frames, 8).stampNs, at(frames, 9).stampNs] });
    expect(result.observed).toMatchObject({ nearDuplicates: 3, shortestGapNs: 1, shortestGaps: 2 });
  });

  test("near means below 1 % of the median and at most 1 ms", () => {
    const near = (periodMs: number, gapNs: bigint): number => {
      const frames = healthy(50, { periodMs });
      at(frames, 9).stampNs = at(frames, 8).stampNs + gapNs;
      return ask(order, frames).defects.length;
    };
    expect([near(100, 999_999n), near(100, MS), near(200, MS), near(1000, MS + 1n), near(10, 99_999n), near(10, 100_000n)]).toEqual([
      1, 0, 1, 0, 1, 0,
    ]);
  });

  test("more near-duplicates than are kept are counted", () => {
    const frames = healthy(600);
    for (let i = 1; i < 300; i += 2) at(frames, i).stampNs = at(frames, i - 1).stampNs + 5n;
    for (const cuts of [[], [7, 200]]) {
      const result = ask(order, frames, { cuts });
      expect([result.defects.length, result.observed["nearDuplicates"]]).toEqual([100, 150]);
      const timeNs = [at(frames, 0).stampNs, at(frames, 299).stampNs];
      expect(result.more).toEqual([{ kind: "near-duplicate", severity: "info", count: 50, frames: [1, 299], timeNs }]);
    }
  });

  test("a stamp of 0 among others was never set, and is no jump of decades", () => {
    const frames = changed(50, (f) => {
      for (const i of [0, 1, 20, 21]) at(f, i).stampNs = 0n;
    });
    for (const cuts of [[], [1], [2], [20], [21], [22], [1, 2, 20, 21, 22]]) {
      expect(places(ask(order, frames, { cuts }))).toEqual(["info unset 0-1", "warning unset 20-21"]);
    }
  });

  test("the stamp of a payload that does not decode is not believed", () => {
    const frames = changed(50, (f) => Object.assign(at(f, 20), { malformed: "too short", stampNs: 5n }));
    for (const cuts of [[], [20], [21]]) expect(ask(order, frames, { cuts }).defects).toEqual([]);
    expect(
      places(
        ask(
          order,
          frames.map((frame) => ({ ...frame, logNs: frame.stampNs })),
          { info: { stamps: "log" } },
        ),
      ),
    ).toEqual(["warning log-regression 20-20"]);
  });

  test("a clock may begin at 0", () => {
    expect(ask(order, healthy(20, { startNs: 0n })).defects).toEqual([]);
  });

  test("the recorder's clock is judged where it goes back on its own", () => {
    const frames = changed(50, (f) => {
      at(f, 20).logNs -= 150n * MS;
      at(f, 30).logNs = at(f, 29).logNs - 500_000n;
    });
    expect(places(ask(order, frames))).toEqual(["warning log-regression 20-20", "info log-regression 30-30"]);
    const together = changed(50, (f) => ([f[20], f[21]] = [at(f, 21), at(f, 20)]));
    for (const cuts of [[], [20], [21]]) expect(places(ask(order, together, { cuts }))).toEqual(["error regression 21-21"]);
  });

  test("with only the recorder's clock it is the log clock that goes back, and ticks may be shared", () => {
    const frames = changed(50, (f) => {
      at(f, 10).stampNs = at(f, 9).stampNs;
      at(f, 20).stampNs = at(f, 19).stampNs + 1n;
      at(f, 30).stampNs -= 150n * MS;
      for (const one of f) one.logNs = one.stampNs;
    });
    const result = ask(order, frames, { info: { stamps: "log" } });
    expect(places(result)).toEqual(["warning log-regression 30-30"]);
    expect(result.observed).toMatchObject({ clock: "log", regressions: 0, duplicates: 0, logRegressions: 1 });
  });

  test("what cannot be told is said", () => {
    const reason = (frames: Frame[], stamps: "sensor" | "nominal" = "sensor") => {
      const { status, reason: why, defects } = ask(order, frames, { info: { stamps } });
      return [status, why, defects.length];
    };
    expect(reason([])).toEqual(["not_observable", "no frames", 0]);
    expect(reason(healthy(1))).toEqual(["not_observable", "a single frame", 0]);
    expect(reason(healthy(9), "nominal")).toEqual(["not_observable", "stamps are nominal", 0]);
    expect(reason(healthy(9).map((one) => ({ ...one, stampNs: 0n })))).toEqual(["not_observable", "no stamp is set", 0]);
  });

  test("hostile stamps", () => {
    const equal = healthy(9).map((one) => ({ ...one, stampNs: 77n }));
    expect(places(ask(order, equal))).toEqual(["warning duplicate 1-8"]);
    const extremes = changed(3, (f) => {
      at(f, 0).stampNs = -(2n ** 63n);
      at(f, 1).stampNs = 2n ** 63n - 1n;
      at(f, 2).stampNs = -(2n ** 63n);
    });
    const { defects } = ask(order, extremes);
    expect(defects.map(({ kind, observed }) => [kind, observed["backMs"]])).toEqual([["regression", (2 ** 64 - 1) / 1e6]]);
  });

  test("more defects than are kept are counted", () => {
    const frames = healthy(700);
    for (let i = 3; i < 700; i += 3) at(frames, i).stampNs = at(frames, i - 1).stampNs;
    const result = ask(order, frames, { cuts: [100, 333, 500] });
    expect([result.defects.length, result.observed["duplicates"]]).toEqual([100, 233]);
    const timeNs = [at(frames, 303).stampNs, at(frames, 699).stampNs];
    expect(result.more).toEqual([{ kind: "duplicate", severity: "warning", count: 133, frames: [303, 699], timeNs }]);
  });

  test("the largest step back is located, however many small ones come before it", () => {
    const frames = healthy(1000);
    for (let i = 3; i < 900; i += 3) at(frames, i).stampNs = at(frames, i - 1).stampNs - MS;
    at(frames, 950).stampNs += 3_600_000n * MS;
    for (const cuts of [[], [100, 333, 951]]) {
      const { defects, more } = ask(order, frames, { cuts });
      expect(defects.find(({ frames: place }) => place?.[0] === 951)?.observed).toMatchObject({ backMs: 3_599_900, beforeFrame: 950 });
      expect(more).toMatchObject([{ kind: "regression", severity: "error", count: 200 }]);
    }
  });
});

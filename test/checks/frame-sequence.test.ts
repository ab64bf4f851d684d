import { describe, expect, test } from "vitest";
import { frameSequence } from "../../src/checks/integrity/frame-sequence.ts";
import type { StreamInfo } from "../../src/types.ts";
import { type Asked, ask, type Frame, healthy, memory, places } from "../blocks.ts";

const at = (frames: Frame[], i: number): Frame => frames[i] as Frame;
const judge = (frames: Frame[], asked: Asked = {}) => ask(frameSequence, frames, asked);

/** The same places however the stream is cut around frame `i`. */
function everyCut(frames: Frame[], i: number, asked: Asked = {}): string[] {
  const whole = places(judge(frames, asked));
  for (const cuts of [[i - 1], [i], [i + 1], [i - 1, i, i + 1]]) expect(places(judge(frames, { ...asked, cuts }))).toEqual(whole);
  return whole;
}
/** Sequence numbers in file order on otherwise healthy frames. */
const numbered = (sequence: readonly number[]): Frame[] =>
  healthy(sequence.length).map((frame, i) => ({ ...frame, sequence: sequence[i] as number }));
const upTo = (n: number, of: (i: number) => number): number[] => Array.from({ length: n }, (_, i) => of(i));
const OBSERVED = { sequence: "counts", step: 1, missing: 0, reordered: 0, duplicated: 0, frozen: 0, empty: 0, malformed: 0 };

describe("integrity/frame-sequence", () => {
  test("a healthy stream passes", () => {
    expect(judge(healthy(50))).toEqual({
      status: "pass",
      coverage: { items: 50, checked: 50 },
      observed: { ...OBSERVED, medianBytes: 1000, sizes: "fixed" },
      defects: [],
      more: [],
    });
    expect(judge([])).toMatchObject({ status: "not_observable", reason: "no frames" });
    expect(judge(healthy(1))).toMatchObject({ status: "pass", observed: { sequence: "too few frames" } });
  });

  test("a sensor's stream that nobody could read is not passed, but its defects still fail it", () => {
    const info = { kind: "bytes", opaque: "schema not understood" } as const;
    expect(judge(healthy(50), { info })).toMatchObject({
      status: "not_observable",
      reason: "schema not understood: the content was not judged",
      coverage: { items: 50, checked: 0 },
      observed: { content: "schema not understood", sequence: "counts" },
      defects: [],
    });
    const failed = judge(healthy(50).toSpliced(20, 3), { info });
    expect(failed).toMatchObject({ status: "fail", coverage: { checked: 47 }, observed: { content: "schema not understood" } });
    expect(failed.reason).toBe(undefined);
    expect(judge(healthy(50), { info: { kind: "bytes" } }).status).toBe("pass");
  });

  describe("numbers", () => {
    test("missing frames, agreed by the stamps", () => {
      const frames = healthy(50).toSpliced(20, 3);
      expect(everyCut(frames, 20)).toEqual(["warning missing 19-20"]);
      expect(judge(frames).defects[0]).toEqual({
        kind: "missing",
        severity: "warning",
        frames: [19, 20],
        timeNs: [at(frames, 19).stampNs, at(frames, 20).stampNs],
        weight: 3,
        observed: { missing: 3 },
        expected: { missing: 0 },
        signals: ["sequence", "stamp"],
      });
    });

    test("numbers that skip where no time passes are information", () => {
      const frames = numbered(upTo(50, (i) => (i < 20 ? i : i + 5)));
      expect(places(judge(frames))).toEqual(["info missing 19-20"]);
      expect(judge(frames).defects[0]?.signals).toEqual(["sequence"]);
      expect(places(judge(frames, { info: { stamps: "log" } }))).toEqual(["warning missing 19-20"]);
    });

    test("steps other than 1", () => {
      const frames = numbered(upTo(50, (i) => 2 * i)).toSpliced(20, 2);
      expect(everyCut(frames, 20)).toEqual(["warning missing 19-20"]);
      expect(judge(frames)).toMatchObject({ observed: { step: 2, missing: 2 } });
    });

    test("two exchanged frames are one defect, not two losses besides", () => {
      const frames = healthy(50);
      [frames[20], frames[21]] = [at(frames, 21), at(frames, 20)];
      expect(everyCut(frames, 21)).toEqual(["error reordered 21-21"]);
    });

    test("the shorter of the two stretches is the one out of place", () => {
      const late = healthy(50);
      late.splice(30, 0, ...late.splice(20, 3));
      expect(everyCut(late, 30)).toEqual(["error reordered 30-32"]);
      const early = healthy(50);
      early.splice(20, 0, ...early.splice(30, 1));
      expect(everyCut(early, 21)).toEqual(["error reordered 20-20"]);
    });

    test("a late frame does not fill another one's gap", () => {
      const frames = healthy(50);
      const [late] = frames.splice(20, 3);
      frames.splice(30, 0, late as Frame);
      expect(places(judge(frames))).toEqual(["warning missing 19-20", "error reordered 30-30"]);
      expect(judge(frames).observed).toMatchObject({ missing: 2, reordered: 1 });
    });

    test("counters wrap", () => {
      expect(judge(numbered(upTo(50, (i) => (4_294_967_280 + i) >>> 0))).observed).toMatchObject(OBSERVED);
      expect(judge(numbered(upTo(50, (i) => (65_520 + i) & 0xffff))).observed).toMatchObject(OBSERVED);
      const lost = numbered(upTo(50, (i) => (65_520 + i) & 0xffff)).toSpliced(14, 4);
      expect(everyCut(lost, 14)).toEqual(["warning missing 13-14"]);
      expect(judge(lost).observed).toMatchObject({ missing: 4 });
    });

    test("a counter that begins again is a restart, and no order is lost", () => {
      const frames = numbered(upTo(60, (i) => (i < 30 ? 500 + i : i - 30))).toSpliced(45, 2);
      expect(everyCut(frames, 30)).toEqual(["info restarted 30-30", "warning missing 44-45"]);
    });

    test("a counter that begins again together with the clock is out of order", () => {
      const frames = healthy(60, { startNs: 0n });
      const looped = [...frames.slice(2, 40), ...frames.slice(0, 30)];
      expect(everyCut(looped, 38)).toEqual(["error reordered 38-67"]);
    });

    test("two publishers in one topic: not believed, nobody accused", () => {
      const two = numbered(upTo(400, (i) => (i % 2 === 0 ? 1000 + i / 2 : 77 + (i - 1) / 2)));
      expect(judge(two)).toMatchObject({ status: "pass", observed: { sequence: "unreliable" }, defects: [] });
      const same = numbered(upTo(400, (i) => i >> 1));
      expect(judge(same)).toMatchObject({ status: "pass", observed: { sequence: "unreliable" }, defects: [] });
      const shared = numbered(upTo(400, (i) => 10 * i + (Math.imul(i, 2654435761) >>> 29)));
      expect(judge(shared)).toMatchObject({ status: "pass", observed: { sequence: "unreliable" }, defects: [] });
      const backAndForth = numbered(upTo(400, (i) => 2 * (i >> 2) + (i & 3) + 100));
      expect(judge(backAndForth)).toMatchObject({ status: "pass", observed: { sequence: "unreliable" }, defects: [] });
      const random = numbered(upTo(400, (i) => Math.imul(i + 1, 2654435761) >>> 0));
      expect(judge(random)).toMatchObject({ status: "pass", observed: { sequence: "unreliable" }, defects: [] });
    });

    test("no numbers, or one for all", () => {
      expect(judge(numbered(upTo(50, () => 5))).observed["sequence"]).toBe("constant");
      const holes = healthy(50).toSpliced(20, 3);
      expect(judge(holes, { info: { sequenced: false } })).toMatchObject({ status: "pass", observed: { sequence: "absent" } });
    });

    test("a flood of losses: as many as are laid out, the others counted with their place", () => {
      const frames = numbered(upTo(9000, (i) => i + Math.floor(i / 5)));
      const { defects, observed, more } = judge(frames, { cuts: [100, 1111, 3000] });
      expect([defects.length, observed["missing"], observed["reordered"]]).toEqual([1000, 1799, 0]);
      expect(more).toMatchObject([{ kind: "missing", count: 799, frames: [5000 + 5, 8995] }]);
      expect(judge(frames)).toEqual({ ...judge(frames, { cuts: [100, 1111, 3000] }) });
    });

    test.each([100, 10_000])("a loss of 1200 frames behind %d losses of 3 is among the gravest", (count) => {
      const frames = numbered(
        upTo(20 * count + 100, (i) => i + 3 * Math.min(count, Math.floor(i / 20)) + (i > 20 * count + 50 ? 1200 : 0)),
      );
      for (const cuts of [[], [20, 777]]) {
        const { defects, observed, more } = judge(frames, { cuts });
        const gravest = defects.toSorted((a, b) => (b.weight ?? 0) - (a.weight ?? 0))[0];
        expect(gravest).toMatchObject({ kind: "missing", frames: [20 * count + 50, 20 * count + 51], observed: { missing: 1200 } });
        expect(observed["missing"]).toBe(3 * count + 1200);
        expect(defects.length + (more ?? []).reduce((sum, one) => sum + one.count, 0)).toBe(count + 1);
      }
    });

    test("a late frame is one defect, however long the stream before it", () => {
      const frames = numbered(upTo(3000, (i) => (i === 2500 ? 2501 : i === 2501 ? 2500 : i)));
      for (const cuts of [[], [2500], [2501], [2502]]) expect(places(judge(frames, { cuts }))).toEqual(["error reordered 2501-2501"]);
    });

    test("the longest freeze is located, however many short ones come before it", () => {
      const frames = healthy(2000).map((frame, i) => ({
        ...frame,
        digest: BigInt(i < 900 ? i - (i % 3 === 2 ? 1 : 0) : i < 1900 ? i : 1900),
      }));
      const { defects, more } = judge(frames, { cuts: [300, 1950] });
      expect(defects.length).toBe(100);
      expect(defects.at(-1)).toMatchObject({ kind: "frozen", frames: [1901, 1999], observed: { repeats: 99 } });
      expect(more).toMatchObject([{ kind: "frozen", severity: "error", count: 201, frames: [299, 899] }]);
    });
  });

  describe("repeats", () => {
    const again = (frames: Frame[], i: number, change: Partial<Frame> = {}): Frame[] =>
      frames.with(i, { ...at(frames, i), digest: at(frames, i - 1).digest, ...change });

    test("a frame written twice is a duplicate, in any kind of stream", () => {
      const frames = healthy(50).toSpliced(20, 0, { ...at(healthy(50), 19) });
      for (const kind of ["points", "bytes", "pose"] as const)
        expect(everyCut(frames, 20, { info: { kind } })).toEqual(["warning duplicated 20-20"]);
      const unnumbered = { info: { sequenced: false } };
      expect(everyCut(frames, 20, unnumbered)).toEqual(["warning duplicated 20-20"]);
    });

    test("the same number with a new stamp is a duplicate; with another payload it is not", () => {
      const frames = healthy(50);
      expect(places(judge(again(frames, 20, { sequence: 20 })))).toEqual(["info missing 20-21", "warning duplicated 20-20"]);
      expect(places(judge(frames.with(20, { ...at(frames, 20), sequence: 20 })))).not.toContain("warning duplicated 20-20");
    });

    test("the same image again while the stamp goes on is frozen, as one run", () => {
      let frames = healthy(50);
      for (let i = 20; i < 30; i++) frames = again(frames, i);
      expect(everyCut(frames, 25)).toEqual(["error frozen 20-29"]);
      expect(judge(frames).defects[0]).toMatchObject({ observed: { repeats: 10 } });
      expect(judge(frames).observed).toMatchObject({ frozen: 10, duplicated: 0 });
    });

    test("the same stamp inside the payload: frozen when the number or the log clock moved on", () => {
      const stamp = at(healthy(50), 19).stampNs;
      expect(places(judge(again(healthy(50), 20, { stampNs: stamp })))).toEqual(["error frozen 20-20"]);
      const clock = { info: { sequenced: false } };
      expect(places(judge(again(healthy(50), 20, { stampNs: stamp }), clock))).toEqual(["error frozen 20-20"]);
      const twice = again(healthy(50), 20, { stampNs: stamp, logNs: at(healthy(50), 19).logNs + 1000n });
      expect(places(judge(twice, clock))).toEqual(["warning duplicated 20-20"]);
    });

    test("an IMU needs three in a row; plain messages, poses and labels may stand still", () => {
      const still = (n: number): Frame[] => Array.from({ length: n }).reduce<Frame[]>((frames, _, k) => again(frames, 20 + k), healthy(50));
      const of = (kind: StreamInfo["kind"], n: number): string[] => places(judge(still(n), { info: { kind } }));
      expect([of("imu", 2), of("imu", 3)]).toEqual([[], ["error frozen 20-22"]]);
      for (const kind of ["bytes", "pose", "labels", "stamps"] as const) expect(of(kind, 10)).toEqual([]);
      const tiny = still(10).map((frame) => ({ ...frame, bytes: 20 }));
      expect(places(judge(tiny))).toEqual([]);
    });

    test("a frozen picture under a new header", () => {
      const data = new Uint8Array(65536).map((_, i) => Math.imul(i, 2654435761) >>> 24);
      const kernels = memory(data);
      const frames = healthy(50).map((frame, i) => ({ ...frame, image: { bytes: 4000, pointer: i < 20 || i > 24 ? 100 * i : 2000 } }));
      const info = { kind: "image" } as const;
      expect(everyCut(frames, 22, { info, kernels })).toEqual(["error frozen 21-24"]);
      const small = frames.map((frame) => ({ ...frame, image: { bytes: 60, pointer: 0 } }));
      expect(places(judge(small, { info, kernels }))).toEqual([]);
    });
  });

  describe("sizes", () => {
    test("empty payloads, as a run; a type without fields is empty by nature", () => {
      const frames = healthy(50).map((frame, i) => (i >= 20 && i < 23 ? { ...frame, bytes: 0, digest: 7n } : frame));
      expect(everyCut(frames, 21)).toEqual(["error empty 20-22"]);
      expect(places(judge(frames, { info: { kind: "bytes" } }))).toEqual(["warning empty 20-22"]);
      const empty = healthy(50).map((frame) => ({ ...frame, bytes: 0, digest: 7n }));
      expect(places(judge(empty, { info: { kind: "bytes" } }))).toEqual([]);
      expect(places(judge(empty))).toEqual(["error empty 0-49"]);
    });

    test("a cloud without points among full ones", () => {
      const clouds = (usual: number) => healthy(50).map((frame, i) => ({ ...frame, points: { count: i === 20 ? 0 : usual, pointer: 0 } }));
      expect(places(judge(clouds(200))).filter((place) => place.includes("empty"))).toEqual(["error empty 20-20"]);
      expect(places(judge(clouds(50))).filter((place) => place.includes("empty"))).toEqual([]);
    });

    test("a fixed size: every change is told", () => {
      const frames = healthy(50).map((frame, i) => (i === 20 || i === 21 ? { ...frame, bytes: 990 } : frame));
      expect(everyCut(frames, 21)).toEqual(["warning size-change 20-21"]);
      expect(judge(frames).defects[0]).toMatchObject({ observed: { bytes: 990 }, expected: { bytes: 1000 } });
      expect(places(judge(frames, { info: { kind: "bytes" } }))).toEqual([]);
      const switched = healthy(50).map((frame, i) => (i >= 35 ? { ...frame, bytes: 4000 } : frame));
      expect(places(judge(switched))).toEqual(["warning size-change 35-49"]);
    });

    test("a varying size: only what is far out by ratio and spread", () => {
      const varying = (odd: number): Frame[] =>
        healthy(200).map((frame, i) => ({ ...frame, bytes: i === 120 ? odd : 1000 + ((Math.imul(i + 1, 2654435761) >>> 8) % 300) }));
      expect(places(judge(varying(2000)))).toEqual([]);
      expect(places(judge(varying(400)))).toEqual([]);
      expect(everyCut(varying(9000), 120)).toEqual(["warning size-change 120-120"]);
      expect(everyCut(varying(200), 120)).toEqual(["warning size-change 120-120"]);
      const wide = varying(4100).map((frame, i) =>
        i === 120 ? frame : { ...frame, bytes: 100 + ((Math.imul(i + 1, 2654435761) >>> 8) % 1800) },
      );
      expect(places(judge(wide))).toEqual([]);
      const video = varying(9000);
      expect(places(judge(video, { info: { kind: "image", type: "foxglove.CompressedVideo" } }))).toEqual([]);
      const keyFrames = video.map((frame, i) => (i % 30 === 0 ? { ...frame, bytes: 9000 + i } : frame));
      expect(places(judge(keyFrames))).toEqual([]);
    });
  });

  test("malformed payloads, by reason", () => {
    const frames = healthy(50).map((frame, i) =>
      i >= 20 && i < 24 ? { ...frame, malformed: i < 22 ? "too short" : "bad length" } : frame,
    );
    expect(everyCut(frames, 22)).toEqual(["error malformed 20-21", "error malformed 22-23"]);
    expect(judge(frames).defects.map(({ observed }) => observed)).toEqual([{ reason: "too short" }, { reason: "bad length" }]);
  });

  test("hostile values", () => {
    const extremes = healthy(20).map((frame, i) => ({
      ...frame,
      stampNs: i % 2 ? 2n ** 63n - 1n : -(2n ** 63n),
      logNs: 0n,
      bytes: 2 ** 53,
    }));
    expect(judge(extremes, { cuts: [7] }).status).toBe("pass");
    const same = healthy(20).map(() => at(healthy(1), 0));
    expect(places(judge(same, { info: { sequenced: false } }))).toEqual(["warning duplicated 1-19"]);
  });
});

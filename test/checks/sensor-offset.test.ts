import { beforeAll, describe, expect, test } from "vitest";
import type { Conclusion, Defect } from "../../src/check/check.ts";
import type { Collected } from "../../src/check/table.ts";
import { sensorOffset } from "../../src/checks/time/sensor-offset.ts";
import { labelColumns } from "../../src/columns/builder.ts";
import { type Kernels, loadKernels } from "../../src/kernels.ts";
import type { Rig } from "../../src/rig/rig.ts";
import type { Finding, ImuColumns, LabelColumns, PoseColumns, StreamInfo, StreamKind } from "../../src/types.ts";
import { censusOf, contextOf, SENSOR } from "../blocks.ts";
import { EPOCH_NS, gyroscope, lively, poses, stampsOf } from "../time-scene.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

interface Stream {
  readonly id: string;
  readonly kind: StreamKind;
  readonly imu?: ImuColumns;
  readonly poses?: PoseColumns;
  readonly labels?: { readonly stampNs: BigInt64Array; readonly labels: LabelColumns };
}

function ask(streams: readonly Stream[], rig: Rig | null = null, interrupted = false): readonly Conclusion[] {
  const infos = streams.map(({ id, kind }): StreamInfo => ({ ...SENSOR, id, kind }));
  const collected: Collected = {
    imu: streams.map(({ imu }) => (imu ? [{ frames: imu.count, columns: imu }] : null)),
    poses: streams.map((stream) => (stream.poses ? [{ frames: stream.poses.count, columns: stream.poses }] : null)),
    labels: streams.map(({ labels }) => (labels ? [{ frames: labels.stampNs.length, ...labels }] : null)),
    "sweep-steps": streams.map(() => null),
    "image-steps": streams.map(() => null),
  };
  const census = infos.map((info, i) => ({
    ...censusOf(info, null),
    frames: streams[i]?.imu?.count ?? streams[i]?.poses?.count ?? 0,
    startNs: EPOCH_NS,
    endNs: EPOCH_NS + 1n,
  }));
  return sensorOffset.conclude(contextOf(census, rig, interrupted, { collected, kernels }), sensorOffset.defaults);
}

const turning = lively(4);
const imu = (id: string, offsetS: number, seed = 1): Stream => ({
  id,
  kind: "imu",
  imu: gyroscope(turning, { rateHz: 100, seconds: 40, noise: 0.005, offsetS, seed }),
});
const track = (id: string, offsetS: number): Stream => ({
  id,
  kind: "pose",
  poses: poses(turning, { rateHz: 20, seconds: 40, noise: 0.003, offsetS }),
});
const rigWith = (...offsets: NonNullable<Rig["offsets"]>): Rig => ({ schema: "plumbline.rig/1", offsets });
const brief = (conclusions: readonly Conclusion[]) =>
  conclusions.map(({ stream, status, reason }) => [stream, status, ...(reason === undefined ? [] : [reason])]);

/** Poses of a car that winds its way, and standing and driving boxes as it sees them. */
function scene(offsetS: number, driving = 2, straight = false): readonly [Stream, Stream] {
  const heading = (t: number): number => (straight ? 0 : 0.5 * Math.sin(0.7 * t) + 0.2 * Math.sin(1.9 * t + 1));
  const along = (t: number): readonly [number, number] => {
    let [x, y] = [0, 0];
    for (let s = 0; s < 400; s++) {
      const at = ((s + 0.5) / 400) * t;
      const speed = straight ? 8 : 8 + 3 * Math.sin(0.5 * at);
      x += (speed * Math.cos(heading(at)) * t) / 400;
      y += (speed * Math.sin(heading(at)) * t) / 400;
    }
    return [x, y];
  };
  const seen = stampsOf({ rateHz: 50, seconds: 20, offsetS });
  const places = seen.t.map(along);
  const pose: PoseColumns = {
    count: seen.t.length,
    frame: Int32Array.from(seen.t.keys()),
    stampNs: seen.stampNs,
    xyz: Float64Array.from(places.flatMap(([x, y]) => [x, y, 0])),
    quaternion: Float64Array.from(seen.t.flatMap((t) => [0, 0, Math.sin(heading(t) / 2), Math.cos(heading(t) / 2)])),
  };
  const drawn = stampsOf({ rateHz: 10, seconds: 20 });
  const rows = drawn.t.flatMap((t, frame) => {
    const [ex, ey] = along(t);
    return Array.from({ length: 12 + driving }, (_, k) => {
      const [x, y] = [20 + 8 * (k % 5) + (k >= 12 ? 5 * t : 0), (k % 2 ? 8 : -8) + k];
      const [dx, dy] = [x - ex, y - ey];
      const [c, s] = [Math.cos(heading(t)), Math.sin(heading(t))];
      return { frame, track: `${k}`, class: "car", box3d: [c * dx + s * dy, c * dy - s * dx, 0, 4, 2, 1.5, 0] as const };
    });
  });
  return [
    { id: "city", kind: "pose", poses: pose },
    { id: "boxes", kind: "labels", labels: { stampNs: drawn.stampNs, labels: labelColumns(rows) } },
  ];
}

describe("time/sensor-offset", () => {
  test("streams that agree pass, pair by pair, and the loop closes", () => {
    const conclusions = ask([imu("/imu", 0), track("/odom", 0), imu("/imu2", 0, 9)]);
    expect(brief(conclusions)).toEqual([
      ["/odom", "pass"],
      ["/imu2", "pass"],
      ["/imu2", "pass"],
    ]);
    for (const { observed, defects } of conclusions) {
      expect(defects).toEqual([]);
      expect(Math.abs(Number(observed["offsetMs"]))).toBeLessThan(2);
      expect(observed["signals"]).toEqual(["vector", "norm", "halves", "loop"]);
    }
  });

  test("without a rig an offset beyond the tolerance is a finding, in the order of the pair", () => {
    const [conclusion] = ask([imu("/imu", 0.08), track("/odom", 0)]);
    expect([conclusion?.status, conclusion?.observed["between"]]).toEqual(["fail", ["/imu", "/odom"]]);
    const defect = conclusion?.defects[0] as Defect;
    expect([defect.kind, defect.severity, defect.from?.stream, defect.to?.stream]).toEqual(["offset", "warning", "/imu", "/odom"]);
    expect(Math.abs(Number(defect.observed["offsetMs"]) + 80)).toBeLessThan(1.5);
    expect(Number(defect.observed["ciLowMs"])).toBeLessThan(Number(defect.observed["offsetMs"]));
    expect(Number(defect.observed["ciHighMs"])).toBeGreaterThan(Number(defect.observed["offsetMs"]));
    const finding: Finding = { ...defect, signals: [], check: sensorOffset.id, stream: "/odom", fingerprint: "" };
    expect(sensorOffset.describe(finding)).toMatch(
      /^stamps of \/odom are -\d+\.\d+ ms later than those of \/imu for the same motion \(between -\d+\.\d+ and -\d+\.\d+ ms\), expected 0 ± 5 ms$/,
    );
  });

  test("below the tolerance nothing is accused", () => {
    for (const offsetS of [0.001, 0.002, -0.002, 0.003]) expect(ask([imu("/imu", offsetS), track("/odom", 0)])[0]?.status).toBe("pass");
  });

  test("the rig says what is expected", () => {
    const streams = [imu("/imu", 0.08), track("/odom", 0)];
    const run = (expectedMs: number, toleranceMs: number, between: readonly [string, string] = ["/odom", "/imu"]) =>
      ask(streams, rigWith({ between, expectedMs, toleranceMs }))[0];
    expect(run(80, 5)).toMatchObject({ status: "pass", stream: "/imu" });
    expect(run(-80, 5, ["/imu", "/odom"])).toMatchObject({ status: "pass", stream: "/odom" });
    expect(run(0, 10)).toMatchObject({
      status: "fail",
      defects: [{ kind: "offset", severity: "error", expected: { offsetMs: 0, toleranceMs: 10 } }],
    });
    expect(run(80, 0.2)).toMatchObject({ status: "not_observable", reason: "the interval reaches beyond the tolerance of 0.2 ms" });
    expect(run(0, 5, ["/odom", "/gone"])).toMatchObject({ status: "not_observable", reason: "/gone is not in the recording" });
    expect(run(80, 5, ["poses", "/imu"])).toMatchObject({ status: "pass" });
  });

  test("offsets that do not add up around a loop", () => {
    // The third clock is another one for each of its partners: two gyroscopes of one name cannot both be right.
    const late = track("/late", 0.3);
    const conclusions = ask([imu("/imu", 0), track("/odom", 0), late]);
    expect(conclusions.every(({ defects }) => defects.every(({ kind }) => kind === "offset"))).toBe(true);
    expect(conclusions.map(({ status }) => status)).toEqual(["pass", "fail", "fail"]);
  });

  describe("poses against labels", () => {
    test.each([-0.5, -0.01, 0.002, 0.05, 1])("poses that are %d s late", (offsetS) => {
      const [conclusion] = ask(scene(offsetS));
      expect(Math.abs(Number(conclusion?.observed["offsetMs"]) + offsetS * 1e3)).toBeLessThan(1);
      expect(conclusion?.status).toBe(Math.abs(offsetS) > 0.005 ? "fail" : "pass");
    });

    test("in the order the rig names them", () => {
      const rig = rigWith({ between: ["labels", "poses"], expectedMs: 50, toleranceMs: 2 });
      expect(ask(scene(0.05), rig)[0]).toMatchObject({ status: "pass", stream: "poses" });
    });

    test("a straight drive at one speed shows nothing", () => {
      const [conclusion] = ask(scene(0.1, 2, true));
      expect(conclusion?.status).toBe("not_observable");
      expect(conclusion?.reason).toBeTypeOf("string");
    });

    test("labels in the fixed frame, labels without tracks, a parked car", () => {
      const [pose, boxes] = scene(0);
      const labels = boxes.labels?.labels as LabelColumns;
      const stampNs = boxes.labels?.stampNs as BigInt64Array;
      const still = { ...boxes, labels: { stampNs, labels: { ...labels, box3d: labels.box3d.map((_, at) => at % 7) } } };
      expect(brief(ask([pose, still]))).toEqual([["boxes", "not_observable", "labels are not in the vehicle's frame"]]);
      const nameless = { ...boxes, labels: { stampNs, labels: { ...labels, track: labels.track.map(() => -1) } } };
      expect(brief(ask([pose, nameless]))).toEqual([[undefined, "not_observable", "fewer than two streams that show motion"]]);
      const parked = { ...pose, poses: { ...(pose.poses as PoseColumns), xyz: new Float64Array(3 * (pose.poses?.count ?? 0)) } };
      expect(brief(ask([parked, boxes]))).toEqual([["boxes", "not_observable", "at rest"]]);
    });
  });

  test("what cannot be asked", () => {
    expect(brief(ask([imu("/imu", 0)]))).toEqual([[undefined, "not_observable", "fewer than two streams that show motion"]]);
    expect(brief(ask([imu("/imu", 0), track("/odom", 0)], null, true))).toEqual([[undefined, "not_run", "interrupted"]]);
  });

  test("the same bytes give the same figures", () => {
    expect(ask([imu("/imu", 0.01), track("/odom", 0)])).toEqual(ask([imu("/imu", 0.01), track("/odom", 0)]));
  });
});

/** A second of every kind of measurement, made up: what the encoder is tested with. */
import { randomStream } from "../../../src/simulate/random.ts";
import { type CameraModel, type Label, type Measurement, POINT_STRIDE, type Rigid, START_NS } from "../../../src/simulate/types.ts";

const IDENTITY: Rigid = { x: 0, y: 0, z: 0, qx: 0, qy: 0, qz: 0, qw: 1 };

const CAMERA: CameraModel = {
  ...{ width: 960, height: 540, fx: 700, fy: 701, cx: 480.5, cy: 270.5, lineSeconds: 2e-5, mount: IDENTITY },
  timing: {
    clock: { offsetSeconds: 0, driftPpm: 0, jitterSeconds: 0 },
    ...{ rateHz: 10, phaseSeconds: 0, latencySeconds: 0.01, latencyJitterSeconds: 0 },
  },
};

/** Bytes like a sweep's: positions with noise, times and rings in steps. */
export function sweep(count: number, name = "sweep"): Uint8Array {
  const random = randomStream(1, name);
  const rows = new DataView(new ArrayBuffer(count * POINT_STRIDE));
  for (let i = 0; i < count; i++) {
    for (let axis = 0; axis < 3; axis++) rows.setFloat32(i * POINT_STRIDE + 4 * axis, random.normal(20), true);
    rows.setFloat32(i * POINT_STRIDE + 12, random.below(100), true);
    rows.setUint32(i * POINT_STRIDE + 16, Math.floor(i / 64) * 55_555, true);
    rows.setUint16(i * POINT_STRIDE + 20, i % 64, true);
  }
  return new Uint8Array(rows.buffer);
}

function label(track: string, rest: Partial<Label>): Label {
  const made = { occlusion: 0.25, truncation: 0, keyframe: true, gold: false, seconds: 4.5 };
  return { track, class: "car", annotator: "ada", score: 1, ...made, ...rest };
}

export function measurements(points = 3000): readonly Measurement[] {
  const list: Measurement[] = [];
  const random = randomStream(2, "measurements");
  const three = (): readonly [number, number, number] => [random.normal(), random.normal(), random.normal()];
  for (let i = 0; i < 10; i++) {
    const stampNs = START_NS + BigInt(i) * 100_000_000n + 999_999_999n;
    const common = { stampNs, logNs: stampNs + 20_000_000n, sequence: i };
    const pose = { x: i, y: 0.5, z: 0.25, qx: 0, qy: 0, qz: 0.6, qw: 0.8 };
    const box3d = [10 + i, -2, 0.5, 4.5, 1.9, 1.6, 0.75] as const;
    const box2d = [100, 50.5, 180, 120.25] as const;
    const transforms = [{ stampNs: stampNs - 1n, parent: "map", child: "base_link", pose }];
    const labels = [label("3", { box3d }), label("7", { box3d: [-4, 8, 0, 0.6, 0.7, 1.8, -3], class: "pedestrian", score: 0.5 })];
    list.push(
      { kind: "points", topic: "/points", frameId: "lidar", ...common, count: points, rows: sweep(points, `sweep ${i}`) },
      {
        kind: "imu",
        topic: "/imu",
        frameId: "imu",
        ...common,
        angularVelocity: three(),
        linearAcceleration: three(),
        gyroNoise: 0.01,
        accelerometerNoise: 0.1,
      },
      {
        kind: "odometry",
        topic: "/odom",
        frameId: "map",
        childFrameId: "base_link",
        ...common,
        pose,
        velocity: three(),
        angularVelocity: three(),
        positionNoise: 0.1,
        angleNoise: 0.01,
      },
      {
        kind: "fix",
        topic: "/fix",
        frameId: "gnss",
        ...common,
        status: 0,
        latitude: 49.01,
        longitude: 8.4,
        altitude: 115.5,
        positionNoise: 1.5,
      },
      { kind: "speed", topic: "/speed", frameId: "base_link", ...common, speed: 13.25 },
      { kind: "transforms", topic: "/tf", frameId: "", ...common, transforms },
      { kind: "image", topic: "/image", frameId: "camera", ...common, jpeg: Uint8Array.of(0xff, 0xd8, 0xff, i, 0xff, 0xd9) },
      { kind: "cameraInfo", topic: "/info", frameId: "camera", ...common, model: CAMERA },
      { kind: "labels", schema: "detections3d", topic: "/boxes_3d", frameId: "base_link", ...common, labels },
      { kind: "labels", schema: "detections2d", topic: "/boxes_2d", frameId: "camera", ...common, labels: [label("3", { box2d })] },
      {
        kind: "labels",
        schema: "annotations",
        topic: "/work",
        frameId: "base_link",
        ...common,
        labels: [label("3", { box3d, box2d, gold: true }), ...labels],
      },
    );
  }
  return list;
}

/** The sensors of the simulated vehicle: where they sit, how fast they run, how wrong their clocks are. Everything here is in the truth. */
import { fromYawPitchRoll, IDENTITY, toRigid } from "./rotation.ts";
import type { CameraModel, LidarModel, Rigid, Timing } from "./types.ts";

export interface SensorRig {
  readonly lidar: LidarModel;
  readonly camera: CameraModel | null;
  readonly imu: ImuModel;
  readonly odometry: OdometryModel;
  readonly gnss: GnssModel;
  readonly speed: SpeedModel;
}

/** Noise densities per square root of hertz; random walks per square root of second. */
export interface ImuModel {
  readonly gyroNoiseDensity: number;
  readonly accelerometerNoiseDensity: number;
  readonly gyroWalk: number;
  readonly accelerometerWalk: number;
  /** Standard deviations of the constant parts. */
  readonly gyroBias: number;
  readonly accelerometerBias: number;
  readonly scale: number;
  readonly mount: Rigid;
  readonly timing: Timing;
}

/** Errors wander: they have this standard deviation and are forgotten over `memorySeconds`. */
export interface OdometryModel {
  readonly positionNoise: number;
  readonly angleNoise: number;
  readonly memorySeconds: number;
  readonly timing: Timing;
}

export interface GnssModel {
  readonly latitude: number;
  readonly longitude: number;
  readonly altitude: number;
  readonly positionNoise: number;
  readonly memorySeconds: number;
  /** Mean time between the ends and the beginnings of outages, and their mean length. */
  readonly outageEverySeconds: number;
  readonly outageSeconds: number;
  readonly mount: Rigid;
  readonly timing: Timing;
}

export interface SpeedModel {
  readonly scale: number;
  readonly noise: number;
  /** Speeds are given in steps of this. */
  readonly step: number;
  readonly timing: Timing;
}

const DEGREE = Math.PI / 180;

/**
 * @param camera width and height, or null for none
 * @param rateHz of LiDAR and camera
 */
export function sensorRig(
  lidar: { readonly rings: number; readonly columns: number; readonly returns: 1 | 2 },
  camera: { readonly width: number; readonly height: number } | null,
  rateHz: number,
): SensorRig {
  return {
    lidar: {
      ...lidar,
      elevation: Array.from({ length: lidar.rings }, (_, ring) => elevation(ring / Math.max(1, lidar.rings - 1))),
      azimuth: Array.from({ length: lidar.rings }, (_, ring) => (([-3, 1, -1, 3][ring % 4] ?? 0) / 3) * DEGREE),
      leastRange: 0.9,
      mostRange: 120,
      noise: 0.015,
      divergence: 0.0025,
      mount: at(1.2, 0, 1.85, 0.004),
      timing: timing(rateHz, 0, { offsetSeconds: 0.0002, driftPpm: 3, jitterSeconds: 5e-6 }, 0.008, 0.003),
    },
    camera: camera && {
      ...camera,
      fx: 0.62 * camera.width,
      fy: 0.62 * camera.width,
      cx: camera.width / 2,
      cy: camera.height / 2,
      lineSeconds: 0.016 / camera.height,
      // Optical axes: x right, y down, z forward.
      mount: toRigid([1.6, 0, 1.45], [0, 0, 1, -1, 0, 0, 0, -1, 0]),
      timing: timing(rateHz, 0.042, { offsetSeconds: 0.0011, driftPpm: 7, jitterSeconds: 3e-5 }, 0.03, 0.006),
    },
    imu: {
      gyroNoiseDensity: 1.5e-4,
      accelerometerNoiseDensity: 1.6e-3,
      gyroWalk: 1e-5,
      accelerometerWalk: 2e-4,
      gyroBias: 1.2e-3,
      accelerometerBias: 0.03,
      scale: 1.5e-3,
      mount: at(0.7, 0.1, 0.55, -0.006),
      timing: timing(200, 0.0011, { offsetSeconds: -0.0004, driftPpm: -12, jitterSeconds: 2e-5 }, 0.001, 0.0008),
    },
    odometry: {
      positionNoise: 0.04,
      angleNoise: 0.0012,
      memorySeconds: 12,
      timing: timing(50, 0.0007, { offsetSeconds: 0, driftPpm: 0, jitterSeconds: 1e-5 }, 0.012, 0.003),
    },
    gnss: {
      latitude: 48.1371,
      longitude: 11.5754,
      altitude: 519,
      positionNoise: 0.7,
      memorySeconds: 40,
      outageEverySeconds: 20,
      outageSeconds: 4,
      mount: at(0.4, 0, 1.6, 0),
      timing: timing(5, 0.013, { offsetSeconds: 0, driftPpm: 0, jitterSeconds: 0 }, 0.06, 0.02),
    },
    speed: {
      scale: 0.004,
      noise: 0.01,
      step: 0.01,
      timing: timing(50, 0.0053, { offsetSeconds: 0.0009, driftPpm: 15, jitterSeconds: 1e-4 }, 0.004, 0.002),
    },
  };
}

/** Radians for a share of the rings, from -24.8 to 2 degrees: closer together near the horizon, as in a Velodyne HDL-64E. */
function elevation(share: number): number {
  const above = 1 - share;
  return (2 - 26.8 * above * Math.sqrt(above)) * DEGREE;
}

/** Level but for a small error of mounting about z. */
function at(x: number, y: number, z: number, yaw: number): Rigid {
  return toRigid([x, y, z], yaw === 0 ? IDENTITY : fromYawPitchRoll(yaw, yaw / 2, -yaw / 3));
}

function timing(
  rateHz: number,
  phaseSeconds: number,
  clock: Timing["clock"],
  latencySeconds: number,
  latencyJitterSeconds: number,
): Timing {
  return { clock, rateHz, phaseSeconds, latencySeconds, latencyJitterSeconds };
}

/**
 * What the parts of the simulated drive hand each other, as plain data.
 *
 * Frames, all right-handed: `map` (fixed; x east, y north, z up; origin where the drive begins), `base_link` (the ego vehicle;
 * x forward, y left, z up; origin on the ground under the middle of the rear axle when it stands still), `lidar`, `imu` (axes as
 * base_link), `camera` (optical: x right, y down, z forward).
 *
 * Time inside the simulator is `t`: f64 seconds of true time since the drive began. At the edges it is int64 nanoseconds:
 * `stampNs` by the sensor's own clock, `logNs` by the recorder's clock, which is true time.
 */

/** Every drive begins at this moment of true time. */
export const START_NS = 1_700_000_000_000_000_000n;

/** A pose: metres and a unit quaternion of the child frame in the parent frame. */
export interface Rigid {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly qx: number;
  readonly qy: number;
  readonly qz: number;
  readonly qw: number;
}

/** How base_link moves in `map`. */
export interface Motion {
  readonly t: number;
  /** base_link in map. */
  readonly pose: Rigid;
  /** m/s of the origin of base_link, in map. */
  readonly velocity: readonly [number, number, number];
  /** m/s^2 of the origin of base_link, in map, without gravity. */
  readonly acceleration: readonly [number, number, number];
  /** rad/s, in base_link. */
  readonly angularVelocity: readonly [number, number, number];
}

/** A sensor's clock: stamp = t + offset + drift * t + jitter, jitter being normal with this standard deviation. */
export interface Clock {
  readonly offsetSeconds: number;
  readonly driftPpm: number;
  readonly jitterSeconds: number;
}

/** When a sensor measures and when its message reaches the recorder. */
export interface Timing {
  readonly clock: Clock;
  readonly rateHz: number;
  /** True time of the first measurement. */
  readonly phaseSeconds: number;
  /** From the end of the measurement to the recorder, plus a uniform jitter of up to this. */
  readonly latencySeconds: number;
  readonly latencyJitterSeconds: number;
}

export interface LidarModel {
  readonly rings: number;
  readonly columns: number;
  /** Elevation per ring, radians, ascending: ring 0 looks lowest. */
  readonly elevation: readonly number[];
  /** Azimuth of each ring relative to the head, radians. */
  readonly azimuth: readonly number[];
  readonly leastRange: number;
  readonly mostRange: number;
  /** Standard deviation of a range. */
  readonly noise: number;
  /** Full angle of the beam, radians. */
  readonly divergence: number;
  readonly returns: 1 | 2;
  /** lidar in base_link. */
  readonly mount: Rigid;
  readonly timing: Timing;
}

/**
 * A pinhole camera with a rolling shutter. The exposure of row r begins at t + r * lineSeconds and lasts as long as the
 * frame's exposure; `stampNs` is t by the camera's clock, where t is the beginning of row 0's exposure.
 */
export interface CameraModel {
  readonly width: number;
  readonly height: number;
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
  readonly lineSeconds: number;
  /** camera (optical) in base_link. */
  readonly mount: Rigid;
  readonly timing: Timing;
}

/** Bytes per point in a `points` measurement; little-endian fields as POINT_FIELDS has them. */
export const POINT_STRIDE = 24;
/** Fields of a point, as sensor_msgs/PointField names them. `t`: ns since the stamp. `return`: 0 the strongest, 1 the other one. */
export const POINT_FIELDS = [
  { name: "x", offset: 0, type: "f32" },
  { name: "y", offset: 4, type: "f32" },
  { name: "z", offset: 8, type: "f32" },
  { name: "intensity", offset: 12, type: "f32" },
  { name: "t", offset: 16, type: "u32" },
  { name: "ring", offset: 20, type: "u16" },
  { name: "return", offset: 22, type: "u16" },
] as const;

export type ObjectClass = "car" | "truck" | "cyclist" | "pedestrian";

/** An object at one moment, exactly. */
export interface TrueBox {
  /** Never reused within a drive. */
  readonly object: number;
  readonly class: ObjectClass;
  /** Centre in map. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly length: number;
  readonly width: number;
  readonly height: number;
  /** About z of map, radians. */
  readonly yaw: number;
  /** m/s in map. */
  readonly velocity: readonly [number, number, number];
  readonly yawRate: number;
  /** Never moves during the drive. */
  readonly parked: boolean;
  /** LiDAR points of the sweep that came from this object, by the simulator's own knowledge. */
  readonly points: number;
}

/** The truth at the stamp of one sweep: what labels are made from. */
export interface TrueMoment {
  /** Counts sweeps from 0. */
  readonly index: number;
  readonly t: number;
  /** The sweep's stamp, which its labels carry. */
  readonly stampNs: bigint;
  readonly ego: Motion;
  /** Objects within the labelled range, ordered by object. */
  readonly boxes: readonly TrueBox[];
}

/** What every message of the recording has. */
interface Common {
  readonly topic: string;
  readonly stampNs: bigint;
  readonly logNs: bigint;
  /** Counts the messages of the topic from 0; a dropped message leaves a gap. */
  readonly sequence: number;
  readonly frameId: string;
  /** A planted defect: this byte of the payload is flipped (XOR 0x10) after its chunk's checksum was taken. */
  readonly flipByte?: number;
}

export interface PointsMeasurement extends Common {
  readonly kind: "points";
  readonly count: number;
  /** u8[count * POINT_STRIDE]; a view that holds until the next measurement is asked for. */
  readonly rows: Uint8Array;
}

export interface ImuMeasurement extends Common {
  readonly kind: "imu";
  readonly angularVelocity: readonly [number, number, number];
  readonly linearAcceleration: readonly [number, number, number];
  /** Standard deviations, for the covariances. */
  readonly gyroNoise: number;
  readonly accelerometerNoise: number;
}

/** nav_msgs/Odometry: base_link (`childFrameId`) in `frameId`, twist in base_link. */
export interface OdometryMeasurement extends Common {
  readonly kind: "odometry";
  readonly childFrameId: string;
  readonly pose: Rigid;
  readonly velocity: readonly [number, number, number];
  readonly angularVelocity: readonly [number, number, number];
  /** Standard deviations of position (m) and angle (rad). */
  readonly positionNoise: number;
  readonly angleNoise: number;
}

/** sensor_msgs/NavSatFix; without a fix (status -1) the position is NaN. */
export interface FixMeasurement extends Common {
  readonly kind: "fix";
  readonly status: -1 | 0 | 2;
  readonly latitude: number;
  readonly longitude: number;
  readonly altitude: number;
  readonly positionNoise: number;
}

/** geometry_msgs/TwistStamped: forward speed from the wheels. */
export interface SpeedMeasurement extends Common {
  readonly kind: "speed";
  readonly speed: number;
}

/** tf2_msgs/TFMessage */
export interface TransformsMeasurement extends Common {
  readonly kind: "transforms";
  readonly transforms: readonly { readonly stampNs: bigint; readonly parent: string; readonly child: string; readonly pose: Rigid }[];
}

/** sensor_msgs/CompressedImage */
export interface ImageMeasurement extends Common {
  readonly kind: "image";
  readonly jpeg: Uint8Array;
}

/** sensor_msgs/CameraInfo */
export interface CameraInfoMeasurement extends Common {
  readonly kind: "cameraInfo";
  readonly model: CameraModel;
}

/** One label as an annotator drew it. */
export interface Label {
  readonly track: string;
  readonly class: string;
  readonly annotator: string;
  readonly score: number;
  /** Centre in `frameId`, metres; length, width, height; yaw about z of `frameId`. Absent for a 2D label. */
  readonly box3d?: readonly [number, number, number, number, number, number, number];
  /** left, top, right, bottom in pixels. Absent for a 3D label. */
  readonly box2d?: readonly [number, number, number, number];
  readonly occlusion: number;
  readonly truncation: number;
  readonly keyframe: boolean;
  /** Part of the subset that several annotators label. */
  readonly gold: boolean;
  /** Time the annotator spent on it. */
  readonly seconds: number;
}

/** vision_msgs/Detection3DArray, vision_msgs/Detection2DArray, or the label schema of docs/simulator.md (plumbline_msgs/LabelArray). */
export interface LabelsMeasurement extends Common {
  readonly kind: "labels";
  readonly schema: "detections3d" | "detections2d" | "annotations";
  readonly labels: readonly Label[];
}

export type Measurement =
  | PointsMeasurement
  | ImuMeasurement
  | OdometryMeasurement
  | FixMeasurement
  | SpeedMeasurement
  | TransformsMeasurement
  | ImageMeasurement
  | CameraInfoMeasurement
  | LabelsMeasurement;

/** The topics of a drive. Label topics are in labels.ts. */
export const TOPIC = {
  points: "/lidar/points",
  imu: "/imu/data",
  odometry: "/odometry",
  fix: "/gnss/fix",
  speed: "/vehicle/speed",
  transforms: "/tf",
  staticTransforms: "/tf_static",
  image: "/camera/front/compressed",
  cameraInfo: "/camera/front/camera_info",
} as const;

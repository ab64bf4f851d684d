/**
 * A drive: every sensor asked in the order of time, defects planted, messages written in the order they reach the recorder.
 * What is held is a moment of the world, the messages of the last tenth of a second, and some frames of labels.
 */

import { annotatorTeam } from "./annotators.ts";
import { Camera } from "./camera.ts";
import { Timer, trueNs } from "./clocks.ts";
import { DriveWriter } from "./encode/writer.ts";
import { Faults } from "./faults.ts";
import { Imu } from "./imu.ts";
import type { SimulatorKernels } from "./kernels.ts";
import { GOLD_EVERY, goldLabels, LABEL_TOPIC, type LabelFrame, Labeller, type LabelTrack, LOOKAHEAD } from "./labels.ts";
import { Lidar } from "./lidar.ts";
import { Gnss, Odometry, Wheels } from "./localisation.ts";
import type { DriveSettings } from "./options.ts";
import { randomStream } from "./random.ts";
import { type SensorRig, sensorRig } from "./rig.ts";
import { toRigid } from "./rotation.ts";
import * as truth from "./truth.ts";
import { type CameraModel, type Measurement, START_NS, TOPIC, type TrueMoment } from "./types.ts";
import { MOST_PRIMITIVES, World } from "./world.ts";

export interface DriveSink {
  /** Consecutive pieces of the MCAP and of the truth; the callee may keep them. */
  readonly drive: (bytes: Uint8Array) => Promise<void>;
  readonly truth: (text: string) => Promise<void>;
  /** Seconds of the drive that are done. */
  readonly progress?: (seconds: number) => void;
}

export interface DriveSummary {
  readonly bytes: number;
  readonly messages: Readonly<Record<string, number>>;
}

/** Objects are labelled and stated in the truth up to this far from the vehicle. */
const LABELLED = 80;
/** Labels reach the recorder this long after what they needed to see. */
const LABEL_LATENCY = 0.05;
const POSES_PER_SECOND = 100;

/** One sensor: its next measurement is complete at `end`. */
interface Sensor {
  index: number;
  end(index: number): number;
  measure(index: number, end: number): void;
}

/** @throws whatever `signal` was aborted with, or the sink throws */
export async function writeDrive(
  settings: DriveSettings,
  kernels: SimulatorKernels,
  sink: DriveSink,
  signal?: AbortSignal,
): Promise<DriveSummary> {
  const drive = new Drive(settings, kernels);
  const writer = await DriveWriter.begin(sink.drive, kernels, { seed: String(settings.seed), seconds: String(settings.seconds) });
  const messages: Record<string, number> = {};
  const write = async (ready: readonly Measurement[]): Promise<void> => {
    for (const measurement of ready) {
      messages[measurement.topic] = (messages[measurement.topic] ?? 0) + 1;
      await writer.add(measurement);
    }
  };
  await sink.truth(truth.head(drive.head()));
  while (drive.step()) {
    signal?.throwIfAborted();
    await write(drive.takeReady());
    for (const text of drive.takeTruth()) await sink.truth(text);
    sink.progress?.(drive.now);
  }
  drive.finish();
  await write(drive.takeReady());
  await writer.end();
  await sink.truth(truth.tail({ ...drive.tail(), messages }));
  return { bytes: writer.bytes, messages };
}

/** The sensors of a drive and what has come of them so far. */
class Drive {
  now = 0;
  readonly #settings: DriveSettings;
  readonly #world: World;
  readonly #rig: SensorRig;
  readonly #faults: Faults;
  readonly #sensors: readonly Sensor[];
  readonly #team;
  readonly #labeller;
  /** Of rectangles in the image. */
  readonly #imageLabeller;
  readonly #imu: Imu;
  readonly #wheels: Wheels;
  readonly #pending: Measurement[] = [];
  readonly #sequences = new Map<string, number>();
  readonly #tracks: Record<string, LabelTrack[]> = { [LABEL_TOPIC.boxes3d]: [] };
  #pictures: truth.TruePicture[] = [];
  #truth: string[] = [];

  constructor(settings: DriveSettings, kernels: SimulatorKernels) {
    const { seed, lidar, camera, rateHz, annotators } = settings;
    this.#settings = settings;
    this.#rig = sensorRig(lidar, camera, rateHz);
    this.#world = new World(seed, kernels);
    this.#team = annotatorTeam(seed, annotators);
    this.#labeller = new Labeller({ seed, team: this.#team });
    this.#imageLabeller = this.#rig.camera && new Labeller({ seed, team: this.#team, camera: this.#rig.camera });
    if (this.#rig.camera) this.#tracks[LABEL_TOPIC.boxes2d] = [];
    this.#imu = new Imu(this.#world, this.#rig.imu, randomStream(seed, "imu"));
    this.#wheels = new Wheels(this.#world, this.#rig.speed, randomStream(seed, "wheels"));
    this.#sensors = [
      ...[this.#lidarSensor(), this.#imuSensor(), this.#odometrySensor(), this.#gnssSensor(), this.#speedSensor()],
      ...(this.#rig.camera ? [this.#cameraSensor(this.#rig.camera)] : []),
    ];
    const ofCamera: readonly string[] = [TOPIC.image, TOPIC.cameraInfo, LABEL_TOPIC.boxes2d];
    const streams = [...Object.values(TOPIC), ...Object.values(LABEL_TOPIC)].filter((topic) => camera || !ofCamera.includes(topic));
    this.#faults = new Faults(settings.faults, new Set(streams));
    this.#emitMounts();
  }

  head(): truth.TruthHead {
    const drawn = { imu: this.#imu.errors, wheels: { scale: this.#wheels.scale } };
    return { settings: this.#settings, sensors: { ...this.#rig, drawn }, annotators: this.#team };
  }

  tail(): Omit<truth.TruthTail, "messages"> {
    return { labels: this.#tracks, faults: this.#faults.planted() };
  }

  /** Takes the next measurement. @returns false when the drive is over */
  step(): boolean {
    let next: Sensor | null = null;
    let end = this.#settings.seconds + 1e-9;
    for (const sensor of this.#sensors) {
      const at = sensor.end(sensor.index);
      if (at >= end) continue;
      end = at;
      next = sensor;
    }
    if (!next) return false;
    this.now = end;
    next.measure(next.index++, end);
    return true;
  }

  /** What no later measurement can overtake any more. */
  takeReady(): readonly Measurement[] {
    const until = trueNs(this.now);
    this.#pending.sort((a, b) => (a.logNs < b.logNs ? -1 : a.logNs > b.logNs ? 1 : 0));
    const ready = this.#pending.findIndex(({ logNs }) => logNs >= until);
    return this.#pending.splice(0, ready < 0 ? this.#pending.length : ready);
  }

  takeTruth(): readonly string[] {
    const texts = this.#truth;
    this.#truth = [];
    return texts;
  }

  /** Labels of the last frames; then everything is ready. */
  finish(): void {
    for (const frame of this.#labeller.finish()) this.#emitLabels(frame);
    for (const frame of this.#imageLabeller?.finish() ?? []) this.#emitImageLabels(frame);
    this.#tracks[LABEL_TOPIC.boxes3d]?.push(...this.#labeller.takeTracks());
    this.#tracks[LABEL_TOPIC.boxes2d]?.push(...(this.#imageLabeller?.takeTracks() ?? []));
    this.now = Number.MAX_SAFE_INTEGER / 1e9;
  }

  #emit(measurement: Measurement extends infer M ? (M extends Measurement ? Omit<M, "sequence"> : never) : never, t: number): void {
    const sequence = this.#sequences.get(measurement.topic) ?? 0;
    this.#sequences.set(measurement.topic, sequence + 1);
    this.#pending.push(...this.#faults.apply({ ...measurement, sequence } as Measurement, t));
  }

  #emitMounts(): void {
    const { lidar, camera, imu, gnss } = this.#rig;
    const mounts = { lidar: lidar.mount, imu: imu.mount, gnss: gnss.mount, ...(camera && { camera: camera.mount }) };
    const transforms = Object.entries(mounts).map(([child, pose]) => ({ stampNs: START_NS, parent: "base_link", child, pose }));
    const common = { topic: TOPIC.staticTransforms, stampNs: START_NS, logNs: START_NS, frameId: "base_link" };
    this.#emit({ kind: "transforms", ...common, transforms }, 0);
  }

  #lidarSensor(): Sensor {
    const { timing } = this.#rig.lidar;
    const lidar = new Lidar(this.#world, this.#rig.lidar, this.#settings.seed);
    const timer = new Timer(timing, randomStream(this.#settings.seed, "lidar clock"));
    const period = 1 / timing.rateHz;
    return {
      index: 0,
      end: (index) => timer.time(index) + period,
      measure: (index, end) => {
        const t = timer.time(index);
        const { count, rows, points } = lidar.sweep(t);
        const times = timer.stamp(t, end);
        // The view dies with the next sweep, the message waits for its turn.
        this.#emit({ kind: "points", topic: TOPIC.points, ...times, frameId: "lidar", count, rows: rows.slice() }, t);
        this.#look({
          index,
          t,
          stampNs: times.stampNs,
          ego: this.#world.egoAt(t),
          boxes: this.#world.boxesAt(t, LABELLED, points),
        });
      },
    };
  }

  /** Labels and truth of a sweep. */
  #look(moment: TrueMoment): void {
    const frame = this.#labeller.push(moment);
    if (frame) this.#emitLabels(frame);
    this.#tracks[LABEL_TOPIC.boxes3d]?.push(...this.#labeller.takeTracks());
    if (moment.index % GOLD_EVERY === 0) {
      const labels = goldLabels(moment, { seed: this.#settings.seed, team: this.#team });
      const { t, stampNs } = moment;
      this.#emit({ kind: "labels", topic: LABEL_TOPIC.gold, ...this.#labelTimes(t, stampNs), schema: "annotations", labels }, t);
    }
    const period = 1 / this.#settings.rateHz;
    const poses = Array.from({ length: Math.ceil(period * POSES_PER_SECOND - 1e-9) }, (_, i) => {
      const t = moment.t + i / POSES_PER_SECOND;
      const { position, rotation } = this.#world.poseAt(t);
      return { t, pose: toRigid(position, rotation) };
    });
    this.#truth.push(truth.moment(moment, poses, this.#pictures));
    this.#pictures = [];
  }

  #cameraSensor(model: CameraModel): Sensor {
    const camera = new Camera(this.#world, model, this.#settings.seed, MOST_PRIMITIVES);
    const timer = new Timer(model.timing, randomStream(this.#settings.seed, "camera clock"));
    return {
      index: 0,
      end: (index) => camera.endOf(timer.time(index)),
      measure: (index, end) => {
        const t = timer.time(index);
        const { jpeg, exposureSeconds, gain } = camera.capture(t);
        const times = timer.stamp(t, end);
        const { stampNs } = times;
        this.#emit({ kind: "image", topic: TOPIC.image, ...times, frameId: "camera", jpeg }, t);
        this.#emit({ kind: "cameraInfo", topic: TOPIC.cameraInfo, ...times, frameId: "camera", model }, t);
        this.#pictures.push({ t, stampNs, exposureSeconds, gain });
        // What is drawn is where things were when the middle row was exposed.
        const middle = (t + end) / 2;
        const ego = this.#world.egoAt(middle);
        const boxes = this.#world.boxesAt(middle, LABELLED, new Map());
        const frame = this.#imageLabeller?.push({ index, t: middle, stampNs, ego, boxes });
        if (frame) this.#emitImageLabels(frame);
        this.#tracks[LABEL_TOPIC.boxes2d]?.push(...(this.#imageLabeller?.takeTracks() ?? []));
      },
    };
  }

  #emitLabels({ t, stampNs, labels }: LabelFrame): void {
    const times = this.#labelTimes(t, stampNs);
    this.#emit({ kind: "labels", topic: LABEL_TOPIC.boxes3d, ...times, schema: "detections3d", labels }, t);
    this.#emit({ kind: "labels", topic: LABEL_TOPIC.work, ...times, schema: "annotations", labels }, t);
  }

  #emitImageLabels({ t, stampNs, labels }: LabelFrame): void {
    const times = { ...this.#labelTimes(t, stampNs), frameId: "camera" };
    this.#emit({ kind: "labels", topic: LABEL_TOPIC.boxes2d, ...times, schema: "detections2d", labels }, t);
  }

  /** Labels are made with a look at what comes after. */
  #labelTimes(t: number, stampNs: bigint): { readonly stampNs: bigint; readonly logNs: bigint; readonly frameId: string } {
    const period = 1 / this.#settings.rateHz;
    return { stampNs, logNs: trueNs(t + (LOOKAHEAD + 1) * period + LABEL_LATENCY), frameId: "base_link" };
  }

  #imuSensor(): Sensor {
    const { timing } = this.#rig.imu;
    const timer = new Timer(timing, randomStream(this.#settings.seed, "imu clock"));
    const { gyroNoise, accelerometerNoise } = this.#imu;
    return {
      index: 0,
      end: (index) => timer.time(index),
      measure: (_, t) => {
        const times = timer.stamp(t, t);
        this.#emit({ kind: "imu", topic: TOPIC.imu, ...times, frameId: "imu", ...this.#imu.sample(t), gyroNoise, accelerometerNoise }, t);
      },
    };
  }

  #odometrySensor(): Sensor {
    const model = this.#rig.odometry;
    const { timing, positionNoise, angleNoise } = model;
    const odometry = new Odometry(this.#world, model, randomStream(this.#settings.seed, "odometry"));
    const timer = new Timer(timing, randomStream(this.#settings.seed, "odometry clock"));
    return {
      index: 0,
      end: (index) => timer.time(index),
      measure: (_, t) => {
        const times = timer.stamp(t, t);
        const { pose, velocity, angularVelocity } = odometry.sample(t);
        const motion = { pose, velocity, angularVelocity, positionNoise, angleNoise };
        const frames = { frameId: "map", childFrameId: "base_link" };
        this.#emit({ kind: "odometry", topic: TOPIC.odometry, ...times, ...frames, ...motion }, t);
        const transforms = [{ stampNs: times.stampNs, parent: "map", child: "base_link", pose }];
        this.#emit({ kind: "transforms", topic: TOPIC.transforms, ...times, frameId: "map", transforms }, t);
      },
    };
  }

  #gnssSensor(): Sensor {
    const model = this.#rig.gnss;
    const gnss = new Gnss(this.#world, model, randomStream(this.#settings.seed, "gnss"));
    const timer = new Timer(model.timing, randomStream(this.#settings.seed, "gnss clock"));
    return {
      index: 0,
      end: (index) => timer.time(index),
      measure: (_, t) => {
        const times = timer.stamp(t, t);
        const { positionNoise } = model;
        this.#emit({ kind: "fix", topic: TOPIC.fix, ...times, frameId: "gnss", ...gnss.sample(t), positionNoise }, t);
      },
    };
  }

  #speedSensor(): Sensor {
    const timer = new Timer(this.#rig.speed.timing, randomStream(this.#settings.seed, "speed clock"));
    return {
      index: 0,
      end: (index) => timer.time(index),
      measure: (_, t) => {
        const times = timer.stamp(t, t);
        this.#emit({ kind: "speed", topic: TOPIC.speed, ...times, frameId: "base_link", speed: this.#wheels.sample(t) }, t);
      },
    };
  }
}

/** Samples of text tables: those a rig names, EuRoC, TUM, KITTI raw. */
import { image } from "./messages.ts";
import { file, folder, type Kind, sharedFiles } from "./sample.ts";
import { scene, stampOf } from "./scene.ts";

const RIG = `schema: plumbline.rig/1
streams:
  - { id: odom, kind: pose, path: odom.txt, columns: { stamp: 0, x: 1, y: 2, z: 3, qx: 4, qy: 5, qz: 6, qw: 7 }, units: { stamp: s, x: m }, header: false }
  - { id: imu, kind: imu, path: imu.csv, columns: { stamp: 0, gx: 1, gy: 2, gz: 3, ax: 4, ay: 5, az: 6 }, units: { stamp: ns }, header: true }
  - { id: cam, kind: stamps, path: cam.csv, columns: { log: 0, stamp: 1 }, units: { log: ns, stamp: ns }, header: true, rateHz: 10 }
  - { id: boxes, kind: labels, path: boxes.txt, columns: { frame: 0, track: 1, x: 2, y: 3, z: 4, length: 5, width: 6, height: 7, yaw: 8 }, header: false }
  - { id: cloud, kind: points, path: cloud.csv, columns: { stamp: 0, x: 1, y: 2, z: 3 }, units: { stamp: ns }, header: true }
association:
  - { between: [odom, cam], toleranceMs: 60 }
offsets:
  - { between: [odom, imu], expectedMs: 0, toleranceMs: 50 }
`;

const lines = (count: number, each: (i: number) => string): string => Array.from({ length: count }, (_, i) => `${each(i)}\n`).join("");
const seconds = (ns: bigint): string => `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, "0")}`;
const at = (i: number, hz: number): bigint => stampOf(0) + BigInt(Math.round((1e9 * i) / hz));

function rigged(): Readonly<Record<string, string>> {
  return {
    "rig.yaml": RIG,
    "odom.txt": lines(60, (i) => `${seconds(at(i, 20))} ${i / 4} ${Math.sin(i / 9).toFixed(6)} 0 0 0 0 1`),
    "imu.csv": `t,gx,gy,gz,ax,ay,az\n${lines(200, (i) => `${at(i, 100)},0,0,${Math.cos(i / 40).toFixed(6)},0.1,0,9.81`)}`,
    "cam.csv": `log,stamp\n${lines(20, (i) => `${at(i, 10) + 2_000_000n},${at(i, 10)}`)}`,
    "boxes.txt": scene()
      .map(({ frame, track, box3d }) => `${frame},${track},${box3d.join()}\n`)
      .join(""),
    "cloud.csv": `t,x,y,z\n${lines(160, (i) => `${at(Math.floor(i / 8), 10)},${100 + i},${i % 8},0.5`)}`,
  };
}

function euroc(): Readonly<Record<string, string | Uint8Array>> {
  const name = (i: number): string => `${at(i, 10)}.png`;
  return {
    "mav0/imu0/data.csv": `#timestamp [ns],w_x,w_y,w_z,a_x,a_y,a_z\n${lines(100, (i) => `${at(i, 100)},0.1,${Math.sin(i / 9).toFixed(6)},0,8.1,-0.3,-2.4`)}`,
    "mav0/state_groundtruth_estimate0/data.csv": `#timestamp, p_x, p_y, p_z, q_w, q_x, q_y, q_z\n${lines(40, (i) => `${at(i, 20)},${i},0,0,1,0,0,0`)}`,
    "mav0/cam0/data.csv": `#timestamp [ns],filename\r\n${lines(4, (i) => `${at(i, 10)},${name(i)}\r`)}`,
    ...Object.fromEntries([0, 1, 2, 3].map((i) => [`mav0/cam0/data/${name(i)}`, image(i, "png")])),
  };
}

function tum(): Readonly<Record<string, string | Uint8Array>> {
  const name = (i: number): string => `rgb/${seconds(at(i, 10)).slice(0, -3)}.png`;
  return {
    "rgbd/rgb.txt": `# color images\n${lines(4, (i) => `${seconds(at(i, 10)).slice(0, -3)} ${name(i)}`)}`,
    ...Object.fromEntries([0, 1, 2, 3].map((i) => [`rgbd/${name(i)}`, image(i, "png")])),
    "rgbd/accelerometer.txt": `# timestamp ax ay az\n${lines(60, (i) => `${seconds(at(i, 100))} 0.1 8.4 -4.2`)}`,
    "rgbd/groundtruth.txt": `# timestamp tx ty tz qx qy qz qw\n${lines(60, (i) => `${seconds(at(i, 20))} ${i} 0 1 0 0 0 1`)}`,
  };
}

const OXTS = "49.0 8.4 114 0 0 0.5 0 0 0 0 0 1 2 3 0 0 0 0.1 0.2 0.3 0 0 0 0 0 4 7 4 4 0";

function kittiRaw(): Readonly<Record<string, string | Uint8Array>> {
  const time = (i: number, plusNs: number): string => `2011-09-26 14:30:15.${i % 10}${String(plusNs).padStart(8, "0")}`;
  const name = (i: number): string => String(i).padStart(10, "0");
  const scan = (i: number): Uint8Array => new Uint8Array(Float32Array.from({ length: 4 * 40 }, (_, k) => Math.sin(k + i) * 20).buffer);
  return {
    ...Object.fromEntries(["velodyne_points", "oxts"].map((sensor) => [`${sensor}/timestamps.txt`, lines(8, (i) => time(i, 500))])),
    "velodyne_points/timestamps_start.txt": lines(8, (i) => time(i, 0)),
    "velodyne_points/timestamps_end.txt": lines(8, (i) => time(i, 90_000_000)),
    ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`velodyne_points/data/${name(i)}.bin`, scan(i)])),
    ...Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [`oxts/data/${name(i)}.txt`, `${OXTS.replace("8.4", String(8.4 + i * 1e-5))}\n`]),
    ),
  };
}

export const tablesKind: Kind = {
  name: "tables",
  target: "recording",
  samples: async () => [
    folder("rigged", rigged(), { targets: ["odom.txt", "imu.csv", "cam.csv", "boxes.txt", "cloud.csv"], rig: RIG }),
    folder("MH_01_easy", euroc()),
    folder("tum", tum()),
    folder("2011_09_26_drive_0001_sync", kittiRaw()),
    file("trajectory.txt", `# timestamp tx ty tz qx qy qz qw\n${lines(60, (i) => `${seconds(at(i, 20))} ${i} 0 1 0 0 0 1`)}`),
    ...sharedFiles("6-sync/tum-euroc-timestamps", ".txt").slice(0, 3),
  ],
};

/** The rig itself is changed: it is read, and the folder is checked against it. */
export const rigKind: Kind = {
  name: "rig",
  target: "rig",
  samples: async () => [
    folder("rigged", rigged(), { targets: ["rig.yaml"] }),
    folder("sweeps", { "rig.yaml": SWEEPS, ...kittiRaw() }, { targets: ["rig.yaml"] }),
  ],
};

const SWEEPS = `# learnt from one run
schema: plumbline.rig/1
framesPerBlock: 10
streams:
  - id: velodyne_points/data
    kind: points
    required: true
    rateHz: 10
    maxGapMs: 150
    sweepPeriodMs: 100
    spin: clockwise
    stampReference: start
    pointTimeUnit: ns
    deskewed: false
    extrinsic: { rotation: [0, 0, 0, 1] }
  - id: label_02
    kind: labels
    classes: [car, person]
    required: false
accept:
  - { check: integrity/container, status: not_run, reason: no checksum, why: "recorder writes none", by: "data platform" }
`;

const FAULTS = `schema: plumbline.faults/1
faults:
  - { kind: drop, stream: /lidar/points, from: 2, to: 2.5 }
  - { kind: rate-drop, stream: /camera/front, from: 1, to: 4, amount: 2 }
  - kind: clock-offset
    stream: /imu
    from: 0
    amount: 0.08
`;

export const faultsKind: Kind = { name: "faults", target: "faults", samples: async () => [file("faults.yaml", FAULTS)] };

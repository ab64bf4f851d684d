/**
 * One small recording of every kind on disk, each with what lies beside it. They are readable where that takes few bytes: a target
 * is refused before anything is read.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sampleMcap } from "../sample-mcap.ts";
import { bagBytes } from "../sources/db3-write.ts";

type Files = Readonly<Record<string, Uint8Array | string>>;

export interface OnDisk {
  readonly kind: string;
  /** What a command is given. */
  readonly path: string;
  /** Of the recording and what belongs to it: none may ever change. */
  readonly files: readonly string[];
}

/** @param root an empty folder */
export async function writeRecordings(root: string): Promise<readonly OnDisk[]> {
  const mcap = await sampleMcap({ frames: 3 });
  const bag = bagBytes([{ id: 1, name: "/a", type: "std_msgs/msg/String" }], [{ topic: 1, logNs: 1n, data: Uint8Array.of(0, 1, 0, 0) }]);
  const journals = (name: string): Files => ({ [name]: bag, [`${name}-wal`]: "w", [`${name}-shm`]: "s", [`${name}-journal`]: "j" });
  const about = "rosbag2_bagfile_information:\n  version: 8\n";
  const recordings: Readonly<Record<string, readonly [input: string, files: Files]>> = {
    "MCAP file": ["drive.mcap", { "drive.mcap": mcap, "drive.mcap.seal": seal("drive.mcap"), "drive.truth.json": "{}" }],
    "split of an MCAP": ["rec_0.mcap", { "rec_0.mcap": mcap, "rec_1.mcap": mcap, "rec_10.mcap": mcap, "metadata.yaml": about }],
    "folder of MCAPs": ["", { "rec_0.mcap": mcap, "rec_1.mcap": mcap, "metadata.yaml": about }],
    "db3 file": ["a.db3", journals("a.db3")],
    "split of a db3": ["a_0.db3", { ...journals("a_0.db3"), "a_1.db3": bag, "metadata.yaml": about }],
    "db3 folder": ["", { ...journals("a_0.db3"), "metadata.yaml": about }],
    "ROS 1 bag": [
      "run_2024-05-01-12-00-00_0.bag",
      { "run_2024-05-01-12-00-00_0.bag": "#ROSBAG V2.0\n", "run_2024-05-01-12-05-00_1.bag": "#ROSBAG V2.0\n" },
    ],
    "KITTI raw": ["", kittiRaw()],
    "KITTI tracking": ["", { "velodyne/0003/000000.bin": new Uint8Array(64), "label_02/0003.txt": LABEL, "oxts/0003.txt": OXTS }],
    "Argoverse 2": ["", { "sensors/lidar/315966253660357000.feather": "ARROW1", "annotations.feather": "ARROW1" }],
    "PCD folder": ["", { "lidar/1305031102.175304.pcd": PCD, "lidar/1305031102.275304.pcd": PCD }],
    MOTChallenge: ["", { "gt/gt.txt": "1,2,100,50,10,20,1,1,0.9\n", "seqinfo.ini": "[Sequence]\nname=X\n", "img1/000001.jpg": "jpg" }],
    EuRoC: ["", { "mav0/imu0/data.csv": "#timestamp [ns],w_RS_S_x [rad s^-1]\n1403636579758555392,0,0,0,0,0,9.8\n" }],
    TUM: [
      "",
      { "groundtruth.txt": "# timestamp tx ty tz qx qy qz qw\n1305031098.6659 1.3 0.6 1.6 0.6 0.6 -0.3 -0.4\n", "rgb.txt": "# x\n" },
    ],
    "table with a rig": ["", { "odom.txt": "0 1 2 3\n", "rig.yaml": "schema: plumbline.rig/1\n" }],
    "label file": ["labels.json", { "labels.json": '{"images":[],"annotations":[],"categories":[]}' }],
    "label folder": ["", { "label_02/0000.txt": LABEL, "label_02/0001.txt": LABEL }],
  };
  return Object.entries(recordings).map(([kind, [input, files]]) => {
    const folder = join(root, kind.replaceAll(" ", "-"), "rec");
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    return { kind, path: join(folder, input), files: Object.keys(files).map((name) => join(folder, name)) };
  });
}

/** Every file below, by path. */
export function contentsOf(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), "latin1")]),
  );
}

/** The beginning of a seal, which is what it is told by. */
function seal(name: string): Uint8Array {
  return Buffer.concat([Buffer.from([0x96, 0xae]), Buffer.from(`plumbline.seal of ${name}`)]);
}

const OXTS = "49.0 8.4 114 0 0 0.5 0 0 0 0 0 1 2 3 0 0 0 0.1 0.2 0.3 0 0 0 0 0 4 7 4 4 0\n";
const LABEL = "0 1 Car 0 0 -1.57 100 100 200 200 1.5 1.6 4.0 1 1.5 20 -1.57\n";
const PCD = "VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 1\nHEIGHT 1\nPOINTS 1\nDATA ascii\n1 2 3\n";

function kittiRaw(): Files {
  const times = "2011-09-26 14:30:15.000000500\n2011-09-26 14:30:15.100000500\n";
  return {
    "velodyne_points/timestamps.txt": times,
    "velodyne_points/data/0000000000.bin": new Uint8Array(160),
    "velodyne_points/data/0000000001.bin": new Uint8Array(160),
    "oxts/timestamps.txt": times,
    "oxts/data/0000000000.txt": OXTS,
    "oxts/data/0000000001.txt": OXTS,
  };
}

import { join } from "node:path";
import { expect, test } from "vitest";
import { tum } from "../../src/sources/tables/tum.ts";
import { memoryInput } from "../memory-input.ts";
import { testShared } from "../shared-data.ts";
import { labelFile, standsAnyBytes } from "./label-file.ts";
import { diskInput, readAll, withoutSpans } from "./read-all.ts";

const JPEG = Uint8Array.from([0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 1, 0xe0, 2, 0x80, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xff, 0xd9]);
const FILES = {
  "rgbd_dataset_freiburg1_xyz/rgb.txt":
    "# color images\n# timestamp filename\n1305031102.175304 rgb/1305031102.175304.jpg\n1305031102.211214 rgb/1305031102.211214.jpg\n",
  "rgbd_dataset_freiburg1_xyz/rgb/1305031102.175304.jpg": JPEG,
  "rgbd_dataset_freiburg1_xyz/rgb/1305031102.211214.jpg": JPEG,
  "rgbd_dataset_freiburg1_xyz/depth.txt": "# depth maps\n1305031102.160407 depth/1305031102.160407.png\n",
  "rgbd_dataset_freiburg1_xyz/accelerometer.txt": "# timestamp ax ay az\n1305031098.4000 0.1 8.4 -4.2\n",
  "rgbd_dataset_freiburg1_xyz/groundtruth.txt":
    "# timestamp tx ty tz qx qy qz qw\n1305031098.6659 1.3563 0.6305 1.6380 0.6132 0.5962 -0.3311 -0.3986\n",
};

test("a sequence: images, stamps of images that are not there, accelerations, poses", async () => {
  const input = memoryInput("drive", FILES);
  expect(tum.detect(input)).toBe(true);
  const { streams, damages } = await readAll(tum, input);
  expect(Object.values(streams).map(({ info, stampNs }) => [info.id, info.kind, stampNs.length])).toEqual([
    ["accelerometer", "imu", 1],
    ["depth", "stamps", 1],
    ["groundtruth", "pose", 1],
    ["rgb", "image", 2],
  ]);
  expect(streams["rgb"]).toMatchObject({
    stampNs: [1305031102175304000n, 1305031102211214000n],
    info: { imageSize: { width: 640, height: 480 } },
  });
  expect(streams["groundtruth"]?.poses[0]?.quaternion).toEqual([0.6132, 0.5962, -0.3311, -0.3986]);
  expect(streams["accelerometer"]?.imu).toEqual([{ frame: 0, angular: Array(3).fill(Number.NaN), linear: [0.1, 8.4, -4.2] }]);
  expect(damages).toEqual([]);
  expect(withoutSpans(await readAll(tum, input, 64))).toEqual(withoutSpans(await readAll(tum, input)));
});

test("an association list is two streams of stamps", async () => {
  const text = "1305031453.359684 rgb/a.png 1305031453.374112 depth/b.png\n1305031453.391690 rgb/c.png 1305031453.404816 depth/d.png\n";
  const { streams } = await readAll(tum, labelFile("fr1_desk.txt", text));
  expect(Object.keys(streams)).toEqual(["fr1_desk/depth", "fr1_desk/rgb"]);
  expect(streams["fr1_desk/depth"]?.stampNs).toEqual([1305031453374112000n, 1305031453404816000n]);
});

test("a trajectory of ORB-SLAM: dates in nanoseconds; a broken row is a damage, in its place", async () => {
  const rows = ["1403636579763555584.000000 0.1 0.2 0.3 0 0 0 1", "1403636579813555456.000000 0.2 0.2 0.3 0 0 0 1"];
  const { streams, damages } = await readAll(tum, labelFile("ORBSLAM3.txt", `${rows.join("\n")}\n`));
  expect(streams["ORBSLAM3"]?.stampNs).toEqual([1403636579763555584n, 1403636579813555456n]);
  expect(streams["ORBSLAM3"]?.poses.map(({ xyz }) => xyz[0])).toEqual([0.1, 0.2]);
  expect(damages).toEqual([]);
  const many = Array.from({ length: 100 }, () => rows).flat();
  const broken = await readAll(tum, labelFile("ORBSLAM3.txt", `${[...many, "1403636579863555584.0 0.1 x 0.3"].join("\n")}\n`));
  expect([broken.streams["ORBSLAM3"]?.poses.length, broken.damages.length]).toEqual([200, 1]);
});

test("files of other kinds are left alone", () => {
  for (const text of ["1 2 3 4\n", "1 2 3 4 5 6 7 8\n", "0.1 rgb/a.txt\n", "-1 2 3\n", "x 1 2 3 0 0 0 1\n", ""]) {
    expect([text, tum.detect(labelFile("a.txt", text))]).toEqual([text, false]);
  }
});

test("any bytes", async () => {
  const texts = Object.entries(FILES).flatMap(([path, text]) => (typeof text === "string" ? [[path, text.repeat(3)]] : []));
  await standsAnyBytes(tum, Object.fromEntries(texts), "folder");
});

testShared("trajectories of the TUM benchmark", async (shared) => {
  const { streams, damages } = await readAll(tum, diskInput(join(shared, "6-sync/evo-trajectories")));
  const truth = streams["freiburg1_xyz-groundtruth"];
  expect([truth?.stampNs.length, truth?.poses.length, streams["freiburg1_xyz-rgbdslam"]?.poses.length]).toEqual([3000, 3000, 788]);
  const gaps = (truth?.stampNs ?? []).slice(1).map((stamp, i) => Number(stamp - (truth?.stampNs[i] ?? 0n)) / 1e6);
  expect(gaps.every((gap) => gap > 0)).toBe(true);
  expect([gaps.toSorted((a, b) => a - b)[1500], Math.max(...gaps)]).toEqual([10, 110.1]);
  expect(damages).toEqual([]);
});

import { join } from "node:path";
import { expect, test } from "vitest";
import { euroc } from "../../src/sources/tables/euroc.ts";
import { memoryInput } from "../memory-input.ts";
import { testShared } from "../shared-data.ts";
import { labelFile, standsAnyBytes } from "./label-file.ts";
import { diskInput, readAll, withoutSpans } from "./read-all.ts";

const IMU = `#timestamp [ns],w_RS_S_x [rad s^-1],w_RS_S_y [rad s^-1],w_RS_S_z [rad s^-1],a_RS_S_x [m s^-2],a_RS_S_y [m s^-2],a_RS_S_z [m s^-2]
1403636579758555392,-0.099134701513277898,0.14730578886832138,0.02722713633111154,8.1476917083333333,-0.37592158333333331,-2.4026292499999999
1403636579763555584,-0.099134701513277898,0.14032447186034408,0.029321531433504733,8.033280791666666,-0.40861041666666664,-2.4026292499999999
`;
const TRUTH = `#timestamp, p_RS_R_x [m], p_RS_R_y [m], p_RS_R_z [m], q_RS_w [], q_RS_x [], q_RS_y [], q_RS_z [], v_RS_R_x [m s^-1], v_RS_R_y [m s^-1], v_RS_R_z [m s^-1]
1403636580838555648,4.688319,-1.786938,0.783338,0.534108,-0.153029,-0.827383,-0.082152,-0.027876,0.033207,0.800006
`;
const PNG = Uint8Array.from([
  ...[0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52],
  ...[0, 0, 2, 0xf0, 0, 0, 1, 0xe0, 8, 0, 0, 0, 0],
]);
const CAM = `#timestamp [ns],filename\r
1403636579763555584,1403636579763555584.png\r
1403636579813555456,1403636579813555456.png\r
1403636579863555584,1403636579863555584.png\r
`;
const FILES = {
  "mav0/imu0/data.csv": IMU,
  "mav0/imu0/sensor.yaml": "sensor_type: imu\n",
  "mav0/state_groundtruth_estimate0/data.csv": TRUTH,
  "mav0/leica0/data.csv": "#timestamp [ns], p_RS_R_x [m], p_RS_R_y [m], p_RS_R_z [m]\n1403636580838555648,1,2,3\n",
  "mav0/cam0/data.csv": CAM,
  "mav0/cam0/data/1403636579763555584.png": PNG,
  "mav0/cam0/data/1403636579813555456.png": PNG,
  "mav0/cam0/data/9.png": PNG,
  "mav0/cam1/data.csv": CAM,
};

test("a sequence: inertial samples, ground truth, images", async () => {
  const input = memoryInput("MH_01_easy", FILES);
  expect(euroc.detect(input)).toBe(true);
  const { streams, damages } = await readAll(euroc, input);
  expect(Object.values(streams).map(({ info, stampNs }) => [info.id, info.kind, stampNs.length])).toEqual([
    ["cam0", "image", 2],
    ["cam1", "stamps", 3],
    ["imu0", "imu", 2],
    ["leica0", "pose", 1],
    ["state_groundtruth_estimate0", "pose", 1],
  ]);
  expect(streams["imu0"]?.stampNs).toEqual([1403636579758555392n, 1403636579763555584n]);
  expect(streams["imu0"]?.imu[1]?.linear[0]).toBe(8.033280791666666);
  expect(streams["state_groundtruth_estimate0"]?.poses[0]).toMatchObject({
    xyz: [4.688319, -1.786938, 0.783338],
    quaternion: [-0.153029, -0.827383, -0.082152, 0.534108],
  });
  expect(streams["cam0"]).toMatchObject({
    stampNs: [1403636579763555584n, 1403636579813555456n],
    info: { imageSize: { width: 752, height: 480 } },
  });
  expect(streams["cam0"]?.malformed).toEqual([]);
  expect(damages.map(({ kind, observed }) => [kind, observed["missing"]])).toEqual([
    ["missing-file", 1],
    ["missing-stamp", 1],
  ]);
});

test("one of its files by itself", async () => {
  const { streams } = await readAll(euroc, labelFile("V1_01_groundtruth.csv", TRUTH));
  expect(streams["V1_01_groundtruth"]?.poses).toHaveLength(1);
});

test("however it is cut", async () => {
  const input = memoryInput("MH_01_easy", FILES);
  expect(withoutSpans(await readAll(euroc, input, 64))).toEqual(withoutSpans(await readAll(euroc, input)));
});

test("files of other kinds are left alone", () => {
  for (const text of ["#timestamp,x\n1,2\n", "1\n2\n3\n", "1403636579763555584\n", "a,b\n1403636579763555584,2\n", ""]) {
    expect([text, euroc.detect(labelFile("a.csv", text))]).toEqual([text, false]);
  }
});

test("any bytes", async () => {
  const { "mav0/imu0/data.csv": imu, "mav0/cam1/data.csv": cam, "mav0/state_groundtruth_estimate0/data.csv": truth } = FILES;
  await standsAnyBytes(
    euroc,
    { "imu0/data.csv": imu, "cam0/data.csv": cam, "truth.csv": truth, "MH01.txt": "1403636579763555584\n".repeat(3) },
    "folder",
  );
});

testShared("lists of camera stamps", async (shared) => {
  const { streams, damages } = await readAll(euroc, diskInput(join(shared, "6-sync/tum-euroc-timestamps/euroc")));
  expect(Object.entries(streams).map(([id, { stampNs, info }]) => [id, info.kind, stampNs.length])).toEqual([
    ["MH01", "stamps", 3682],
    ["MH02", "stamps", 3040],
    ["V101", "stamps", 2912],
  ]);
  expect(streams["MH01"]?.stampNs.slice(0, 2)).toEqual([1403636579763555584n, 1403636579813555456n]);
  expect(damages).toEqual([]);
});

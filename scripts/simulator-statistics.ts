/**
 * Statistics of a simulated drive beside those of real recordings in ../shared/data: the table of docs/simulator.md.
 *
 *   node scripts/simulator-statistics.ts
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inflateSync } from "node:zlib";
import { simulate } from "../src/index.ts";
import { Camera } from "../src/simulate/camera.ts";
import { loadSimulatorKernels } from "../src/simulate/kernels.ts";
import { sensorRig } from "../src/simulate/rig.ts";
import { toMatrix, unrotate, type Vector } from "../src/simulate/rotation.ts";
import { MOST_PRIMITIVES, World } from "../src/simulate/world.ts";
import { av2 } from "../src/sources/folders/av2.ts";
import { mcap } from "../src/sources/mcap/source.ts";
import { diskInput, readAll, type WholeStream } from "../test/sources/read-all.ts";

const DATA = fileURLToPath(new URL("../../shared/data", import.meta.url));
const SECONDS = 10;
const VEHICLES = /car|truck|vehicle|bus/i;

interface Box {
  readonly track: string;
  readonly vehicle: boolean;
  readonly at: Vector;
  readonly size: Vector;
  readonly yaw: number;
}

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? Number.NaN;
const three = (values: readonly number[], digits: number): string =>
  [0.1, 0.5, 0.9].map((q) => quantile(values, q).toFixed(digits)).join(" / ");

function row(name: string, ...cells: readonly string[]): void {
  process.stdout.write(`| ${[name, ...cells].join(" | ")} |\n`);
}

/** x, y, z of every point of a frame. */
function pointsOf(stream: WholeStream | undefined, frame: number): readonly Vector[] {
  const table = stream?.points.find((one) => one.frame === frame);
  if (!table) return [];
  const view = new DataView(table.rows.buffer, table.rows.byteOffset, table.rows.length);
  const half = table.stride < 16;
  const get = (at: number, axis: number): number =>
    half ? float16(view.getUint16(at + 2 * axis, true)) : view.getFloat32(at + 4 * axis, true);
  return Array.from({ length: table.count }, (_, i) => [0, 1, 2].map((axis) => get(i * table.stride, axis)) as unknown as Vector);
}

function float16(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  return (bits >> 15 ? -1 : 1) * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

function floats(path: string, width: number): readonly Vector[] {
  const bytes = readFileSync(join(DATA, path));
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return Array.from({ length: values.length / width }, (_, i) => [
    values[i * width] ?? 0,
    values[i * width + 1] ?? 0,
    values[i * width + 2] ?? 0,
  ]);
}

const ranges = (points: readonly Vector[]): readonly number[] => points.map(([x, y, z]) => Math.sqrt(x * x + y * y + z * z));

function boxesOf(stream: WholeStream | undefined): ReadonlyMap<number, readonly Box[]> {
  const frames = new Map<number, Box[]>();
  for (const label of stream?.labels ?? []) {
    const [x = 0, y = 0, z = 0, l = 0, w = 0, h = 0, yaw = 0] = label.box3d;
    const box = { track: label.track ?? "", vehicle: VEHICLES.test(label.class), at: [x, y, z] as const, size: [l, w, h] as const, yaw };
    frames.set(label.frame, [...(frames.get(label.frame) ?? []), box]);
  }
  return frames;
}

/** Points in each vehicle's box, by its distance. */
function perBox(points: readonly Vector[], boxes: readonly Box[]): readonly (readonly [number, number])[] {
  return boxes
    .filter(({ vehicle }) => vehicle)
    .map(({ at, size, yaw }) => {
      const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
      const count = points.filter(([x, y, z]) => {
        const [dx, dy] = [x - at[0], y - at[1]];
        return Math.abs(dx * c + dy * s) <= size[0] / 2 && Math.abs(dy * c - dx * s) <= size[1] / 2 && Math.abs(z - at[2]) <= size[2] / 2;
      }).length;
      return [Math.hypot(at[0], at[1]), count] as const;
    });
}

function bands(pairs: readonly (readonly [number, number])[]): string {
  const band = (low: number, high: number): number =>
    quantile(
      pairs.flatMap(([d, n]) => (d >= low && d < high ? [n] : [])),
      0.5,
    );
  return [band(0, 15), band(15, 30), band(30, 60)].join(" / ");
}

/** |p(t) - (p(t-1) + p(t+1)) / 2| in the fixed frame, metres, for tracks present in three frames in a row. */
function residuals(frames: ReadonlyMap<number, readonly Box[]>, toMap: (frame: number, at: Vector) => Vector | null): readonly number[] {
  const places = new Map<string, Map<number, Vector>>();
  for (const [frame, boxes] of frames) {
    for (const { track, at } of boxes) {
      const place = toMap(frame, at);
      if (place) places.set(track, (places.get(track) ?? new Map()).set(frame, place));
    }
  }
  return [...places.values()].flatMap((track) =>
    [...track].flatMap(([frame, p]) => {
      const [a, b] = [track.get(frame - 1), track.get(frame + 1)];
      return a && b ? [Math.hypot(...p.map((v, i) => v - ((a[i] ?? 0) + (b[i] ?? 0)) / 2))] : [];
    }),
  );
}

function placed(quaternion: readonly number[], origin: readonly number[], [x, y, z]: Vector): Vector {
  const [qx = 0, qy = 0, qz = 0, qw = 1] = quaternion;
  const m = toMatrix({ x: 0, y: 0, z: 0, qx, qy, qz, qw });
  const back: Vector = unrotate([m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]], [x, y, z]);
  return [back[0] + (origin[0] ?? 0), back[1] + (origin[1] ?? 0), back[2] + (origin[2] ?? 0)];
}

/** Differences between neighbours in a row, levels. */
function gradients(pixels: Uint8Array, width: number): readonly number[] {
  return Array.from(pixels, (value, i) => (i % width === 0 ? 0 : Math.abs(value - (pixels[i - 1] ?? 0)))).filter((_, i) => i % 7 === 0);
}

/** The luma of an 8-bit RGB PNG: https://www.w3.org/TR/png-3/ */
function luma(path: string): { readonly pixels: Uint8Array; readonly width: number } {
  const file = readFileSync(path);
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  const parts: Buffer[] = [];
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at)) {
    if (file.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(file.subarray(at + 8, at + 8 + file.readUInt32BE(at)));
  }
  const raw = inflateSync(Buffer.concat(parts));
  const stride = 3 * width;
  const rgb = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x++) {
      const left = x < 3 ? 0 : (rgb[y * stride + x - 3] ?? 0);
      const up = y === 0 ? 0 : (rgb[(y - 1) * stride + x] ?? 0);
      const corner = x < 3 || y === 0 ? 0 : (rgb[(y - 1) * stride + x - 3] ?? 0);
      const near = [left, up, corner].map((v) => Math.abs(left + up - corner - v));
      const [a = 0, b = 0, c = 0] = near;
      const paeth = a <= b && a <= c ? left : b <= c ? up : corner;
      const guess = [0, left, up, (left + up) >> 1, paeth][filter] ?? 0;
      rgb[y * stride + x] = (raw[y * (stride + 1) + 1 + x] ?? 0) + guess;
    }
  }
  const pixels = Uint8Array.from(
    { length: width * height },
    (_, i) => 0.299 * (rgb[3 * i] ?? 0) + 0.587 * (rgb[3 * i + 1] ?? 0) + 0.114 * (rgb[3 * i + 2] ?? 0),
  );
  return { pixels, width };
}

/** White noise of a rate, from the quietest second: the second difference has six times its variance. */
function noiseDensity(rate: readonly number[], hz: number): number {
  const seconds = Array.from({ length: Math.floor(rate.length / hz) }, (_, k) => {
    const part = rate.slice(Math.floor(k * hz), Math.floor((k + 1) * hz));
    const bent = part.slice(2).map((v, i) => v - 2 * (part[i + 1] ?? 0) + (part[i] ?? 0));
    return Math.sqrt(bent.reduce((sum, v) => sum + v * v, 0) / bent.length / 6);
  });
  return quantile(seconds, 0) / Math.sqrt(hz / 2);
}

const folder = mkdtempSync(join(tmpdir(), "plumbline-statistics-"));
try {
  const out = join(folder, "drive.mcap");
  const { truth } = await simulate({ seed: 1, seconds: SECONDS, camera: null, out });
  const drive = (await readAll(mcap, diskInput(out))).streams;
  const { moments } = JSON.parse(readFileSync(truth, "utf8"));
  const real = (await readAll(av2, diskInput(join(DATA, "2-lidar/av2/7fab2350")))).streams;

  const sweeps = [0, 30, 60, 90].map((frame) => pointsOf(drive["/lidar/points"], frame));
  const realSweeps = [0, 1].map((frame) => pointsOf(real["sensors/lidar"], frame));
  const kitti = floats("2-lidar/kitti-tracking-0001/velodyne/0001/000000.bin", 4);
  const newer = floats("2-lidar/newer-college-deskew/raw_00.bin", 3);
  row("", "simulated", "Argoverse 2", "KITTI", "Newer College, others");
  row("---", "---", "---", "---", "---");
  row(
    "points per sweep",
    ...[sweeps.flat().length / 4, realSweeps.flat().length / 2, kitti.length, newer.length].map((n) => String(Math.round(n))),
  );
  row("range m, 10 / 50 / 90 %", ...[sweeps.flat(), realSweeps.flat(), kitti, newer].map((points) => three(ranges(points), 1)));

  const simulatedPairs = moments.flatMap((moment: { poses: number[][]; boxes: { class: string; box: number[]; points: number }[] }) =>
    moment.boxes
      .filter(({ class: name }) => VEHICLES.test(name))
      .map(({ box, points }) => [
        Math.hypot((box[0] ?? 0) - (moment.poses[0]?.[1] ?? 0), (box[1] ?? 0) - (moment.poses[0]?.[2] ?? 0)),
        points,
      ]),
  );
  const stamps = real["annotations"]?.stampNs ?? [];
  const realBoxes = boxesOf(real["annotations"]);
  const realPairs = (real["sensors/lidar"]?.stampNs ?? []).flatMap((stamp, i) =>
    perBox(realSweeps[i] ?? [], realBoxes.get(stamps.indexOf(stamp)) ?? []),
  );
  row("points in a vehicle's box, median at 0-15 / 15-30 / 30-60 m", bands(simulatedPairs), bands(realPairs), "", "");

  const poses = new Map(real["city_SE3_egovehicle"]?.poses.map((pose) => [pose.stampNs, pose]));
  const realResiduals = residuals(realBoxes, (frame, at) => {
    const pose = poses.get(stamps[frame] ?? 0n);
    return pose ? placed(pose.quaternion, pose.xyz, at) : null;
  });
  const simulatedResiduals = residuals(boxesOf(drive["/labels/boxes_3d"]), (frame, at) => {
    const pose: number[] | undefined = moments[frame]?.poses[0];
    return pose ? placed(pose.slice(4), pose.slice(1, 4), at) : null;
  });
  row(
    "residual of labelled tracks mm, 10 / 50 / 90 %",
    ...[simulatedResiduals, realResiduals].map((all) =>
      three(
        all.map((r) => 1000 * r),
        1,
      ),
    ),
    "",
    "",
  );

  const world = new World(1, await loadSimulatorKernels());
  const model = sensorRig({ rings: 4, columns: 16, returns: 1 }, { width: 960, height: 540 }, 10).camera;
  if (model) {
    const camera = new Camera(world, model, 1, MOST_PRIMITIVES);
    for (let i = 0; i < 12; i++) camera.capture(i / 10);
    const photo = luma(join(DATA, "2-lidar/kitti-000008/000008.png"));
    row(
      "image gradient in levels, 10 / 50 / 90 %",
      three(gradients(camera.pixels, 960), 0),
      "",
      three(gradients(photo.pixels, photo.width), 0),
      "",
    );
  }

  const lines = readFileSync(join(DATA, "6-sync/lidar-imu-offset/omega.txt"), "utf8")
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("#"));
  const density = (rate: readonly number[], hz: number): string => noiseDensity(rate, hz).toExponential(1);
  const simulatedRate = (drive["/imu/data"]?.imu ?? []).map(({ angular }) => angular[2] ?? 0);
  row(
    "gyro noise density rad/s/√Hz",
    density(simulatedRate, 200),
    "",
    "",
    `${density(
      lines.map((line) => Number(line.split(/\s+/)[3])),
      400,
    )} (lidar-imu-offset)`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Sweeps of a recording, read through the product's own sources. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineStreamCheck } from "../../../src/check/check.ts";
import { fieldOf, type PointRole } from "../../../src/columns/point-fields.ts";
import { describeInput, openDescriptor } from "../../../src/node/input.ts";
import { nodePlatform } from "../../../src/node/platform.ts";
import { runCheck } from "../../../src/pipeline/engine.ts";
import { inlineExecutor } from "../../../src/pipeline/executor.ts";
import type { FieldType, PointTable } from "../../../src/types.ts";
import { type Cloud, CloudBuilder } from "./cloud.ts";

const READ: Readonly<Record<FieldType, (view: DataView, at: number) => number>> = {
  i8: (view, at) => view.getInt8(at),
  u8: (view, at) => view.getUint8(at),
  i16: (view, at) => view.getInt16(at, true),
  u16: (view, at) => view.getUint16(at, true),
  i32: (view, at) => view.getInt32(at, true),
  u32: (view, at) => view.getUint32(at, true),
  f32: (view, at) => view.getFloat32(at, true),
  f64: (view, at) => view.getFloat64(at, true),
  i64: (view, at) => Number(view.getBigInt64(at, true)),
  f16: (view, at) => {
    const bits = view.getUint16(at, true);
    const [exponent, mantissa] = [(bits >> 10) & 31, bits & 1023];
    const size = exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
    return bits >> 15 ? -size : size;
  },
};

/** Frames of the first point stream. Times are taken to count from the sweep's stamp, `perSecond` units a second. */
export async function sweepsOf(name: string, path: string, frames: readonly number[], perSecond: number): Promise<readonly Cloud[]> {
  const clouds: Cloud[] = [];
  const reading = defineStreamCheck<number>({
    ...{ id: "points/bench", title: "", level: 1, needs: ["frames", "points"], defaults: {}, kinds: {}, blindSpots: [] },
    ...{ absent: "no point stream", appliesTo: ({ kind }) => kind === "points" },
    observe({ points = [] }, { kernels }) {
      for (const table of points) clouds.push(cloudOf(name, table, kernels.exports.memory.buffer, perSecond));
      return 0;
    },
    merge: () => 0,
    answer: () => ({ status: "not_run", reason: "bench", coverage: { items: 0, checked: 0 }, observed: {}, defects: [] }),
    describe: () => "",
  });
  await runCheck(openDescriptor(describeInput(path)), nodePlatform, inlineExecutor, { catalogue: [reading], level: 1 });
  return frames.flatMap((frame) => {
    const cloud = clouds[frame];
    return cloud ? [{ ...cloud, name: `${name}, sweep ${frame}` }] : [];
  });
}

function cloudOf(name: string, table: PointTable, memory: ArrayBufferLike, perSecond: number): Cloud {
  const view = new DataView(memory, table.pointer ?? 0, table.stride * table.count);
  const reader = (role: PointRole): ((row: number) => number) => {
    const field = fieldOf(table, role);
    return field ? (row) => READ[field.type](view, row * table.stride + field.offset) : () => 0;
  };
  const [x, y, z, time, ring] = (["x", "y", "z", "time", "ring"] as const).map(reader) as ((row: number) => number)[];
  const cloud = new CloudBuilder(name, "clockwise");
  for (let i = 0; i < table.count; i++) {
    cloud.add(x?.(i) ?? 0, y?.(i) ?? 0, z?.(i) ?? 0, (time?.(i) ?? 0) / perSecond, ring?.(i) ?? 0);
  }
  return cloud.done(fieldOf(table, "ring") !== null);
}

/** Sweeps of a drive made for the purpose. */
export async function simulated(seed: number, lidar: string, frames: readonly number[]): Promise<readonly Cloud[]> {
  const folder = mkdtempSync(join(tmpdir(), "plumbline-"));
  const out = join(folder, "drive.mcap");
  const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
  const seconds = Math.max(...frames) / 10 + 1;
  const options = ["--seed", String(seed), "--seconds", String(seconds), "--lidar", lidar, "--camera", "none"];
  const { status, stderr } = spawnSync(process.execPath, [main, "simulate", "--out", out, ...options], { encoding: "utf8" });
  if (status !== 0) throw new Error(`expected a simulated drive, got ${stderr}`);
  const clouds = await sweepsOf(`simulated ${lidar}, seed ${seed}`, out, frames, 1e9);
  rmSync(folder, { recursive: true });
  return clouds;
}

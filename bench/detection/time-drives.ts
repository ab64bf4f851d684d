/** Simulated drives as what the check gathers of their bytes: simulated once into a folder, read by the product's own readers. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineCheck } from "../../src/check/check.ts";
import type { StepTable } from "../../src/columns/_steps.ts";
import { imageSteps, imageTable } from "../../src/columns/image-steps.ts";
import { imuRows, imuTable } from "../../src/columns/imu.ts";
import { type LabelTable, labelRows, labelTable } from "../../src/columns/labels.ts";
import { poseRows, poseTable } from "../../src/columns/poses.ts";
import { type StampTable, stampRows, stampTable } from "../../src/columns/stamps.ts";
import { sweepSteps, sweepTable } from "../../src/columns/sweep-steps.ts";
import { describeInput, openDescriptor } from "../../src/node/input.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { simulate } from "../../src/node/simulate.ts";
import { runCheck } from "../../src/pipeline/engine.ts";
import { inlineExecutor } from "../../src/pipeline/executor.ts";
import type { Rig } from "../../src/rig/rig.ts";
import { truthPath } from "../../src/simulate/truth.ts";
import type { ImuColumns, PoseColumns } from "../../src/types.ts";

export interface Gathered {
  imu?: ImuColumns;
  poses?: PoseColumns;
  sweeps?: StepTable;
  images?: StepTable;
  labels?: LabelTable;
  /** By stream. */
  stamps: Record<string, StampTable>;
}

/** Gathers one recording; of pose and label streams the one named, or the first. A rig names the columns of a table. */
export async function gather(
  path: string,
  named: { readonly poses?: string; readonly labels?: string } = {},
  rig: Rig | undefined = undefined,
): Promise<Gathered> {
  const out: Gathered = { stamps: {} };
  const gathering = defineCheck({
    id: "time/bench",
    title: "",
    level: 1,
    needs: ["frames"],
    sees: [imuRows, poseRows, sweepSteps, imageSteps, labelRows, stampRows],
    defaults: {},
    kinds: {},
    blindSpots: [],
    conclude({ seen }) {
      for (const [i, { id }] of seen.streams.entries()) {
        const is = (wanted: string | undefined): boolean => wanted === undefined || wanted === id;
        const [imu, poses, sweeps] = [seen.of(imuRows)[i], seen.of(poseRows)[i], seen.of(sweepSteps)[i]];
        const [images, labels, stamps] = [seen.of(imageSteps)[i], seen.of(labelRows)[i], seen.of(stampRows)[i]];
        if (imu) out.imu ??= imuTable(imu);
        if (poses && is(named.poses)) out.poses ??= poseTable(poses);
        if (sweeps) out.sweeps ??= sweepTable(sweeps);
        if (images) out.images ??= imageTable(images);
        if (labels && is(named.labels)) out.labels ??= labelTable(labels);
        if (stamps) out.stamps[id] = stampTable(stamps);
      }
      return [];
    },
    describe: () => "",
  });
  await runCheck(openDescriptor(describeInput(path)), nodePlatform, inlineExecutor, { catalogue: [gathering], rig });
  return out;
}

export interface Drive extends Gathered {
  readonly seed: number;
  /** Sweeps at rest: [first, end) of the longest stop. */
  readonly stop: readonly [number, number];
  /** Mean exposure, s. */
  readonly exposureS: number;
}

const SECONDS = 60;

export async function drive(folder: string, seed: number): Promise<Drive> {
  mkdirSync(folder, { recursive: true });
  const out = join(folder, `drive-${seed}.mcap`);
  if (!existsSync(truthPath(out)) || !existsSync(out)) {
    await simulate({ out, seed, seconds: SECONDS, lidar: { rings: 16, columns: 900 }, camera: { width: 640, height: 360 } });
  }
  const truth = JSON.parse(readFileSync(truthPath(out), "utf8")) as {
    readonly moments: readonly {
      readonly velocity: readonly number[];
      readonly angularVelocity: readonly number[];
      readonly pictures: readonly { readonly exposureSeconds: number }[];
    }[];
  };
  let stop: readonly [number, number] = [0, 0];
  let from = 0;
  for (const [k, { velocity, angularVelocity }] of truth.moments.entries()) {
    if (Math.hypot(...velocity) > 0.02 || Math.hypot(...angularVelocity) > 0.01) from = k + 1;
    else if (k + 1 - from > stop[1] - stop[0]) stop = [from, k + 1];
  }
  const pictures = truth.moments.flatMap((moment) => moment.pictures);
  const exposureS = pictures.reduce((sum, picture) => sum + picture.exposureSeconds, 0) / Math.max(1, pictures.length);
  return { ...(await gather(out, { poses: "/odometry", labels: "/labels/boxes_3d" })), seed, stop, exposureS };
}

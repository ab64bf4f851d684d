/** Real track sets, read through the product's own sources. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineCheck } from "../../../src/check/check.ts";
import { type LabelTable, labelRows, labelTable } from "../../../src/columns/labels.ts";
import { poseRows, poseTable } from "../../../src/columns/poses.ts";
import { check } from "../../../src/node/check.ts";
import type { PoseColumns, StreamInfo } from "../../../src/types.ts";

export type Half = "tuning" | "scoring";

export interface TrackSet {
  readonly name: string;
  readonly dimensions: "2d" | "3d";
  readonly half: Half;
  readonly table: LabelTable;
  readonly poses: readonly PoseColumns[];
  readonly info: StreamInfo;
}

/**
 * Which half a set belongs to, fixed before anything was scored: KITTI by the number of the drive (even tunes, odd scores), so
 * both dimensions of a drive are in one half; Argoverse and TUD-Campus score, for they are of makers no threshold has seen; Waymo tunes.
 */
export const HALF_RULE = "KITTI drives with even numbers and Waymo tune; KITTI drives with odd numbers, Argoverse 2 and TUD-Campus score";

const DATA = fileURLToPath(new URL("../../../../shared/data/", import.meta.url));
const KITTI = "3-labels/kitti-tracking";

/** Path, stream (null: the first of labels with tracks), name, half. */
const SOURCES: readonly (readonly [string, string | null, string, Half])[] = [
  ["2-lidar/kitti-tracking-0001", "label_02/0001", "kitti-0001", "scoring"],
  ["2-lidar/av2/7fab2350", null, "av2-7fab2350", "scoring"],
  ["3-labels/motchallenge/TUD-Campus", "gt", "tud-campus", "scoring"],
  ["3-labels/scalabel-waymo/scalabel_box_track.json", null, "waymo-scalabel", "tuning"],
];

/** All of them, or those whose names contain one of the words. */
export async function trackSets(words: readonly string[]): Promise<readonly TrackSet[]> {
  const sets: TrackSet[] = [];
  const wanted = (name: string): boolean => words.length === 0 || words.some((word) => name.includes(word));
  for (const [path, stream, name, half] of SOURCES) {
    for (const found of await labelsIn(path)) {
      if (stream !== null && !found.info.id.endsWith(stream) && !(stream.startsWith("label_02") && found.info.id === "label_02")) continue;
      sets.push(...both(name, half, found).filter((set) => wanted(set.name)));
    }
  }
  for (const found of await labelsIn(KITTI)) {
    const number = /(\d{4})(?:\.txt)?$/.exec(found.info.id)?.[1];
    if (number === undefined) continue;
    sets.push(...both(`kitti-${number}`, Number(number) % 2 === 0 ? "tuning" : "scoring", found).filter((set) => wanted(set.name)));
  }
  return sets.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

type Found = Pick<TrackSet, "table" | "poses" | "info">;

async function labelsIn(path: string): Promise<readonly Found[]> {
  const from = join(DATA, path);
  if (!existsSync(from)) return [];
  const found: Found[] = [];
  const look = defineCheck({
    id: "labels/look",
    title: "",
    level: 1,
    needs: ["labels"],
    sees: [labelRows, poseRows],
    defaults: {},
    kinds: {},
    blindSpots: [],
    conclude({ seen }) {
      const poses = seen.of(poseRows).flatMap((pieces) => (pieces ? [poseTable(pieces)] : []));
      for (const [i, pieces] of seen.of(labelRows).entries()) {
        const info = seen.streams[i];
        if (pieces && info) found.push({ table: labelTable(pieces), poses, info });
      }
      return [];
    },
    describe: () => "",
  });
  await check(from, { catalogue: [look], level: 1 });
  return found.filter(({ table }) => table.labels.track.some((track) => track >= 0));
}

/** A set in 3D, in 2D, or each by itself where rows have both. */
function both(name: string, half: Half, found: Found): readonly TrackSet[] {
  const { labels } = found.table;
  const has = (boxes: Float64Array, width: number): boolean =>
    labels.track.some((track, row) => track >= 0 && Number.isFinite(boxes[width * row]));
  const [has2d, has3d] = [has(labels.box2d, 4), has(labels.box3d, 7)];
  const only2d = { ...found.table, labels: { ...labels, box3d: new Float64Array(7 * labels.count).fill(Number.NaN) } };
  return [
    ...(has3d ? [{ name: `${name}-3d`, half, dimensions: "3d" as const, ...found }] : []),
    ...(has2d ? [{ name: `${name}-2d`, half, dimensions: "2d" as const, ...found, table: only2d, poses: [] }] : []),
  ];
}

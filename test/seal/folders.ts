/** Folder recordings of ../shared/data: which of their files are frames, and which hold frames as rows. */
import { basename, dirname } from "node:path";
import { anyTable, type FrameTable, featherTable, labelTable, lineTable } from "./tables.ts";

export interface FolderKind {
  readonly path: string;
  /** Of a file that is one frame its stream. */
  isFrame(file: string): string | null;
  tableOf(file: string, bytes: Uint8Array): FrameTable | null;
}

const inFolder =
  (pattern: RegExp) =>
  (file: string): string | null =>
    pattern.exec(file)?.[1] ?? null;

export const FOLDERS: readonly FolderKind[] = [
  { path: "2-lidar/kitti-raw-2011_09_26", isFrame: inFolder(/^(data_bin)\/[^/]+$/), tableOf: () => null },
  {
    path: "2-lidar/kitti-tracking-0001",
    isFrame: inFolder(/^(velodyne|image_02)\/\d+\/[^/]+$/),
    tableOf(file, bytes) {
      if (file.startsWith("label_02/")) return anyTable(labelTable(file, "label_02", bytes));
      return file.startsWith("oxts/") ? anyTable(lineTable(file, "oxts", bytes)) : null;
    },
  },
  {
    path: "3-labels/kitti-tracking",
    isFrame: inFolder(/^(image_02\/\d+)\/[^/]+$/),
    tableOf: (file, bytes) =>
      /^(label_02|detections)\//.test(file) ? anyTable(labelTable(file, `${dirname(file)}/${basename(file, ".txt")}`, bytes)) : null,
  },
  {
    path: "2-lidar/av2/7fab2350",
    isFrame: inFolder(/^(sensors\/(?:lidar|cameras\/[^/]+))\/[^/]+$/),
    tableOf: (file, bytes) =>
      /^(annotations|city_SE3_egovehicle)\.feather$/.test(file)
        ? anyTable(featherTable(file, basename(file, ".feather"), bytes, file.startsWith("annotations")))
        : null,
  },
];

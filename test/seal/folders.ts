/** Folder recordings of ../shared/data, and which of their files are frames. */
const inFolder =
  (pattern: RegExp) =>
  (file: string): string | null =>
    pattern.exec(file)?.[1] ?? null;

export const FOLDERS = [
  { path: "2-lidar/kitti-raw-2011_09_26", isFrame: inFolder(/^(data_bin)\/[^/]+$/) },
  { path: "2-lidar/kitti-tracking-0001", isFrame: inFolder(/^(velodyne|image_02)\/\d+\/[^/]+$/) },
  { path: "2-lidar/av2/7fab2350", isFrame: inFolder(/^(sensors\/(?:lidar|cameras\/[^/]+))\/[^/]+$/) },
] as const;

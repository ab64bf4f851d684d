/**
 * The formats plumbline reads, most specific first. Each is loaded when it is first asked, so that a recording
 * pays only for its own format's libraries. A test keeps this list complete.
 */
import type { Source } from "../source.ts";

export const sources: readonly { readonly format: string; load(): Promise<Source> }[] = [
  { format: "mcap", load: async () => (await import("./mcap.ts")).mcap },
  { format: "rosbag1", load: async () => (await import("./rosbag1.ts")).rosbag1 },
  { format: "rosbag2", load: async () => (await import("./rosbag2.ts")).rosbag2 },
  { format: "av2", load: async () => (await import("./av2.ts")).av2 },
  { format: "kitti-tracking", load: async () => (await import("./kitti-tracking.ts")).kittiTracking },
  { format: "kitti-raw", load: async () => (await import("./kitti-raw.ts")).kittiRaw },
  { format: "pcd", load: async () => (await import("./pcd.ts")).pcd },
  { format: "las", load: async () => (await import("./las.ts")).las },
  { format: "table", load: async () => (await import("./table.ts")).table },
  { format: "euroc", load: async () => (await import("./euroc.ts")).euroc },
  { format: "tum", load: async () => (await import("./tum.ts")).tum },
  { format: "nuscenes", load: async () => (await import("./nuscenes.ts")).nuscenes },
  { format: "motchallenge", load: async () => (await import("./motchallenge.ts")).motchallenge },
  { format: "ab3dmot", load: async () => (await import("./ab3dmot.ts")).ab3dmot },
  { format: "scalabel", load: async () => (await import("./scalabel.ts")).scalabel },
  { format: "coco", load: async () => (await import("./coco.ts")).coco },
  { format: "scale", load: async () => (await import("./scale.ts")).scale },
  { format: "cvat", load: async () => (await import("./cvat.ts")).cvat },
  { format: "labels-table", load: async () => (await import("./labels-table.ts")).labelsTable },
];

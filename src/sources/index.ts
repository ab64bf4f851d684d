/**
 * The formats plumbline reads, most specific first. Each is loaded when it is first asked, so that a recording
 * pays only for its own format's libraries. A test keeps this list complete.
 */
import type { Source } from "../pipeline/source.ts";

export const sources: readonly { readonly format: string; load(): Promise<Source> }[] = [
  { format: "mcap", load: async () => (await import("./mcap/source.ts")).mcap },
  { format: "rosbag1", load: async () => (await import("./rosbag1/source.ts")).rosbag1 },
  { format: "rosbag2", load: async () => (await import("./rosbag2/source.ts")).rosbag2 },
  { format: "av2", load: async () => (await import("./folders/av2.ts")).av2 },
  { format: "kitti-tracking", load: async () => (await import("./folders/kitti-tracking.ts")).kittiTracking },
  { format: "kitti-raw", load: async () => (await import("./folders/kitti-raw.ts")).kittiRaw },
  { format: "pcd", load: async () => (await import("./clouds/pcd.ts")).pcd },
  { format: "las", load: async () => (await import("./clouds/las.ts")).las },
  { format: "table", load: async () => (await import("./tables/table.ts")).table },
  { format: "euroc", load: async () => (await import("./tables/euroc.ts")).euroc },
  { format: "tum", load: async () => (await import("./tables/tum.ts")).tum },
  { format: "nuscenes", load: async () => (await import("./labels/nuscenes.ts")).nuscenes },
  { format: "motchallenge", load: async () => (await import("./folders/motchallenge.ts")).motchallenge },
  { format: "ab3dmot", load: async () => (await import("./labels/ab3dmot.ts")).ab3dmot },
  { format: "scalabel", load: async () => (await import("./labels/scalabel.ts")).scalabel },
  { format: "coco", load: async () => (await import("./labels/coco.ts")).coco },
  { format: "scale", load: async () => (await import("./labels/scale.ts")).scale },
  { format: "cvat", load: async () => (await import("./labels/cvat.ts")).cvat },
  { format: "labels-table", load: async () => (await import("./labels/labels-table.ts")).labelsTable },
];

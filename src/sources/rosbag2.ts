/**
 * ROS 2 bags in SQLite: one .db3, or a folder of several with metadata.yaml. The databases are read page by page by a reader of
 * our own, which a page in the browser has too, which locates damage and which can be cut into spans; never written to.
 */
import type { Source } from "../source.ts";
import { isBagFolder } from "./rosbag2/bag-files.ts";
import { isDatabase } from "./rosbag2/database.ts";
import { openBag } from "./rosbag2/open.ts";
import { BagReader } from "./rosbag2/reader.ts";

export const rosbag2: Source = {
  format: "rosbag2",
  title: "ROS 2 bag in SQLite (.db3, or a folder with metadata.yaml)",
  detect: (input) => (input.kind === "file" ? isDatabase(input, 0) : isBagFolder(input)),
  open: (input, kernels, _platform, options) => openBag(input, kernels, options),
  reader: (input, index, kernels, platform) => new BagReader(input, index, kernels, platform),
};

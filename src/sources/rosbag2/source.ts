/**
 * ROS 2 bags in SQLite: one .db3, or a folder of several with metadata.yaml. The databases are read page by page by a reader of
 * our own, which a page in the browser has too, which locates damage and which can be cut into spans; never written to.
 */
import type { Source } from "../../pipeline/source.ts";
import { isBagFolder } from "./bag-files.ts";
import { isDatabase } from "./database.ts";
import { openBag } from "./open.ts";
import { BagReader } from "./reader.ts";

export const rosbag2: Source = {
  format: "rosbag2",
  title: "ROS 2 bag in SQLite (.db3, or a folder with metadata.yaml)",
  detect: (input) => (input.kind === "file" ? isDatabase(input, 0) : isBagFolder(input)),
  open: (input, kernels, _platform, options) => openBag(input, kernels, options),
  reader: (input, index, kernels, platform) => new BagReader(input, index, kernels, platform),
};

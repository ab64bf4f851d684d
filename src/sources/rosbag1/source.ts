/** ROS 1 bags, version 2.0, chunks uncompressed, bz2 or lz4. Damage is located, and what follows it is read. */
import { readRange } from "../../input.ts";
import type { Source } from "../../pipeline/source.ts";
import { headAt, MAGIC } from "./format.ts";
import { openBag } from "./open.ts";
import { BagReader } from "./reader.ts";

export const rosbag1: Source = {
  format: "rosbag1",
  title: "ROS 1 bag (.bag)",
  detect(input) {
    const [file] = input.files;
    if (input.files.length !== 1 || !file || file.size === 0) return false;
    const first = readRange(input, 0, 0, Math.min(file.size, 8192));
    const text = new TextDecoder().decode(first.subarray(0, 12));
    // A damaged magic is told by the reader, as long as a record follows where it should.
    return text.startsWith("#ROSBAG V") || (file.path.endsWith(".bag") && headAt(first, MAGIC.length) !== null);
  },
  open: (input, kernels, _platform, options) => openBag(input, kernels, options),
  reader: (input, index, kernels) => new BagReader(input, index, kernels),
};

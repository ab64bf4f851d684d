/** Which dialect a file is in, by its name: of samples, whose names are true. */
import { type Dialect, Survey } from "../mutate/anatomy.ts";
import { bag } from "./bag.ts";
import { feather } from "./feather.ts";
import { jpeg } from "./jpeg.ts";
import { json } from "./json.ts";
import { las } from "./las.ts";
import { mcap } from "./mcap.ts";
import { messagepack } from "./messagepack.ts";
import { pcd } from "./pcd.ts";
import { png } from "./png.ts";
import { sqlite, wal } from "./sqlite.ts";
import { text } from "./text.ts";

/** Rows of f32, as KITTI's clouds are. */
const floats: Dialect = {
  name: "floats",
  survey(bytes) {
    const survey = new Survey(bytes);
    for (let at = 0; at + 4 <= bytes.length; at += 4) survey.number(at, "f32");
    for (let at = 0; at + 16 <= bytes.length; at += 16) survey.part("point", at, at + 16);
    return survey;
  },
};

const BY_ENDING: Readonly<Record<string, Dialect>> = {
  ...{ mcap, bag, las, laz: las, feather, json, png, jpg: jpeg, pcd, proof: json, db3: sqlite, "db3-wal": wal, msgpack: messagepack },
  ...{ seal: messagepack, bin: floats, txt: text, csv: text, ndjson: json, yaml: text, xml: text, ini: text },
};

export function dialectOf(path: string): Dialect {
  return BY_ENDING[path.slice(path.lastIndexOf(".") + 1)] ?? text;
}

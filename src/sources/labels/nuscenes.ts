/**
 * The label tables of nuScenes and its likes (Lyft): `sample.json`, `sample_annotation.json`, `instance.json`, `category.json`, `scene.json`,
 * linked by tokens, in one folder. One scene is one stream, one sample one frame; stamps are the samples', in us.
 *
 * Boxes are in the fixed global frame, sizes come as width, length, height, rotations as quaternions (w first), of which yaw is taken:
 * the format's boxes stand upright. A token that leads nowhere marks its frame. Sensor data and ego poses of the data set are left out.
 * Format: https://www.nuscenes.org/nuscenes#data-format.
 */
import { type Input, readAll } from "../../input.ts";
import { yawOf } from "../messages/detections.ts";
import { decimalNs } from "../tables/decimal.ts";
import { allNumbers, isJson, type Json, listOf, nameOf, numberOf, parsed } from "./json.ts";
import { jsonFiles, piecesOf } from "./json-labels.ts";
import { type Importer, type LabelSet, labelSource, MAX_LABEL_FILE_BYTES, REASON } from "./label-set.ts";

/** Only for a table without any stamp: key frames come at 2 Hz. */
const NOMINAL_HZ = 2;
const BESIDE = ["sample", "instance", "category", "scene"] as const;

const importer: Importer = {
  format: "nuscenes",
  title: "nuScenes label tables (sample.json, sample_annotation.json, …)",

  find(input) {
    const at = (path: string): number => input.files.findIndex((file) => file.path === path);
    const tables = input.files.filter(({ path }) => /(^|\/)sample_annotation\.json$/.test(path));
    if (tables.length === 0) return [];
    const looked = new Set(jsonFiles(tablesOnly(input), ({ first }) => first("").some(isAnnotation)).map(({ file }) => file));
    return tables.flatMap(({ path }) => {
      const folder = path.slice(0, path.length - "sample_annotation.json".length);
      const beside = BESIDE.map((name) => at(`${folder}${name}.json`)).filter((file) => file >= 0);
      const sample = at(`${folder}sample.json`);
      return looked.has(at(path)) && sample >= 0 ? [{ file: at(path), stem: "sample_annotation", beside }] : [];
    });
  },

  read(bytes, { file }, out, input) {
    const folder = (input.files[file]?.path ?? "").replace(/[^/]*$/, "");
    const table = (name: string): ReadonlyMap<string, Json> => tableOf(input, `${folder}${name}.json`, out);
    const [samples, instances, categories, scenes] = [table("sample"), table("instance"), table("category"), table("scene")];
    const order = [...samples]
      .map(([token, sample]) => ({ token, scene: nameOf(sample["scene_token"]), stampNs: decimalNs(sample["timestamp"], 3) }))
      .sort((a, b) => Number((a.stampNs ?? 0n) > (b.stampNs ?? 0n)) - Number((a.stampNs ?? 0n) < (b.stampNs ?? 0n)));
    const counts = new Map<string, number>();
    const frames = new Map<string, number>();
    for (const { token, scene, stampNs } of order) {
      const name = nameOf(scenes.get(scene)?.["name"]) || scene;
      const count = counts.get(name) ?? 0;
      counts.set(name, count + 1);
      out.sequence(name, { type: "nuScenes annotations", nominalHz: NOMINAL_HZ });
      frames.set(token, out.frame(name, count, stampNs));
    }
    for (const { key, element, start, end } of piecesOf(bytes, out)) {
      if (out.full) return;
      if (!element || key !== "") continue;
      const value = parsed(bytes, start, end);
      const frame = isJson(value) ? (frames.get(nameOf(value["sample_token"])) ?? -1) : -1;
      if (!isJson(value)) out.complain(-1, REASON.shape, [start, end]);
      else if (frame < 0) out.complain(-1, "sample_token not in sample.json", [start, end]);
      else {
        out.run(frame, start);
        const reason = fill(value, instances, categories, out);
        if (reason !== null) out.complain(frame, reason);
        if (allNumbers(out.next.box3d)) out.keep(frame);
        else out.clear();
      }
    }
  },
};

export const nuscenes = labelSource(importer);

const isAnnotation = (one: Json): boolean => "sample_token" in one && "instance_token" in one && Array.isArray(one["rotation"]);

/** @returns null, or what is wrong with it */
function fill(value: Json, instances: ReadonlyMap<string, Json>, categories: ReadonlyMap<string, Json>, { next }: LabelSet): string | null {
  const token = nameOf(value["instance_token"]);
  const category = nameOf(instances.get(token)?.["category_token"]);
  const [x = Number.NaN, y = Number.NaN, z = Number.NaN] = listOf(value["translation"]).map(numberOf);
  const [width = Number.NaN, length = Number.NaN, height = Number.NaN] = listOf(value["size"]).map(numberOf);
  const [qw = Number.NaN, qx = Number.NaN, qy = Number.NaN, qz = Number.NaN] = listOf(value["rotation"]).map(numberOf);
  next.track = token;
  next.class = nameOf(value["category_name"]) || nameOf(categories.get(category)?.["name"]);
  next.box3d.set([x, y, z, length, width, height, yawOf([qx, qy, qz, qw])]);
  if (!allNumbers(next.box3d)) return REASON.notANumber;
  if (Math.abs(qw * qw + qx * qx + qy * qy + qz * qz - 1) > 0.01) return "rotation is no unit quaternion";
  return next.class === "" ? "instance or category not in its table" : null;
}

/** Rows of a table by their token; a table that is not there is empty. */
function tableOf(input: Input, path: string, out: LabelSet): ReadonlyMap<string, Json> {
  const rows = new Map<string, Json>();
  const file = input.files.findIndex((one) => one.path === path);
  const size = input.files[file]?.size ?? 0;
  if (file < 0 || size > MAX_LABEL_FILE_BYTES) {
    out.damage("malformed-table", null, { table: path, reason: file < 0 ? "not there" : "too large" });
    return rows;
  }
  const bytes = readAll(input, file);
  for (const { element, start, end } of piecesOf(bytes, out, path)) {
    const value = element ? parsed(bytes, start, end) : null;
    if (isJson(value)) rows.set(nameOf(value["token"]), value);
  }
  return rows;
}

/** The same files, with all but the annotations empty: nothing else needs looking into. */
function tablesOnly(input: Input): Input {
  const files = input.files.map(({ path, size }) => ({ path, size: path.endsWith("sample_annotation.json") ? size : 0 }));
  return { ...input, kind: "folder", files, read: (file, position, target) => input.read(file, position, target), close: () => {} };
}

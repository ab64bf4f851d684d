/** A table of stamps and the images they are of (TUM's `rgb.txt`, EuRoC's `cam0/data.csv`): an image stream whose frames are the files. */
import { type Input, readAll } from "../../input.ts";
import { DamageList } from "../../summary/damages.ts";
import { damage, MAX_TABLE_BYTES } from "../parts.ts";
import type { RowLayout } from "../tables/rows.ts";
import { Fields, Lines } from "../tables/text.ts";
import { type FolderStream, fileFrames } from "./folder.ts";
import { imageSize } from "./frames.ts";

const IMAGE = /\.(png|jpg|jpeg)$/i;

/** A table whose second column names a file. */
export interface ImageList {
  readonly id: string;
  readonly type: string;
  /** Index into `input.files`. */
  readonly file: number;
  /** What the names are relative to, with its slash. */
  readonly folder: string;
  readonly layout: RowLayout;
}

/** A stream of images; of stamps alone where not one of the files is there. `paths`: where each path is among the input's files. */
export function imageStream(input: Input, { id, type, file, folder, layout }: ImageList, paths: ReadonlyMap<string, number>): FolderStream {
  const { path, size } = input.files[file] ?? { path: "", size: 0 };
  const stamps: FolderStream = {
    info: { id, kind: "stamps", type, stamps: "sensor", sequenced: false },
    unit: { kind: "rows", file, layout },
  };
  if (size > MAX_TABLE_BYTES) return stamps;
  const bytes = readAll(input, file);
  const lines = new Lines(bytes);
  const fields = new Fields();
  const damages = new DamageList();
  const frames: { file: number; stampNs: bigint; sequence: number }[] = [];
  const used = new Set<number>();
  const absent: number[] = [];
  let row = 0;
  for (let line = 1; lines.next(); line++) {
    fields.split(bytes, lines.start, lines.end, layout.separator);
    if (lines.start < layout.start || fields.count === 0 || bytes[lines.start] === 35) continue;
    const at = [lines.start, lines.end] as const;
    const stampNs = fields.count < 2 ? null : fields.ns(0, layout.stampPower);
    if (stampNs === null) {
      const reason = fields.count < 2 ? "wrong column count" : "stamp out of range";
      damages.add(damage("malformed-row", path, { bytes: at, observed: { reason, line } }));
      continue;
    }
    const image = paths.get(folder + fields.text(1));
    if (image === undefined) absent.push(line);
    else {
      used.add(image);
      frames.push({ file: image, stampNs, sequence: row });
    }
    row++;
  }
  if (frames.length === 0) return stamps;
  if (absent.length > 0) {
    const observed = { rows: row, missing: absent.length, firstLine: absent[0] ?? 0, lastLine: absent.at(-1) ?? 0 };
    damages.add(damage("missing-file", path, { severity: "warning", observed, expected: { missing: 0 } }));
  }
  const own = (input.files[frames[0]?.file ?? -1]?.path ?? "").replace(/[^/]*$/, "");
  const others = input.files.filter((one, i) => one.path.startsWith(own) && IMAGE.test(one.path) && !used.has(i)).length;
  if (others > 0) {
    const observed = { files: used.size + others, missing: others };
    damages.add(damage("missing-stamp", path, { severity: "warning", observed, expected: { missing: 0 } }));
  }
  return {
    info: { ...stamps.info, kind: "image", ...imageSize(input, frames[0]?.file) },
    unit: { kind: "files", decoder: "image", frames: fileFrames(frames) },
    ...damages.facts(),
  };
}

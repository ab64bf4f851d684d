/** What importers of JSON label files share: finding them among an input's files, and naming where their text breaks. */
import { type Input, readRange } from "../../input.ts";
import { Pieces } from "./json.ts";
import { Outline, type Shape } from "./json-outline.ts";
import { type LabelFile, type LabelSet, stemOf } from "./label-set.ts";

/** Read at a time. */
const WINDOW_BYTES = 1 << 18;
/** JSON files of a folder that are looked into, and bytes of them all together beyond the first window of each. */
const MAX_CANDIDATES = 256;
const MAX_BYTES = 1 << 30;

/** The JSON files of an input whose outer shape a format recognises, whatever the order of their keys. A single file may have any name. */
export function jsonFiles(input: Input, isFormat: (shape: Shape) => boolean): readonly LabelFile[] {
  const found: LabelFile[] = [];
  let looked = 0;
  let left = MAX_BYTES;
  for (const [file, { path, size }] of input.files.entries()) {
    if (!(input.kind === "file" || path.endsWith(".json")) || looked >= MAX_CANDIDATES) continue;
    const outline = new Outline();
    let known = 0;
    for (let at = 0; at < size && !outline.done && (at === 0 || left > 0); at += WINDOW_BYTES) {
      outline.push(readRange(input, file, at, Math.min(size - at, WINDOW_BYTES)));
      left -= at === 0 ? 0 : WINDOW_BYTES;
      if (outline.version === known) continue;
      known = outline.version;
      if (!isFormat(outline)) continue;
      found.push({ file, stem: stemOf(path) });
      break;
    }
    if (known > 0) looked++;
  }
  return found;
}

/** The pieces of a text; where it breaks becomes damage. */
export function* piecesOf(
  bytes: Uint8Array,
  out: LabelSet,
  path: string = out.path,
): Generator<{ key: string; element: boolean; start: number; end: number }> {
  const pieces = new Pieces(bytes);
  yield* pieces;
  if (pieces.problem !== null) out.damage("malformed-table", [pieces.problem, bytes.length], { reason: "not JSON" }, {}, path);
}

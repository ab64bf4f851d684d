/** What importers of JSON label files share: finding them among an input's files, and naming where their text breaks. */
import { type Input, readRange } from "../../input.ts";
import { Pieces, type Shape, shapeOf } from "./json.ts";
import { type LabelFile, type LabelSet, stemOf } from "./label-set.ts";

const HEAD_BYTES = 1 << 20;
/** JSON files of a folder that are looked into. */
const MAX_CANDIDATES = 256;

/** The JSON files of an input whose outer shape a format recognises. A single file may have any name. */
export function jsonFiles(input: Input, isFormat: (shape: Shape) => boolean): readonly LabelFile[] {
  const found: LabelFile[] = [];
  let looked = 0;
  for (const [file, { path, size }] of input.files.entries()) {
    if (!(input.kind === "file" || path.endsWith(".json")) || looked >= MAX_CANDIDATES) continue;
    const start = readRange(input, file, 0, Math.min(size, 64));
    const first = new TextDecoder()
      .decode(start)
      .replace(/^\uFEFF/, "")
      .trimStart()[0];
    if (first !== "{" && first !== "[") continue;
    looked++;
    const shape = shapeOf(readRange(input, file, 0, Math.min(size, HEAD_BYTES)));
    if (shape && isFormat(shape)) found.push({ file, stem: stemOf(path) });
  }
  return found;
}

/** The pieces of a text; where it breaks becomes damage. */
export function* piecesOf(bytes: Uint8Array, out: LabelSet): Generator<{ key: string; element: boolean; start: number; end: number }> {
  const pieces = new Pieces(bytes);
  yield* pieces;
  if (pieces.problem !== null) out.damage("malformed-table", [pieces.problem, bytes.length], { reason: "not JSON" });
}

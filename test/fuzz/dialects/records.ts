/** MCAP records: their fields by opcode. A chunk holds the same records as the file around it. */
import { BYTES, type Field, Survey, type Width } from "../mutate/anatomy.ts";

/**
 * What a record consists of, in order: numbers, `text` and `data` (u32 length before), `long` (u64 length before), `rest`, and lists
 * whose u32 before says their bytes.
 */
type Piece = Width | "text" | "data" | "long" | "rest" | "texts" | "u16 u64" | "u64 u64";

export const OPCODE = {
  header: 1,
  footer: 2,
  schema: 3,
  channel: 4,
  message: 5,
  chunk: 6,
  messageIndex: 7,
  chunkIndex: 8,
  attachment: 9,
  attachmentIndex: 10,
  metadata: 12,
  metadataIndex: 13,
  summaryOffset: 14,
  dataEnd: 15,
} as const;

const LAYOUTS: Readonly<Record<number, readonly Piece[]>> = {
  1: ["text", "text"],
  2: ["u64", "u64", "u32"],
  3: ["u16", "text", "text", "data"],
  4: ["u16", "u16", "text", "text", "texts"],
  5: ["u16", "u32", "u64", "u64", "rest"],
  6: ["u64", "u64", "u64", "u32", "text", "long"],
  7: ["u16", "u64 u64"],
  8: ["u64", "u64", "u64", "u64", "u16 u64", "u64", "text", "u64", "u64"],
  9: ["u64", "u64", "text", "text", "long", "u32"],
  10: ["u64", "u64", "u64", "u64", "u64", "text", "text"],
  11: ["u64", "u16", "u32", "u32", "u32", "u32", "u64", "u64", "u16 u64"],
  12: ["text", "texts"],
  13: ["u64", "u64", "text"],
  14: ["u8", "u64", "u64"],
  15: ["u32"],
};

export interface Mark {
  readonly opcode: number;
  readonly start: number;
  /** Of the content. */
  readonly at: number;
  readonly end: number;
}

/** The records of a region, as far as their lengths lead. */
export function recordsIn(bytes: Uint8Array, from: number): readonly Mark[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const marks: Mark[] = [];
  for (let start = from; start + 9 <= bytes.length; ) {
    const end = start + 9 + Number(view.getBigUint64(start + 1, true));
    if (end > bytes.length) break;
    marks.push({ opcode: view.getUint8(start), start, at: start + 9, end });
    start = end;
  }
  return marks;
}

export function surveyRecords(bytes: Uint8Array, from: number): Survey {
  const survey = new Survey(bytes);
  for (const { opcode, start, at, end } of recordsIn(bytes, from)) {
    survey.number(start, "u8");
    survey.number(start + 1, "u64");
    survey.part("record", start, end);
    surveyContent(survey, LAYOUTS[opcode] ?? [], at, end, { at: start + 1, width: "u64" });
  }
  return survey;
}

function surveyContent(survey: Survey, layout: readonly Piece[], from: number, end: number, record: Field): void {
  let at = from;
  for (const piece of layout) {
    if (at >= end) return;
    if (piece === "rest") {
      survey.word(at, end, [record]);
      return;
    }
    if (piece in BYTES) {
      at = survey.numbers(at, piece as Width);
      continue;
    }
    const width = piece === "long" ? "u64" : "u32";
    const length = survey.number(at, width);
    const owner = { at, width } as const;
    const start = at + BYTES[width];
    at = start + length;
    if (at > end) return;
    if (piece === "texts") surveyTexts(survey, start, at, [owner, record]);
    else if (piece.includes(" ")) surveyRows(survey, piece.split(" ") as Width[], start, at, [owner, record]);
    else survey.word(start, at, [owner, record]);
  }
}

function surveyTexts(survey: Survey, from: number, end: number, owners: readonly Field[]): void {
  for (let at = from; at + 4 <= end; ) {
    const next = at + 4 + survey.number(at, "u32");
    survey.word(at + 4, Math.min(next, end), [{ at, width: "u32" }, ...owners]);
    at = next;
  }
}

function surveyRows(survey: Survey, widths: readonly Width[], from: number, end: number, owners: readonly Field[]): void {
  const row = widths.reduce((sum, width) => sum + BYTES[width], 0);
  for (let at = from; at + row <= end; at += row) {
    survey.numbers(at, ...widths);
    survey.part(widths.join(), at, at + row, owners);
  }
}

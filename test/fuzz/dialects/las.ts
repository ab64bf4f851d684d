/** LAS and LAZ: header, variable records, the LASzip record, the table of chunks, coded points. */
import { type Dialect, Survey, type Width } from "../mutate/anatomy.ts";

/** Fields of the header, by offset; those from 227 on came with 1.3 and 1.4. */
const HEADER: readonly (readonly [number, Width])[] = [
  ...([
    [4, "u16"],
    [6, "u16"],
    [24, "u8"],
    [25, "u8"],
    [90, "u16"],
    [92, "u16"],
    [94, "u16"],
    [96, "u32"],
    [100, "u32"],
    [104, "u8"],
    [105, "u16"],
  ] as const),
  ...([107, 111, 115, 119, 123, 127] as const).map((at) => [at, "u32"] as const),
  ...Array.from({ length: 12 }, (_, i) => [131 + 8 * i, "f64"] as const),
  ...([
    [227, "u64"],
    [235, "u64"],
    [243, "u32"],
    [247, "u64"],
  ] as const),
  ...Array.from({ length: 15 }, (_, i) => [255 + 8 * i, "u64"] as const),
];
const VLR_HEAD = 54;
const LASZIP = 22204;
const MOST_POINTS = 64;

export const las: Dialect = {
  name: "las",
  survey(bytes) {
    const survey = new Survey(bytes);
    for (const [at, width] of HEADER) survey.number(at, width);
    const [headerBytes, dataStart] = [survey.number(94, "u16"), survey.number(96, "u32")];
    let at = headerBytes;
    for (let left = survey.number(100, "u32"); left > 0 && at + VLR_HEAD <= dataStart && at < bytes.length; left--) {
      const [id, size] = [survey.number(at + 18, "u16"), survey.number(at + 20, "u16")];
      const from = at + VLR_HEAD;
      survey.part("variable record", at, from + size);
      survey.word(at + 2, at + 18);
      if (id === LASZIP) surveyLaszip(survey, from);
      at = from + size;
    }
    if ((survey.number(104, "u8") & 0xc0) !== 0) surveyCoded(survey, dataStart);
    else surveyPoints(survey, dataStart, survey.number(105, "u16"));
    return survey;
  },
};

function surveyLaszip(survey: Survey, from: number): void {
  survey.numbers(from, "u16", "u16", "u8", "u8", "u16", "u32", "u32", "u64", "u64");
  const items = survey.number(from + 32, "u16");
  for (let i = 0; i < Math.min(items, 16); i++) {
    survey.numbers(from + 34 + 6 * i, "u16", "u16", "u16");
    survey.part("item", from + 34 + 6 * i, from + 40 + 6 * i);
  }
}

/** The offset of the table, the table's head, and some bytes of what is coded: a layered chunk states the sizes of its layers. */
function surveyCoded(survey: Survey, dataStart: number): void {
  const table = Number(BigInt.asIntN(64, survey.integer(dataStart, "u64")));
  survey.numbers(table, "u32", "u32");
  const end = table > dataStart && table < survey.bytes.length ? table : survey.bytes.length;
  survey.part("chunks", dataStart + 8, end);
  survey.part("table", end, survey.bytes.length);
  for (let at = dataStart + 8; at < Math.min(end, dataStart + 200); at++) survey.number(at, "u8");
  for (let at = dataStart + 8 + 30; at < Math.min(end, dataStart + 110); at += 4) survey.number(at, "u32");
  for (let i = 0; i < 64; i++) survey.number(dataStart + 8 + Math.floor((i * (end - dataStart - 8)) / 64), "u8");
}

function surveyPoints(survey: Survey, dataStart: number, recordBytes: number): void {
  if (recordBytes < 20) return;
  for (let i = 0; i < MOST_POINTS; i++) {
    const at = dataStart + i * recordBytes;
    survey.part("point", at, at + recordBytes);
    survey.numbers(at, "u32", "u32", "u32", "u16", "u8", "u8", "u8", "u8");
  }
}

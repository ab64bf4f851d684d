/** MessagePack: heads as numbers, values as parts, contents of strings and binaries as words. */
import { type Dialect, type Field, Survey, type Width } from "../mutate/anatomy.ts";

/** Bytes behind the head of forms 0xc0 to 0xdf; of those with a length, its bytes and whether values follow (and two for each, in maps). */
const FIXED: Readonly<Record<number, number>> = {
  ...{ 192: 0, 193: 0, 194: 0, 195: 0, 202: 4, 203: 8, 204: 1, 205: 2, 206: 4, 207: 8, 208: 1, 209: 2, 210: 4, 211: 8 },
  ...{ 212: 2, 213: 3, 214: 5, 215: 9, 216: 17 },
};
const SIZED: Readonly<Record<number, { readonly length: 1 | 2 | 4; readonly each: 0 | 1 | 2; readonly more?: number }>> = {
  ...{ 196: { length: 1, each: 0 }, 197: { length: 2, each: 0 }, 198: { length: 4, each: 0 } },
  ...{ 199: { length: 1, each: 0, more: 1 }, 200: { length: 2, each: 0, more: 1 }, 201: { length: 4, each: 0, more: 1 } },
  ...{ 217: { length: 1, each: 0 }, 218: { length: 2, each: 0 }, 219: { length: 4, each: 0 } },
  ...{ 220: { length: 2, each: 1 }, 221: { length: 4, each: 1 }, 222: { length: 2, each: 2 }, 223: { length: 4, each: 2 } },
};
const WIDTHS: Readonly<Record<number, Width>> = { 1: "u8", 2: "u16be", 4: "u32be" };

export const messagepack: Dialect = {
  name: "messagepack",
  survey(bytes) {
    const survey = new Survey(bytes);
    for (let at = 0; at < bytes.length; ) at = Math.max(at + 1, surveyValue(survey, at));
    return survey;
  },
};

/** One head and what belongs to it, but not the values inside: they come next. @returns behind it */
function surveyValue(survey: Survey, at: number): number {
  const head = survey.number(at, "u8");
  const short = head >= 0xa0 && head <= 0xbf ? head & 31 : null;
  if (short !== null) {
    survey.word(at + 1, at + 1 + short);
    survey.part("value", at, at + 1 + short);
    return at + 1 + short;
  }
  const sized = SIZED[head];
  if (sized) {
    const width = WIDTHS[sized.length] ?? "u8";
    const owner: Field = { at: at + 1, width };
    const length = survey.number(at + 1, width);
    const start = at + 1 + sized.length + (sized.more ?? 0);
    if (sized.each > 0) return start;
    survey.word(start, start + length, [owner]);
    survey.part("value", at, start + length);
    return start + length;
  }
  const end = at + 1 + (FIXED[head] ?? 0);
  if (head === 0xcb || head === 0xcf || head === 0xd3) survey.number(at + 1, "u64");
  survey.part("value", at, end);
  return end;
}

/** MessagePack: heads as numbers, values as parts, contents of strings and binaries as words. */
import { type Dialect, type Field, Survey, type Width } from "../mutate/anatomy.ts";

/** Bytes behind the head of forms 0xc0 to 0xdf; of those with a length, its bytes and whether values follow (and two for each, in maps). */
const FIXED: Readonly<Record<number, number>> = {
  ...{ 0xc0: 0, 0xc1: 0, 0xc2: 0, 0xc3: 0, 0xca: 4, 0xcb: 8, 0xcc: 1, 0xcd: 2, 0xce: 4, 0xcf: 8, 0xd0: 1, 0xd1: 2, 0xd2: 4, 0xd3: 8 },
  ...{ 0xd4: 2, 0xd5: 3, 0xd6: 5, 0xd7: 9, 0xd8: 17 },
};
const SIZED: Readonly<Record<number, { readonly length: 1 | 2 | 4; readonly each: 0 | 1 | 2; readonly more?: number }>> = {
  ...{ 0xc4: { length: 1, each: 0 }, 0xc5: { length: 2, each: 0 }, 0xc6: { length: 4, each: 0 } },
  ...{ 0xc7: { length: 1, each: 0, more: 1 }, 0xc8: { length: 2, each: 0, more: 1 }, 0xc9: { length: 4, each: 0, more: 1 } },
  ...{ 0xd9: { length: 1, each: 0 }, 0xda: { length: 2, each: 0 }, 0xdb: { length: 4, each: 0 } },
  ...{ 0xdc: { length: 2, each: 1 }, 0xdd: { length: 4, each: 1 }, 0xde: { length: 2, each: 2 }, 0xdf: { length: 4, each: 2 } },
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

/** JSON: every value, key and member, found by its marks alone, so that broken text is surveyed too. */
import { type Dialect, Survey } from "../mutate/anatomy.ts";

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const OPEN: readonly number[] = [0x5b, 0x7b];
const CLOSE: readonly number[] = [0x5d, 0x7d];
const BLANK: readonly number[] = [0x20, 0x09, 0x0a, 0x0d];

export const json: Dialect = {
  name: "json",
  survey(bytes) {
    const survey = new Survey(bytes);
    /** Where each open bracket stands, and where the item being read began. */
    const open: { readonly at: number; item: number }[] = [];
    const item = (end: number): void => {
      const top = open.at(-1);
      if (top && end > top.item) survey.part("item", top.item, end);
      if (top) top.item = end + 1;
    };
    for (let at = 0; at < bytes.length; ) {
      const byte = bytes[at] ?? 0;
      if (OPEN.includes(byte)) open.push({ at, item: at + 1 });
      else if (CLOSE.includes(byte)) {
        item(at);
        const start = open.pop();
        if (start) survey.word(start.at, at + 1);
      } else if (byte === COMMA) item(at);
      else if (byte === QUOTE) {
        const end = stringEnd(bytes, at);
        survey.word(at, end);
        survey.word(at + 1, Math.max(at + 1, end - 1));
        at = end;
        continue;
      } else if (byte !== COLON && !BLANK.includes(byte)) {
        const end = scalarEnd(bytes, at);
        survey.word(at, end);
        at = end;
        continue;
      }
      at++;
    }
    return survey;
  },
};

function stringEnd(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return Math.min(bytes.length, at + 1);
}

function scalarEnd(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < bytes.length && ![COMMA, COLON, QUOTE, ...OPEN, ...CLOSE, ...BLANK].includes(bytes[at] ?? 0)) at++;
  return at;
}

/** Text of lines: tables, headers, YAML, XML, message definitions. A word is what stands between marks. */
import { type Dialect, Survey } from "../mutate/anatomy.ts";

const NEWLINE = 0x0a;

export const text: Dialect = { name: "text", survey: surveyText };

export function surveyText(bytes: Uint8Array): Survey {
  const survey = new Survey(bytes);
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    survey.part("line", start, end);
    for (let at = start; at < end; ) {
      let to = at;
      while (to < end && isWord(bytes[to] ?? 0)) to++;
      if (to > at) survey.word(at, to);
      else survey.word(at, at + 1);
      at = Math.max(to, at + 1);
    }
    start = end;
  }
  return survey;
}

/** Letters, digits, and what numbers, names and UTF-8 are made of. */
function isWord(byte: number): boolean {
  const isAlphanumeric = (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a);
  return isAlphanumeric || byte >= 0x80 || byte === 0x2b || byte === 0x2d || byte === 0x2e || byte === 0x5f;
}

/** JPEG: segments with their lengths; the coded pixels are bytes. */
import { type Dialect, Survey } from "../mutate/anatomy.ts";

export const JPEG_HEAD = [0xff, 0xd8, 0xff];
const SCAN = 0xda;

export const jpeg: Dialect = {
  name: "jpeg",
  survey(bytes) {
    const survey = new Survey(bytes);
    for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
      const marker = survey.number(at + 1, "u8");
      const end = at + 2 + survey.number(at + 2, "u16be");
      survey.part("segment", at, end);
      survey.word(at + 4, Math.min(end, bytes.length), [{ at: at + 2, width: "u16be" }]);
      // Sizes, sampling, tables, code lengths.
      for (let b = at + 4; b < Math.min(end, at + 40); b++) survey.number(b, "u8");
      if (marker >= 0xc0 && marker <= 0xc2) survey.numbers(at + 5, "u16be", "u16be");
      if (marker === SCAN) {
        survey.part("scan", end, bytes.length);
        break;
      }
      at = Math.max(end, at + 2);
    }
    return survey;
  },
};

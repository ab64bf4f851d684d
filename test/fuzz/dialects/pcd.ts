/** PCD: a header of lines, then text, rows of bytes, or compressed columns. */
import { type Dialect, Survey } from "../mutate/anatomy.ts";
import { surveyText } from "./text.ts";

const MOST_NUMBERS = 400;

export const pcd: Dialect = {
  name: "pcd",
  survey(bytes) {
    const mark = new TextDecoder("latin1").decode(bytes.subarray(0, 4096)).search(/^DATA.*\n/m);
    const line = mark < 0 ? -1 : bytes.indexOf(0x0a, mark);
    if (line < 0) return surveyText(bytes);
    const isText = new TextDecoder("latin1").decode(bytes.subarray(mark, line)).includes("ascii");
    if (isText) return surveyText(bytes);
    const head = surveyText(bytes.subarray(0, line + 1));
    const survey = new Survey(bytes);
    survey.words.push(...head.words);
    survey.parts.push(...head.parts);
    survey.part("data", line + 1, bytes.length);
    // Compressed: two sizes, then LZF, whose every byte may be a length.
    for (let i = 0; i < MOST_NUMBERS && line + 1 + 4 * i + 4 <= bytes.length; i++) survey.number(line + 1 + 4 * i, i < 2 ? "u32" : "f32");
    for (let i = 0; i < MOST_NUMBERS && line + 9 + i < bytes.length; i++) survey.number(line + 9 + i, "u8");
    return survey;
  },
};

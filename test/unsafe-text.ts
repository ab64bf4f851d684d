/** Which characters no output may hold, told by Unicode's own properties and not by the product's list. */
import * as fc from "fast-check";

/** Controls but the line feed, separators of lines and paragraphs, bidirectional controls, what is shown as nothing, non-characters, half pairs. */
const UNSAFE =
  /(?!\n)\p{Cc}|[\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\p{Surrogate}]|[\ufff9-\ufffb]/u;

/** The first such character and what stands around it; null for text that is safe to print. */
export function unsafeIn(text: string): string | null {
  const at = text.search(UNSAFE);
  return at < 0 ? null : JSON.stringify([text.codePointAt(at)?.toString(16), text.slice(Math.max(0, at - 30), at + 30)]);
}

/** One of each kind, and of each way to spell one: C1, DEL, bidi, zero width, separators, fillers, selectors, tags, beyond the plane. */
export const SAMPLES: readonly string[] = [
  ...[
    "\u0000",
    "\u0007",
    "\t",
    "\n",
    "\r",
    "\u001b[2J",
    "\u007f",
    "\u0085",
    "\u009b31m",
    "\u00ad",
    "\u034f",
    "\u061c",
    "\u115f",
    "\u17b4",
    "\u180e",
  ],
  ...[
    "\u200b",
    "\u200d",
    "\u200f",
    "\u2028",
    "\u2029",
    "\u202e",
    "\u2060",
    "\u2066",
    "\u206f",
    "\u3164",
    "\ufdd0",
    "\ufe0f",
    "\ufeff",
    "\uffa0",
  ],
  ...["\ufff9", "\uffff", "\u{1bca0}", "\u{1d173}", "\u{e0001}", "\u{e007f}", "\u{1ffff}", "\u{10fffe}", "\ud800", "\udc00"],
];

const piece = fc.oneof(
  fc.constantFrom(...SAMPLES),
  fc.constantFrom("/a", "\\", '"', "'", "<", "&", "]]>", ": ", "# ", "- ", "{", "😀", "é", " "),
  fc.string({ unit: "binary", maxLength: 4 }),
);

/** Text as a recording may hold it: mostly harm. */
export const hostileText: fc.Arbitrary<string> = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(""));

/**
 * Names in a recording are written by whoever made the recording. They are shown to people and parsed by tools, so
 * whatever could move a cursor, break a line, reorder text or end an element is made visible first.
 */

/**
 * C0, DEL, C1, line and paragraph separators, bidirectional marks, everything that is shown as nothing (Unicode's
 * Default_Ignorable_Code_Point, among it zero-width characters, fillers, variation selectors, the byte order mark and
 * tags), non-characters, and unpaired surrogates. Spelt out, so that no runtime's edition of Unicode changes a report.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each is meant by itself
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]|\p{Noncharacter_Code_Point}|\p{Surrogate}/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** One line, safe to print: unsafe characters become `\n`, `\x1b`, `\u202e`, `\u{e0001}`. */
export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const short = SHORT[character];
    if (short !== undefined) return short;
    const code = character.codePointAt(0) ?? 0;
    if (code <= 0xff) return `\\x${hex(code, 2)}`;
    return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\u{${hex(code)}}`;
  });
}

/**
 * The one way JSON is written: `JSON.parse` gives the value back, and the text is safe to print. What `JSON.stringify`
 * leaves as it is becomes `\u202e`, `\udb40\udc01`. No bigint, see `toJson` in json.ts.
 *
 * @param indent spaces; 0 for one line
 */
export function json(value: unknown, indent = 0): string {
  return inPlace(JSON.stringify(value, null, indent), (character) =>
    Array.from({ length: character.length }, (_, i) => `\\u${hex(character.charCodeAt(i), 4)}`).join(""),
  );
}

/** YAML in which every scalar that is not `isSafe` stands in double quotes: its unsafe characters become `\u202e`, `\U000e0001`. */
export function yaml(text: string): string {
  return inPlace(text, (character) =>
    character.length === 1 ? `\\u${hex(character.charCodeAt(0), 4)}` : `\\U${hex(character.codePointAt(0), 8)}`,
  );
}

/** Whether nothing in it needs to be made visible. */
export function isSafe(text: string): boolean {
  return text.search(UNSAFE) < 0;
}

/** Line breaks stay: they are the layout, those inside of strings are escaped already. */
function inPlace(text: string, spell: (character: string) => string): string {
  return text.replace(UNSAFE, (character) => (character === "\n" ? character : spell(character)));
}

function hex(code = 0, digits = 0): string {
  return code.toString(16).padStart(digits, "0");
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** Text for an XML 1.0 element or attribute. Characters XML cannot hold are made visible as in `visible`. */
export function xml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** A relative URI of one or more path segments. It leads below where it starts, whatever the path says. */
export function uri(path: string): string {
  return path
    .toWellFormed()
    .split("/")
    .filter((segment) => segment !== "" && segment !== "." && segment !== "..")
    .map((segment) => encodeURIComponent(segment))
    .join("/");
}

/** Laying out text in columns and lines. Knows colours, not the terminal: who calls it says whether there is one. */

export type Style = "bold" | "dim" | "red" | "yellow" | "green" | "cyan";

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  cyan: [36, 39],
};

/** `text` is made visible by the caller: escapes in it would be obeyed. */
export function paint(text: string, style: Style, color: boolean): string {
  const [on, off] = CODES[style];
  return color ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}

/** Breaks at spaces so that no line is longer than `width`, where a word fits; never cuts a word. */
export function wrap(text: string, width: number, first: string, rest: string): readonly string[] {
  const lines: string[] = [];
  let line = "";
  let indent = first;
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line.trim() !== "" && columns(indent + longer) > width) {
      lines.push((indent + line).trimEnd());
      indent = rest;
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, (indent + line).trimEnd()];
}

/**
 * Columns two spaces apart, as wide as their widest cell; a column without any cell is left out.
 *
 * @param align one letter per column: `l` or `r`
 */
export function table(titles: readonly string[], rows: readonly (readonly string[])[], align: string): readonly string[] {
  const used = titles.map((_, c) => c).filter((c) => rows.some((row) => row[c]));
  const all = [titles, ...rows].map((row) => used.map((c) => row[c] ?? ""));
  const widths = used.map((_, i) => all.reduce((widest, row) => Math.max(widest, columns(row[i] ?? "")), 0));
  return all.map((row) =>
    row
      .map((cell, i) => {
        const space = " ".repeat((widths[i] ?? 0) - columns(cell));
        return align[used[i] ?? 0] === "r" ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd(),
  );
}

/** Characters on the line; colours take none. */
function columns(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that starts a colour
  return [...text.replace(/\u001b\[\d+m/g, "")].length;
}

/**
 * The changes of which it is known why no test notices them: test/mutants.md. Under a heading with the file's name, lines of
 *
 *     - `before` -> `after`: the reason
 *
 * with the source line before and after the change, so that they hold while lines move, and files between folders.
 */
import { basename } from "node:path";
import type { Mutant } from "./mutants.ts";

export interface Listed {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

export function readListed(text: string): readonly Listed[] {
  let file = "";
  return text.split("\n").flatMap((line) => {
    file = /^## `?([^`]+?)`?\s*$/.exec(line)?.[1] ?? file;
    const [, , before, , after, reason] = /^- (`+) ?(.+?) ?\1 -> (`+) ?(.+?) ?\3: (.+)$/.exec(line) ?? [];
    return before && after && reason ? [{ file, before, after, reason }] : [];
  });
}

export function isListed(listed: readonly Listed[], { file, before, after }: Mutant): boolean {
  return listed.some((one) => basename(one.file) === basename(file) && one.before === before && one.after === after);
}

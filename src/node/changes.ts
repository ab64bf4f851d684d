/** What became of a recording's files between two looks at them. */
import type { FileChange, InputFile } from "../input.ts";
import { type FileMark, isReplaced, markAt } from "./regular-file.ts";

interface Listed {
  readonly files: readonly InputFile[];
  readonly marks: Float64Array;
}

/** @param now null when there is nothing left to list */
export function changesBetween(then: Listed, now: Listed | null): readonly FileChange[] {
  const after = marksByPath(now);
  const changes: FileChange[] = [];
  for (const [path, was] of marksByPath(then)) {
    const is = after.get(path);
    after.delete(path);
    const change = is ? changeOf(was, is) : "vanished";
    if (change !== null) changes.push({ path, change, bytes: [was.size, is?.size ?? null] });
  }
  for (const [path, { size }] of after) changes.push({ path, change: "appeared", bytes: [null, size] });
  return changes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function marksByPath(listed: Listed | null): Map<string, FileMark> {
  return new Map(listed?.files.map(({ path }, i) => [path, markAt(listed.marks, i)]));
}

function changeOf(was: FileMark, is: FileMark): FileChange["change"] | null {
  if (isReplaced(was, is)) return "was replaced";
  if (is.size !== was.size) return is.size > was.size ? "grew" : "shrank";
  return is.modifiedMs === was.modifiedMs ? null : "was written to";
}

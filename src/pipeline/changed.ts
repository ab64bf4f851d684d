/** A recording that is written to while it is read: what is told of it is of no state it ever had. */
import { InputError } from "../errors.ts";
import type { FileChange, Input } from "../input.ts";
import type { Damage } from "../types.ts";

/** Of a recording and the labels beside it, since they were opened. */
export function changeDamages(input: Input): readonly Damage[] {
  const own = (input.changes?.() ?? []).map((one) => damageOf(one, input.kind === "file" && one.path === input.name ? null : one.path));
  const labels = (input.labels ?? []).flatMap((one) =>
    (one.changes?.() ?? []).map((change) => damageOf(change, one.kind === "file" ? one.name : `${one.name}/${change.path}`)),
  );
  return [...own, ...labels];
}

/** Located where the file was added to or cut; else it is the whole file. */
function damageOf({ change, bytes: [was, is] }: FileChange, file: string | null): Damage {
  const from = change === "grew" || change === "shrank" ? Math.min(was ?? 0, is ?? 0) : 0;
  return {
    kind: "changed-while-read",
    severity: "error",
    file,
    bytes: [from, Math.max(was ?? 0, is ?? 0)],
    stream: null,
    timeNs: null,
    observed: { change, ...(is !== null && { bytes: is }) },
    expected: was === null ? {} : { bytes: was },
  };
}

/** @throws InputError with one line when anything changed */
export function requireUnchanged(input: Input): void {
  const [first, ...rest] = input.changes?.() ?? [];
  if (!first) return;
  const file = input.kind === "file" && first.path === input.name ? "the file" : first.path;
  const more = rest.length > 0 ? ` and ${rest.length} more changed` : "";
  throw new InputError(`${input.name}: changed while it was read: ${file} ${words(first)}${more}`);
}

function words({ change, bytes: [was, is] }: FileChange): string {
  return change === "grew" || change === "shrank" ? `${change} from ${was} to ${is} bytes` : change;
}

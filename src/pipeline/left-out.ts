/** What lies in a recording's folder and was not read: named, one by one, and never passed over in silence. */
import { InputError } from "../errors.ts";
import type { Input, PassedOver } from "../input.ts";
import type { Damage, Severity } from "../types.ts";

const KINDS: Readonly<
  Record<PassedOver["kind"], { readonly kind: string; readonly severity: Severity; readonly words: readonly [string, string] }>
> = {
  pipe: { kind: "special-file", severity: "warning", words: ["pipe", "pipes"] },
  socket: { kind: "special-file", severity: "warning", words: ["socket", "sockets"] },
  device: { kind: "special-file", severity: "warning", words: ["device", "devices"] },
  "link-out": { kind: "link-out", severity: "info", words: ["link that leads out of it", "links that lead out of it"] },
  "broken-link": { kind: "broken-link", severity: "warning", words: ["link to nothing", "links to nothing"] },
  unreadable: { kind: "unreadable-file", severity: "error", words: ["entry that cannot be looked at", "entries that cannot be looked at"] },
};

/** Kinds of damage that say so. */
export const LEFT_OUT: ReadonlySet<string> = new Set(Object.values(KINDS).map(({ kind }) => kind));

export function leftOutDamages(input: Input): readonly Damage[] {
  const own = damagesOf(input, "");
  return [...own, ...(input.labels ?? []).flatMap((labels) => damagesOf(labels, labels.kind === "file" ? "" : `${labels.name}/`))];
}

function damagesOf({ passedOver = [] }: Input, before: string): readonly Damage[] {
  return passedOver.map(({ path, kind }) => ({
    kind: KINDS[kind].kind,
    severity: KINDS[kind].severity,
    file: `${before}${path}`,
    bytes: null,
    stream: null,
    timeNs: null,
    observed: KINDS[kind].kind === "special-file" ? { found: kind } : {},
    expected: {},
  }));
}

/** An error about an input says what of it was not looked at: there the recording may be. */
export function withLeftOut(error: InputError, { passedOver = [] }: Input): InputError {
  const counts = Object.entries(KINDS).flatMap(([kind, { words }]) => {
    const n = passedOver.filter((one) => one.kind === kind).length;
    return n === 0 ? [] : [`${n} ${words[n === 1 ? 0 : 1]}${kind === "link-out" ? ` (--follow reads ${n === 1 ? "it" : "them"})` : ""}`];
  });
  return counts.length === 0 ? error : new InputError(`${error.message}; not read: ${counts.join(", ")}`);
}

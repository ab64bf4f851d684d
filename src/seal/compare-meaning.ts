/**
 * What frames meant when they were sealed against what they mean now, stream by stream.
 *
 * In a container of another format one may state what the other cannot: that is told apart from a change. What the seal holds nothing of
 * (all but kind, type and 64 bits of the schema, in version 1) is told too: an answer must not stand for it.
 */

import type { FrameForm, Plain, Severity, StreamInfo } from "../types.ts";
import type { SealVersion } from "./algorithm.ts";
import type { Change } from "./compare.ts";
import { PLAIN_FORM } from "./forms.ts";
import type { Leaves } from "./leaves.ts";
import { differenceOf, FORM_FIELDS, type FormDifference, type FormField, usedForms } from "./meaning.ts";
import type { SealedStream } from "./seal.ts";

export type MeaningField = "type" | "kind" | FormField;

/** Fields that are not as sealed. */
export interface MeaningChange {
  /** Present frames, inclusive; null for all of the stream. */
  readonly frames: readonly [number, number] | null;
  readonly severity: Severity;
  readonly fields: readonly MeaningField[];
  readonly observed: Readonly<Record<string, Plain>>;
  readonly expected: Readonly<Record<string, Plain>>;
}

export interface MeaningAnswer {
  readonly changed: readonly MeaningChange[];
  /** Stated now, and not in the seal. */
  readonly unsealed: readonly FormField[];
  /** In the seal, and not stated by this container, which is of another format. */
  readonly dropped: readonly FormField[];
}

export interface MeaningTerms {
  readonly version: SealVersion;
  /** Whether the container is of the sealed format. */
  readonly sameFormat: boolean;
  /** Whether 64 bits of a schema are enough: against accidents they are. */
  readonly lenient: boolean;
}

/** @param changes of the whole recording: frames that are elsewhere, or others, are told already */
export function compareMeaning(
  was: SealedStream,
  info: StreamInfo,
  leaves: Leaves,
  terms: MeaningTerms,
  changes: readonly Change[],
): MeaningAnswer {
  const names = (["type", "kind"] as const).filter((field) => was[field] !== info[field]);
  return terms.version === 1 ? compareFirst(was, info, leaves, terms, names) : compareForms(was, info, leaves, terms, names, changes);
}

function compareForms(
  was: SealedStream,
  info: StreamInfo,
  leaves: Leaves,
  { sameFormat }: MeaningTerms,
  names: readonly ("type" | "kind")[],
  changes: readonly Change[],
): MeaningAnswer {
  const is = usedForms(info, leaves);
  /** Of forms that met: there may be thousands on either side. */
  const known = new Map<string, FormDifference>();
  const between = ({ sealed, present }: Pick<Met, "sealed" | "present">): FormDifference => {
    const pair = `${sealed} ${present}`;
    const difference = known.get(pair) ?? differenceOf(was.forms[sealed] ?? PLAIN_FORM, is.forms[present] ?? PLAIN_FORM, sameFormat);
    known.set(pair, difference);
    return difference;
  };
  const met = runsOf(was, { ...is, count: leaves.count }, changes);
  const changed = met.flatMap(({ sealed, present, frames }): MeaningChange[] => {
    const fields = between({ sealed, present }).changed;
    const [before, now] = [was.forms[sealed] ?? PLAIN_FORM, is.forms[present] ?? PLAIN_FORM];
    return fields.length > 0
      ? [{ frames, severity: "error", fields, observed: valuesOf(now, fields), expected: valuesOf(before, fields) }]
      : [];
  });
  const all = (side: "added" | "dropped"): readonly FormField[] =>
    FORM_FIELDS.filter((field) => [...known.values()].some((difference) => difference[side].includes(field)));
  return { changed: joined(names, was, info, changed), unsealed: all("added"), dropped: all("dropped") };
}

/** What is the same in all frames is told once. A stream that is only read as another kind states what it stated. */
function joined(
  names: readonly ("type" | "kind")[],
  was: SealedStream,
  info: StreamInfo,
  changed: readonly MeaningChange[],
): readonly MeaningChange[] {
  const whole = changed.find(({ frames }) => frames === null);
  if (names.length === 0) return changed;
  const pick = (from: { readonly type: string; readonly kind: string }) => Object.fromEntries(names.map((name) => [name, from[name]]));
  const severity = names.includes("type") || changed.length > 0 ? "error" : "warning";
  return [
    {
      frames: null,
      severity,
      fields: [...names, ...(whole?.fields ?? [])],
      observed: { ...pick(info), ...whole?.observed },
      expected: { ...pick(was), ...whole?.expected },
    },
    ...changed.filter((one) => one !== whole),
  ];
}

function valuesOf(form: FrameForm, fields: readonly FormField[]): Record<string, Plain> {
  return Object.fromEntries(fields.map((field) => [field, form[field]]));
}

/** Kept frames that had one form and have one: indices into the sealed and the present forms. */
interface Met {
  readonly sealed: number;
  readonly present: number;
  readonly frames: readonly [number, number] | null;
}

function runsOf(
  was: SealedStream,
  is: { readonly forms: readonly FrameForm[]; readonly formOf: Uint16Array | null; readonly count: number },
  changes: readonly Change[],
): readonly Met[] {
  if (!was.formOf && !is.formOf) return [{ sealed: 0, present: 0, frames: null }];
  const lost = new Uint8Array(was.frames);
  const fresh = new Uint8Array(is.count);
  for (const { kind, count, sealed, present } of changes) {
    if (kind !== "duplicated" && sealed?.stream === was.id) lost.fill(1, sealed.frame, sealed.frame + count);
    if (present?.stream === was.id) fresh.fill(1, present.frame, present.frame + count);
  }
  const runs: { sealed: number; present: number; frames: [number, number] }[] = [];
  let i = 0;
  for (let frame = 0; frame < is.count; frame++) {
    if (fresh[frame]) continue;
    while (lost[i]) i++;
    const [sealed, present] = [was.formOf?.[i] ?? 0, is.formOf?.[frame] ?? 0];
    i++;
    const last = runs[runs.length - 1];
    if (last && last.sealed === sealed && last.present === present && last.frames[1] === frame - 1) last.frames[1] = frame;
    else runs.push({ sealed, present, frames: [frame, frame] });
  }
  return runs;
}

/** Version 1 holds kind, type and a fingerprint of the first schema. */
function compareFirst(
  was: SealedStream,
  info: StreamInfo,
  leaves: Leaves,
  { sameFormat, lenient }: MeaningTerms,
  names: readonly ("type" | "kind")[],
): MeaningAnswer {
  const { forms } = usedForms(info, leaves);
  const schema = info.schema ?? null;
  const isOther = schema !== was.schema;
  const fields: readonly MeaningField[] = [...names, ...(isOther && sameFormat ? (["schemaText"] as const) : [])];
  const changed: MeaningChange[] =
    fields.length === 0
      ? []
      : [
          {
            frames: null,
            severity: "error",
            fields,
            observed: { type: info.type, kind: info.kind, schema },
            expected: { type: was.type, kind: was.kind, schema: was.schema },
          },
        ];
  const isShown = lenient && !isOther && forms.length === 1;
  const unsealed = FORM_FIELDS.filter((field) => field !== "topic" && forms.some((form) => form[field]));
  return { changed, unsealed: isShown ? unsealed.filter((field) => !field.startsWith("schema")) : unsealed, dropped: [] };
}

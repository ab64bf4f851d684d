/**
 * What the frames of a stream mean, as a seal of version 2 holds it: kind, type, and the forms the container states (`FrameForm`). In the
 * hashed content of a stream's node every text has its length before it, so that no two meanings are the same bytes.
 */
import { joinBytes } from "../digest/bytes.ts";
import type { FrameForm, StreamInfo } from "../types.ts";
import { PLAIN_FORM } from "./forms.ts";
import { unhex } from "./hex.ts";
import type { Leaves } from "./leaves.ts";
import { u32 } from "./words.ts";

export const TEXT_BYTES = 32;

/** Index into `forms` of each frame; null where there is one form. */
export interface Forms {
  /** Those frames have, in order of their bytes, none twice. */
  readonly forms: readonly FrameForm[];
  readonly formOf: Uint16Array | null;
}

/** The forms that the frames of a stream have: what no frame has, means nothing. */
export function usedForms({ forms: stated = [PLAIN_FORM] }: Pick<StreamInfo, "forms">, { forms: each }: Pick<Leaves, "forms">): Forms {
  const used = each ? [...new Set(each)] : [0];
  const sorted = used
    .map((index) => ({ index, form: stated[index] ?? PLAIN_FORM }))
    .map((one) => ({ ...one, bytes: formBytes(one.form) }))
    .sort((a, b) => compareBytes(a.bytes, b.bytes));
  const forms = sorted.map(({ form }) => form);
  if (!each || forms.length < 2) return { forms, formOf: null };
  const place = new Map(sorted.map(({ index }, i) => [index, i]));
  return { forms, formOf: each.map((index) => place.get(index) ?? 0) };
}

/** Whether they are in order of their bytes, none twice. */
export function areInOrder(forms: readonly FrameForm[]): boolean {
  const all = forms.map(formBytes);
  return all.every((bytes, i) => i === 0 || compareBytes(all[i - 1] ?? bytes, bytes) < 0);
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i] as number) - (right[i] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

export interface Meaning {
  readonly id: string;
  readonly kind: string;
  readonly type: string;
  readonly forms: readonly FrameForm[];
}

/** What stands for id, kind, type and forms in a stream's node. */
export function meaningBytes({ id, kind, type, forms }: Meaning): Uint8Array {
  return joinBytes([...[id, kind, type].map(text), u32(forms.length), ...forms.map(formBytes)]);
}

function formBytes({ topic, messageEncoding, schemaEncoding, schemaText, typeHash }: FrameForm): Uint8Array {
  return joinBytes([
    ...[topic, messageEncoding, schemaEncoding].map(text),
    optional(schemaText === null ? null : unhex(schemaText, TEXT_BYTES, "schemaText")),
    optional(typeHash === null ? null : text(typeHash)),
  ]);
}

function text(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  return joinBytes([u32(bytes.length), bytes]);
}

function optional(value: Uint8Array | null): Uint8Array {
  return value ? joinBytes([Uint8Array.of(1), value]) : Uint8Array.of(0);
}

/** In the order in which differences are told. */
export const FORM_FIELDS = [
  "topic",
  "messageEncoding",
  "schemaEncoding",
  "schemaText",
  "typeHash",
] as const satisfies readonly (keyof FrameForm)[];
export type FormField = (typeof FORM_FIELDS)[number];

/** Fields of two forms that are not the same; "" is nothing stated, as null is. */
export interface FormDifference {
  /** Both state it, differently; or one does not, although it could as well. */
  readonly changed: readonly FormField[];
  /** Stated now, in a container of another format, and not sealed. */
  readonly added: readonly FormField[];
  /** Sealed, and not stated in a container of another format. */
  readonly dropped: readonly FormField[];
}

export function differenceOf(sealed: FrameForm, present: FrameForm, sameFormat: boolean): FormDifference {
  const differing = FORM_FIELDS.filter((field) => (sealed[field] || null) !== (present[field] || null));
  const isAdded = (field: FormField): boolean => !sameFormat && !sealed[field];
  const isDropped = (field: FormField): boolean => !sameFormat && !present[field];
  return {
    changed: differing.filter((field) => !isAdded(field) && !isDropped(field)),
    added: differing.filter(isAdded),
    dropped: differing.filter(isDropped),
  };
}

/**
 * What a container states of its frames' bytes (`FrameForm`), and the forms of one stream, each once.
 *
 * The text that defines a type is told by its BLAKE3: a seal holds the form, and a text made to have another's digest must not pass for it.
 */
import { digestBytes } from "../check/fingerprint.ts";
import type { Kernels } from "../kernels.ts";
import type { FrameForm, StreamInfo } from "../types.ts";

/** The text that defines a type. */
export interface SchemaText {
  readonly encoding: string;
  readonly data: Uint8Array;
}

/** Of a stream whose type says everything. */
export const PLAIN_FORM: FrameForm = { topic: "", messageEncoding: "", schemaEncoding: "", schemaText: null, typeHash: null };

/** Of a text by its BLAKE3. */
export function textForm(schema: SchemaText, kernels: Kernels): Pick<FrameForm, "schemaEncoding" | "schemaText"> {
  return { schemaEncoding: schema.encoding, schemaText: blake3Hex(schema.data, kernels) };
}

/** The fingerprint that seals of version 1 hold: XXH3-64 of encoding, a zero byte, text. */
export function schemaFingerprint({ encoding, data }: SchemaText, kernels: Kernels): string {
  const head = new TextEncoder().encode(`${encoding}\0`);
  const text = new Uint8Array(head.length + data.length);
  text.set(head);
  text.set(data, head.length);
  return digestBytes(text, kernels);
}

/** BLAKE3-256, hex. */
export function blake3Hex(bytes: Uint8Array, kernels: Kernels): string {
  const mark = kernels.mark();
  const pointer = kernels.put(bytes);
  const out = kernels.alloc(32);
  kernels.exports.blake3(pointer, bytes.length, 0, out, 32);
  const digest = Array.from(kernels.u8(out, 32), (byte) => byte.toString(16).padStart(2, "0")).join("");
  kernels.release(mark);
  return digest;
}

/** A channel or connection: one form of the frames of one stream. */
export interface Stated {
  readonly stream: number;
  readonly form: FrameForm;
  /** See `schemaFingerprint`; null where there is no text. */
  readonly fingerprint: string | null;
}

/** Streams with the forms of their channels, and of each channel which of these is its own. */
export function withForms(
  streams: readonly StreamInfo[],
  stated: readonly Stated[],
): { readonly streams: readonly StreamInfo[]; readonly formOf: readonly number[] } {
  const lists = streams.map((): { forms: FrameForm[]; known: Map<string, number>; schema: string | null } => ({
    forms: [],
    known: new Map(),
    schema: null,
  }));
  const formOf = stated.map(({ stream, form, fingerprint }) => {
    const list = lists[stream];
    if (!list) return 0;
    list.schema ??= fingerprint;
    const key = JSON.stringify(form);
    const index = list.known.get(key) ?? list.forms.push(form) - 1;
    list.known.set(key, index);
    return index;
  });
  return {
    streams: streams.map((info, i) => {
      const { forms = [], schema = null } = lists[i] ?? {};
      return { ...info, ...(forms.length > 0 && { forms }), ...(schema !== null && { schema }) };
    }),
    formOf,
  };
}

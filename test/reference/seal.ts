/**
 * A seal file of either version as docs/seal.md writes it down, root and check included: the other opinion on the format, and what a
 * forger has: everything but the key and the private half.
 */
import { encode } from "@msgpack/msgpack";
import { blake3 } from "./blake3.ts";
import { merkleTop } from "./merkle.ts";
import { stampsEncode, stampsPlan } from "./stamps.ts";

export interface PlainForm {
  readonly topic: string;
  readonly messageEncoding: string;
  readonly schemaEncoding: string;
  readonly schemaText: Uint8Array | null;
  readonly typeHash: string | null;
}

export interface PlainFrame {
  readonly leaf: Uint8Array;
  readonly stampNs: bigint;
  /** Index into the forms; in streams that have several. */
  readonly form?: number;
}

export interface PlainStream {
  readonly id: string;
  readonly kind: string;
  readonly type: string;
  readonly forms: readonly PlainForm[];
  /** Version 1. */
  readonly schema: string | null;
  readonly frames: readonly PlainFrame[];
}

export interface PlainSeal {
  readonly version: 1 | 2;
  readonly algorithm: "xxh3-128" | "blake3";
  readonly keyed: boolean;
  readonly framesPerBlock: number;
  readonly name: string;
  readonly format: string;
  readonly damages: readonly (readonly [string, number])[];
  readonly streams: readonly PlainStream[];
}

export interface WrittenSeal {
  /** Up to and without the check. */
  readonly body: Uint8Array;
  readonly root: Uint8Array;
  readonly check: Uint8Array;
  /** What a signature is of. */
  readonly signed: Uint8Array;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

/** @param key the caller's, for a keyed seal */
export function writeSeal(seal: PlainSeal, key: Uint8Array | null = null): WrittenSeal {
  const { version, algorithm, keyed, framesPerBlock, name, format, damages, streams } = seal;
  const nodeKey = blake3(utf8(`plumbline.seal/${version} node`), key);
  const roots = streams.map((stream) => streamRoot(seal, stream, nodeKey));
  const head = version === 1 ? [] : [Uint8Array.of(keyed ? 1 : 0), u32(framesPerBlock)];
  const top = merkleTop(roots, nodeKey);
  const root = blake3(join(Uint8Array.of(4, algorithm === "blake3" ? 1 : 0), ...head, u32(streams.length), top), nodeKey);
  const header = { algorithm, keyed, framesPerBlock, name, format, ...(version > 1 && { damages }), root };
  // Version 1 had long heads before its streams and leaves; any was read.
  const body = join(
    Uint8Array.of(0x96),
    ...["plumbline.seal", version, header].map((value) => encode(value)),
    arrayHead(streams.length),
    ...streams.map((stream, i) => encode(streamMap(version, stream, roots[i] ?? new Uint8Array(0)))),
  );
  const check = blake3(join(Uint8Array.of(5), body), nodeKey);
  return { body, root, check, signed: join(utf8(`plumbline.seal/${version} signature`), root, check) };
}

/** The file. */
export function sealFile(
  { body, check }: WrittenSeal,
  signature: { publicKey: Uint8Array; signature: Uint8Array } | null = null,
): Uint8Array {
  return join(body, encode(check), encode(signature));
}

function streamMap(version: 1 | 2, { id, kind, type, forms, schema, frames }: PlainStream, root: Uint8Array): object {
  const stamps = frames.map(({ stampNs }) => stampNs);
  const code = stampsEncode(stamps, stampsPlan(stamps));
  const leaves = join(...frames.map(({ leaf }) => leaf));
  const counted = { frames: frames.length, root, stamps: code };
  if (version === 1) return { id, kind, type, schema, ...counted, leaves };
  const formOf = forms.length > 1 ? join(...frames.map(({ form = 0 }) => u32(form).subarray(0, forms.length > 256 ? 2 : 1))) : null;
  return { id, kind, type, forms, ...counted, formOf, leaves };
}

function streamRoot(
  { version, framesPerBlock }: PlainSeal,
  { id, kind, type, forms, frames }: PlainStream,
  nodeKey: Uint8Array,
): Uint8Array {
  const formed = version > 1 && forms.length > 1;
  // A forger may write 0.
  const perBlock = Math.max(1, framesPerBlock);
  const blocks = Array.from({ length: Math.ceil(frames.length / perBlock) }, (_, block) => {
    const own = frames.slice(block * perBlock, (block + 1) * perBlock);
    const entries = own.map(({ leaf, stampNs, form = 0 }) => join(leaf, i64(stampNs), ...(formed ? [u32(form).subarray(0, 2)] : [])));
    return blake3(join(Uint8Array.of(formed ? 6 : 1), u32(own.length), ...entries), nodeKey);
  });
  const meaning =
    version === 1 ? [text(id)] : [text(id), text(kind), text(type), u32(forms.length), ...forms.map((form) => formBytes(form))];
  const count = join(u32(frames.length), u32(0));
  return blake3(join(Uint8Array.of(3), ...meaning, count, u32(framesPerBlock), merkleTop(blocks, nodeKey)), nodeKey);
}

export function formBytes({ topic, messageEncoding, schemaEncoding, schemaText, typeHash }: PlainForm): Uint8Array {
  return join(
    ...[topic, messageEncoding, schemaEncoding].map(text),
    schemaText ? join(Uint8Array.of(1), schemaText) : Uint8Array.of(0),
    typeHash === null ? Uint8Array.of(0) : join(Uint8Array.of(1), text(typeHash)),
  );
}

function text(value: string): Uint8Array {
  return join(u32(utf8(value).length), utf8(value));
}

function arrayHead(length: number): Uint8Array {
  return Uint8Array.from(encode(new Array(length).fill(0))).slice(0, -length || undefined);
}

function u32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, true);
  return out;
}

function i64(value: bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigInt64(0, value, true);
  return out;
}

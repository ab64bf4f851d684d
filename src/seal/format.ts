/**
 * The seal file: MessagePack, one array of six, fields in a fixed order (docs/seal.md gives it byte by byte).
 *
 *     [ "plumbline.seal", 2, header, [stream, …], check, signature ]
 *
 * `check` is the keyed hash (tag 05) of every byte before it, so a damaged file or a wrong key is noticed before anything is
 * believed. Block nodes are not stored: they follow from the leaves, and at 3.2 bytes per frame they would break the budget.
 * The roots follow too; they are there to be quoted, and are recomputed when a seal is read.
 *
 * Every number and length is in its shortest form: a seal is written in one way only. Seals of version 1, which hold less, are read.
 */

import { encode } from "@msgpack/msgpack";
import { joinBytes } from "../digest/bytes.ts";
import { ConfigError } from "../errors.ts";
import type { Kernels } from "../kernels.ts";
import type { FrameForm } from "../types.ts";
import { LEAF_BYTES, SEAL_ALGORITHMS, type SealVersion } from "./algorithm.ts";
import { hex, unhex } from "./hex.ts";
import { KEY_BYTES, sealKeys } from "./keys.ts";
import { areInOrder, TEXT_BYTES } from "./meaning.ts";
import { CHECK, NODE_BYTES, Tree } from "./merkle.ts";
import { ReadError, Reader } from "./reader.ts";
import {
  MOST_FRAMES_PER_BLOCK,
  type Seal,
  type SealedStream,
  type SealSignature,
  treeForm,
  type UncheckedSeal,
  versionOf,
} from "./seal.ts";
import { decodeStamps, encodeStamps } from "./stamps.ts";

const NAME = "plumbline.seal";
export const SIGNATURE_BYTES = 64;
const MOST_FORMS = 65_536;
const ARRAY_OF_6 = 0x96;
const MAP_OF_9 = 0x89;

export interface SealBytes {
  readonly seal: Seal;
  readonly bytes: Uint8Array;
}

/** @param key the one the seal was made with */
export function encodeSeal(unchecked: UncheckedSeal, key: Uint8Array | null, kernels: Kernels): SealBytes {
  const { algorithm, keyed, framesPerBlock, recording, damages, streams, root } = unchecked;
  const sorted = Object.entries(damages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const header = { algorithm, keyed, framesPerBlock, name: recording.name, format: recording.format, damages: sorted, root };
  const body = [
    Uint8Array.of(ARRAY_OF_6),
    encode(NAME),
    encode(versionOf(unchecked)),
    encode(header),
    arrayHead(streams.length),
    ...streams.flatMap((stream) => streamBytes(stream, encodeStamps(stream.stampNs, kernels))),
  ];
  const check = checkOf(body, key, unchecked, kernels);
  return withSignature({ ...unchecked, check, signature: null }, body, null);
}

/** Each field on its own: the library's encoder would copy the leaves twice. */
function streamBytes({ id, kind, type, forms, frames, root, formOf, leaves }: SealedStream, stamps: Uint8Array): readonly Uint8Array[] {
  const written = forms.map(({ schemaText, ...form }) => ({
    topic: form.topic,
    messageEncoding: form.messageEncoding,
    schemaEncoding: form.schemaEncoding,
    schemaText: schemaText === null ? null : unhex(schemaText, TEXT_BYTES, "schemaText"),
    typeHash: form.typeHash,
  }));
  const indices = formOf && indexBytes(formOf, forms.length);
  const fields = Object.entries({ id, kind, type, forms: written, frames, root, stamps, formOf: indices });
  const short = fields.flatMap(([name, value]) => [encode(name), encode(value)]);
  return [Uint8Array.of(MAP_OF_9), ...short, encode("leaves"), binaryHead(leaves.length), leaves];
}

/** The same seal with a signature, which is over `signedBytes(seal)`. */
export function signed({ seal, bytes }: SealBytes, signature: SealSignature): SealBytes {
  return withSignature(seal, [bytes.subarray(0, bytes.length - joinBytes(tail(seal)).length)], signature);
}

function withSignature(seal: Seal, body: readonly Uint8Array[], signature: SealSignature | null): SealBytes {
  const whole = { ...seal, signature };
  return { seal: whole, bytes: joinBytes([...body, ...tail(whole)]) };
}

function tail({ check, signature }: Seal): readonly Uint8Array[] {
  return [encode(check), encode(signature && { publicKey: signature.publicKey, signature: signature.signature })];
}

/**
 * @param key u8[32] for a keyed seal, else null
 * @throws ConfigError with one line: not a seal, another version, damaged, forged, a wrong or missing key
 */
export function parseSeal(bytes: Uint8Array, key: Uint8Array | null, kernels: Kernels): Seal {
  try {
    // A plain view: a Buffer's slice is no copy.
    return parse(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), key, kernels);
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    throw new ConfigError(`damaged or cut off: ${error.message} of ${bytes.length}`);
  }
}

function parse(bytes: Uint8Array, key: Uint8Array | null, kernels: Kernels): Seal {
  if (key && key.length !== KEY_BYTES) throw new ConfigError(`expected a key of ${KEY_BYTES} bytes, got ${key.length}`);
  const start = Uint8Array.of(ARRAY_OF_6, ...encode(NAME));
  if (!start.every((byte, i) => bytes[i] === byte)) throw new ConfigError("not a seal");
  const version = new Reader(bytes, start.length).integer("a version");
  if (version !== 1 && version !== 2) throw new ConfigError(`expected a seal of version 1 or 2, got version ${version}`);
  const reader = new Reader(bytes, start.length, version > 1);
  reader.integer("a version");
  const { root, ...about } = readHeader(reader, version);
  if (about.keyed && !key) throw new ConfigError("the seal is keyed: expected its key");
  if (!about.keyed && key) throw new ConfigError("the seal was made without a key, but one is given");
  const count = reader.array("streams");
  const streams: SealedStream[] = [];
  const read = version === 1 ? readFirstStream : readStream;
  for (let i = 0; i < count; i++) {
    const stream = read(reader, LEAF_BYTES[about.algorithm], kernels);
    if (i > 0 && (streams[i - 1]?.id ?? "") >= stream.id) throw new ConfigError("damaged: streams out of order");
    streams.push(stream);
  }
  const bodyEnd = reader.at;
  const check = reader.binary("a check", NODE_BYTES).slice();
  const signature = readSignature(reader);
  if (!reader.isAtEnd()) throw new ReadError("the end", reader.at);
  if (version > 1 && signature && about.algorithm !== "blake3") throw new ConfigError("forged: expected BLAKE3 leaves under a signature");
  const head = { schema: `plumbline.seal/${version}`, ...about } as const;
  if (!same(check, checkOf([bytes.subarray(0, bodyEnd)], key, head, kernels))) {
    throw new ConfigError(about.keyed ? "the key is not the one it was made with, or the seal was changed" : "the seal was changed");
  }
  const tree = new Tree(kernels, key, treeForm(head));
  for (const stream of streams) {
    if (!same(stream.root, tree.rootOf(stream))) throw new ConfigError(`forged: the root of "${stream.id}" is not that of its leaves`);
  }
  if (!same(root, tree.recordingRoot(streams.length, tree.top(joinBytes(streams.map((stream) => stream.root)))))) {
    throw new ConfigError("forged: the root of the recording is not that of its streams");
  }
  return { ...head, streams, root, check, signature, leafKey: sealKeys(version, key, kernels).leaf };
}

function readHeader(
  reader: Reader,
  version: SealVersion,
): Pick<Seal, "algorithm" | "keyed" | "framesPerBlock" | "recording" | "damages" | "root"> {
  reader.map("a header", version === 1 ? 6 : 7);
  reader.key("algorithm");
  const name = reader.text("an algorithm");
  const algorithm = SEAL_ALGORITHMS.find((one) => one === name);
  if (!algorithm) throw new ConfigError(`expected leaves of ${SEAL_ALGORITHMS.join(" or ")}, got another algorithm`);
  reader.key("keyed");
  const keyed = reader.flag("true or false");
  if (keyed && algorithm !== "blake3") throw new ConfigError("expected BLAKE3 leaves in a keyed seal, got others");
  reader.key("framesPerBlock");
  const framesPerBlock = reader.integer("frames per block");
  if (framesPerBlock < 1 || framesPerBlock > MOST_FRAMES_PER_BLOCK) {
    throw new ConfigError(`expected 1 to ${MOST_FRAMES_PER_BLOCK} frames per block, got ${framesPerBlock}`);
  }
  reader.key("name");
  const title = reader.text("a name");
  reader.key("format");
  const format = reader.text("a format");
  const damages = version === 1 ? {} : readDamages(reader);
  reader.key("root");
  const root = reader.binary("a root", NODE_BYTES).slice();
  return { algorithm, keyed, framesPerBlock, recording: { name: title, format }, damages, root };
}

/** Pairs of kind and number, in order of their kinds. */
function readDamages(reader: Reader): Seal["damages"] {
  reader.key("damages");
  const count = reader.array("damages");
  const pairs: [string, number][] = [];
  for (let i = 0; i < count; i++) {
    const from = reader.at;
    if (reader.array("a damage") !== 2) throw new ReadError("a kind of damage and its number", from);
    const kind = reader.text("a kind of damage");
    if (i > 0 && (pairs[i - 1]?.[0] ?? "") >= kind) throw new ConfigError("damaged: kinds of damage out of order");
    pairs.push([kind, reader.integer("a number of damages")]);
  }
  return Object.fromEntries(pairs);
}

function readStream(reader: Reader, leafBytes: number, kernels: Kernels): SealedStream {
  reader.map("a stream", 9);
  const names = readNames(reader);
  reader.key("forms");
  const forms = readForms(reader);
  const { frames, root } = readCount(reader);
  const coded = readBinary(reader, "stamps");
  reader.key("formOf");
  const formOf = reader.isNil() ? null : readFormOf(reader, frames, forms.length);
  if (forms.length > 1 !== (formOf !== null)) throw new ConfigError("damaged: expected the form of each frame where there are several");
  return { ...names, forms, formOf, schema: null, ...readFrames(reader, frames, coded, leafBytes, kernels), root };
}

/** Of version 1. */
function readFirstStream(reader: Reader, leafBytes: number, kernels: Kernels): SealedStream {
  reader.map("a stream", 8);
  const names = readNames(reader);
  reader.key("schema");
  const schema = reader.isNil() ? null : reader.text("a schema's fingerprint");
  const { frames, root } = readCount(reader);
  const coded = readBinary(reader, "stamps");
  return { ...names, forms: [], formOf: null, schema, ...readFrames(reader, frames, coded, leafBytes, kernels), root };
}

function readNames(reader: Reader): Pick<SealedStream, "id" | "kind" | "type"> {
  reader.key("id");
  const id = reader.text("an id");
  reader.key("kind");
  const kind = reader.text("a kind");
  reader.key("type");
  return { id, kind, type: reader.text("a type") };
}

function readForms(reader: Reader): readonly FrameForm[] {
  const count = reader.array("forms");
  if (count < 1 || count > MOST_FORMS) throw new ConfigError(`damaged: expected 1 to ${MOST_FORMS} forms, got ${count}`);
  const forms: FrameForm[] = [];
  for (let i = 0; i < count; i++) forms.push(readForm(reader));
  if (!areInOrder(forms)) throw new ConfigError("damaged: forms out of order");
  return forms;
}

function readForm(reader: Reader): FrameForm {
  reader.map("a form", 5);
  const named = (name: string): string => {
    reader.key(name);
    return reader.text(name);
  };
  const [topic, messageEncoding, schemaEncoding] = [named("topic"), named("messageEncoding"), named("schemaEncoding")];
  reader.key("schemaText");
  const schemaText = reader.isNil() ? null : hex(reader.binary("the digest of a schema's text", TEXT_BYTES));
  reader.key("typeHash");
  return { topic, messageEncoding, schemaEncoding, schemaText, typeHash: reader.isNil() ? null : reader.text("a hash of a type") };
}

/** Every form is there, and no other. */
function readFormOf(reader: Reader, frames: number, forms: number): Uint16Array {
  const bytes = reader.binary("the form of each frame");
  const width = indexWidth(forms);
  if (bytes.length !== width * frames) throw new ConfigError(`damaged: expected the forms of ${frames} frames, got ${bytes.length} bytes`);
  const high = (i: number): number => (width === 1 ? 0 : (bytes[2 * i + 1] as number) << 8);
  const formOf = Uint16Array.from({ length: frames }, (_, i) => (bytes[width * i] as number) | high(i));
  const used = new Set(formOf);
  if (used.size !== forms || [...used].some((form) => form >= forms)) throw new ConfigError(`damaged: expected frames of ${forms} forms`);
  return formOf;
}

function readCount(reader: Reader): Pick<SealedStream, "frames" | "root"> {
  reader.key("frames");
  const frames = reader.integer("a number of frames");
  return { frames, root: readBinary(reader, "root", NODE_BYTES).slice() };
}

function readBinary(reader: Reader, name: string, length?: number): Uint8Array {
  reader.key(name);
  return reader.binary(name, length);
}

function readFrames(
  reader: Reader,
  frames: number,
  coded: Uint8Array,
  leafBytes: number,
  kernels: Kernels,
): Pick<SealedStream, "frames" | "leaves" | "stampNs"> {
  const leaves = readBinary(reader, "leaves");
  if (frames === 0 || leaves.length !== frames * leafBytes) {
    throw new ConfigError(`damaged: expected ${frames} leaves of ${leafBytes} bytes, got ${leaves.length} bytes`);
  }
  const stampNs = decodeStamps(coded, frames, kernels);
  if (!stampNs) throw new ConfigError(`damaged: expected ${frames} stamps, got another number`);
  // A copy of its own, aligned: comparing goes by words.
  return { frames, leaves: leaves.slice(), stampNs };
}

function readSignature(reader: Reader): SealSignature | null {
  if (reader.isNil()) return null;
  reader.map("a signature", 2);
  reader.key("publicKey");
  const publicKey = reader.binary("a public key", KEY_BYTES).slice();
  reader.key("signature");
  return { publicKey, signature: reader.binary("a signature", SIGNATURE_BYTES).slice() };
}

function checkOf(
  body: readonly Uint8Array[],
  key: Uint8Array | null,
  head: Pick<Seal, "schema" | "algorithm" | "keyed" | "framesPerBlock">,
  kernels: Kernels,
): Uint8Array {
  return new Tree(kernels, key, treeForm(head)).hash(Uint8Array.of(CHECK), ...body);
}

function arrayHead(length: number): Uint8Array {
  if (length < 16) return Uint8Array.of(0x90 + length);
  return length < 1 << 16 ? Uint8Array.of(0xdc, length >> 8, length & 255) : longHead(0xdd, length);
}

function binaryHead(length: number): Uint8Array {
  if (length < 1 << 8) return Uint8Array.of(0xc4, length);
  return length < 1 << 16 ? Uint8Array.of(0xc5, length >> 8, length & 255) : longHead(0xc6, length);
}

function longHead(form: number, length: number): Uint8Array {
  const head = new Uint8Array(5);
  head[0] = form;
  new DataView(head.buffer).setUint32(1, length);
  return head;
}

/** A byte per frame, or two where there are more than 256 forms. */
function indexWidth(forms: number): 1 | 2 {
  return forms > 256 ? 2 : 1;
}

function indexBytes(formOf: Uint16Array, forms: number): Uint8Array {
  if (indexWidth(forms) === 1) return Uint8Array.from(formOf);
  const out = new Uint8Array(2 * formOf.length);
  const view = new DataView(out.buffer);
  for (const [i, form] of formOf.entries()) view.setUint16(2 * i, form, true);
  return out;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

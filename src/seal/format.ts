/**
 * The seal file: MessagePack, one array of six, fields in a fixed order (docs/seal.md gives it byte by byte).
 *
 *     [ "plumbline.seal", 1, header, [stream, …], check, signature ]
 *
 * `check` is the keyed hash (tag 05) of every byte before it, so a damaged file or a wrong key is noticed before anything is
 * believed. Block nodes are not stored: they follow from the leaves, and at 3.2 bytes per frame they would break the budget.
 * The roots follow too; they are there to be quoted, and are recomputed when a seal is read.
 */

import { encode } from "@msgpack/msgpack";
import { joinBytes } from "../digest/bytes.ts";
import { ConfigError } from "../errors.ts";
import type { Kernels } from "../kernels.ts";
import { LEAF_BYTES, SEAL_ALGORITHMS } from "./algorithm.ts";
import { KEY_BYTES, sealKeys } from "./keys.ts";
import { CHECK, NODE_BYTES, Tree } from "./merkle.ts";
import { ReadError, Reader } from "./reader.ts";
import { MOST_FRAMES_PER_BLOCK, type Seal, type SealedStream, type SealSignature, type UncheckedSeal } from "./seal.ts";
import { decodeStamps, encodeStamps } from "./stamps.ts";

const NAME = "plumbline.seal";
const VERSION = 1;
export const SIGNATURE_BYTES = 64;
const ARRAY_OF_6 = 0x96;
const MAP_OF_8 = 0x88;
/** Forms with a length of four bytes. */
const ARRAY = 0xdd;
const BINARY = 0xc6;

export interface SealBytes {
  readonly seal: Seal;
  readonly bytes: Uint8Array;
}

/** @param key the one the seal was made with */
export function encodeSeal(unchecked: UncheckedSeal, key: Uint8Array | null, kernels: Kernels): SealBytes {
  const { algorithm, keyed, framesPerBlock, recording, streams, root } = unchecked;
  const header = { algorithm, keyed, framesPerBlock, name: recording.name, format: recording.format, root };
  const body = [
    Uint8Array.of(ARRAY_OF_6),
    encode(NAME),
    encode(VERSION),
    encode(header),
    longHead(ARRAY, streams.length),
    ...streams.flatMap(({ stampNs, leaves, ...rest }) => streamBytes(rest, encodeStamps(stampNs, kernels), leaves)),
  ];
  const check = checkOf(body, key, unchecked, kernels);
  return withSignature({ ...unchecked, check, signature: null }, body, null);
}

/** Each field on its own: the library's encoder would copy the leaves twice. */
function streamBytes(stream: Omit<SealedStream, "stampNs" | "leaves">, stamps: Uint8Array, leaves: Uint8Array): readonly Uint8Array[] {
  const { id, kind, type, schema, frames, root } = stream;
  const short = Object.entries({ id, kind, type, schema, frames, root, stamps }).flatMap(([name, value]) => [encode(name), encode(value)]);
  return [Uint8Array.of(MAP_OF_8), ...short, encode("leaves"), longHead(BINARY, leaves.length), leaves];
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
  const reader = new Reader(bytes);
  const start = Uint8Array.of(ARRAY_OF_6, ...encode(NAME));
  if (!start.every((byte, i) => bytes[i] === byte)) throw new ConfigError("not a seal");
  reader.array("a seal");
  reader.text("its name");
  const version = reader.integer("a version");
  if (version !== VERSION) throw new ConfigError(`expected a seal of version ${VERSION}, got version ${version}`);
  const { root, ...about } = readHeader(reader);
  if (about.keyed && !key) throw new ConfigError("the seal is keyed: expected its key");
  if (!about.keyed && key) throw new ConfigError("the seal was made without a key, but one is given");
  const count = reader.array("streams");
  const streams: SealedStream[] = [];
  for (let i = 0; i < count; i++) streams.push(readStream(reader, LEAF_BYTES[about.algorithm], streams[i - 1]?.id, kernels));
  const bodyEnd = reader.at;
  const check = reader.binary("a check", NODE_BYTES).slice();
  const signature = readSignature(reader);
  if (!reader.isAtEnd()) throw new ReadError("the end", reader.at);
  const keys = sealKeys(key, kernels);
  if (!same(check, checkOf([bytes.subarray(0, bodyEnd)], key, about, kernels))) {
    throw new ConfigError(about.keyed ? "the key is not the one it was made with, or the seal was changed" : "the seal was changed");
  }
  const tree = new Tree(kernels, keys.node, about.algorithm, about.framesPerBlock);
  for (const stream of streams) {
    if (!same(stream.root, tree.rootOf(stream))) throw new ConfigError(`forged: the root of "${stream.id}" is not that of its leaves`);
  }
  if (!same(root, tree.recordingRoot(streams.length, tree.top(joinBytes(streams.map((stream) => stream.root)))))) {
    throw new ConfigError("forged: the root of the recording is not that of its streams");
  }
  return { schema: "plumbline.seal/1", ...about, streams, root, check, signature, leafKey: keys.leaf };
}

function readHeader(reader: Reader): Pick<Seal, "algorithm" | "keyed" | "framesPerBlock" | "recording" | "root"> {
  reader.map("a header", 6);
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
  reader.key("root");
  const root = reader.binary("a root", NODE_BYTES).slice();
  return { algorithm, keyed, framesPerBlock, recording: { name: title, format }, root };
}

function readStream(reader: Reader, leafBytes: number, before: string | undefined, kernels: Kernels): SealedStream {
  reader.map("a stream", 8);
  reader.key("id");
  const id = reader.text("an id");
  if (before !== undefined && before >= id) throw new ConfigError("damaged: streams out of order");
  reader.key("kind");
  const kind = reader.text("a kind");
  reader.key("type");
  const type = reader.text("a type");
  reader.key("schema");
  const schema = reader.isNil() ? null : reader.text("a schema's fingerprint");
  reader.key("frames");
  const frames = reader.integer("a number of frames");
  reader.key("root");
  const root = reader.binary("a root", NODE_BYTES).slice();
  reader.key("stamps");
  const coded = reader.binary("stamps");
  reader.key("leaves");
  const leaves = reader.binary("leaves");
  if (frames === 0 || leaves.length !== frames * leafBytes) {
    throw new ConfigError(`damaged: expected ${frames} leaves of ${leafBytes} bytes, got ${leaves.length} bytes`);
  }
  const stampNs = decodeStamps(coded, frames, kernels);
  if (!stampNs) throw new ConfigError(`damaged: expected ${frames} stamps, got another number`);
  // A copy of its own, aligned: comparing goes by words.
  return { id, kind, type, schema, frames, leaves: leaves.slice(), stampNs, root };
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
  { algorithm, framesPerBlock }: Pick<Seal, "algorithm" | "framesPerBlock">,
  kernels: Kernels,
): Uint8Array {
  return new Tree(kernels, sealKeys(key, kernels).node, algorithm, framesPerBlock).hash(Uint8Array.of(CHECK), ...body);
}

function longHead(form: number, length: number): Uint8Array {
  const head = new Uint8Array(5);
  head[0] = form;
  new DataView(head.buffer).setUint32(1, length);
  return head;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

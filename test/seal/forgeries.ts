/**
 * Forgeries of seals, proofs and recordings by somebody who knows everything but the key and the private half: a number is one forgery.
 *
 * The forger writes whole seals anew (test/reference/seal.ts), roots and check included, so that nothing but the signature or the key can
 * be wrong; mixes what was signed elsewhere, or in the other version; and edits bytes and fields as they stand.
 */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { ConfigError } from "../../src/errors.ts";
import { type Proof, parseProof } from "../../src/seal/proof.ts";
import type { Seal } from "../../src/seal/seal.ts";
import { type CheckProofOptions, checkProof, parseTrusted, prove } from "../../src/seal/trust.ts";
import { memoryInput } from "../memory-input.ts";
import { type PlainForm, type PlainSeal, type PlainStream, sealFile, type WrittenSeal, writeSeal } from "../reference/seal.ts";
import { type Announced, type Written, writeMcap } from "../sources/mcap-write.ts";
import { Dice } from "./damage.ts";
import { sealed, verified } from "./in-memory.ts";
import { secondPreimage } from "./second-preimage.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const rawOf = (key: KeyObject): Uint8Array => Uint8Array.from(key.export({ format: "der", type: "spki" }).subarray(-32));

const MESSAGES: readonly Written[] = Array.from({ length: 36 }, (_, i) => ({
  topic: ["/a", "/b", "/two", "/three"][i % 4] ?? "/a",
  sequence: i,
  logTime: 1_000_000n * BigInt(i) + BigInt((i * i) % 7),
  data: Uint8Array.from({ length: 300 + i }, (_, k) => (k * 31 + i * 7 + (k >> 4)) & 255),
}));

const schema = (name: string, text: string, encoding = "ros2msg") => ({ name, encoding, data: utf8(text) });
const ANNOUNCED: Readonly<Record<string, Announced>> = {
  "/a": { schema: schema("pkg/msg/A", "float64 x\nfloat64 y\n"), messageEncoding: "cdr", metadata: { topic_type_hash: "RIHS01_a" } },
  "/b": { schema: schema("pkg/msg/B", "string data\n"), messageEncoding: "cdr" },
  // One stream whose frames have two forms.
  "/two": { schema: schema("pkg/msg/C", "float64 x\n"), messageEncoding: "cdr", topic: "/c" },
  "/three": { schema: schema("pkg/msg/C", "float32 x\n"), messageEncoding: "cdr", topic: "/c" },
};

const inputOf = async (messages: readonly Written[], announced: typeof ANNOUNCED) =>
  memoryInput("x.mcap", { "x.mcap": await writeMcap(messages, { announced }) }, { kind: "file" });

interface Signature {
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** What there is to forge. */
export interface Honest {
  readonly plain: PlainSeal;
  readonly written: WrittenSeal;
  readonly file: Uint8Array;
  readonly seal: Seal;
  readonly first: Seal;
  readonly key: Uint8Array;
  readonly keyed: PlainSeal;
  readonly keyedFile: Uint8Array;
  readonly proofs: readonly Proof[];
  readonly publicPem: string;
  readonly own: Signature;
  /** By the same signer: of another recording, and of this one in version 1. */
  readonly elsewhere: readonly Signature[];
  /** All that was signed. */
  readonly genuine: readonly Uint8Array[];
  /** By the forger. */
  by(signed: Uint8Array): Signature;
}

export async function honest(): Promise<Honest> {
  const [signer, forger] = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];
  const by =
    ({ privateKey, publicKey }: typeof signer) =>
    (signed: Uint8Array): Signature => ({ publicKey: rawOf(publicKey), signature: Uint8Array.from(sign(null, signed, privateKey)) });
  const plain = plainOf(await sealed(await inputOf(MESSAGES, ANNOUNCED)));
  const written = writeSeal(plain);
  const own = by(signer)(written.signed);
  const file = sealFile(written, own);
  const publicPem = signer.publicKey.export({ format: "pem", type: "spki" }).toString();
  const other = writeSeal({ ...plain, streams: plain.streams.slice(1) });
  const first = writeSeal({ ...plain, version: 1 });
  const seal = await parseTrusted(file, { publicKey: publicPem });
  const elsewhere = [other, first].map(({ signed }) => by(signer)(signed));
  const genuine = [file, ...[other, first].map((one, i) => sealFile(one, elsewhere[i]))];
  const key = Uint8Array.from({ length: 32 }, (_, i) => 3 * i + 1);
  const keyed = { ...plain, keyed: true };
  const proofs = await Promise.all(seal.streams.flatMap(({ id, frames }) => [0, frames - 1].map((frame) => prove(seal, id, frame))));
  return {
    ...{ plain, written, file, seal, key, keyed, publicPem, own, elsewhere, genuine },
    first: await parseTrusted(sealFile(first, by(signer)(first.signed)), { publicKey: publicPem }),
    keyedFile: sealFile(writeSeal(keyed, key)),
    proofs: proofs.map((proof) => parseProof(JSON.stringify(proof))),
    by: by(forger),
  };
}

function plainOf({ algorithm, keyed, framesPerBlock, recording, damages, streams }: Seal): PlainSeal {
  return {
    version: 2,
    ...{ algorithm, keyed, framesPerBlock: Math.min(framesPerBlock, 4), ...recording },
    damages: Object.entries({ ...damages, "index-mismatch": 1 }),
    streams: streams.map(({ id, kind, type, forms, formOf, frames, leaves, stampNs }) => ({
      ...{ id, kind, type, schema: "0123456789abcdef" },
      forms: forms.map((form) => ({
        ...form,
        schemaText: form.schemaText === null ? null : Uint8Array.from(Buffer.from(form.schemaText, "hex")),
      })),
      frames: Array.from({ length: frames }, (_, i) => ({
        leaf: leaves.slice(32 * i, 32 * i + 32),
        stampNs: stampNs[i] ?? 0n,
        form: formOf?.[i] ?? 0,
      })),
    })),
  };
}

type Edit = (seal: PlainSeal, dice: Dice) => PlainSeal;

const onStream =
  (edit: (stream: PlainStream, dice: Dice) => PlainStream): Edit =>
  (seal, dice) => {
    const s = dice.below(seal.streams.length);
    return { ...seal, streams: seal.streams.map((stream, i) => (i === s ? edit(stream, dice) : stream)) };
  };
const onForm = (edit: (form: PlainForm) => PlainForm): Edit =>
  onStream((stream, dice) => {
    const f = dice.below(stream.forms.length);
    return { ...stream, forms: stream.forms.map((form, i) => (i === f ? edit(form) : form)) };
  });
const flip = (bytes: Uint8Array, dice: Dice): Uint8Array => {
  const bit = dice.below(8 * bytes.length);
  return bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
};
const swapped = <T>(list: readonly T[], dice: Dice): readonly T[] => {
  const [a, b] = [dice.below(list.length), dice.below(list.length)];
  return list.with(a, list[b] as T).with(b, list[a] as T);
};
const again = <T>(list: readonly T[], dice: Dice): readonly T[] => {
  const i = dice.below(list.length);
  return list.toSpliced(i, 0, list[i] as T);
};
const less = <T>(list: readonly T[], dice: Dice): readonly T[] => list.toSpliced(dice.below(list.length), 1);

/** What a forger may want another seal to say. */
const EDITS: Readonly<Record<string, Edit>> = {
  nothing: (seal) => seal,
  leaf: onStream((stream, dice) => {
    const i = dice.below(stream.frames.length);
    return { ...stream, frames: stream.frames.map((frame, k) => (k === i ? { ...frame, leaf: flip(frame.leaf, dice) } : frame)) };
  }),
  stamp: onStream((stream, dice) => {
    const i = dice.below(stream.frames.length);
    return { ...stream, frames: stream.frames.map((frame, k) => (k === i ? { ...frame, stampNs: frame.stampNs + 1n } : frame)) };
  }),
  "frames exchanged": onStream((stream, dice) => ({ ...stream, frames: swapped(stream.frames, dice) })),
  "a frame twice": onStream((stream, dice) => ({ ...stream, frames: again(stream.frames, dice) })),
  "a frame less": onStream((stream, dice) => ({ ...stream, frames: less(stream.frames, dice) })),
  "no frames": onStream((stream) => ({ ...stream, frames: [] })),
  "form of a frame": onStream((stream, dice) => {
    const i = dice.below(stream.frames.length);
    return { ...stream, frames: stream.frames.map((frame, k) => (k === i ? { ...frame, form: 1 - (frame.form ?? 0) } : frame)) };
  }),
  id: onStream((stream) => ({ ...stream, id: `${stream.id}x` })),
  kind: onStream((stream) => ({ ...stream, kind: "points" })),
  type: onStream((stream) => ({ ...stream, type: `${stream.type}X` })),
  "type and id cut elsewhere": onStream((stream) => ({ ...stream, kind: stream.kind + stream.type[0], type: stream.type.slice(1) })),
  topic: onForm((form) => ({ ...form, topic: "/other" })),
  messageEncoding: onForm((form) => ({ ...form, messageEncoding: "json" })),
  schemaEncoding: onForm((form) => ({ ...form, schemaEncoding: "ros1msg" })),
  schemaText: onForm((form) => ({ ...form, schemaText: form.schemaText?.with(5, 1 ^ (form.schemaText[5] ?? 0)) ?? null })),
  "no schemaText": onForm((form) => ({ ...form, schemaText: null })),
  typeHash: onForm((form) => ({ ...form, typeHash: "RIHS01_b" })),
  "forms exchanged": onStream((stream, dice) => ({ ...stream, forms: swapped(stream.forms, dice) })),
  "a form twice": onStream((stream, dice) => ({ ...stream, forms: again(stream.forms, dice) })),
  "a form less": onStream((stream, dice) => ({ ...stream, forms: less(stream.forms, dice) })),
  "streams exchanged": (seal, dice) => ({ ...seal, streams: swapped(seal.streams, dice) }),
  "a stream twice": (seal, dice) => ({ ...seal, streams: again(seal.streams, dice) }),
  "a stream less": (seal, dice) => ({ ...seal, streams: less(seal.streams, dice) }),
  "frames of another stream": (seal, dice) => {
    const [a, b] = swapped(seal.streams.slice(0, 2), dice);
    return { ...seal, streams: seal.streams.map((stream, i) => ({ ...stream, frames: [a, b][i]?.frames ?? stream.frames })) };
  },
  framesPerBlock: (seal, dice) => ({ ...seal, framesPerBlock: [0, 1, 3, 5, 10, 1_000_000, 1_000_001, 2 ** 32 + 4][dice.below(8)] ?? 0 }),
  algorithm: (seal) => ({ ...seal, algorithm: "xxh3-128" }),
  "algorithm, with leaves of its size": (seal) => ({
    ...seal,
    algorithm: "xxh3-128",
    streams: seal.streams.map((stream) => ({
      ...stream,
      frames: stream.frames.map((frame) => ({ ...frame, leaf: frame.leaf.slice(0, 16) })),
    })),
  }),
  keyed: (seal) => ({ ...seal, keyed: !seal.keyed }),
  version: (seal) => ({ ...seal, version: 1 }),
  name: (seal) => ({ ...seal, name: `${seal.name}x` }),
  format: (seal) => ({ ...seal, format: "rosbag1" }),
  damages: (seal, dice) => ({ ...seal, damages: dice.below(2) ? [] : [...seal.damages, ["schema-conflict", 9]] }),
};

const EDIT_NAMES = Object.keys(EDITS);

/** Whether the forger got through, and with what. */
export interface Attempt {
  readonly name: string;
  readonly accepted: boolean;
}

/** Null where the dice changed nothing: what is as it was is no forgery. */
export async function attempt(target: Honest, seed: number): Promise<Attempt | null> {
  const dice = new Dice(seed);
  const what = dice.below(20);
  if (what < 7) return forgedSeal(target, dice);
  if (what < 9) return forgedBytes(target, dice);
  if (what < 12) return forgedKeyed(target, dice);
  if (what < 15) return forgedProof(target, dice);
  if (what < 18) return proofOfForged(target, dice);
  return forgedRecording(target, dice);
}

function edited(seal: PlainSeal, dice: Dice): { readonly name: string; readonly seal: PlainSeal } {
  let name = EDIT_NAMES[dice.below(EDIT_NAMES.length)] ?? "";
  let made = EDITS[name]?.(seal, dice) ?? seal;
  if (dice.below(4) === 0) {
    const more = EDIT_NAMES[dice.below(EDIT_NAMES.length)] ?? "";
    name += ` and ${more}`;
    // There may be nothing left to edit.
    if (made.streams.length > 1 && made.streams.every(({ frames, forms }) => frames.length > 0 && forms.length > 0)) {
      made = EDITS[more]?.(made, dice) ?? made;
    }
  }
  return { name, seal: made };
}

async function opens(file: Uint8Array, secrets: { publicKey?: string; key?: Uint8Array }): Promise<boolean> {
  return parseTrusted(file, secrets).then(
    () => true,
    (error: unknown) => {
      if (error instanceof ConfigError && !error.message.includes("\n")) return false;
      throw error;
    },
  );
}

/** A seal written anew, with any signature the forger can lay hands on. */
async function forgedSeal(target: Honest, dice: Dice): Promise<Attempt | null> {
  const { name, seal } = edited(target.plain, dice);
  const written = writeSeal(seal);
  const mine = target.by(written.signed);
  const signatures: Readonly<Record<string, () => Uint8Array>> = {
    "its own signature": () => sealFile(written, target.own),
    "its own check and signature": () => sealFile({ ...written, check: target.written.check }, target.own),
    "the forger's signature": () => sealFile(written, mine),
    "the forger's signature under the signer's name": () => sealFile(written, { ...mine, publicKey: target.own.publicKey }),
    "a signature of something else": () => sealFile(written, target.elsewhere[dice.below(2)] ?? null),
    "no signature": () => sealFile(written),
  };
  const names = Object.keys(signatures);
  const by = names[dice.below(names.length)] ?? "";
  const file = signatures[by]?.() ?? target.file;
  if (target.genuine.some((one) => same(file, one))) return null;
  return { name: `seal: ${name}, ${by}`, accepted: await opens(file, { publicKey: target.publicPem }) };
}

/** Bytes of a file as they stand. */
async function forgedBytes(target: Honest, dice: Dice): Promise<Attempt | null> {
  const isKeyed = dice.below(2) === 0;
  const honest = isKeyed ? target.keyedFile : target.file;
  const at = dice.below(honest.length);
  const edits: Readonly<Record<string, () => Uint8Array>> = {
    bit: () => flip(honest, dice),
    cut: () => honest.slice(0, at),
    behind: () => Uint8Array.of(...honest, dice.below(256)),
    inserted: () => Uint8Array.of(...honest.subarray(0, at), dice.below(256), ...honest.subarray(at)),
    removed: () => Uint8Array.of(...honest.subarray(0, at), ...honest.subarray(at + 1)),
    "another length form": () => {
      const long = honest.indexOf(0xc4, at);
      return long < 0 ? honest : Uint8Array.of(...honest.subarray(0, long), 0xc5, 0, ...honest.subarray(long + 1));
    },
  };
  const names = Object.keys(edits);
  const name = names[dice.below(names.length)] ?? "";
  const file = edits[name]?.() ?? honest;
  if (same(file, honest)) return null;
  return { name: `bytes: ${name}`, accepted: await opens(file, isKeyed ? { key: target.key } : { publicKey: target.publicPem }) };
}

/** A seal under a key the forger does not have. */
async function forgedKeyed(target: Honest, dice: Dice): Promise<Attempt | null> {
  const { name, seal } = edited(target.keyed, dice);
  const keys = [null, target.key.with(0, 0), new Uint8Array(32)];
  const key = keys[dice.below(keys.length)] ?? null;
  const file = sealFile(writeSeal(seal, key));
  return { name: `keyed: ${name}, ${key ? "another key" : "no key"}`, accepted: await opens(file, { key: target.key }) };
}

async function holds(proof: unknown, options: CheckProofOptions): Promise<boolean> {
  try {
    await checkProof(parseProof(JSON.stringify(proof)), options);
    return true;
  } catch (error) {
    if (error instanceof ConfigError && !error.message.includes("\n")) return false;
    throw error;
  }
}

const asked = ({ publicPem, proofs }: Honest, dice: Dice): CheckProofOptions =>
  [{ publicKey: publicPem }, { root: proofs[0]?.root }, { publicKey: publicPem, root: proofs[0]?.root }][dice.below(3)] ?? {};

/** Fields of a proof as they stand, or taken from another. */
async function forgedProof(target: Honest, dice: Dice): Promise<Attempt | null> {
  const pick = (): Proof => target.proofs[dice.below(target.proofs.length)] as Proof;
  const [proof, other] = [pick(), pick()];
  const names = Object.keys(proof).filter((name) => name !== "signature") as (keyof Proof)[];
  const field = names[dice.below(names.length)] ?? "leaf";
  const value = proof[field];
  const taken = dice.below(3) === 0;
  const forged = { ...proof, [field]: taken ? other[field] : otherValue(value, dice) };
  if (dice.below(4) === 0) {
    // The frame's own entry and its block's agree with each other.
    const own = proof.frame % proof.framesPerBlock;
    if (Array.isArray(forged.block))
      forged.block = forged.block.map((entry, i) => (i === own ? { ...entry, leaf: forged.leaf, stampNs: forged.stampNs } : entry));
  }
  if (JSON.stringify(forged) === JSON.stringify(proof)) return null;
  return { name: `proof: ${field}${taken ? " of another" : ""}`, accepted: await holds(forged, asked(target, dice)) };
}

/** Something else of the same kind, or of another. */
function otherValue(value: unknown, dice: Dice): unknown {
  if (dice.below(12) === 0) return [null, "", 0, -1, [], {}, 1e20, "\ud800"][dice.below(8)];
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return [value + 1, value - 1, 0, 2 ** 32 + value, value * 2][dice.below(5)];
  if (typeof value === "string") {
    if (!/^[0-9a-f]{64}$/.test(value)) return ["/b", "json", `${value}0`, value.slice(1), "plumbline.proof/1", "xxh3-128"][dice.below(6)];
    const at = dice.below(value.length);
    return `${value.slice(0, at)}${((Number.parseInt(value[at] ?? "0", 16) + 1) % 16).toString(16)}${value.slice(at + 1)}`;
  }
  if (Array.isArray(value) && value.length > 0) {
    const list: readonly unknown[] = value;
    const i = dice.below(list.length);
    return [less(list, dice), again(list, dice), list.toReversed(), list.with(i, otherValue(list[i], dice))][dice.below(4)];
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    const [name, one] = entries[dice.below(entries.length)] ?? ["x", 0];
    return { ...value, [name]: otherValue(one, dice) };
  }
  return "x";
}

/** A proof of a seal the forger wrote, that holds by itself, under what was signed. */
async function proofOfForged(target: Honest, dice: Dice): Promise<Attempt | null> {
  const { name, seal } = edited(target.plain, dice);
  const file = sealFile(writeSeal(seal));
  const opened = await parseTrusted(file, {}).catch(() => null);
  const stream = opened?.streams[dice.below(opened.streams.length)];
  if (!opened || !stream) return null;
  const frame = dice.below(stream.frames);
  const proof = await prove(opened, stream.id, frame);
  const [honest] = target.proofs;
  if (!honest || proof.root === honest.root) return null;
  const { root, signature, schema } = honest;
  const forged = [
    { ...proof, signature },
    { ...proof, root, signature },
    { ...proof, schema, signature },
    { ...proof, root },
    { ...proof, streamPath: honest.streamPath, root, signature },
  ][dice.below(5)];
  // What was not edited can be put together again.
  const genuine = await prove(target.seal, stream.id, frame).catch(() => null);
  if (JSON.stringify({ ...genuine, signature }) === JSON.stringify({ ...forged, signature })) return null;
  return { name: `proof of a forged seal: ${name}`, accepted: await holds(forged, asked(target, dice)) };
}

/** A recording that is not the sealed one, against the seal as it was signed: in either version. */
async function forgedRecording(target: Honest, dice: Dice): Promise<Attempt | null> {
  const topic = ["/a", "/b", "/two", "/three"][dice.below(4)] ?? "/a";
  const was = ANNOUNCED[topic] as Announced;
  const frame = dice.below(MESSAGES.length);
  const message = MESSAGES[frame] as Written;
  const announced = (change: Partial<Announced>): typeof ANNOUNCED => ({ ...ANNOUNCED, [topic]: { ...was, ...change } });
  const ofSchema = (change: Partial<NonNullable<Announced["schema"]>>) =>
    announced({ schema: { ...schema("", ""), ...was.schema, ...change } });
  const replaced = (change: Partial<Written>): readonly Written[] => MESSAGES.with(frame, { ...message, ...change });
  const attacks: Readonly<Record<string, () => readonly [readonly Written[], typeof ANNOUNCED]>> = {
    type: () => [MESSAGES, ofSchema({ name: "pkg/msg/X" })],
    messageEncoding: () => [MESSAGES, announced({ messageEncoding: "json" })],
    schemaEncoding: () => [MESSAGES, ofSchema({ encoding: "ros1msg" })],
    schemaText: () => [MESSAGES, ofSchema({ data: utf8("float64 y\nfloat64 x\n") })],
    "no schema": () => [MESSAGES, announced({ schema: null })],
    topic: () => [MESSAGES, announced({ topic: "/other" })],
    typeHash: () => [MESSAGES, announced({ metadata: { topic_type_hash: "RIHS01_x" } })],
    "definitions exchanged": () => [
      MESSAGES,
      { ...ANNOUNCED, "/two": ANNOUNCED["/three"] as Announced, "/three": ANNOUNCED["/two"] as Announced },
    ],
    "a second preimage": () => [replaced({ data: secondPreimage(message.data, flip(message.data, dice)) }), ANNOUNCED],
    payload: () => [replaced({ data: flip(message.data, dice) }), ANNOUNCED],
    stamp: () => [replaced({ logTime: message.logTime + 1n }), ANNOUNCED],
    "a frame less": () => [less(MESSAGES, dice), ANNOUNCED],
    "a frame twice": () => [again(MESSAGES, dice), ANNOUNCED],
    "frames exchanged": () => [swapped(MESSAGES, dice), ANNOUNCED],
  };
  const names = Object.keys(attacks);
  const name = names[dice.below(names.length)] ?? "type";
  const [messages, by] = attacks[name]?.() ?? [MESSAGES, ANNOUNCED];
  if (messages === MESSAGES && JSON.stringify(by) === JSON.stringify(ANNOUNCED)) return null;
  // Frames of two streams may stand in any order.
  const streams = (all: readonly Written[]) => Map.groupBy(all, (one) => ANNOUNCED[one.topic]?.topic ?? one.topic);
  const before = streams(MESSAGES);
  if (messages !== MESSAGES && [...streams(messages)].every(([id, own]) => sameItems(own, before.get(id) ?? []))) return null;
  const { verdicts } = await verified(await inputOf(messages, by), dice.below(4) === 0 ? target.first : target.seal);
  return { name: `recording: ${name}`, accepted: verdicts.every(({ status }) => status === "pass") };
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

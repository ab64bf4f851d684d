/**
 * Everybody who takes part: our kernels and digests, their C++ twins, the peers, and what the machine can do at most.
 *
 * Peers are loaded from bench/node_modules, which type checking and the product do without. One that does not load is named in `missing`.
 */
import { crc32 as zlibCrc32 } from "node:zlib";
import { loadNative, type NativeKernels } from "../../native/index.ts";
import { type AlgorithmName, digest } from "../../src/digest/digest.ts";
import { compileKernels, Kernels } from "../../src/kernels.ts";

/** Digits of each digest as hex. XXH64 is no algorithm of ours, but does the same job; a limit digests nothing. */
export const DIGITS = { crc32: 8, crc32c: 8, "crc64-nvme": 16, "xxh3-64": 16, xxh64: 16, "xxh3-128": 32, blake3: 64, limit: 0 } as const;
export type DigestName = keyof typeof DIGITS;

type Output = number | bigint | string | Uint8Array;

/**
 * How the bytes are reached: `zero-copy` they are in kernel memory already; `copy-in` they are in a Uint8Array and copied to WASM memory;
 * `in place` they are in a Uint8Array and read there (C++ and JavaScript).
 */
export type Access = "zero-copy" | "copy-in" | "in place";

export interface Contender {
  readonly name: string;
  readonly digest: DigestName;
  readonly access: Access;
  /** Absent for those whose speed says nothing: they only answer whether digests agree. */
  readonly untimed?: true;
  /** Gets ready for pieces of one buffer. @returns the digest of piece i */
  prepare(pieces: readonly Uint8Array[]): (i: number) => Output | Promise<Output>;
}

export interface Field {
  readonly contenders: readonly Contender[];
  /** Peers that could not be loaded, and why. */
  readonly missing: readonly string[];
}

/** A contender that takes a Uint8Array. */
function reading(name: string, digestName: DigestName, access: Access, read: (bytes: Uint8Array) => Output | Promise<Output>): Contender {
  const prepare = (pieces: readonly Uint8Array[]) => (i: number) => read(pieces[i] ?? new Uint8Array(0));
  return { name, digest: digestName, access, prepare };
}

const OWN: readonly AlgorithmName[] = ["crc32", "crc32c", "crc64-nvme", "xxh3-64", "xxh3-128", "blake3"];

/** Our kernels over bytes in their memory, and the library's `digest` over bytes outside. */
async function own(): Promise<readonly Contender[]> {
  const module = await compileKernels();
  /** One instance per buffer, whoever asks. */
  const instances = new WeakMap<ArrayBufferLike, { kernels: Kernels; base: number; out: number }>();
  const placed = (buffer: ArrayBufferLike): { kernels: Kernels; base: number; out: number } => {
    let found = instances.get(buffer);
    if (!found) {
      const kernels = new Kernels(new WebAssembly.Instance(module, {}));
      found = { kernels, out: kernels.alloc(64), base: kernels.put(new Uint8Array(buffer)) };
      instances.set(buffer, found);
    }
    return found;
  };
  type Run = (kernels: Kernels, out: number) => (pointer: number, length: number) => Output;
  const runs: Record<AlgorithmName, Run> = {
    crc32:
      ({ exports }) =>
      (pointer, length) =>
        exports.crc32(pointer, length, 0),
    crc32c:
      ({ exports }) =>
      (pointer, length) =>
        exports.crc32c(pointer, length, 0),
    "crc64-nvme": (kernels, out) => {
      const state = kernels.u64(out, 1);
      return (pointer, length) => {
        state[0] = 0n;
        kernels.exports.crc64Nvme(pointer, length, out);
        return state[0];
      };
    },
    "xxh3-64": (kernels, out) => {
      const word = kernels.u64(out, 1);
      return (pointer, length) => {
        kernels.exports.xxh3(pointer, length, out);
        return word[0] ?? 0n;
      };
    },
    "xxh3-128": (kernels, out) => {
      const words = kernels.u64(out, 3); // low half, high half, seed 0
      return (pointer, length) => {
        kernels.exports.xxh3Wide(pointer, length, out + 16, out);
        return ((words[1] ?? 0n) << 64n) | (words[0] ?? 0n);
      };
    },
    blake3: (kernels, out) => {
      const bytes = kernels.u8(out, 32);
      return (pointer, length) => {
        kernels.exports.blake3(pointer, length, 0, out, 32);
        return bytes;
      };
    },
  };
  return OWN.flatMap((name): Contender[] => [
    {
      name: "plumbline kernel",
      digest: name,
      access: "zero-copy",
      prepare(pieces) {
        const { kernels, base, out } = placed(pieces[0]?.buffer ?? new ArrayBuffer(0));
        const run = runs[name](kernels, out);
        const places = pieces.map((piece) => [base + piece.byteOffset, piece.length] as const);
        return (i) => {
          const [pointer, length] = places[i] ?? [0, 0];
          return run(pointer, length);
        };
      },
    },
    reading("plumbline digest()", name, "copy-in", (bytes) => digest(bytes, name)),
  ]);
}

/** The C++ twins at the highest level of instructions this machine has. */
function native(): readonly Contender[] {
  const [level, by] = [...(loadNative() ?? [])].at(-1) ?? [];
  if (!by) throw new Error("not built: npm run build:native");
  const twin = (name: DigestName, read: (by: NativeKernels, bytes: Uint8Array) => Output): Contender =>
    reading(`plumbline native (${level})`, name, "in place", (bytes) => read(by, bytes));
  return [
    twin("crc32", (by, bytes) => by.crc32(bytes)),
    twin("crc32c", (by, bytes) => by.crc32c(bytes)),
    twin("crc64-nvme", (by, bytes) => by.crc64Nvme(bytes)),
    twin("xxh3-64", (by, bytes) => by.xxh3(bytes)),
    twin("xxh3-128", (by, bytes) => by.xxh3Wide(bytes)),
    twin("blake3", (by, bytes) => by.blake3(bytes)),
  ];
}

interface WasmHasher {
  init(): void;
  update(bytes: Uint8Array): void;
  digest(form: "hex"): string;
}

async function hashWasm(): Promise<readonly Contender[]> {
  const lib = await library<Record<string, (option?: number | string) => Promise<WasmHasher>>>("hash-wasm");
  const made: readonly (readonly [string, DigestName, string, (number | string)?])[] = [
    ["crc32", "crc32", "createCRC32"],
    ["crc32c", "crc32c", "createCRC32", 0x82f63b78],
    ["crc64", "crc64-nvme", "createCRC64", "9a6c9329ac4bc9b5"],
    ["xxh3", "xxh3-64", "createXXHash3"],
    ["xxh64", "xxh64", "createXXHash64"],
    ["xxh128", "xxh3-128", "createXXHash128"],
    ["blake3", "blake3", "createBLAKE3"],
  ];
  return Promise.all(
    made.map(async ([short, name, create, option]) => {
      const hasher = await called(lib, create)(option);
      return reading(`hash-wasm ${short}`, name, "copy-in", (bytes) => {
        hasher.init();
        hasher.update(bytes);
        return hasher.digest("hex");
      });
    }),
  );
}

async function nodeRsCrc(version: string): Promise<readonly Contender[]> {
  const lib = await library<Record<"crc32" | "crc32c", (bytes: Uint8Array) => number>>(`@node-rs/crc32-${version}`);
  const names = ["crc32", "crc32c"] as const;
  return names.map((name) => reading(`@node-rs/crc32 ${version} ${name}`, name, "in place", called(lib, name)));
}

async function nodeRsXxhash(): Promise<readonly Contender[]> {
  type Hash = (bytes: Uint8Array) => bigint;
  const { xxh64, xxh3 } = await library<{ xxh64: Hash; xxh3: { xxh64: Hash; xxh128: Hash } }>("@node-rs/xxhash");
  return [
    reading("@node-rs/xxhash xxh3", "xxh3-64", "in place", (bytes) => xxh3.xxh64(bytes)),
    reading("@node-rs/xxhash xxh64", "xxh64", "in place", (bytes) => xxh64(bytes)),
    reading("@node-rs/xxhash xxh128", "xxh3-128", "in place", (bytes) => xxh3.xxh128(bytes)),
  ];
}

async function xxhashWasm(): Promise<readonly Contender[]> {
  const { default: create } = await library<{ default: () => Promise<{ h64Raw(bytes: Uint8Array): bigint }> }>("xxhash-wasm");
  const { h64Raw } = await create();
  return [reading("xxhash-wasm h64Raw", "xxh64", "copy-in", h64Raw)];
}

async function foxgloveCrc(): Promise<readonly Contender[]> {
  const { crc32 } = await library<{ crc32: (bytes: Uint8Array) => number }>("@foxglove/crc");
  return [reading("@foxglove/crc", "crc32", "in place", crc32)];
}

/** Its native half by name: fast-crc32c itself falls back to JavaScript without a word. */
async function fastCrc32c(): Promise<readonly Contender[]> {
  await library("fast-crc32c");
  const { default: lib } = await library<{ default: { hardware_support: boolean; sse42_crc: (bytes: Uint8Array) => number } }>(
    "sse4_crc32",
  );
  if (!lib.hardware_support) throw new Error("no SSE 4.2 here");
  return [reading("fast-crc32c (SSE 4.2)", "crc32c", "in place", (bytes) => lib.sse42_crc(bytes))];
}

async function blakeHash(): Promise<readonly Contender[]> {
  const { blake3 } = await library<{ blake3: (bytes: Uint8Array) => Uint8Array }>("@napi-rs/blake-hash");
  return [reading("@napi-rs/blake-hash", "blake3", "in place", blake3)];
}

async function noble(): Promise<readonly Contender[]> {
  const { blake3 } = await library<{ blake3: (bytes: Uint8Array) => Uint8Array }>("@noble/hashes/blake3.js");
  return [{ ...reading("@noble/hashes", "blake3", "in place", (bytes) => blake3(bytes)), untimed: true }];
}

/** Its answer comes as a promise. */
async function aws(): Promise<readonly Contender[]> {
  interface Crc64 {
    update(bytes: Uint8Array): void;
    digest(): Promise<Uint8Array>;
  }
  const { Crc64Nvme } = await library<{ Crc64Nvme: new () => Crc64 }>("@aws-sdk/crc64-nvme");
  const read = (bytes: Uint8Array): Promise<Output> => {
    const crc = new Crc64Nvme();
    crc.update(bytes);
    return crc.digest();
  };
  return [{ ...reading("@aws-sdk/crc64-nvme", "crc64-nvme", "in place", read), untimed: true }];
}

/** What no digest can pass: reading every byte, and copying it. */
async function limits(): Promise<readonly Contender[]> {
  const { default: asc } = await library<{
    default: { compileString(source: string, options: object): Promise<{ binary: Uint8Array<ArrayBuffer> }> };
  }>("assemblyscript/asc");
  const { binary } = await asc.compileString(
    `export function sum(pointer: usize, length: usize): i32 {
       let a = i32x4.splat(0), b = a, c = a, d = a;
       for (let end = pointer + length; pointer < end; pointer += 64) {
         a = i32x4.add(a, v128.load(pointer));
         b = i32x4.add(b, v128.load(pointer, 16));
         c = i32x4.add(c, v128.load(pointer, 32));
         d = i32x4.add(d, v128.load(pointer, 48));
       }
       a = i32x4.add(i32x4.add(a, b), i32x4.add(c, d));
       return i32x4.extract_lane(a, 0) + i32x4.extract_lane(a, 1) + i32x4.extract_lane(a, 2) + i32x4.extract_lane(a, 3);
     }`,
    { optimizeLevel: 3, noAssert: true, runtime: "stub", enable: ["simd"] },
  );
  const module = new WebAssembly.Module(binary);
  return [
    {
      name: "v128 sum",
      digest: "limit",
      access: "zero-copy",
      prepare(pieces) {
        const buffer = new Uint8Array(pieces[0]?.buffer ?? new ArrayBuffer(0));
        const { memory, sum } = new WebAssembly.Instance(module, {}).exports as {
          memory: WebAssembly.Memory;
          sum: (pointer: number, length: number) => number;
        };
        const base = 65536;
        memory.grow(Math.ceil((base + buffer.length) / 65536));
        new Uint8Array(memory.buffer, base).set(buffer);
        const places = pieces.map((piece) => base + piece.byteOffset);
        const length = pieces[0]?.length ?? 0;
        return (i) => sum(places[i] ?? 0, length);
      },
    },
    {
      name: "memcpy",
      digest: "limit",
      access: "in place",
      prepare(pieces) {
        const target = new Uint8Array(pieces[0]?.buffer.byteLength ?? 0).fill(1); // its pages are there before it is timed
        return (i) => {
          const piece = pieces[i];
          if (piece) target.set(piece, piece.byteOffset);
          return i;
        };
      },
    },
  ];
}

const PEERS: Readonly<Record<string, () => readonly Contender[] | Promise<readonly Contender[]>>> = {
  "plumbline native": native,
  "hash-wasm": hashWasm,
  "zlib.crc32": () => [reading("zlib.crc32", "crc32", "in place", (bytes) => zlibCrc32(bytes))],
  "@foxglove/crc": foxgloveCrc,
  "@node-rs/crc32 1.10.6": () => nodeRsCrc("1.10.6"),
  "@node-rs/crc32 1.10.8": () => nodeRsCrc("1.10.8"),
  "fast-crc32c": fastCrc32c,
  "@node-rs/xxhash": nodeRsXxhash,
  "xxhash-wasm": xxhashWasm,
  "@napi-rs/blake-hash": blakeHash,
  "@noble/hashes": noble,
  "@aws-sdk/crc64-nvme": aws,
  limits,
};

/** Ours, and all peers that load. */
export async function loadField(): Promise<Field> {
  const contenders = [...(await own())];
  const missing: string[] = [];
  for (const [name, load] of Object.entries(PEERS)) {
    try {
      contenders.push(...(await load()));
    } catch (error) {
      missing.push(`${name}: ${(error instanceof Error ? error.message : String(error)).split("\n")[0]}`);
    }
  }
  return { contenders, missing };
}

/** A digest as hex, most significant byte first. */
export function hexOf(output: Output, digits: number): string {
  if (typeof output === "string") return output;
  if (typeof output === "number") return (output >>> 0).toString(16).padStart(digits, "0");
  if (typeof output === "bigint") return output.toString(16).padStart(digits, "0");
  return Buffer.from(output).toString("hex");
}

/** By a name that is not a literal: the type checker must not look for it. */
async function library<T>(name: string): Promise<T> {
  return (await import(name)) as T;
}

function called<F>(lib: Readonly<Record<string, F>>, name: string): F {
  const found = lib[name];
  if (!found) throw new Error(`expected ${name}, got none`);
  return found;
}

/** XXH3-64 as https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md writes it down. */
export const MASK_64 = 0xffffffffffffffffn;
export const MASK_32 = 0xffffffffn;

const PRIME32_1 = 0x9e3779b1n;
export const PRIME32_2 = 0x85ebca77n;
const PRIME32_3 = 0xc2b2ae3dn;
export const PRIME64_1 = 0x9e3779b185ebca87n;
export const PRIME64_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME64_3 = 0x165667b19e3779f9n;
export const PRIME64_4 = 0x85ebca77c2b2ae63n;
const PRIME64_5 = 0x27d4eb2f165667c5n;
const PRIME_MX1 = 0x165667919e3779f9n;
export const PRIME_MX2 = 0x9fb21c651e98df25n;

export const SECRET = Uint8Array.from(
  (
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221" +
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8" +
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb" +
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
  ).match(/../g) ?? [],
  (pair) => Number.parseInt(pair, 16),
);

/** With seed 0. */
export function xxh3(bytes: Uint8Array): bigint {
  return xxh3Seeded(bytes, 0n);
}

/** @param known `blockAccumulators` of this input or of a longer one that begins with it, where they are at hand */
export function xxh3Seeded(bytes: Uint8Array, seed: bigint, known?: Accumulators): bigint {
  if (bytes.length === 0) return avalancheXxh64(seed ^ word64(SECRET, 56) ^ word64(SECRET, 64));
  if (bytes.length <= 3) return upTo3(bytes, seed);
  if (bytes.length <= 8) return upTo8(bytes, seed);
  if (bytes.length <= 16) return upTo16(bytes, seed);
  if (bytes.length <= 128) return upTo128(bytes, seed);
  if (bytes.length <= 240) return upTo240(bytes, seed);
  const n = BigInt(bytes.length);
  return merge(accumulators(bytes, seed, known), derivedSecret(seed).subarray(11), n * PRIME64_1);
}

function upTo3(bytes: Uint8Array, seed: bigint): bigint {
  return avalancheXxh64((((word32(SECRET, 0) ^ word32(SECRET, 4)) + seed) & MASK_64) ^ combined3(bytes));
}

/** First, middle and last byte and the length, of 1 to 3 bytes. */
export function combined3(bytes: Uint8Array): bigint {
  const n = bytes.length;
  const [first = 0, middle = 0, last = 0] = [bytes[0], bytes[n >> 1], bytes[n - 1]];
  return BigInt(last) | (BigInt(n) << 8n) | (BigInt(first) << 16n) | (BigInt(middle) << 24n);
}

/** A seed with its low half, bytes turned round, added to its high half: for 4 to 8 bytes. */
export function seed8(seed: bigint): bigint {
  return seed ^ (swap32(seed & MASK_32) << 32n);
}

function upTo8(bytes: Uint8Array, seed: bigint): bigint {
  const n = BigInt(bytes.length);
  const combined = word32(bytes, bytes.length - 4) | (word32(bytes, 0) << 32n);
  let value = (((word64(SECRET, 8) ^ word64(SECRET, 16)) - seed8(seed)) & MASK_64) ^ combined;
  value ^= rotate(value, 49n) ^ rotate(value, 24n);
  value = (value * PRIME_MX2) & MASK_64;
  value ^= (value >> 35n) + n;
  value = (value * PRIME_MX2) & MASK_64;
  return value ^ (value >> 28n);
}

function upTo16(bytes: Uint8Array, seed: bigint): bigint {
  const low = (((word64(SECRET, 24) ^ word64(SECRET, 32)) + seed) & MASK_64) ^ word64(bytes, 0);
  const high = (((word64(SECRET, 40) ^ word64(SECRET, 48)) - seed) & MASK_64) ^ word64(bytes, bytes.length - 8);
  return avalanche(BigInt(bytes.length) + swap(low) + high + fold(low, high));
}

function upTo128(bytes: Uint8Array, seed: bigint): bigint {
  const n = bytes.length;
  let acc = BigInt(n) * PRIME64_1;
  for (let round = (n - 1) >> 5; round >= 0; round--) {
    acc += mix(bytes, round * 16, round * 32, seed);
    acc += mix(bytes, n - round * 16 - 16, round * 32 + 16, seed);
  }
  return avalanche(acc);
}

function upTo240(bytes: Uint8Array, seed: bigint): bigint {
  const n = bytes.length;
  let acc = BigInt(n) * PRIME64_1;
  for (let i = 0; i < 8; i++) acc += mix(bytes, i * 16, i * 16, seed);
  acc = avalanche(acc);
  for (let i = 8; i < n >> 4; i++) acc += mix(bytes, i * 16, (i - 8) * 16 + 3, seed);
  acc += mix(bytes, n - 16, 136 - 17, seed);
  return avalanche(acc);
}

/** The secret for inputs of more than 240 bytes: the seed is added to every even word and subtracted from every odd one. */
export function derivedSecret(seed: bigint): Uint8Array {
  const secret = new Uint8Array(SECRET.length);
  const out = view(secret);
  for (let i = 0; i < 24; i++) out.setBigUint64(i * 8, BigInt.asUintN(64, word64(SECRET, i * 8) + (i % 2 === 0 ? seed : -seed)), true);
  return secret;
}

/** By number of whole blocks: the accumulators after them, scrambled. */
export type Accumulators = readonly (readonly bigint[])[];

/** The accumulators after each whole block that is followed by more input. */
export function blockAccumulators(bytes: Uint8Array, seed: bigint): Accumulators {
  const secret = derivedSecret(seed);
  const acc = [PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1];
  const all = [[...acc]];
  for (let block = 0; block + 1024 < bytes.length; block += 1024) {
    for (let stripe = 0; stripe < 16; stripe++) accumulate(acc, bytes, block + stripe * 64, secret.subarray(stripe * 8));
    scramble(acc, secret.subarray(128));
    all.push([...acc]);
  }
  return all;
}

export function accumulators(bytes: Uint8Array, seed: bigint, known = blockAccumulators(bytes, seed)): readonly bigint[] {
  const n = bytes.length;
  const secret = derivedSecret(seed);
  const blocks = Math.floor((n - 1) / 1024);
  const acc = [...(known[blocks] ?? [])];
  for (let at = blocks * 1024; at + 64 < n; at += 64) accumulate(acc, bytes, at, secret.subarray(((at % 1024) / 64) * 8));
  accumulate(acc, bytes, n - 64, secret.subarray(192 - 64 - 7));
  return acc;
}

export function merge(acc: readonly bigint[], secret: Uint8Array, start: bigint): bigint {
  let result = start;
  for (let i = 0; i < 4; i++) {
    result += fold(lane(acc, 2 * i) ^ word64(secret, i * 16), lane(acc, 2 * i + 1) ^ word64(secret, 8 + i * 16));
  }
  return avalanche(result);
}

function accumulate(acc: bigint[], bytes: Uint8Array, at: number, secret: Uint8Array): void {
  for (let i = 0; i < 8; i++) {
    const data = word64(bytes, at + i * 8);
    const value = data ^ word64(secret, i * 8);
    acc[i ^ 1] = (lane(acc, i ^ 1) + data) & MASK_64;
    acc[i] = (lane(acc, i) + (value & MASK_32) * (value >> 32n)) & MASK_64;
  }
}

function scramble(acc: bigint[], secret: Uint8Array): void {
  for (let i = 0; i < 8; i++) {
    const value = lane(acc, i);
    acc[i] = ((value ^ (value >> 47n) ^ word64(secret, i * 8)) * PRIME32_1) & MASK_64;
  }
}

function lane(acc: readonly bigint[], i: number): bigint {
  const value = acc[i];
  if (value === undefined) throw new RangeError(`expected a lane below 8, got ${i}`);
  return value;
}

export function mix(bytes: Uint8Array, at: number, secret: number, seed: bigint): bigint {
  const low = (word64(SECRET, secret) + seed) & MASK_64;
  const high = (word64(SECRET, secret + 8) - seed) & MASK_64;
  return fold(word64(bytes, at) ^ low, word64(bytes, at + 8) ^ high);
}

/** Low half of the 128-bit product xor its high half. */
function fold(a: bigint, b: bigint): bigint {
  const product = a * b;
  return (product & MASK_64) ^ (product >> 64n);
}

export function avalanche(value: bigint): bigint {
  let h = value & MASK_64;
  h = ((h ^ (h >> 37n)) * PRIME_MX1) & MASK_64;
  return h ^ (h >> 32n);
}

export function avalancheXxh64(value: bigint): bigint {
  let h = ((value ^ (value >> 33n)) * PRIME64_2) & MASK_64;
  h = ((h ^ (h >> 29n)) * PRIME64_3) & MASK_64;
  return h ^ (h >> 32n);
}

function rotate(value: bigint, by: bigint): bigint {
  return ((value << by) | (value >> (64n - by))) & MASK_64;
}

export function swap(value: bigint, digits = 16): bigint {
  return BigInt(`0x${(value.toString(16).padStart(digits, "0").match(/../g) ?? []).reverse().join("")}`);
}

export function swap32(value: bigint): bigint {
  return swap(value, 8);
}

export function word64(bytes: Uint8Array, at: number): bigint {
  return view(bytes).getBigUint64(at, true);
}

export function word32(bytes: Uint8Array, at: number): bigint {
  return BigInt(view(bytes).getUint32(at, true));
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** XXH3-64, seed 0, as https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md writes it down. */
const MASK_64 = 0xffffffffffffffffn;
const MASK_32 = 0xffffffffn;

const PRIME32_1 = 0x9e3779b1n;
const PRIME32_2 = 0x85ebca77n;
const PRIME32_3 = 0xc2b2ae3dn;
const PRIME64_1 = 0x9e3779b185ebca87n;
const PRIME64_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME64_3 = 0x165667b19e3779f9n;
const PRIME64_4 = 0x85ebca77c2b2ae63n;
const PRIME64_5 = 0x27d4eb2f165667c5n;
const PRIME_MX1 = 0x165667919e3779f9n;
const PRIME_MX2 = 0x9fb21c651e98df25n;

const SECRET = Uint8Array.from(
  (
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221" +
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8" +
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb" +
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
  ).match(/../g) ?? [],
  (pair) => Number.parseInt(pair, 16),
);

export function xxh3(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return avalancheXxh64(word64(SECRET, 56) ^ word64(SECRET, 64));
  if (bytes.length <= 3) return upTo3(bytes);
  if (bytes.length <= 8) return upTo8(bytes);
  if (bytes.length <= 16) return upTo16(bytes);
  if (bytes.length <= 128) return upTo128(bytes);
  if (bytes.length <= 240) return upTo240(bytes);
  return large(bytes);
}

/** The hash of each region. */
export function xxh3Rows(regions: readonly Uint8Array[]): readonly bigint[] {
  return regions.map(xxh3);
}

function upTo3(bytes: Uint8Array): bigint {
  const n = bytes.length;
  const [first = 0, middle = 0, last = 0] = [bytes[0], bytes[n >> 1], bytes[n - 1]];
  const combined = BigInt(last) | (BigInt(n) << 8n) | (BigInt(first) << 16n) | (BigInt(middle) << 24n);
  return avalancheXxh64(word32(SECRET, 0) ^ word32(SECRET, 4) ^ combined);
}

function upTo8(bytes: Uint8Array): bigint {
  const n = BigInt(bytes.length);
  const combined = word32(bytes, bytes.length - 4) | (word32(bytes, 0) << 32n);
  let value = word64(SECRET, 8) ^ word64(SECRET, 16) ^ combined;
  value ^= rotate(value, 49n) ^ rotate(value, 24n);
  value = (value * PRIME_MX2) & MASK_64;
  value ^= (value >> 35n) + n;
  value = (value * PRIME_MX2) & MASK_64;
  return value ^ (value >> 28n);
}

function upTo16(bytes: Uint8Array): bigint {
  const low = word64(SECRET, 24) ^ word64(SECRET, 32) ^ word64(bytes, 0);
  const high = word64(SECRET, 40) ^ word64(SECRET, 48) ^ word64(bytes, bytes.length - 8);
  return avalanche(BigInt(bytes.length) + swap(low) + high + fold(low, high));
}

function upTo128(bytes: Uint8Array): bigint {
  const n = bytes.length;
  let acc = BigInt(n) * PRIME64_1;
  for (let round = (n - 1) >> 5; round >= 0; round--) {
    acc += mix(bytes, round * 16, round * 32);
    acc += mix(bytes, n - round * 16 - 16, round * 32 + 16);
  }
  return avalanche(acc);
}

function upTo240(bytes: Uint8Array): bigint {
  const n = bytes.length;
  let acc = BigInt(n) * PRIME64_1;
  for (let i = 0; i < 8; i++) acc += mix(bytes, i * 16, i * 16);
  acc = avalanche(acc);
  for (let i = 8; i < n >> 4; i++) acc += mix(bytes, i * 16, (i - 8) * 16 + 3);
  acc += mix(bytes, n - 16, 136 - 17);
  return avalanche(acc);
}

function large(bytes: Uint8Array): bigint {
  const n = bytes.length;
  const acc = [PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1];
  const whole = Math.floor((n - 1) / 1024) * 1024;
  for (let at = 0; at + 64 <= n - 1; at += 64) {
    accumulate(acc, bytes, at, ((at % 1024) / 64) * 8);
    if ((at + 64) % 1024 === 0 && at < whole) scramble(acc);
  }
  accumulate(acc, bytes, n - 64, 192 - 64 - 7);
  let result = BigInt(n) * PRIME64_1;
  for (let i = 0; i < 4; i++) {
    result += fold(lane(acc, 2 * i) ^ word64(SECRET, 11 + i * 16), lane(acc, 2 * i + 1) ^ word64(SECRET, 19 + i * 16));
  }
  return avalanche(result);
}

function accumulate(acc: bigint[], bytes: Uint8Array, at: number, secret: number): void {
  for (let i = 0; i < 8; i++) {
    const data = word64(bytes, at + i * 8);
    const value = data ^ word64(SECRET, secret + i * 8);
    acc[i ^ 1] = (lane(acc, i ^ 1) + data) & MASK_64;
    acc[i] = (lane(acc, i) + (value & MASK_32) * (value >> 32n)) & MASK_64;
  }
}

function scramble(acc: bigint[]): void {
  for (let i = 0; i < 8; i++) {
    const value = lane(acc, i);
    acc[i] = ((value ^ (value >> 47n) ^ word64(SECRET, 128 + i * 8)) * PRIME32_1) & MASK_64;
  }
}

function lane(acc: readonly bigint[], i: number): bigint {
  const value = acc[i];
  if (value === undefined) throw new RangeError(`expected a lane below 8, got ${i}`);
  return value;
}

function mix(bytes: Uint8Array, at: number, secret: number): bigint {
  return fold(word64(bytes, at) ^ word64(SECRET, secret), word64(bytes, at + 8) ^ word64(SECRET, secret + 8));
}

/** Low half of the 128-bit product xor its high half. */
function fold(a: bigint, b: bigint): bigint {
  const product = a * b;
  return (product & MASK_64) ^ (product >> 64n);
}

function avalanche(value: bigint): bigint {
  let h = value & MASK_64;
  h = ((h ^ (h >> 37n)) * PRIME_MX1) & MASK_64;
  return h ^ (h >> 32n);
}

function avalancheXxh64(value: bigint): bigint {
  let h = ((value ^ (value >> 33n)) * PRIME64_2) & MASK_64;
  h = ((h ^ (h >> 29n)) * PRIME64_3) & MASK_64;
  return h ^ (h >> 32n);
}

function rotate(value: bigint, by: bigint): bigint {
  return ((value << by) | (value >> (64n - by))) & MASK_64;
}

function swap(value: bigint): bigint {
  return BigInt(`0x${(value.toString(16).padStart(16, "0").match(/../g) ?? []).reverse().join("")}`);
}

function word64(bytes: Uint8Array, at: number): bigint {
  return view(bytes).getBigUint64(at, true);
}

function word32(bytes: Uint8Array, at: number): bigint {
  return BigInt(view(bytes).getUint32(at, true));
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

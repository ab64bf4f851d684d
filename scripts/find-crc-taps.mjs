/**
 * Finds the sparse multiples of assembly/hash/_crc.ts and divides them by their polynomials.
 *
 *     node scripts/find-crc-taps.mjs --verify       the table in assembly/hash/_crc.ts: every remainder is 0 (milliseconds)
 *     node scripts/find-crc-taps.mjs                the searches for CRC-32 and CRC-32C (seconds)
 *     node scripts/find-crc-taps.mjs --all          the one for CRC-64 too (a quarter of an hour)
 *
 * Polynomials over GF(2) are integers here, bit n for x^n: adding is xor. A multiple is written in z, and z^t lies t bits *further on* in the
 * message, where the powers of x fall. Reading every polynomial the other way round turns that about: with R the reverse of P, z^t is x^t,
 * and Q is a multiple when Q(x) = 0 mod R. Distances in bytes are distances in bits to the eighth power, so they hold or fail together.
 *
 * Every search is one idea, meeting in the middle. A multiple is a sum of terms that is zero, so one part of it equals the other: list the
 * values of one part, look the other's up. Modulo a polynomial of degree n there are 2^n values, so 2^n pairs must be tried for one to fit.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** P of each CRC, the highest power first, as the catalogue writes it (https://reveng.sourceforge.io/crc-catalogue/). */
const POLYNOMIALS = { 32: 0x104c11db7n, "32C": 0x11edc6f41n, 64: 0x1ad93d23594c93659n };
const VECTOR = 16;

const degree = (a) => a.toString(2).length - 1;
const reverse = (a) => BigInt(`0b${[...a.toString(2)].reverse().join("")}`);
const isOdd = (list) => list.length % 2 === 1;

function modulo(a, r) {
  for (let over = degree(a) - degree(r); a > 0n && over >= 0; over = degree(a) - degree(r)) a ^= r << BigInt(over);
  return a;
}

function multiply(a, b, r) {
  let product = 0n;
  for (; b > 0n; b >>= 1n, a = modulo(a << 1n, r)) if (b & 1n) product ^= a;
  return product;
}

/** x^n mod r. */
function power(n, r) {
  if (n === 0) return 1n;
  const half = power(Math.floor(n / 2), r);
  return modulo(multiply(half, half, r) << BigInt(n % 2), r);
}

/** 1 / a mod r, by Euclid; undefined when they have a factor in common. */
function inverse(a, r) {
  let [low, high, one, other] = [a, r, 1n, 0n];
  while (low > 1n) {
    for (let over = degree(high) - degree(low); high > 0n && over >= 0; over = degree(high) - degree(low)) {
      high ^= low << BigInt(over);
      other ^= one << BigInt(over);
    }
    [low, high, one, other] = [high, low, other, one];
  }
  return low === 1n ? modulo(one, r) : undefined;
}

/**
 * The distances of a multiple as the table writes it: `1 + z^2v + (z^931 + z^1313) (1 + z^2v)`, v a vector.
 *
 * @param {string} text
 * @returns {readonly number[]} in bytes, ascending; those that occur twice cancel
 */
export function distances(text) {
  const tokens = text.match(/[()+]|z\^\d+v?|1/g) ?? [];
  const sum = () => {
    let terms = product();
    while (tokens[0] === "+") {
      tokens.shift();
      terms = terms.concat(product());
    }
    return terms;
  };
  const product = () => {
    let terms = [0];
    while (tokens.length > 0 && tokens[0] !== "+" && tokens[0] !== ")") {
      const factor = atom();
      terms = terms.flatMap((a) => factor.map((b) => a + b));
    }
    return terms;
  };
  const atom = () => {
    const token = tokens.shift();
    if (token === "1") return [0];
    if (token?.startsWith("z")) return [Number.parseInt(token.slice(2), 10) * (token.endsWith("v") ? VECTOR : 1)];
    const inner = sum();
    if (token !== "(" || tokens.shift() !== ")") throw new RangeError(`expected a sum of powers of z, got ${text}`);
    return inner;
  };
  const all = sum();
  return [...new Set(all)].filter((t) => isOdd(all.filter((other) => other === t))).sort((a, b) => a - b);
}

/**
 * The rows of the table in assembly/hash/_crc.ts.
 *
 * @returns {readonly { crc: "32" | "32C" | "64", stage: string, multiple: string }[]}
 */
export function multiples() {
  const source = readFileSync(new URL("../assembly/hash/_crc.ts", import.meta.url), "utf8");
  return [...source.matchAll(/^ \* \| (32|32C|64) +\| (\w+) +\| (1 \+ .*?) +\| [\d,]+ +\|$/gm)].map(([, crc, stage, multiple]) => ({
    crc,
    stage,
    multiple,
  }));
}

/**
 * Remainder of a multiple, its distances in bits.
 *
 * @param {string} crc
 * @param {readonly number[]} bits
 * @returns {bigint} 0 when it is one
 */
export function remainder(crc, bits) {
  const r = reverse(POLYNOMIALS[crc]);
  return bits.reduce((sum, t) => sum ^ power(t, r), 0n);
}

/**
 * What the searches work with: z^0 to z^most, and the sums of 1 and any short whole vectors.
 * CRC-32C's polynomial is x + 1 times one of degree 31, and x + 1 divides exactly what has an even number of terms: so the search is for an
 * even number, modulo the other factor, and a bit shorter.
 */
function field(crc, most, lags) {
  const whole = reverse(POLYNOMIALS[crc]);
  const even = crc === "32C";
  const r = even ? divideByXPlus1(whole) : whole;
  const z = Array.from({ length: most + 1 }, () => 1n);
  for (let t = 1; t <= most; t++) z[t] = modulo(z[t - 1] << 1n, r);
  /** 1 + the sum of z^(v lag). */
  const bracket = (list) => list.reduce((sum, lag) => sum ^ z[lag * VECTOR], 1n);
  return { r, even, z, bracket, choices: (count) => subsets(lags, count) };
}

function divideByXPlus1(a) {
  let quotient = 0n;
  while (a > 1n) {
    const shift = BigInt(degree(a) - 1);
    a ^= 3n << shift;
    quotient |= 1n << shift;
  }
  return quotient;
}

/** Every list of `count` numbers from 1 to `most`, ascending. */
function subsets(most, count, from = 1) {
  if (count === 0) return [[]];
  const lists = [];
  for (let first = from; first <= most; first++) for (const rest of subsets(most, count - 1, first + 1)) lists.push([first, ...rest]);
  return lists;
}

const plus = (a, b) => [...a, ...b].filter((lag) => a.includes(lag) !== b.includes(lag)).sort((x, y) => x - y);
const write = (list, unit) => ["1", ...list.map((t) => `z^${t}${unit}`)].join(" + ");

/**
 * Near: five distances from `least` on, the largest as small as can be. 1 + z^d + z^a + z^b is looked up among the sums of two.
 *
 * @param {string} crc
 * @param {number} least
 */
export function near(crc, least) {
  const z = field(crc, 500, 0).z.map(Number);
  const pairs = new Map();
  for (let d = least; d <= 500; d++) {
    for (let b = least; b < d; b++) {
      for (let a = least; a < b; a++) {
        const two = pairs.get((1 ^ z[d] ^ z[b] ^ z[a]) >>> 0);
        // For 32C the number of terms is even as it is: six.
        if (two && two[1] < a) return write([...two, a, b, d], "");
      }
    }
    for (let a = least; a < d; a++) pairs.set((z[a] ^ z[d]) >>> 0, [a, d]);
  }
  return undefined;
}

/**
 * Far: (1 + A) + z^D (1 + B) of `terms` terms, whole vectors up to ten in A and B, D as small as can be: A / B is looked up among the z^D.
 */
function far(crc, terms, most) {
  const { r, z, bracket, choices } = field(crc, most, 10);
  const at = new Map(z.map((value, t) => [value, t]));
  const found = [];
  for (let inB = 0; inB <= terms - 2; inB++) {
    for (const b of choices(inB)) {
      const under = inverse(bracket(b), r);
      if (under === undefined) continue;
      for (const a of choices(terms - 2 - inB)) {
        const d = at.get(multiply(bracket(a), under, r));
        if (d !== undefined && d > 10 * VECTOR) found.push([d, `${write(a, "v")} + z^${d} (${write(b, "v")})`]);
      }
    }
  }
  return least(found);
}

/**
 * Every way to spend `xors` on s = x ^ A and on u = s ^ U or u = x ^ U (x itself is s ^ A, so B is then A + U), whole vectors up to twelve.
 */
function brackets({ even, choices }, xors, evenB) {
  const ways = [];
  for (let inA = 0; inA <= xors; inA++) {
    for (const a of choices(inA)) {
      for (const u of choices(xors - inA)) {
        for (const b of u.length < plus(a, u).length ? [u, plus(a, u)] : [u]) {
          if (even && isOdd(a) !== evenB) continue;
          ways.push({ a, b });
        }
      }
    }
  }
  return ways;
}

/**
 * Middle, 32 bits: (1 + A) + (z^E + z^D) (1 + B) with three xors for A and B, D as small as can be: A / B + z^E is looked up among the z^D.
 * Not z^1v in A: a vector that waits for the one before it is late. E from 600 on: what was stored should have arrived.
 */
function middle32(crc, most) {
  const all = field(crc, most, 12);
  const z = all.z.map(Number);
  const at = new Map(z.map((value, t) => [value, t]));
  const found = [];
  // Twice the same B is an even number of terms, so A's must be even as well.
  for (const { a, b } of brackets(all, 3, true)) {
    const under = a.includes(1) ? undefined : inverse(all.bracket(b), all.r);
    if (under === undefined) continue;
    const q = Number(multiply(all.bracket(a), under, all.r));
    for (let e = 600; e < most; e++) {
      const d = at.get((q ^ z[e]) >>> 0);
      if (d !== undefined && d > e) found.push([d, `${write(a, "v")} + (z^${e} + z^${d}) (${write(b, "v")})`]);
    }
  }
  return least(found);
}

const least = (found) => found.sort(([a], [b]) => a - b)[0]?.[1];

/**
 * Middle, 64 bits: (1 + A) + (five z^D) (1 + B) with up to five xors for A and B, D from 400 to 2500. All sums of three z^D against all sums of
 * two and A / B, a 2^14th of them at a time (those whose upper bits are the same), so that the three fit the cache.
 */
function* middle64(crc) {
  const [from, to] = [400, 2500];
  const all = field(crc, to, 12);
  const z = split(all.z.slice(from));
  const ways = [0, 1, 2, 3, 4, 5].flatMap((xors) => brackets(all, xors, false));
  const unders = new Map(ways.map(({ b }) => [b.join(), b]).map(([name, b]) => [name, inverse(all.bracket(b), all.r)]));
  const quotients = sorted(split(ways.map(({ a, b }) => multiply(all.bracket(a), unders.get(b.join()), all.r))));
  const singles = sorted(z);
  const pairs = sorted(pairSums(z));
  const three = sumsOfThree();
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    fillSums(three, bucket, z, singles);
    for (const { way, i, j, k, l, m } of matches(three, bucket, quotients, pairs)) {
      const { a, b } = ways[way];
      yield `${write(a, "v")} + (${[i, j, k, l, m].map((n) => `z^${n + from}`).join(" + ")}) (${write(b, "v")})`;
    }
  }
}

const BUCKETS = 1 << 14;
/** Upper bits of a value. */
const BUCKET_SHIFT = 18;
const SLOTS = 1 << 18;
const FILTER_BYTES = 1 << 18;

/** A table of sums by their low bits, and a filter in front of it that says "not there" nineteen times of twenty. */
function sumsOfThree() {
  const room = 1 << 17;
  return {
    slots: new Int32Array(SLOTS),
    filter: new Uint8Array(FILTER_BYTES),
    high: new Uint32Array(room),
    low: new Uint32Array(room),
    from: [0, 1, 2].map(() => new Uint16Array(room)),
  };
}

function fillSums({ slots, filter, high, low, from }, bucket, z, singles) {
  slots.fill(0);
  filter.fill(0);
  let filled = 0;
  for (let i = 0; i < z.high.length; i++) {
    for (let j = i + 1; j < z.high.length; j++) {
      const wanted = bucket ^ ((z.high[i] ^ z.high[j]) >>> BUCKET_SHIFT);
      for (let s = singles.first[wanted]; s < singles.first[wanted + 1]; s++) {
        const k = singles.from[s];
        if (k <= j) continue;
        filled++;
        const sum = z.low[i] ^ z.low[j] ^ z.low[k];
        high[filled] = z.high[i] ^ z.high[j] ^ z.high[k];
        low[filled] = sum;
        from[0][filled] = i;
        from[1][filled] = j;
        from[2][filled] = k;
        filter[(sum >>> 3) & (FILTER_BYTES - 1)] |= 1 << (sum & 7);
        let slot = sum >>> 14;
        while (slots[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
        slots[slot] = filled;
      }
    }
  }
}

function matches({ slots, filter, high, low, from }, bucket, quotients, pairs) {
  const found = [];
  for (let q = 0; q < quotients.low.length; q++) {
    const wanted = bucket ^ (quotients.high[q] >>> BUCKET_SHIFT);
    const quotient = quotients.low[q];
    for (let s = pairs.first[wanted], end = pairs.first[wanted + 1]; s < end; s++) {
      const sum = pairs.low[s] ^ quotient;
      if ((filter[(sum >>> 3) & (FILTER_BYTES - 1)] & (1 << (sum & 7))) === 0) continue;
      for (let slot = sum >>> 14; slots[slot] !== 0; slot = (slot + 1) & (SLOTS - 1)) {
        const t = slots[slot];
        if (low[t] !== sum >>> 0 || high[t] !== (pairs.high[s] ^ quotients.high[q]) >>> 0) continue;
        const [l, m] = [pairs.from[s] & 0xffff, pairs.from[s] >>> 16];
        if (l > from[2][t]) found.push({ way: quotients.from[q], i: from[0][t], j: from[1][t], k: from[2][t], l, m });
      }
    }
  }
  return found;
}

function split(values) {
  return {
    high: Uint32Array.from(values, (value) => Number(value >> 32n)),
    low: Uint32Array.from(values, (value) => Number(value & 0xffffffffn)),
  };
}

/** Sums of two, and where they are from: the one in the low, the other in the high half. */
function pairSums(z) {
  const count = z.high.length;
  const length = (count * (count - 1)) / 2;
  const sums = { high: new Uint32Array(length), low: new Uint32Array(length), from: new Uint32Array(length) };
  for (let i = 0, at = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++, at++) {
      sums.high[at] = z.high[i] ^ z.high[j];
      sums.low[at] = z.low[i] ^ z.low[j];
      sums.from[at] = i | (j << 16);
    }
  }
  return sums;
}

/** The same by their upper bits: those of bucket b lie from first[b] to first[b + 1]. */
function sorted({ high, low, from }) {
  const first = new Uint32Array(BUCKETS + 1);
  for (const value of high) first[(value >>> BUCKET_SHIFT) + 1]++;
  for (let b = 0; b < BUCKETS; b++) first[b + 1] += first[b];
  const next = first.slice();
  const out = { high: high.slice(), low: low.slice(), from: new Uint32Array(high.length), first };
  for (let i = 0; i < high.length; i++) {
    const at = next[high[i] >>> BUCKET_SHIFT]++;
    out.high[at] = high[i];
    out.low[at] = low[i];
    out.from[at] = from ? from[i] : i;
  }
  return out;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const show = (crc, stage, multiple) => console.log(`${crc.padEnd(4)}${stage.padEnd(8)}${multiple}`);
  if (process.argv.includes("--verify")) {
    for (const { crc, stage, multiple } of multiples()) {
      const rest = remainder(
        crc,
        distances(multiple).map((t) => t * 8),
      );
      show(crc, stage, `${multiple}: ${rest === 0n ? "is a multiple" : `is none, remainder ${rest}`}`);
      if (rest !== 0n) process.exitCode = 1;
    }
  } else {
    show("32", "far", far("32", 7, 16_000));
    for (const crc of ["32", "32C"]) {
      show(crc, "middle", middle32(crc, 1400));
      show(crc, "near", near(crc, 150));
    }
    if (process.argv.includes("--all")) for (const multiple of middle64("64")) show("64", "middle", multiple);
  }
}

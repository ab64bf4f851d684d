/** Times written as decimal numbers, to int64 nanoseconds without passing through a double. */

const INT64_MIN = -(1n << 63n);
const INT64_MAX = (1n << 63n) - 1n;
const DECIMAL = /^([+-]?)(\d{1,32})(?:\.(\d{0,64}))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Powers of ten of a second's units. */
export const TIME_UNITS: Readonly<Record<string, number>> = { s: 9, ms: 6, us: 3, ns: 0 };

/**
 * @param value decimal text, an integer, or a double written as its shortest decimal
 * @param power of ten of the unit in ns: 9 for seconds, 0 for ns
 * @returns ns, digits beyond cut; null for what is no number or beyond int64
 */
export function decimalNs(value: unknown, power: number): bigint | null {
  if (typeof value === "bigint") return inRange(value * 10n ** BigInt(power));
  const text = typeof value === "number" ? String(value) : typeof value === "string" ? value.trim() : "";
  const match = DECIMAL.exec(text);
  if (!match) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const shift = power + Number(exponent) - fraction.length;
  if (Math.abs(shift) > 128) return null;
  const digits = BigInt(whole + fraction);
  const ns = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  return inRange(sign === "-" ? -ns : ns);
}

const POWERS = Array.from({ length: 10 }, (_, power) => 10n ** BigInt(power));
/** Digits whose number, in two halves of doubles, is exact. */
const MOST_DIGITS = 24;
/** Digits below 2^63 whatever they are. */
const SAFE_DIGITS = 18;

/** The same of bytes, without text in between where they are plain digits with at most one point. */
export function decimalNsAt(bytes: Uint8Array, start: number, end: number, power: number): bigint | null {
  let point = end;
  let digits = 0;
  for (let p = start; p < end; p++) {
    const digit = (bytes[p] ?? 0) - 48;
    if (digit >= 0 && digit <= 9) digits++;
    else if (digit === -2 && point === end && p > start) point = p;
    else return decimalNs(UTF8.decode(bytes.subarray(start, end)), power);
  }
  const shift = power - Math.max(0, end - point - 1);
  const scale = POWERS[shift];
  if (digits === 0 || digits > MOST_DIGITS || scale === undefined) return decimalNs(UTF8.decode(bytes.subarray(start, end)), power);
  let high = 0;
  let low = 0;
  for (let p = start, left = digits; p < end; p++) {
    if (p === point) continue;
    const digit = (bytes[p] ?? 0) - 48;
    if (left-- > 9) high = high * 10 + digit;
    else low = low * 10 + digit;
  }
  const ns = (BigInt(high) * 1_000_000_000n + BigInt(low)) * scale;
  return digits + shift <= SAFE_DIGITS ? ns : inRange(ns);
}

const UTF8 = new TextDecoder();

function inRange(ns: bigint): bigint | null {
  return ns >= INT64_MIN && ns <= INT64_MAX ? ns : null;
}

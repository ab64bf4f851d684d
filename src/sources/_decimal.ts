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

function inRange(ns: bigint): bigint | null {
  return ns >= INT64_MIN && ns <= INT64_MAX ? ns : null;
}

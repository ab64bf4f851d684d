/** Bytes as digits, in proofs and reports. */
import { ConfigError } from "../errors.ts";

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @throws ConfigError unless it is of `length` bytes */
export function unhex(digits: string, length: number, what: string): Uint8Array {
  if (digits.length !== 2 * length) throw new ConfigError(`${what}: expected ${length} bytes in hex, got ${digits.length} digits`);
  return Uint8Array.from({ length }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

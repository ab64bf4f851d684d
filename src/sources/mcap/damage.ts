/** Damages of an MCAP in one shape: what several stages tell of. */
import type { Damage, Plain, Severity } from "../../types.ts";
import { hex, RECORD_HEADER } from "./format.ts";
import { type Broken, recordName } from "./walk.ts";

export function damage(
  kind: string,
  severity: Severity,
  bytes: readonly [number, number],
  observed: Readonly<Record<string, Plain>>,
  expected: Readonly<Record<string, Plain>> = {},
  timeNs: readonly [bigint, bigint] | null = null,
): Damage {
  return { kind, severity, file: null, bytes, stream: null, timeNs, observed, expected };
}

/** A size for a report: those beyond 2^53 as text. */
export function plain(size: number): Plain {
  return Number.isFinite(size) ? size : ">= 2^53";
}

export function unknownOpcode(at: number, opcode: number, end: number): Damage {
  return damage("unknown-opcode", "info", [at, end], { opcode: hex(opcode, 2), bytes: end - at });
}

/** @param lost frames that message indexes name for the gap, and the times a chunk index states, where known */
export function gapDamage(
  at: number,
  end: number,
  what: Broken,
  lost: { frames: number; times: readonly [bigint, bigint] | null } = NONE,
): Damage {
  const frames = lost.frames > 0 ? { framesLost: lost.frames } : {};
  if (!what.isFrame) {
    const observed = { opcode: hex(what.opcode, 2), skippedBytes: end - at, ...frames };
    return damage("unreadable", "error", [at, end], observed, {}, lost.times);
  }
  const observed = { record: recordName(what.opcode), length: what.length, skipped: [at, end], skippedBytes: end - at, ...frames };
  return damage("record-length", "error", [at, Math.min(at + RECORD_HEADER, end)], observed, {}, lost.times);
}

const NONE = { frames: 0, times: null };

export function lengthDamage(at: number, opcode: number, stated: bigint, actual: number): Damage {
  return damage(
    "record-length",
    "error",
    [at, at + RECORD_HEADER],
    { record: recordName(opcode), length: stated, skippedBytes: 0 },
    { length: actual },
  );
}

/** @param frames messages that could still be read from the record */
export function cutDamage(at: number, opcode: number, stated: bigint, end: number, frames = 0): Damage {
  if (end - at < RECORD_HEADER) return damage("truncated", "error", [at, end], { bytes: end - at });
  const observed = { record: recordName(opcode), bytes: end - at, framesRead: frames };
  return damage("truncated", "error", [at, end], observed, { bytes: stated + BigInt(RECORD_HEADER) });
}

/**
 * Hops over the records of a section by their headers and recovers where a hop fails.
 *
 * A record is handed over only when what follows it is a record too, so that a wrong length is blamed on the record
 * that has it and not on the place it points to.
 */
import { CHUNK, hex, LAST_KNOWN, MESSAGE, MESSAGE_HEADER, MOST_GAPS, MOST_PADDING, NAMES, RECORD_HEADER } from "./format.ts";
import { type Effort, isChain, resync } from "./resync.ts";
import { frameEnd, impliedLength, type Place, strictEnd } from "./structure.ts";
import type { Bytes } from "./window.ts";

export interface Visitor {
  /**
   * A record [at, end). `repaired` when its frame says another length.
   * @returns false to stop before the next record
   */
  record(at: number, opcode: number, end: number, repaired: boolean): boolean;
  /** Bytes [at, end) hold no record that can be read. `broken`: what stands at `at`. */
  gap(at: number, end: number, broken: Broken): void;
  /** The frame of the record at `at` says `stated`; it is `actual` bytes long. */
  wrongLength(at: number, opcode: number, stated: bigint, actual: number): void;
  /** The bytes end inside the record at `at`. */
  cut(at: number, opcode: number, stated: bigint, end: number): void;
}

export interface Broken {
  readonly opcode: number;
  readonly length: bigint;
  /** False where not even a frame can be made out: opcode unknown, or too few bytes. */
  readonly isFrame: boolean;
}

export interface WalkOptions {
  readonly from: number;
  /** Records end here or before. */
  readonly limit: number;
  readonly place: Place;
  /** True when the file goes on behind `limit` (a footer was found there): a record that passes it is wrong, not cut. */
  readonly closed: boolean;
  /** Where records are known to begin, ascending. */
  readonly anchors: Float64Array;
  /** Stop before a record that begins here; -1 for none. */
  readonly stopAt: number;
  readonly effort: Effort;
}

export interface Walked {
  /** Where the walk ended: behind the last record it handed over or gap it told of. */
  readonly end: number;
  readonly gaps: number;
}

/** Walks with `bytes`, looks ahead with `ahead` (another window on the same bytes). */
export function walk(bytes: Bytes, ahead: Bytes, options: WalkOptions, visitor: Visitor): Walked {
  const { limit, place } = options;
  let at = options.from;
  let gaps = 0;
  /** The record not yet handed over. */
  let heldAt = -1;
  let heldOpcode = 0;
  let heldRepaired = false;

  const give = (end: number): boolean => {
    if (heldAt < 0) return true;
    const from = heldAt;
    heldAt = -1;
    return visitor.record(from, heldOpcode, end, heldRepaired);
  };
  const hold = (from: number, opcode: number, repaired: boolean): void => {
    heldAt = from;
    heldOpcode = opcode;
    heldRepaired = repaired;
  };

  while (at < limit) {
    if (at === options.stopAt) break;
    const end = frameEnd(bytes, at, limit);
    if (end >= 0) {
      const opcode = bytes.u8[bytes.at(at, 1)] ?? 0;
      if (!give(at)) return { end: at, gaps };
      hold(at, opcode, false);
      at = end;
      continue;
    }
    // The record before may be the liar: its own fields, or a chain of records inside it, then lead past this place.
    if (heldAt >= 0 && !heldRepaired) {
      const better = otherEnd(bytes, ahead, heldAt, heldOpcode, at, options);
      if (better >= 0) {
        const stated = statedAt(bytes, heldAt);
        if (heldOpcode === MESSAGE) {
          visitor.gap(heldAt, better, { opcode: heldOpcode, length: stated, isFrame: true });
          gaps++;
          heldAt = -1;
        } else {
          visitor.wrongLength(heldAt, heldOpcode, stated, better - heldAt - RECORD_HEADER);
          heldRepaired = true;
        }
        at = better;
        continue;
      }
    }
    if (!give(at)) return { end: at, gaps };
    const broken = brokenAt(bytes, at, limit);
    const implied = broken.isFrame ? impliedLength(bytes, at, limit) : -1;
    const impliedEnd = at + RECORD_HEADER + implied;
    if (implied >= 0 && (impliedEnd === limit || isRecord(ahead, impliedEnd, limit, place))) {
      visitor.wrongLength(at, broken.opcode, broken.length, implied);
      hold(at, broken.opcode, true);
      at = impliedEnd;
      continue;
    }
    if (!options.closed && (at + RECORD_HEADER > limit || isCut(bytes, at, limit, broken))) {
      visitor.cut(at, broken.opcode, broken.length, limit);
      return { end: limit, gaps };
    }
    // Before the next place that is known, there may be records the index does not list.
    const anchor = gaps < MOST_GAPS ? anchorAfter(ahead, options, at) : -1;
    let next = gaps < MOST_GAPS ? resync(bytes, ahead, at + 1, anchor < 0 ? limit : anchor, limit, place, options.effort) : -1;
    if (next < 0) next = anchor;
    if (next < 0 && !options.closed && broken.isFrame && gaps < MOST_GAPS && broken.length >= BigInt(limit - at - RECORD_HEADER)) {
      visitor.cut(at, broken.opcode, broken.length, limit);
      return { end: limit, gaps };
    }
    const stop = options.stopAt > at && (next < 0 || next > options.stopAt) ? options.stopAt : limit;
    visitor.gap(at, next < 0 ? stop : Math.min(next, stop), broken);
    gaps++;
    at = next < 0 ? stop : Math.min(next, stop);
  }
  give(at);
  return { end: at, gaps };
}

/** A record whose fields fit its frame, or at least a possible frame of an unknown opcode. */
function isRecord(bytes: Bytes, at: number, limit: number, place: Place): boolean {
  const o = bytes.at(at, 1);
  return o >= 0 && ((bytes.u8[o] ?? 0) > LAST_KNOWN ? frameEnd(bytes, at, limit) >= 0 : strictEnd(bytes, at, limit, place) >= 0);
}

/** Where the record at `held` ends if not at `wrong`; -1 when nothing speaks for another end. */
function otherEnd(bytes: Bytes, ahead: Bytes, held: number, opcode: number, wrong: number, options: WalkOptions): number {
  const { limit, place } = options;
  if (opcode !== MESSAGE) {
    const implied = impliedLength(ahead, held, limit);
    const end = held + RECORD_HEADER + implied;
    return implied >= 0 && end !== wrong && isRecord(ahead, end, limit, place) ? end : -1;
  }
  // A message does not say how long it is. A chain of records that begins inside it and runs on past its end does.
  let from = held + RECORD_HEADER + MESSAGE_HEADER;
  for (let tries = 0; tries < 8 && from < wrong; tries++) {
    const start = resync(bytes, ahead, from, wrong, limit, place, options.effort);
    if (start < 0) return -1;
    let at = start;
    while (at >= 0 && at < wrong) at = strictEnd(ahead, at, limit, place);
    if (at > wrong && (at === limit || isChain(ahead, at, limit, place))) return start;
    from = start + 1;
  }
  return -1;
}

/** A record that fits its own fields as far as there are bytes, and only lacks the rest of the file. */
function isCut(bytes: Bytes, at: number, limit: number, broken: Broken): boolean {
  if (broken.opcode !== CHUNK) return false;
  const stated = Number(broken.length);
  const needed = impliedLength(bytes, at, at + RECORD_HEADER + stated);
  return needed >= 0 && needed <= stated && stated - needed <= MOST_PADDING && at + RECORD_HEADER + stated > limit;
}

function anchorAfter(ahead: Bytes, options: WalkOptions, at: number): number {
  const { anchors, limit, place } = options;
  let low = 0;
  let high = anchors.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((anchors[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  for (let tries = 0; tries < 64 && low < anchors.length; tries++, low++) {
    const anchor = anchors[low] ?? 0;
    if (strictEnd(ahead, anchor, limit, place) >= 0) return anchor;
  }
  return -1;
}

function brokenAt(bytes: Bytes, at: number, limit: number): Broken {
  const o = at + RECORD_HEADER <= limit ? bytes.at(at, RECORD_HEADER) : -1;
  if (o < 0) return { opcode: bytes.u8[bytes.at(at, 1)] ?? 0, length: 0n, isFrame: false };
  const opcode = bytes.u8[o] ?? 0;
  return { opcode, length: bytes.view.getBigUint64(o + 1, true), isFrame: opcode !== 0 && opcode <= LAST_KNOWN };
}

function statedAt(bytes: Bytes, at: number): bigint {
  const o = bytes.at(at, RECORD_HEADER);
  return o < 0 ? 0n : bytes.view.getBigUint64(o + 1, true);
}

/** "Chunk", "opcode 0x2a". */
export function recordName(opcode: number): string {
  return NAMES[opcode] || `opcode ${hex(opcode, 2)}`;
}

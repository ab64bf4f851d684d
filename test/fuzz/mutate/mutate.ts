/** One random change to a file, by what its dialect knows of it. */
import type { Random } from "../house.ts";
import { BYTES, type Dialect, readInteger, splice, viewOf, writeInteger } from "./anatomy.ts";
import { edgeOf, hostileText, pick } from "./values.ts";

export interface Mutant {
  readonly bytes: Uint8Array;
  /** What was done, for people. */
  readonly words: string;
}

type Way = (dialect: Dialect, bytes: Uint8Array, random: Random, depth: number) => Mutant | null;

/** How often each way is tried, out of their sum. */
const WAYS: readonly (readonly [Way, number])[] = [
  [changeField, 8],
  [changePart, 4],
  [changeWord, 5],
  [changeInside, 9],
  [changeBytes, 5],
];
const TRIES = 12;
/** A file in a chunk in a message in a chunk. */
const DEEPEST = 6;
/** Nothing is doubled beyond this. */
const MOST_BYTES = 1 << 20;

/** The same bytes and the same numbers give the same mutant. */
export function mutate(dialect: Dialect, bytes: Uint8Array, random: Random, depth = 0): Mutant {
  const sum = WAYS.reduce((all, [, weight]) => all + weight, 0);
  for (let i = 0; i < TRIES; i++) {
    const mutant = attempt(() => wayAt(random.below(sum))(dialect, bytes, random, depth));
    if (!mutant) continue;
    const mended = random.chance(0.6) ? attempt(() => dialect.mend?.(mutant.bytes) ?? null) : null;
    return mended ? { bytes: mended, words: `${mutant.words}, mended` } : mutant;
  }
  return { bytes, words: "nothing" };
}

function wayAt(drawn: number): Way {
  let left = drawn;
  for (const [way, weight] of WAYS) {
    if (left < weight) return way;
    left -= weight;
  }
  return changeBytes;
}

/** What looks into a mutant may be led outside of it: then it has nothing to say. */
function attempt<T>(look: () => T | null): T | null {
  try {
    return look();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function changeField(dialect: Dialect, bytes: Uint8Array, random: Random): Mutant | null {
  const { fields } = dialect.survey(bytes);
  if (fields.length === 0) return null;
  const field = pick(fields, random);
  const copy = bytes.slice();
  const view = viewOf(copy);
  const old = readInteger(view, field);
  const kind = random.below(8);
  const same = fields.filter(({ width }) => width === field.width);
  const value =
    kind < 4
      ? edgeOf(field.width, bytes.length, random)
      : kind === 4
        ? old + BigInt(random.below(2) ? 1 : -1)
        : kind === 5
          ? old ^ (1n << BigInt(random.below(8 * BYTES[field.width])))
          : kind === 6
            ? readInteger(view, pick(same, random))
            : old * 2n;
  writeInteger(view, field, value);
  return { bytes: copy, words: `${dialect.name} ${field.width} at ${field.at}: ${old} to ${readInteger(view, field)}` };
}

function changePart(dialect: Dialect, bytes: Uint8Array, random: Random): Mutant | null {
  const { parts } = dialect.survey(bytes);
  if (parts.length === 0) return null;
  const part = pick(parts, random);
  const own = bytes.subarray(part.start, part.end);
  const of = `${dialect.name} ${part.kind} at ${part.start}`;
  const kind = random.below(6);
  if (kind === 0) return { bytes: splice(bytes, part, new Uint8Array(0)), words: `${of} removed` };
  if (kind === 1) {
    const times = random.chance(0.8) ? 2 : 2 + random.below(60);
    if (own.length * times > MOST_BYTES) return null;
    const many = new Uint8Array(own.length * times);
    for (let i = 0; i < times; i++) many.set(own, i * own.length);
    return { bytes: splice(bytes, part, many), words: `${of} ${times} times` };
  }
  const others = parts.filter((one) => one.kind === part.kind && one.start !== part.start);
  const other = others.length > 0 ? pick(others, random) : null;
  if (kind === 2 && other) {
    const there = bytes.subarray(other.start, other.end);
    return { bytes: splice(bytes, part, there), words: `${of} becomes that at ${other.start}` };
  }
  if (kind === 3 && other && (other.start >= part.end || other.end <= part.start)) {
    const there = bytes.slice(other.start, other.end);
    // The later one first: the earlier one's place is still right then.
    const [late, early, lateBytes, earlyBytes] =
      other.start > part.start ? [other, part, own.slice(), there] : [part, other, there, own.slice()];
    return { bytes: splice(splice(bytes, late, lateBytes), early, earlyBytes), words: `${of} exchanged with that at ${other.start}` };
  }
  if (kind === 4) {
    const kept = random.below(own.length);
    return { bytes: splice(bytes, part, own.slice(0, kept)), words: `${of} cut to ${kept} bytes` };
  }
  if (kind === 5) return { bytes: bytes.slice(0, part.start + random.below(own.length + 1)), words: `file cut in ${of}` };
  return null;
}

function changeWord(dialect: Dialect, bytes: Uint8Array, random: Random): Mutant | null {
  const { words } = dialect.survey(bytes);
  if (words.length === 0) return null;
  const word = pick(words, random);
  const text = random.chance(0.15) ? copyOf(bytes, pick(words, random)) : hostileText(random);
  const shown = JSON.stringify(new TextDecoder().decode(text.subarray(0, 24)));
  return { bytes: splice(bytes, word, text), words: `${dialect.name} word at ${word.start}: ${shown}${text.length > 24 ? "…" : ""}` };
}

function copyOf(bytes: Uint8Array, { start, end }: { readonly start: number; readonly end: number }): Uint8Array {
  return bytes.slice(start, end);
}

function changeInside(dialect: Dialect, bytes: Uint8Array, random: Random, depth: number): Mutant | null {
  if (depth >= DEEPEST) return null;
  const inner = dialect.inside?.(bytes, random);
  if (!inner) return null;
  const mutant = mutate(inner.dialect, inner.bytes, random, depth + 1);
  const packed = inner.pack(mutant.bytes, random);
  return packed && { bytes: packed, words: `in ${inner.name}: ${mutant.words}` };
}

/** What needs no knowledge. */
function changeBytes(_: Dialect, bytes: Uint8Array, random: Random): Mutant | null {
  if (bytes.length === 0) return { bytes: Uint8Array.from({ length: 16 }, () => random.below(256)), words: "16 bytes in an empty file" };
  const at = random.below(bytes.length);
  const most = 1 + random.below(random.chance(0.8) ? 16 : 4096);
  const copy = bytes.slice();
  switch (random.below(8)) {
    case 0:
    case 1: {
      const bit = random.below(8);
      copy[at] = (copy[at] ?? 0) ^ (1 << bit);
      return { bytes: copy, words: `bit ${bit} of byte ${at}` };
    }
    case 2: {
      const end = Math.min(bytes.length, at + most);
      for (let i = at; i < end; i++) copy[i] = random.below(256);
      return { bytes: copy, words: `bytes ${at} to ${end} at random` };
    }
    case 3:
      return { bytes: copy.fill(random.below(2) ? 0 : 255, at, at + most), words: `${most} bytes of the same at ${at}` };
    case 4: {
      const more = Uint8Array.from({ length: most }, () => random.below(256));
      return { bytes: splice(bytes, { start: at, end: at, owners: [] }, more), words: `${most} bytes more at ${at}` };
    }
    case 5:
      return {
        bytes: splice(bytes, { start: at, end: Math.min(bytes.length, at + most), owners: [] }, new Uint8Array(0)),
        words: `${most} bytes less at ${at}`,
      };
    case 6: {
      const from = random.below(bytes.length);
      return { bytes: copy.copyWithin(at, from, from + most), words: `${most} bytes of ${from} at ${at}` };
    }
    default:
      return { bytes: bytes.slice(0, at), words: `cut at ${at}` };
  }
}

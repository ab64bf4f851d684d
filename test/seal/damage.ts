/**
 * Seal, damage, find: random damages to a recording of messages, with the frames they touch.
 *
 * The truth is kept by tags: every frame knows where it was sealed and what was done to it. Damages of one case stay apart
 * from each other and choose frames that occur once, so that only one answer is right.
 */
import type { Written } from "../sources/mcap-write.ts";

/** Seeded (xorshift32): a case is its number. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
    for (let i = 0; i < 8; i++) this.below(2);
  }

  below(n: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % n;
  }
}

export const DAMAGES = ["payload bit", "stamp bit", "swapped", "payloads swapped", "dropped", "duplicated", "exchanged"] as const;
export type DamageName = (typeof DAMAGES)[number] | "tail cut";

interface Tagged extends Written {
  /** Frame of its stream when sealed. */
  readonly frame: number;
  readonly from: string;
  readonly fate: "kept" | "changed" | "moved" | "duplicated" | "either";
}

export interface Case {
  readonly names: readonly DamageName[];
  readonly messages: readonly Written[];
  /** "kind stream frame" of every frame, sealed frame for what vanished; `moved|changed` where both are right. */
  readonly truth: ReadonlySet<string>;
}

const APART = 4;

export function damaged(original: readonly Written[], seed: number): Case {
  const dice = new Dice(seed);
  const counts = new Map<string, number>();
  let list: Tagged[] = original.map((message) => {
    const frame = counts.get(message.topic) ?? 0;
    counts.set(message.topic, frame + 1);
    return { ...message, frame, from: message.topic, fate: "kept" };
  });
  const key = ({ data, logTime }: Written): string => `${logTime} ${Buffer.from(data).toString("latin1")}`;
  const occurs = tally(original.map(key));
  const payloads = tally(original.map(({ data }) => Buffer.from(data).toString("latin1")));
  const isLone = (m: Tagged): boolean => occurs.get(key(m)) === 1;
  const names: DamageName[] = [];
  const wanted = 1 + dice.below(3);
  const touched: Tagged[] = [];
  const isFree = (m: Tagged): boolean =>
    m.fate === "kept" && isLone(m) && touched.every((t) => t.from !== m.from || Math.abs(t.frame - m.frame) > APART);
  const pick = (fits: (m: Tagged) => boolean): Tagged | null => {
    const all = list.filter((m) => isFree(m) && fits(m));
    const chosen = all[dice.below(Math.max(1, all.length))] ?? null;
    if (chosen) touched.push(chosen);
    return chosen;
  };
  const replace = (old: Tagged, fresh: Tagged): void => {
    list = list.map((m) => (m === old ? fresh : m));
  };
  for (let n = 0; n < wanted; n++) {
    const name = DAMAGES[dice.below(DAMAGES.length)] ?? "dropped";
    if (name === "payload bit") {
      const m = pick(({ data }) => data.length > 0);
      if (!m) continue;
      const data = m.data.slice();
      const bit = dice.below(data.length * 8);
      data[bit >> 3] = (data[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      replace(m, { ...m, data, fate: "changed" });
    } else if (name === "stamp bit") {
      const m = pick(() => true);
      if (!m) continue;
      replace(m, { ...m, logTime: m.logTime ^ (1n << BigInt(dice.below(40))), fate: "changed" });
    } else if (name === "dropped") {
      const m = pick(() => true);
      if (!m) continue;
      list = list.filter((other) => other !== m);
    } else if (name === "duplicated") {
      const m = pick(() => true);
      if (!m) continue;
      const at = list.indexOf(m) + 1 + (dice.below(2) ? dice.below(list.length - list.indexOf(m)) : 0);
      // Not into the neighbourhood of another damage of its stream.
      const next = list.slice(at).find(({ topic }) => topic === m.topic);
      if (next && next.frame > m.frame + 1 && touched.some((t) => t.from === m.from && t !== m && Math.abs(t.frame - next.frame) <= APART))
        continue;
      if (next) touched.push(next);
      list = list.toSpliced(at, 0, { ...m, fate: "duplicated" });
    } else if (name === "swapped" || name === "payloads swapped") {
      const a = pick((m) => payloads.get(Buffer.from(m.data).toString("latin1")) === 1);
      const b = a && pick((m) => m.topic === a.topic && payloads.get(Buffer.from(m.data).toString("latin1")) === 1);
      if (!a || !b) continue;
      const [x, y] = [list.indexOf(a), list.indexOf(b)];
      list =
        name === "swapped"
          ? list.with(x, { ...b, fate: "moved" }).with(y, { ...a, fate: "moved" })
          : list.with(x, { ...a, data: b.data, fate: "either" }).with(y, { ...b, data: a.data, fate: "either" });
    } else {
      const a = pick(() => true);
      const b = a && pick((m) => m.topic !== a.topic);
      if (!a || !b) continue;
      replace(a, { ...a, topic: b.topic, fate: "moved" });
      replace(b, { ...b, topic: a.topic, fate: "moved" });
    }
    names.push(name);
  }
  if (dice.below(5) === 0) {
    const end = list.length - 1 - dice.below(Math.ceil(list.length / 2));
    const last = list.findLastIndex(({ fate }) => fate !== "kept");
    if (end > last + APART * counts.size && end < list.length) {
      list = list.slice(0, end);
      names.push("tail cut");
    }
  }
  return { names, messages: list, truth: truthOf(list, counts) };
}

function tally(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function truthOf(list: readonly Tagged[], sealed: ReadonlyMap<string, number>): ReadonlySet<string> {
  const truth = new Set<string>();
  const present = new Map<string, number>();
  const there = new Set<string>();
  for (const { topic, from, frame, fate } of list) {
    const at = present.get(topic) ?? 0;
    present.set(topic, at + 1);
    if (fate !== "duplicated") there.add(`${from} ${frame}`);
    if (fate !== "kept") truth.add(`${fate === "either" ? "moved|changed" : fate} ${topic} ${at}`);
  }
  for (const [topic, count] of sealed) for (let i = 0; i < count; i++) if (!there.has(`${topic} ${i}`)) truth.add(`vanished ${topic} ${i}`);
  return truth;
}

/** What findings say, in the same words. */
export function located(
  findings: readonly { readonly kind: string; readonly stream: string | null; readonly frames: readonly [number, number] | null }[],
): ReadonlySet<string> {
  const all = new Set<string>();
  for (const { kind, stream, frames } of findings) {
    if (!frames) continue;
    for (let i = frames[0]; i <= frames[1]; i++) all.add(`${kind} ${stream} ${i}`);
  }
  return all;
}

/** What is in one set and not in the other: "missed …" and "false …". Empty when the findings are the truth. */
export function difference(truth: ReadonlySet<string>, found: ReadonlySet<string>): readonly string[] {
  const loose = (one: string): readonly string[] =>
    one.startsWith("moved|changed ") ? [one.replace("moved|changed", "moved"), one.replace("moved|changed", "changed")] : [one];
  const allowed = new Set([...truth].flatMap(loose));
  return [
    ...[...truth].filter((one) => !loose(one).some((form) => found.has(form))).map((one) => `missed ${one}`),
    ...[...found].filter((one) => !allowed.has(one)).map((one) => `false ${one}`),
  ];
}

/**
 * Planted defects: what a measurement becomes before it is written. Each takes the measurements of one stream between two moments of
 * true time and says afterwards exactly what it did.
 */
import { ConfigError } from "../errors.ts";
import * as is from "../rig/expect.ts";
import { trueNs } from "./clocks.ts";
import { type LabelsMeasurement, type Measurement, POINT_STRIDE, TOPIC } from "./types.ts";

/** What can be planted, with what `amount` means. */
export const FAULT_KINDS = {
  "bit-flip": "one bit of the middle of the first payload flips after its chunk's checksum was taken",
  drop: "frames are never written; their numbers are missing",
  duplicate: "the first frame is written twice",
  "stamp-regression": "the first frame's stamp lies `amount` ms (default 40) before its place",
  "clock-offset": "stamps are `amount` ms (default 80) late",
  "clock-drift": "stamps run away by `amount` ppm (default 500) from the beginning of the fault",
  freeze: "the payload of the frame before is written again and again, under new stamps",
  "rate-drop": "only every `amount`-th (default 2) frame is recorded, numbered as if nothing were missing",
  "identity-swap": "two nearby tracks of a class exchange their names",
  "stale-labels": "the labels of the frame before are written again and again, under new stamps",
  "zero-times": "the time of every point is 0",
  "time-unit": "the time of every point is in microseconds instead of nanoseconds",
} as const;

export type FaultKind = keyof typeof FAULT_KINDS;

export interface Fault {
  readonly kind: FaultKind;
  /** A topic of the drive. Identity swaps and stale labels concern /labels/boxes_3d and /labels/work alike. */
  readonly stream: string;
  /** Seconds of true time, by the frame's own moment; `to` is not included and defaults to the end of the drive. */
  readonly from: number;
  readonly to?: number;
  readonly amount?: number;
}

const list = is.listOf(
  is.record<Fault>(
    {
      kind: is.oneOf(...(Object.keys(FAULT_KINDS) as FaultKind[])),
      stream: is.text,
      from: is.notNegative,
      to: is.positive,
      amount: is.positive,
    },
    ["kind", "stream", "from"],
  ),
);

/** The value as a list of faults: a copy. @throws ConfigError */
export const faultsOf: is.Expect<readonly Fault[]> = (value, path) => {
  const faults = list(value, path);
  for (const [i, { kind, from, to, amount }] of faults.entries()) {
    if (to !== undefined && to <= from) throw new ConfigError(`${path}[${i}].to: expected a moment after from (${from}), got ${to}`);
    if (kind === "rate-drop" && amount !== undefined && (!Number.isInteger(amount) || amount < 2)) {
      throw new ConfigError(`${path}[${i}].amount: expected a whole number >= 2, got ${amount}`);
    }
  }
  return faults;
};

/** What was done, for the truth. Frames count from 0 in the stream as written. */
export interface Planted {
  readonly kind: FaultKind;
  readonly stream: string;
  readonly from: number;
  readonly to: number | null;
  readonly amount: number | null;
  /** Frames as written that are wrong, or between which frames are missing; null when nothing came in time. */
  readonly frames: readonly [number, number] | null;
  /** The source's numbers of the frames it concerns. */
  readonly sequences: readonly [number, number] | null;
  readonly count: number;
  readonly tracks?: readonly [string, string];
}

const POINT_KINDS: ReadonlySet<FaultKind> = new Set(["zero-times", "time-unit"]);
const LABEL_KINDS: ReadonlySet<FaultKind> = new Set(["identity-swap", "stale-labels"]);
const DEFAULT_AMOUNT: Partial<Record<FaultKind, number>> = {
  "stamp-regression": 40,
  "clock-offset": 80,
  "clock-drift": 500,
  "rate-drop": 2,
};
/** How far apart two tracks may be whose names are exchanged, in metres. */
const NEAR = { least: 1.5, most: 12 } as const;
const SHARED_STREAMS = ["/labels/boxes_3d", "/labels/work"];

interface Active {
  readonly fault: Fault;
  frames: [number, number] | null;
  sequences: [number, number] | null;
  count: number;
  seen: number;
  tracks?: readonly [string, string];
  held?: Measurement;
}

export class Faults {
  readonly #active: readonly Active[];
  /** Frames written so far, per stream, and how many were left out without a gap in the numbers. */
  readonly #written = new Map<string, number>();
  readonly #hidden = new Map<string, number>();

  /** @throws ConfigError when a stream cannot have such a fault */
  constructor(faults: readonly Fault[], streams: ReadonlySet<string>) {
    for (const [i, { kind, stream }] of faults.entries()) {
      if (!streams.has(stream)) {
        throw new ConfigError(`faults[${i}].stream: expected one of ${[...streams].join(", ")}, got ${JSON.stringify(stream)}`);
      }
      const wants = POINT_KINDS.has(kind) ? TOPIC.points : LABEL_KINDS.has(kind) ? SHARED_STREAMS[0] : stream;
      if (wants !== stream) throw new ConfigError(`faults[${i}].stream: expected ${wants} for ${kind}, got ${stream}`);
    }
    this.#active = faults.map((fault) => ({ fault, frames: null, sequences: null, count: 0, seen: 0 }));
  }

  /** @param t true time the measurement is of. @returns what is written instead */
  apply(measurement: Measurement, t: number): readonly Measurement[] {
    let list: readonly Measurement[] = [measurement];
    for (const one of this.#active) {
      const { fault } = one;
      const shares = LABEL_KINDS.has(fault.kind) && SHARED_STREAMS.includes(measurement.topic);
      if (fault.stream !== measurement.topic && !shares) continue;
      if (t < fault.from || t >= (fault.to ?? Number.POSITIVE_INFINITY)) {
        if (fault.kind === "freeze" || fault.kind === "stale-labels") hold(one, measurement, t < fault.from);
        continue;
      }
      list = list.flatMap((each) => this.#plant(one, each, t));
    }
    const hidden = this.#hidden.get(measurement.topic) ?? 0;
    this.#written.set(measurement.topic, (this.#written.get(measurement.topic) ?? 0) + list.length);
    return hidden === 0 ? list : list.map((each) => ({ ...each, sequence: each.sequence - hidden }));
  }

  /** What was done so far. */
  planted(): readonly Planted[] {
    return this.#active.map(({ fault, frames, sequences, count, tracks }) => ({
      kind: fault.kind,
      stream: fault.stream,
      from: fault.from,
      to: fault.to ?? null,
      amount: fault.amount ?? DEFAULT_AMOUNT[fault.kind] ?? null,
      frames,
      sequences,
      count,
      ...(tracks && { tracks }),
    }));
  }

  #plant(one: Active, m: Measurement, t: number): readonly Measurement[] {
    const amount = one.fault.amount ?? DEFAULT_AMOUNT[one.fault.kind] ?? 0;
    const nth = one.seen++;
    switch (one.fault.kind) {
      case "bit-flip":
        return nth === 0 ? this.#note(one, m, [{ ...m, flipByte: Math.max(24, sizeOf(m) >> 1) }]) : [m];
      case "drop":
        return this.#note(one, m, []);
      case "duplicate":
        return nth === 0 ? this.#note(one, m, [m, { ...m, logNs: m.logNs + 50_000n }]) : [m];
      case "stamp-regression":
        return nth === 0 ? this.#note(one, m, [shifted(m, -amount / 1000)]) : [m];
      case "clock-offset":
        return this.#note(one, m, [shifted(m, amount / 1000)]);
      case "clock-drift":
        return this.#note(one, m, [shifted(m, amount * 1e-6 * (t - one.fault.from))]);
      case "rate-drop":
        if (nth % amount === 0) return [m];
        this.#note(one, m, []);
        this.#hidden.set(m.topic, (this.#hidden.get(m.topic) ?? 0) + 1);
        return [];
      case "freeze":
      case "stale-labels":
        return this.#freeze(one, m);
      case "identity-swap":
        return this.#swap(one, m);
      case "zero-times":
        return this.#note(one, m, [timed(m, () => 0)]);
      case "time-unit":
        return this.#note(one, m, [timed(m, (ns) => Math.floor(ns / 1000))]);
    }
  }

  /** Writes down that `m` became `instead`. */
  #note(one: Active, m: Measurement, instead: readonly Measurement[]): readonly Measurement[] {
    // A swap or stale labels are one fault in two streams; the frames are those of the stream it was asked for.
    if (m.topic !== one.fault.stream) return instead;
    const frame = this.#written.get(m.topic) ?? 0;
    const last = frame + Math.max(0, instead.length - 1);
    one.frames = [one.frames?.[0] ?? frame, last];
    one.sequences = [one.sequences?.[0] ?? m.sequence, m.sequence];
    one.count++;
    return instead;
  }

  #freeze(one: Active, m: Measurement): readonly Measurement[] {
    const held = heldFor(one, m);
    if (!held) return [m];
    const { stampNs, logNs, sequence } = m;
    return this.#note(one, m, [{ ...held, stampNs, logNs, sequence }]);
  }

  #swap(one: Active, m: Measurement): readonly Measurement[] {
    if (m.kind !== "labels") return [m];
    if (!one.tracks) {
      const pair = nearestPair(m);
      if (!pair) return [m];
      one.tracks = pair;
    }
    const [a, b] = one.tracks;
    const present = m.labels.some(({ track }) => track === a || track === b);
    if (!present) return [m];
    const other = (track: string): string => (track === a ? b : track === b ? a : track);
    return this.#note(one, m, [{ ...m, labels: m.labels.map((label) => ({ ...label, track: other(label.track) })) }]);
  }
}

/** Keeps the last measurement before a freeze, one per stream it concerns. */
function hold(one: Active, m: Measurement, before: boolean): void {
  if (before && m.topic === one.fault.stream) one.held = m;
}

function heldFor(one: Active, m: Measurement): Measurement | undefined {
  if (!one.held || one.held.topic === m.topic) return one.held;
  // The work stream repeats the same labels under its own schema.
  return one.held.kind === "labels" && m.kind === "labels" ? { ...m, labels: one.held.labels } : undefined;
}

function shifted(m: Measurement, seconds: number): Measurement {
  const by = trueNs(seconds) - trueNs(0);
  if (m.kind !== "transforms") return { ...m, stampNs: m.stampNs + by };
  return { ...m, stampNs: m.stampNs + by, transforms: m.transforms.map((one) => ({ ...one, stampNs: one.stampNs + by })) };
}

/** A copy with other point times. */
function timed(m: Measurement, time: (ns: number) => number): Measurement {
  if (m.kind !== "points") return m;
  const rows = m.rows.slice();
  const view = new DataView(rows.buffer);
  for (let at = 16; at < rows.length; at += POINT_STRIDE) view.setUint32(at, time(view.getUint32(at, true)), true);
  return { ...m, rows };
}

/** About how large the payload will be: at least this many bytes. */
function sizeOf(m: Measurement): number {
  if (m.kind === "points") return m.rows.length;
  return m.kind === "image" ? m.jpeg.length : 64;
}

/** The two tracks of one class that stand next to each other. */
function nearestPair({ labels }: LabelsMeasurement): readonly [string, string] | null {
  let best: readonly [string, string] | null = null;
  let least: number = NEAR.most;
  for (const [i, a] of labels.entries()) {
    for (const b of labels.slice(i + 1)) {
      if (!a.box3d || !b.box3d || a.class !== b.class || a.track === b.track) continue;
      const [dx, dy] = [a.box3d[0] - b.box3d[0], a.box3d[1] - b.box3d[1]];
      const distance = Math.sqrt(dx * dx + dy * dy);
      if (distance < NEAR.least || distance >= least) continue;
      least = distance;
      best = [a.track, b.track];
    }
  }
  return best;
}

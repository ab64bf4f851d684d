/**
 * time/association: how far apart are the frames that would be taken together by their stamps?
 *
 * What most tools do to bring streams together, measured: gaps to the nearest stamp, pairs one to one, frames that find no partner. It is a gap and
 * nothing more: a stream that is late by a second has the same gaps as one that is not (see time/sensor-offset). So it is information, and a
 * finding only where the rig states how far apart two streams may be.
 */
import { AMOUNT, type Conclusion, type Defect, defineCheck } from "../../check/check.ts";
import { GravestList } from "../../check/gravest.ts";
import { FRAME_KINDS, type StampTable, stampRows, stampTable } from "../../columns/stamps.ts";
import type { Kernels } from "../../kernels.ts";
import { rounded } from "../../summary/seam.ts";
import type { Plain, Severity, StreamInfo } from "../../types.ts";
import { type Association, associate, type Ordered, ordered } from "./_nearest.ts";

const kinds = {
  unmatched: { severity: "error", meaning: "frames that have no partner in the other stream within what the rig allows" },
  apart: { severity: "error", meaning: "two streams that the rig takes together have no time in common" },
} as const satisfies Record<string, { severity: Severity; meaning: string }>;

/** Without a rig: streams compared with the reference. */
const MOST_STREAMS = 16;
/** Of two streams together: pairing takes 28 bytes of kernel memory for each. Two cameras at 30 Hz fill it in 39 hours. */
const MOST_STAMPS = 1 << 23;

export const association = defineCheck({
  id: "time/association",
  title: "How far apart are the frames that are taken together by their stamps?",
  level: 0,
  needs: ["frames"],
  sees: [stampRows],
  defaults: {
    /** Without a rig, pairs are counted within this share of the reference's usual period. */
    withinPeriods: 0.5,
  },
  ranges: { withinPeriods: AMOUNT },
  kinds,
  blindSpots: [
    "a constant offset, and any other error of a clock: the nearest stamp is always near (see time/sensor-offset, time/clock-model)",
    "without an association in the rig gaps are information: how near is near enough is not guessed",
    "streams with nominal stamps",
    "without a rig, inertial samples and plain messages, and more than 16 streams",
    "frames before the other stream begins and after it ends are counted, not accused: see time/modality",
  ],

  conclude({ seen, rig, kernels, partial }, options) {
    const stated = rig?.association ?? [];
    const sources = seen.of(stampRows).flatMap((pieces, i): Source[] => {
      const info = seen.streams[i];
      return info && pieces ? [{ info, table: stampTable(pieces) }] : [];
    });
    if (stated.length > 0) {
      return stated.map(({ between, toleranceMs }) => {
        const [a, b] = between.map((id) => resolve(id, sources));
        const missing = a ? between[1] : between[0];
        if (!a || !b) return open(between, partial ? "not_run" : "not_observable", `${missing} is not in the recording`);
        return compared(a, b, between, toleranceMs * 1e6, true, kernels);
      });
    }
    const timed = sources.filter(
      ({ info, table }) => FRAME_KINDS.includes(info.kind) && info.stamps !== "nominal" && table.stampNs.length > 1,
    );
    const reference = [...timed].sort((x, y) => rank(x) - rank(y) || y.table.stampNs.length - x.table.stampNs.length)[0];
    const others = timed.filter((one) => one !== reference).slice(0, MOST_STREAMS);
    if (!reference || others.length === 0) return [nothing("fewer than two streams of frames with stamps")];
    const withinNs = (options["withinPeriods"] ?? 0) * usualPeriodNs(ordered(reference.table.stampNs).stampNs);
    return others.map((other) => compared(reference, other, [reference.info.id, other.info.id], withinNs, false, kernels));
  },

  describe({ kind, frames, observed, expected, from, to }) {
    if (kind === "apart") return `${from?.stream} and ${to?.stream} have no time in common`;
    const [first, last] = frames ?? [0, 0];
    const which = first === last ? `frame ${first} has` : `frames ${first} to ${last} have`;
    return `${which} no partner in ${to?.stream} within ${expected["toleranceMs"]} ms; the nearest stamp is up to ${observed["gapMs"]} ms away`;
  },
});

interface Source {
  readonly info: StreamInfo;
  readonly table: StampTable;
}

function rank({ info }: Source): number {
  return FRAME_KINDS.indexOf(info.kind);
}

/** `poses` and `labels` name the pose and label streams of a folder, those with most frames. */
function resolve(id: string, sources: readonly Source[]): Source | null {
  const exact = sources.find(({ info }) => info.id === id);
  if (exact) return exact;
  const kind = { poses: "pose", labels: "labels" }[id];
  const alike = sources.filter(({ info }) => info.kind === kind);
  return alike.sort((x, y) => y.table.stampNs.length - x.table.stampNs.length)[0] ?? null;
}

function nothing(reason: string): Conclusion {
  return { status: "not_observable", reason, coverage: { items: 0, checked: 0 }, observed: {}, defects: [] };
}

function open(between: readonly [string, string], status: "not_run" | "not_observable", reason: string): Conclusion {
  return { ...nothing(reason), status, stream: between[1], observed: { between: [...between] }, coverage: { items: 1, checked: 0 } };
}

/** Frames of the stream that has fewer are asked for their partners: of the faster one many have none by nature. */
function compared(
  a: Source,
  b: Source,
  between: readonly [string, string],
  limitNs: number,
  isStated: boolean,
  kernels: Kernels,
): Conclusion {
  if (a.info.stamps === "nominal" || b.info.stamps === "nominal") return open(between, "not_observable", "no clock: stamps are nominal");
  const clock = a.info.stamps === "sensor" && b.info.stamps === "sensor" ? "stampNs" : "logNs";
  const [first, second] = [ordered(a.table[clock]), ordered(b.table[clock])];
  const isFirst = first.stampNs.length <= second.stampNs.length;
  const [asked, other] = isFirst ? [first, second] : [second, first];
  const names = isFirst ? [a.info.id, b.info.id] : [b.info.id, a.info.id];
  if (asked.stampNs.length === 0) return open(between, "not_observable", "a stream without stamps");
  if (asked.stampNs.length + other.stampNs.length > MOST_STAMPS)
    return open(
      between,
      "not_run",
      `expected at most ${MOST_STAMPS} stamps of two streams, got ${asked.stampNs.length + other.stampNs.length}`,
    );
  // Equal stamps are within a tolerance of nothing.
  const found = associate(asked.stampNs, other.stampNs, Math.max(1, limitNs), kernels);
  const common = span(asked, other, limitNs);
  const base = { stream: between[1], coverage: { items: asked.frame.length, checked: common.end - common.start } };
  const toleranceMs = ms(limitNs);
  const observed: Record<string, Plain> = {
    between: [...between],
    measure: "gap between nearest stamps",
    clock: clock === "stampNs" ? "sensor" : "log",
    of: names[0] ?? "",
    frames: asked.frame.length,
    inCommon: common.end - common.start,
    pairs: found.pairs,
    ...(isStated ? { toleranceMs } : { withinMs: toleranceMs }),
    ...gaps(found.gapNs.slice(common.start, common.end)),
    pairGapMaxMs: ms(farthest(asked, other, found)),
    unmatched: asked.frame.length - found.pairs,
    unmatchedOther: other.frame.length - found.pairs,
  };
  const located = { from: whole(names[0] ?? "", asked), to: whole(names[1] ?? "", other), signals: ["stamp"] };
  if (common.start === common.end) {
    if (!isStated) return { ...base, status: "not_observable", reason: "no time in common", observed, defects: [] };
    const apart: Defect = {
      ...{ kind: "apart", severity: "error", stream: names[0] ?? null, ...located },
      frames: located.from.frames,
      timeNs: [asked.stampNs[0] ?? 0n, asked.stampNs.at(-1) ?? 0n],
      observed: { gapMs: ms(found.gapNs.reduce((least, gap) => Math.min(least, gap), Number.POSITIVE_INFINITY)) },
      expected: { toleranceMs },
    };
    return { ...base, status: "fail", observed, defects: [apart] };
  }
  if (!isStated) return { ...base, status: "pass", reason: "information: the rig states no tolerance", observed, defects: [] };
  const unmatched = new GravestList<Defect>();
  for (const { start, end, gapNs } of unmatchedRuns(asked, found, common)) {
    unmatched.add({
      ...{ kind: "unmatched", severity: "error", stream: names[0] ?? null, ...located },
      frames: [asked.frame[start] ?? 0, asked.frame[end - 1] ?? 0],
      timeNs: [asked.stampNs[start] ?? 0n, asked.stampNs[end - 1] ?? 0n],
      weight: gapNs,
      observed: { frames: end - start, gapMs: ms(gapNs) },
      expected: { toleranceMs },
    });
  }
  const { kept, more } = unmatched.finish();
  return { ...base, status: kept.length > 0 ? "fail" : "pass", observed, defects: kept, more };
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Stamps of the one that lie within the other's time, give or take the limit. */
function span(asked: Ordered, { stampNs }: Ordered, limitNs: number): Range {
  const slack = BigInt(Math.floor(Math.min(limitNs, 9e18)));
  const [low, high] = [(stampNs[0] ?? 0n) - slack, (stampNs.at(-1) ?? 0n) + slack];
  const start = asked.stampNs.findIndex((stamp) => stamp >= low);
  const end = asked.stampNs.findLastIndex((stamp) => stamp <= high) + 1;
  return start < 0 || end <= start ? { start: 0, end: 0 } : { start, end };
}

/** Neighbouring frames without a partner, by the order of their frames. */
function* unmatchedRuns(
  { frame }: Ordered,
  { pair, gapNs }: Association,
  { start, end }: Range,
): Generator<Range & { readonly gapNs: number }> {
  for (let i = start; i < end; i++) {
    if (pair[i] !== -1) continue;
    const first = i;
    let most = gapNs[i] ?? 0;
    while (i + 1 < end && pair[i + 1] === -1 && (frame[i + 1] ?? 0) === (frame[i] ?? 0) + 1) most = Math.max(most, gapNs[++i] ?? 0);
    yield { start: first, end: i + 1, gapNs: most };
  }
}

function whole(stream: string, { frame }: Ordered): { readonly stream: string; readonly frames: readonly [number, number] } {
  return { stream, frames: [0, frame.reduce((most, one) => Math.max(most, one), 0)] };
}

function gaps(gapNs: Float64Array): Record<string, number> {
  if (gapNs.length === 0) return {};
  const sorted = gapNs.sort();
  const at = (share: number): number => ms(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return { gapMedianMs: at(0.5), gapP95Ms: at(0.95), gapMaxMs: at(1) };
}

/** Of the pairs: ns between the two that are farthest apart. */
function farthest(asked: Ordered, other: Ordered, { pair }: Association): number {
  return pair.reduce((most, row, i) => {
    const gap = row < 0 ? 0n : (other.stampNs[row] ?? 0n) - (asked.stampNs[i] ?? 0n);
    return Math.max(most, Number(gap < 0n ? -gap : gap));
  }, 0);
}

function usualPeriodNs(stampNs: BigInt64Array): number {
  const steps = Float64Array.from({ length: Math.max(0, stampNs.length - 1) }, (_, i) =>
    Number((stampNs[i + 1] ?? 0n) - (stampNs[i] ?? 0n)),
  );
  return steps.sort()[steps.length >> 1] ?? 0;
}

/** To the nanosecond. */
function ms(ns: number): number {
  return rounded(ns / 1e6, 6);
}

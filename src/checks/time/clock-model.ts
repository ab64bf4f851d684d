/**
 * time/clock-model: does each sensor's clock agree with the recorder's, and run at its rate?
 *
 * Log time less stamp is the clocks' offset plus the way to the recorder, which is never negative for long. A line through it says offset and
 * drift; jumps say where a clock was set. The way itself (an image takes 30 ms, a label a second) cannot be told from an offset: only what
 * no way explains is accused.
 */
import { AMOUNT, type Conclusion, type Defect, defineCheck, type Options } from "../../check/check.ts";
import { type StampTable, stampRows, stampTable } from "../../columns/stamps.ts";
import { rounded } from "../../summary/seam.ts";
import type { Severity, StreamInfo } from "../../types.ts";
import { type ClockModel, clockModel, nameOffset } from "./_clock.ts";

const kinds = {
  "clock-offset": { severity: "warning", meaning: "a sensor's clock is off from the recorder's by more than any way of a message takes" },
  "clock-drift": { severity: "warning", meaning: "a sensor's clock runs faster or slower than the recorder's" },
  "clock-step": { severity: "error", meaning: "a sensor's clock, or the recorder's, was set while recording" },
} as const satisfies Record<string, { severity: Severity; meaning: string }>;

export const clockModelCheck = defineCheck({
  id: "time/clock-model",
  title: "Does each sensor's clock agree with the recorder's, and run at its rate?",
  level: 0,
  needs: ["frames"],
  sees: [stampRows],
  defaults: {
    /** A message may take so long to the recorder, s: labels and fixes are late by seconds. */
    maxDelayS: 10,
    /** A stamp may be ahead of its arrival by so much: clocks are never quite alike, s. */
    maxAheadS: 0.1,
    /** Drift beyond this is a clock without discipline: quartz is good to 50 ppm. */
    maxDriftPpm: 100,
    /** Drift is said only when its standard error is below. */
    maxDriftErrorPpm: 20,
  },
  ranges: { maxDelayS: AMOUNT, maxAheadS: AMOUNT, maxDriftPpm: AMOUNT, maxDriftErrorPpm: AMOUNT },
  kinds,
  blindSpots: [
    "an offset as small as the way of a message to the recorder: see time/sensor-offset",
    "a drift of the recorder's own clock, which all streams then share",
    "drift within the scatter of the delays: the standard error is in the verdict",
    "streams whose stamps are the recorder's own",
    "steps below 5 ms or 8 times the change from frame to frame",
  ],

  conclude({ seen, kernels }, options) {
    const answers = seen.of(stampRows).flatMap((pieces, i): Conclusion[] => {
      const info = seen.streams[i];
      if (info?.stamps !== "sensor" || !pieces) return [];
      const table = stampTable(pieces);
      const model = clockModel(table.stampNs, table.logNs, kernels);
      return [conclusion(info, table, model, options)];
    });
    if (answers.length > 0) return answers;
    return [
      {
        status: "not_observable",
        reason: "no stream with stamps of its own",
        coverage: { items: 0, checked: 0 },
        observed: {},
        defects: [],
      },
    ];
  },

  describe({ kind, frames, observed, expected }) {
    switch (kind) {
      case "clock-offset":
        return `the clock is ${observed["offsetS"]} s behind the recorder's${observed["looksLike"] ? `: ${observed["looksLike"]}` : ""}`;
      case "clock-drift":
        return `the recorder's clock gains ${observed["driftPpm"]} ppm on the sensor's, expected at most ${expected["maxDriftPpm"]} either way`;
      default:
        return `the clock jumps by ${observed["stepMs"]} ms at frame ${frames?.[0] ?? 0}`;
    }
  },
});

function conclusion(info: StreamInfo, { stampNs, logNs }: StampTable, model: ClockModel | null, options: Options): Conclusion {
  const frames = stampNs.length;
  const base = { stream: info.id, coverage: { items: frames, checked: model?.frames ?? 0 } };
  if (!model) return { ...base, status: "not_observable", reason: "too few frames", observed: {}, defects: [] };
  if (stampNs.every((stamp, i) => stamp === logNs[i])) {
    return {
      ...base,
      status: "not_observable",
      reason: "stamps are the recorder's own",
      coverage: { items: frames, checked: 0 },
      observed: {},
      defects: [],
    };
  }
  const observed = {
    offsetMs: rounded(model.offsetS * 1e3, 3),
    driftPpm: rounded(model.driftPpm, 2),
    driftErrorPpm: rounded(model.driftErrorPpm, 2),
    middleDriftPpm: rounded(model.middleDriftPpm, 2),
    scatterMs: rounded(model.scatterS * 1e3, 3),
    steps: model.steps.length,
  };
  const whole = {
    frames: [0, frames - 1] as const,
    timeNs: [stampNs[0] ?? 0n, stampNs.at(-1) ?? 0n] as const,
    stream: info.id,
    signals: ["stamp", "log"],
  };
  const defects: Defect[] = [];
  const { maxDelayS = 10, maxAheadS = 0.1, maxDriftPpm = 100, maxDriftErrorPpm = 20 } = options;
  if (model.offsetS > maxDelayS || model.offsetS < -maxAheadS) {
    const looksLike = nameOffset(model.offsetS, stampNs[0] ?? 0n);
    defects.push({
      kind: "clock-offset",
      severity: "warning",
      ...whole,
      observed: { offsetS: rounded(model.offsetS, 6), ...(looksLike !== null && { looksLike }) },
      expected: { atLeastS: -maxAheadS, atMostS: maxDelayS },
    });
  }
  // Two lines must agree that there is one.
  const drift = Math.min(Math.abs(model.driftPpm), Math.abs(model.middleDriftPpm));
  if (
    model.driftErrorPpm <= maxDriftErrorPpm &&
    model.driftPpm * model.middleDriftPpm > 0 &&
    drift > maxDriftPpm + 3 * model.driftErrorPpm
  ) {
    defects.push({
      kind: "clock-drift",
      severity: "warning",
      ...whole,
      observed: { driftPpm: observed.driftPpm, driftErrorPpm: observed.driftErrorPpm, driftMsPerHour: rounded(model.driftPpm * 3.6, 1) },
      expected: { maxDriftPpm },
    });
  }
  for (const { frame, stepS } of model.steps) {
    const looksLike = nameOffset(stepS, 1n << 62n);
    defects.push({
      kind: "clock-step",
      severity: "error",
      stream: info.id,
      frames: [frame, frame],
      timeNs: [stampNs[frame] ?? 0n, stampNs[frame] ?? 0n],
      weight: Math.abs(stepS),
      signals: ["stamp", "log"],
      observed: { stepMs: rounded(stepS * 1e3, 3), ...(looksLike !== null && { looksLike }) },
      expected: { stepMs: 0 },
    });
  }
  return { ...base, status: defects.length > 0 ? "fail" : "pass", observed, defects };
}

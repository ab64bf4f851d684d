/** Hand-built reports: every status and severity, every field of a finding, and names written to do harm. */
import { type AnyCheck, defineCheck } from "../../src/check/check.ts";
import type { RenderContext } from "../../src/report/render.ts";
import type { Finding, Report, Verdict } from "../../src/types.ts";

/** Two checks of its own, so that no golden file moves when a real check is worded anew. */
export const sampleChecks: readonly AnyCheck[] = [
  defineCheck({
    id: "time/gaps",
    title: "Is any stream silent?",
    level: 0,
    needs: ["frames"],
    defaults: { maxGapMs: 150 },
    kinds: {
      gap: { severity: "error", meaning: "no frame for longer than allowed" },
      jitter: { severity: "info", meaning: "frames scatter around their beat" },
    },
    blindSpots: ["streams without a beat"],
    describe: ({ kind, stream, observed }) => `${kind} of ${observed["gapMs"]} ms on ${stream}`,
    conclude: () => [],
  }),
  defineCheck({
    id: "labels/boxes",
    title: "Is every box a box?",
    level: 1,
    needs: ["labels"],
    defaults: {},
    kinds: { flat: { severity: "warning", meaning: "a box without extent" } },
    blindSpots: [],
    describe: ({ tracks }) => `flat box <of> "track" ${tracks?.join(", ")} & more`,
    conclude: () => [],
  }),
];

/** Moves the cursor, breaks the line, sets the window's title, reverses text, ends an element, pairs no surrogate. */
export const HOSTILE = '/a\u001b[2J\u001b]0;title\u0007\r\nFAKE: PASS\u0085\u202e]]><x y="1">&amp;\u0000\ud800';

const START_NS = 1_700_000_000_000_000_000n;

const gap: Finding = {
  check: "time/gaps",
  kind: "gap",
  severity: "error",
  stream: "/lidar",
  frames: [120, 123],
  timeNs: [START_NS + 12_000_000_001n, START_NS + 12_300_000_000n],
  bytes: [4096, 8192],
  observed: { gapMs: 299.999999, afterNs: 9_223_372_036_854_775_807n, worst: Number.NaN, least: Number.NEGATIVE_INFINITY },
  expected: { maxGapMs: 150, stamps: [START_NS, null, { nested: true }] },
  signals: ["stamp", "log"],
  fingerprint: "00112233445566aa",
};

const flat: Finding = {
  check: "labels/boxes",
  kind: "flat",
  severity: "warning",
  stream: "label_02",
  frames: [7, 7],
  timeNs: [START_NS - 500_000_000n, START_NS - 500_000_000n],
  file: "label_02/0001.txt",
  tracks: ["12", HOSTILE],
  annotator: "anna",
  from: { stream: "/lidar", frames: [3, 4] },
  to: { stream: "/camera", frames: [5, 5] },
  observed: { widthM: 0 },
  expected: { widthM: "> 0" },
  signals: [],
  fingerprint: "8899aabbccddeeff",
};

/** Findings of every severity, every status, one check whose findings no verdict explains. */
export const faulty: Report = {
  schema: "plumbline.report/1",
  recording: {
    name: "drive 1#.mcap",
    format: "mcap",
    bytes: 5_368_709_120,
    startNs: START_NS,
    endNs: START_NS + 185_500_000_000n,
    attachments: 1,
    metadata: 2,
    streams: [
      {
        id: "/lidar",
        kind: "points",
        type: "sensor_msgs/msg/PointCloud2",
        frames: 1856,
        bytes: 5_000_000_000,
        startNs: START_NS,
        endNs: START_NS + 185_500_000_000n,
        digest: "0123456789abcdef",
        points: 240_000_000,
      },
      {
        id: "label_02",
        kind: "labels",
        type: "KITTI tracking labels",
        frames: 1,
        bytes: 700,
        startNs: START_NS,
        endNs: START_NS,
        digest: "fedcba9876543210",
        boxes: 12,
        tracks: 3,
      },
      { id: "/empty", kind: "bytes", type: "", frames: 0, bytes: 0, startNs: null, endNs: null, digest: "0000000000000000" },
    ],
  },
  plan: {
    seed: 7,
    checks: [
      { check: "time/gaps", rate: 1 },
      { check: "labels/boxes", rate: 1 },
      { check: "image/blur", rate: 0, reason: "level 2 not asked for" },
      { check: "image/dark", rate: 0, reason: "level 2 not asked for" },
    ],
  },
  verdicts: [
    { check: "time/gaps", stream: "/lidar", status: "fail", coverage: { items: 1856, checked: 1856 }, observed: { gaps: 312, rateHz: 10 } },
    {
      check: "time/gaps",
      stream: "/empty",
      status: "not_observable",
      reason: "no frames",
      coverage: { items: 0, checked: 0 },
      observed: {},
    },
    {
      check: "labels/boxes",
      stream: "label_02",
      status: "pass",
      reason: "9 rows have no size",
      coverage: { items: 12, checked: 3 },
      observed: {},
    },
    { check: "time/modality", stream: null, status: "not_run", reason: "no rig", coverage: { items: 0, checked: 0 }, observed: {} },
  ],
  findings: [
    { ...gap, kind: "jitter", severity: "info", frames: [0, 1855], timeNs: null, fingerprint: "1111111111111111" },
    gap,
    flat,
    { ...gap, check: "made/up", kind: "odd", stream: null, frames: null, timeNs: null, bytes: [0, 1], fingerprint: "2222222222222222" },
  ],
  summary: { pass: 1, fail: 1, not_run: 1, not_observable: 1, findings: 4 },
};

/** Nothing wrong, and nothing with a time. */
export const clean: Report = {
  schema: "plumbline.report/1",
  recording: { name: "clean", format: "motchallenge", bytes: 0, startNs: null, endNs: null, attachments: 0, metadata: 0, streams: [] },
  plan: { seed: 0, checks: [{ check: "time/gaps", rate: 1 }] },
  verdicts: [{ check: "time/gaps", stream: null, status: "pass", coverage: { items: 3, checked: 3 }, observed: {} }],
  findings: [],
  summary: { pass: 1, fail: 0, not_run: 0, not_observable: 0, findings: 0 },
};

/** Every name in it attacks whatever shows it; cut short as well. */
export const hostile: Report = {
  ...clean,
  interrupted: true,
  recording: {
    ...clean.recording,
    name: HOSTILE,
    format: HOSTILE,
    streams: [
      { id: HOSTILE, kind: "bytes", type: HOSTILE, frames: 1, bytes: 1, startNs: null, endNs: null, digest: "0000000000000001" },
      { id: "__proto__", kind: "bytes", type: "constructor", frames: 1, bytes: 1, startNs: null, endNs: null, digest: "0000000000000002" },
    ],
  },
  verdicts: [
    {
      check: "time/gaps",
      stream: HOSTILE,
      status: "fail",
      reason: HOSTILE,
      coverage: { items: 1, checked: 1 },
      observed: { gapMs: HOSTILE },
    },
    { check: "labels/boxes", stream: HOSTILE, status: "not_run", reason: HOSTILE, coverage: { items: 0, checked: 0 }, observed: {} },
  ],
  findings: [
    {
      ...gap,
      stream: HOSTILE,
      file: `../${HOSTILE}`,
      annotator: HOSTILE,
      tracks: [HOSTILE],
      observed: { gapMs: HOSTILE },
      from: { stream: HOSTILE, frames: [0, 0] },
    },
  ],
  summary: { pass: 0, fail: 1, not_run: 1, not_observable: 0, findings: 1 },
};

/** More than is located: of one check a flood, of another nothing but what is counted. */
export const flooded: Report = {
  ...faulty,
  verdicts: faulty.verdicts.map((verdict) => {
    const { check, stream } = verdict;
    if (check === "time/gaps" && stream === "/lidar") {
      const timeNs = [START_NS, START_NS + 12_000_000_000n] as const;
      return { ...verdict, more: [{ kind: "gap", severity: "error", count: 10_001, frames: [7, 9000], timeNs }] };
    }
    if (check !== "labels/boxes") return verdict;
    return { ...verdict, more: [{ kind: "flat", severity: "warning", count: 40, frames: null, timeNs: null }] };
  }),
  findings: faulty.findings.filter(({ check }) => check !== "labels/boxes"),
  summary: { ...faulty.summary, findings: 10_044, more: 10_041 },
};

/** As many streams as an MCAP can have: one check does not run on them, another fails on a hundred and counts on each. */
export const crowd: Report = {
  ...clean,
  verdicts: [
    ...Array.from({ length: 65_535 }, (_, i): Verdict => {
      const nothing = { coverage: { items: 1, checked: 0 }, observed: {} };
      return { check: "time/gaps", stream: `/s${i}`, status: "not_observable", reason: "too few frames", ...nothing };
    }),
    ...Array.from({ length: 100 }, (_, i): Verdict => {
      const more = [{ kind: "flat", severity: "warning", count: 2, frames: [i, i + 1], timeNs: null }] as const;
      return { check: "labels/boxes", stream: `/f${i}`, status: "fail", coverage: { items: 1, checked: 1 }, observed: { n: i }, more };
    }),
    ...["/s0", "/s1"].map((stream): Verdict => {
      return { check: "labels/boxes", stream, status: "not_run", reason: "no boxes", coverage: { items: 0, checked: 0 }, observed: {} };
    }),
  ],
  summary: { pass: 0, fail: 100, not_run: 2, not_observable: 65_535, findings: 200, more: 200 },
};

export const context: RenderContext = {
  checks: sampleChecks,
  version: "0.0.0-test",
  several: false,
  unread: [],
  color: false,
  width: Number.POSITIVE_INFINITY,
};

/** Each planted defect changes exactly what it should, and the truth says what that was. */
import { describe, expect, test } from "vitest";
import { type Fault, Faults, type Planted } from "../../src/simulate/faults.ts";
import { parseFaults } from "../../src/simulate/faults-file.ts";
import { type Message, messagesOf, record, SMALL } from "./record.ts";

const clean = record(SMALL).then(({ mcap }) => messagesOf(mcap));

interface Outcome {
  /** Messages of the stream without and with the defect. */
  readonly before: readonly Message[];
  readonly after: readonly Message[];
  readonly planted: Planted;
}

/** Plants one defect; every other stream must be as it was. */
async function plant(fault: Fault, alsoTouches: readonly string[] = []): Promise<Outcome> {
  const { mcap, truth } = await record({ ...SMALL, faults: [fault] });
  const [before, after] = [await clean, await messagesOf(mcap, fault.kind !== "bit-flip")];
  const others = (list: readonly Message[]): readonly string[] =>
    list
      .filter(({ topic }) => topic !== fault.stream && !alsoTouches.includes(topic))
      .map(({ topic, sequence, logNs, payload }) => `${topic} ${sequence} ${logNs} ${payload}`);
  expect(others(after)).toEqual(others(before));
  const own = (list: readonly Message[]): readonly Message[] => list.filter(({ topic }) => topic === fault.stream);
  return { before: own(before), after: own(after), planted: JSON.parse(truth).faults[0] };
}

/** Frames whose payload is not what it was. */
const changed = ({ before, after }: Outcome): readonly number[] =>
  after.flatMap(({ payload }, i) => (payload === before[i]?.payload ? [] : [i]));

/** header.stamp of a CDR message: after four bytes of encapsulation. */
function stampNs({ data }: Message): bigint {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return BigInt(view.getInt32(4, true)) * 1_000_000_000n + BigInt(view.getUint32(8, true));
}

describe("planted defects", () => {
  test("bit-flip: one bit of one payload", async () => {
    const outcome = await plant({ kind: "bit-flip", stream: "/lidar/points", from: 1 });
    expect(changed(outcome)).toEqual([10]);
    const [a, b] = [outcome.before[10]?.data, outcome.after[10]?.data];
    const differ = [...(a ?? [])].flatMap((byte, i) => (byte === b?.[i] ? [] : [byte ^ (b?.[i] ?? 0)]));
    expect(differ).toEqual([0x10]);
    expect(outcome.planted).toMatchObject({ frames: [10, 10], sequences: [10, 10], count: 1 });
  });

  test("drop: frames missing, numbers with a gap", async () => {
    const { before, after, planted } = await plant({ kind: "drop", stream: "/lidar/points", from: 0.5, to: 0.75 });
    expect(after.map(({ sequence }) => sequence)).toEqual([...Array(20).keys()].filter((i) => i < 5 || i > 7));
    expect(after.every(({ payload, sequence }) => payload === before[sequence]?.payload)).toBe(true);
    expect(planted).toMatchObject({ frames: [5, 5], sequences: [5, 7], count: 3 });
  });

  test("duplicate: one frame twice", async () => {
    const { before, after, planted } = await plant({ kind: "duplicate", stream: "/odometry", from: 1 });
    expect(after).toHaveLength(before.length + 1);
    expect(after[50]?.payload).toBe(after[51]?.payload);
    expect(planted).toMatchObject({ frames: [50, 51], count: 1 });
  });

  test("stamp-regression: one stamp before its place", async () => {
    const outcome = await plant({ kind: "stamp-regression", stream: "/imu/data", from: 1, amount: 30 });
    expect(changed(outcome)).toEqual([200]);
    const [a, b] = [outcome.before[200], outcome.after[200]];
    expect(a && b && stampNs(a) - stampNs(b)).toBe(30_000_000n);
  });

  test("clock-offset and clock-drift: every later stamp, by exactly so much", async () => {
    const offset = await plant({ kind: "clock-offset", stream: "/imu/data", from: 1 });
    expect(changed(offset)).toEqual([...Array(200).keys()].map((i) => i + 200));
    expect(offset.after.map((m, i) => stampNs(m) - stampNs(offset.before[i] ?? m))).toEqual(
      offset.before.map((_, i) => (i < 200 ? 0n : 80_000_000n)),
    );
    const drift = await plant({ kind: "clock-drift", stream: "/imu/data", from: 0, amount: 1000 });
    const last = drift.before.length - 1;
    const [a, b] = [drift.before[last], drift.after[last]];
    expect(a && b ? Number(stampNs(b) - stampNs(a)) / 1e6 : 0).toBeCloseTo(1.996, 2);
  });

  test("rate-drop: every third frame, numbered as if nothing were missing", async () => {
    const { before, after, planted } = await plant({ kind: "rate-drop", stream: "/imu/data", from: 1, amount: 3 });
    expect(after).toHaveLength(200 + 67);
    expect(after.map(({ sequence }) => sequence)).toEqual([...Array(267).keys()]);
    expect(after[201]?.payload).toBe(before[203]?.payload);
    expect(planted.count).toBe(133);
  });

  test("freeze: the content of the frame before under new stamps", async () => {
    const outcome = await plant({ kind: "freeze", stream: "/lidar/points", from: 1, to: 1.5 });
    expect(changed(outcome)).toEqual([10, 11, 12, 13, 14]);
    const { before, after } = outcome;
    for (const i of [10, 14]) {
      expect(stampNs(after[i] as Message)).toBe(stampNs(before[i] as Message));
      expect(Buffer.compare((after[i] as Message).data.subarray(12), (before[9] as Message).data.subarray(12))).toBe(0);
    }
  });

  test("identity-swap: two names exchanged in both streams of labels, nothing else", async () => {
    const outcome = await plant({ kind: "identity-swap", stream: "/labels/boxes_3d", from: 0.5, to: 1 }, ["/labels/work"]);
    expect(changed(outcome)).toEqual([5, 6, 7, 8, 9]);
    expect(outcome.planted.tracks).toHaveLength(2);
    const [a = "", b = ""] = outcome.planted.tracks ?? [];
    expect(a).not.toBe(b);
    expect(outcome.after.map(({ data }) => data.length)).toEqual(outcome.before.map(({ data }) => data.length));
  });

  test("stale-labels: the boxes of the frame before under new stamps", async () => {
    const outcome = await plant({ kind: "stale-labels", stream: "/labels/boxes_3d", from: 0.5, to: 0.8 }, ["/labels/work"]);
    expect(changed(outcome)).toEqual([5, 6, 7]);
  });

  test("zero-times and time-unit: the times of points and no other byte", async () => {
    for (const kind of ["zero-times", "time-unit"] as const) {
      const outcome = await plant({ kind, stream: "/lidar/points", from: 1.9 });
      expect(changed(outcome)).toEqual([19]);
      const [a, b] = [outcome.before[19]?.data ?? new Uint8Array(), outcome.after[19]?.data ?? new Uint8Array()];
      const rest = [...a.keys()].filter((i) => a[i] !== b[i]);
      const phase = new Set(rest.map((i) => (i - (rest[0] ?? 0) + 24 * 1000) % 24));
      expect(rest.length).toBeGreaterThan(500);
      expect([...phase].every((p) => p < 4 || p > 20)).toBe(true);
    }
  });
});

describe("the file of defects", () => {
  const parsed = (text: string): unknown => parseFaults(text, "faults.yaml");
  test("is read", () => {
    const text = "schema: plumbline.faults/1\nfaults:\n  - { kind: drop, stream: /imu/data, from: 1, to: 2 }\n";
    expect(parsed(text)).toEqual([{ kind: "drop", stream: "/imu/data", from: 1, to: 2 }]);
  });

  for (const [text, message] of [
    ["faults: []", "faults.yaml: schema: expected a value, got nothing"],
    ["schema: plumbline.faults/1\nfaults: [{ kind: explode, stream: /imu/data, from: 1 }]", "faults[0].kind: expected one of bit-flip"],
    [
      "schema: plumbline.faults/1\nfaults: [{ kind: drop, stream: /imu/data, from: 3, to: 2 }]",
      "faults[0].to: expected a moment after from (3), got 2",
    ],
    [
      "schema: plumbline.faults/1\nfaults: [{ kind: rate-drop, stream: /imu/data, from: 3, amount: 1.5 }]",
      "faults[0].amount: expected a whole number >= 2",
    ],
    [
      "schema: plumbline.faults/1\nfaults: [{ kind: drop, strem: /imu/data, from: 3 }]",
      "faults[0].strem: unknown key; did you mean stream?",
    ],
    ["{", "faults.yaml: expected YAML"],
  ] as const) {
    test(message, () => expect(() => parsed(text)).toThrow(message));
  }

  test("streams that are not there, or cannot have it, are refused", () => {
    const streams = new Set(["/imu/data", "/lidar/points"]);
    expect(() => new Faults([{ kind: "drop", stream: "/imu", from: 0 }], streams)).toThrow(
      'expected one of /imu/data, /lidar/points, got "/imu"',
    );
    expect(() => new Faults([{ kind: "zero-times", stream: "/imu/data", from: 0 }], streams)).toThrow(
      "expected /lidar/points for zero-times",
    );
  });
});

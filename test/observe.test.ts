/** What the fold of spans makes of what a reader gives it, and of a reader that fails. */
import { describe, expect, test } from "vitest";
import { type Check, defineCheck } from "../src/check.ts";
import { DecodeError, InputError } from "../src/errors.ts";
import { makeFolder, type Part } from "../src/observe.ts";
import { makePlan } from "../src/plan.ts";
import { type Decoded, NO_FACTS, type Reader } from "../src/source.ts";
import type { ContainerFacts, RecordingIndex, Span, StreamInfo } from "../src/types.ts";
import { loadKernels } from "../src/wasm.ts";
import { blockOf, healthy } from "./blocks.ts";

const STREAMS: readonly StreamInfo[] = ["/a", "/b"].map((id) => ({ id, kind: "bytes", type: "test", stamps: "log", sequenced: false }));

/** What the container said, span by span; how many frames a stream has; and only of the second stream, which frames those are. */
const facts = defineCheck<readonly ContainerFacts[]>({
  ...{ id: "test/facts", scope: "container", title: "", level: 0, needs: [], defaults: {}, kinds: {}, blindSpots: [] },
  observe: (seen) => [seen],
  merge: (left, right) => [...left, ...right],
  conclude: () => ({ status: "pass", coverage: { items: 0, checked: 0 }, observed: {}, defects: [] }),
  describe: () => "",
});
const numbers = defineCheck<readonly number[]>({
  ...{ id: "test/numbers", scope: "stream", title: "", level: 0, needs: ["frames"], defaults: {}, kinds: {}, blindSpots: [], absent: "" },
  appliesTo: ({ id }) => id === "/b",
  observe: ({ frames }) => [...frames.sequence],
  merge: (left, right) => [...left, ...right],
  conclude: () => ({ status: "pass", coverage: { items: 0, checked: 0 }, observed: {}, defects: [] }),
  describe: () => "",
});
const checks: readonly Check[] = [facts, numbers];

const SPANS: readonly Span[] = [
  { kind: "bytes", file: 0, start: 100, end: 250, bytes: 150 },
  { kind: "frames", stream: 1, start: 4, end: 9, bytes: 77 },
];

function indexOf(spans: readonly Span[]): RecordingIndex {
  return {
    format: "test",
    name: "drive",
    bytes: 1000,
    attachments: 0,
    metadata: 0,
    streams: STREAMS,
    spans,
    facts: NO_FACTS,
    claims: {},
    detail: null,
  };
}

/** Folds all spans from the left. @param read what the reader does with a span, by its place */
async function fold(spans: readonly Span[], read: (at: number) => Decoded): Promise<Part> {
  const plan = makePlan(checks, { level: 0, seed: 1 });
  const folder = makeFolder(checks, plan, indexOf(spans), await loadKernels());
  const reader: Reader = { read: (span) => read(spans.indexOf(span)) };
  return spans.map((_, at) => folder.observe(reader, at)).reduce((left, right) => folder.merge(left, right), folder.start());
}

const framesOf = (stream: number, count: number): Decoded => ({ facts: NO_FACTS, blocks: [blockOf(healthy(count), stream)] });
const seen = (part: Part): readonly ContainerFacts[] => (part.summaries[0]?.[0] ?? []) as readonly ContainerFacts[];

describe("a span that is not readable any more", () => {
  const failing =
    (error: Error) =>
    (at: number): Decoded => {
      if (at === 1) throw error;
      return framesOf(1, 3);
    };

  test("bytes: damage with its place, and the other spans still count", async () => {
    const spans = [SPANS[1], SPANS[0], { ...SPANS[1] }] as Span[];
    const part = await fold(spans, (at) => failing(new InputError("gone"))(at));
    expect(part.summaries[1]).toEqual([null, [1, 2, 3, 1, 2, 3]]);
    expect(part.census.map((census) => census?.frames ?? 0)).toEqual([0, 6]);
    const [, , lost] = seen(part);
    expect(lost).toMatchObject({ lostBytes: 150, regions: NO_FACTS.regions });
    expect(lost?.damages).toEqual([
      {
        ...{ kind: "unreadable", severity: "error", file: null, bytes: [100, 250], stream: null, timeNs: null },
        ...{ observed: { frames: null, recording: "drive" }, expected: {} },
      },
    ]);
  });

  test("frames of a stream: the stream and the frames, first and last", async () => {
    const part = await fold([SPANS[0], SPANS[1]] as Span[], failing(new InputError("gone")));
    const [, , lost] = seen(part);
    expect(lost?.lostBytes).toBe(77);
    expect(lost?.damages[0]).toMatchObject({ bytes: null, stream: 1, observed: { frames: [4, 8], recording: "drive" } });
  });

  test("any other error is one of ours, and is thrown", async () => {
    for (const error of [new Error("ours"), new RangeError("ours"), new DecodeError("ours", 3)]) {
      await expect(fold([SPANS[0], SPANS[1]] as Span[], failing(error))).rejects.toBe(error);
    }
  });
});

describe("the fold", () => {
  test("of no span is what opening revealed; blocks without frames are none", async () => {
    const part = await fold([], () => framesOf(0, 1));
    expect(part).toEqual({
      first: 0,
      end: 0,
      disproved: false,
      census: [null, null],
      summaries: [[[NO_FACTS]], [null, null]],
      gathered: {},
    });
    const empty = await fold([SPANS[0]] as Span[], () => framesOf(1, 0));
    expect([empty.census, empty.summaries[1]]).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  test("an index that one span disproves is disproved for good, on either side", async () => {
    for (const wrong of [0, 1, 2, -1]) {
      const spans = [0, 1, 2].map((file): Span => ({ kind: "bytes", file, start: 0, end: 1, bytes: 1 }));
      const part = await fold(spans, (at) => ({ ...framesOf(0, 2), ...(at === wrong && { disproved: true }) }));
      expect([wrong, part.disproved]).toEqual([wrong, wrong >= 0]);
    }
  });

  test("parts join with their neighbour alone, and spans are those of the index", async () => {
    const plan = makePlan(checks, { level: 0, seed: 1 });
    const folder = makeFolder(checks, plan, indexOf(SPANS), await loadKernels());
    const reader: Reader = { read: () => framesOf(0, 1) };
    const [first, second] = [folder.observe(reader, 0), folder.observe(reader, 1)];
    expect([first.first, first.end, second.first, second.end]).toEqual([0, 1, 1, 2]);
    expect(() => folder.merge(second, first)).toThrow(new RangeError("expected a part beginning at span 2, got 0"));
    expect(() => folder.merge(first, first)).toThrow(new RangeError("expected a part beginning at span 1, got 0"));
    expect(folder.merge(first, second)).toMatchObject({ first: 0, end: 2 });
    expect(() => folder.observe(reader, 2)).toThrow(new RangeError("expected a span below 2, got 2"));
  });

  test("a planned check that is not known is misuse", async () => {
    const plan = makePlan(checks, { level: 0, seed: 1 });
    const kernels = await loadKernels();
    expect(() => makeFolder([facts], plan, indexOf(SPANS), kernels)).toThrow(new RangeError('expected a known check, got "test/numbers"'));
  });
});

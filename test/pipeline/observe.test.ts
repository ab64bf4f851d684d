/** What the fold of spans makes of what a reader gives it, and of a reader that fails. */
import { describe, expect, test } from "vitest";
import { CONTAINER, defineCheck } from "../../src/check/check.ts";
import type { AnyTable } from "../../src/check/table.ts";
import { DecodeError, InputError } from "../../src/errors.ts";
import { loadKernels } from "../../src/kernels.ts";
import { makeFolder, type Part } from "../../src/pipeline/observe.ts";
import { makePlan } from "../../src/pipeline/plan.ts";
import { type Decoded, NO_FACTS, type Reader } from "../../src/pipeline/source.ts";
import type { Block, ContainerFacts, Hole, RecordingIndex, Span, StreamInfo } from "../../src/types.ts";
import { blockOf, healthy } from "../blocks.ts";

const STREAMS: readonly StreamInfo[] = ["/a", "/b"].map((id) => ({ id, kind: "bytes", type: "test", stamps: "log", sequenced: false }));
const words = {
  title: "",
  level: 0,
  needs: ["frames"],
  defaults: {},
  kinds: {},
  blindSpots: [],
  describe: () => "",
  conclude: () => [],
} as const;

/** What the container said, span by span. */
const facts = defineCheck<readonly ContainerFacts[]>({
  ...{ ...words, id: "test/facts" },
  fold: {
    looksAt: (stream) => stream === CONTAINER,
    observe: (block) => [block.facts ?? NO_FACTS],
    merge: (left, right) => [...left, ...right],
  },
});
/** Of the second stream, the frames' own numbers, and between two parts how they meet. */
const numbers = defineCheck<readonly unknown[]>({
  ...{ ...words, id: "test/numbers" },
  fold: {
    looksAt: ({ id }) => id === "/b",
    observe: ({ frames }) => [...frames.sequence],
    merge: (left, right, { touching, skipped, stream }) => [...left, `${stream.id} ${touching ? "touches" : `lacks ${skipped}`}`, ...right],
  },
});
/** Concludes from the census alone. */
const none = defineCheck({ ...words, id: "test/none" });
const checks = [facts, numbers, none];

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
const seen = (part: Part): readonly ContainerFacts[] => (part.summaries[0]?.[2] ?? []) as readonly ContainerFacts[];

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
    expect(part.summaries[1]).toEqual([null, [1, 2, 3, "/b touches", 1, 2, 3], null]);
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

test("tables are collected of the streams they apply to, and joined where both sides have something", async () => {
  const rows: AnyTable = {
    ...{ id: "rows", needs: ["frames"], bytesPerRow: 1, appliesTo: ({ id }) => id === "/b" },
    collect: ({ frames }, _kernels, stream) => [`${stream.id} ${frames.count}`],
    join: (left, right, { touching, stream }) => [...left, `${stream.id} ${touching}`, ...right],
  };
  const sees = defineCheck({ ...words, id: "test/sees", sees: [rows] });
  const work = [0, 1, 2, 3].map((file): Span => ({ kind: "bytes", file, start: 0, end: 1, bytes: 1 }));
  const folder = makeFolder([sees], makePlan([sees], { level: 0, seed: 1 }), indexOf(work), await loadKernels());
  const blocks = [
    [],
    [blockOf(healthy(2), 0)],
    [blockOf(healthy(3), 1)],
    [blockOf(healthy(1), 0), { ...blockOf(healthy(4), 1), hole: { frames: 1, ns: null } }],
  ];
  const parts = blocks.map((own, at) => folder.observe({ read: () => ({ facts: NO_FACTS, blocks: own }) }, at));
  expect(parts.map(({ collected }) => collected["rows"])).toEqual([
    [null, null],
    [null, null],
    [null, ["/b 3"]],
    [null, ["/b 4"]],
  ]);
  expect(parts.reduce((left, right) => folder.merge(left, right)).collected).toEqual({ rows: [null, ["/b 3", "/b false", "/b 4"]] });
});

test("the container is a block of each span, behind the streams, without frames", async () => {
  const seen: Block[] = [];
  const keeps = defineCheck<null>({
    ...{ ...words, id: "test/keeps" },
    fold: {
      looksAt: (stream) => stream === CONTAINER,
      observe: (block) => {
        seen.push(block);
        return null;
      },
      merge: () => null,
    },
  });
  const folder = makeFolder([keeps], makePlan([keeps], { level: 0, seed: 1 }), indexOf(SPANS), await loadKernels());
  folder.observe({ read: () => framesOf(0, 3) }, 0);
  const [block] = seen;
  const { count, ...columns } = block?.frames ?? expect.unreachable();
  expect([block?.stream, block?.malformed, count, block?.facts]).toEqual([2, [], 0, NO_FACTS]);
  expect(Object.values(columns).map(({ length }) => length)).toEqual(new Array(9).fill(0));
});

describe("the fold", () => {
  test("of no span is what opening revealed; blocks without frames are none", async () => {
    expect(await fold([], () => framesOf(0, 1))).toEqual({
      ...{ first: 0, end: 0, disproved: false, collected: {} },
      ...{ census: [null, null], holes: [null, null, null] },
      summaries: [[null, null, [NO_FACTS]], [null, null, null], null],
    });
    const empty = await fold([SPANS[0]] as Span[], () => framesOf(1, 0));
    expect(empty).toMatchObject({ census: [null, null], summaries: [[null, null, [NO_FACTS, NO_FACTS]], [null, null, null], null] });
  });

  test("a seam is a hole where the right part's first block follows one, whatever the tree and whichever spans hold nothing", async () => {
    const hole: Hole = { frames: 7, ns: null };
    /** By span: frames of /b, and whether they follow a hole. */
    const spans = [
      [2, null],
      [0, null],
      [1, hole],
      [3, null],
      [0, null],
      [0, null],
      [1, { frames: 0, ns: 5n }],
      [1, null],
    ] as const;
    const work = spans.map((_, file): Span => ({ kind: "bytes", file, start: 0, end: 1, bytes: 1 }));
    const folder = makeFolder(checks, makePlan(checks, { level: 0, seed: 1 }), indexOf(work), await loadKernels());
    const parts = spans.map(([count, before], at) =>
      folder.observe(
        { read: () => ({ facts: NO_FACTS, blocks: [{ ...blockOf(healthy(count), 1), ...(before && { hole: before }) }] }) },
        at,
      ),
    );
    const tree = (from: number, to: number, cut: (from: number, to: number) => number): Part => {
      const [only] = parts.slice(from, to);
      if (to - from === 1 && only) return only;
      const at = cut(from, to);
      return folder.merge(tree(from, at, cut), tree(at, to, cut));
    };
    for (const cut of [(_: number, to: number) => to - 1, (from: number) => from + 1, (from: number, to: number) => (from + to) >> 1]) {
      const whole = tree(0, parts.length, cut);
      expect(whole.summaries[1]).toEqual([null, [1, 2, "/b lacks 7", 1, "/b touches", 1, 2, 3, "/b lacks 0", 1, "/b touches", 1], null]);
      expect(whole.holes).toEqual([null, null, null]);
    }
    // What a part lacks before its first frame is kept until there is a frame to the left of it.
    expect(folder.merge(parts[1] as Part, parts[2] as Part).holes[1]).toEqual(hole);
    expect(folder.merge(parts[2] as Part, parts[3] as Part).holes[1]).toEqual(hole);
    expect(folder.merge(folder.start(), parts[0] as Part)).toMatchObject({ first: 0, end: 1, holes: [null, null, null] });
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

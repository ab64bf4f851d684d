/** integrity/container over made-up facts: the fold, the cap, the claims, and what it may not pass. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Context } from "../../src/check/check.ts";
import { LOCATED } from "../../src/check/gravest.ts";
import { seenOf } from "../../src/check/table.ts";
import { container } from "../../src/checks/integrity/container.ts";
import { loadKernels } from "../../src/kernels.ts";
import { joinDamages } from "../../src/summary/damages.ts";
import type { ContainerClaims, ContainerFacts, Damage, Finding, StreamCensus } from "../../src/types.ts";
import { containerBy } from "../blocks.ts";

const kernels = await loadKernels();

function facts(part: Partial<ContainerFacts> = {}): ContainerFacts {
  return { damages: [], regions: { total: 0, withChecksum: 0, verified: 0 }, fold: null, lostBytes: 0, ...part };
}

function damage(at: number, part: Partial<Damage> = {}): Damage {
  return {
    kind: "unreadable",
    severity: "error",
    file: null,
    bytes: [at, at + 1],
    stream: null,
    timeNs: null,
    observed: {},
    expected: {},
    ...part,
  };
}

function stream(frames: number, startNs: bigint | null = null, endNs: bigint | null = null): StreamCensus {
  const info = { id: "/a", kind: "bytes", type: "", stamps: "log", sequenced: true } as const;
  return { info, frames, bytes: 0, startNs, endNs, digest: "", points: null, boxes: null, tracks: null };
}

function context(claims: ContainerClaims = {}, streams: readonly StreamCensus[] = [], interrupted = false): Context {
  return {
    recording: { format: "mcap", name: "x", bytes: 1000, attachments: 0, metadata: 0 },
    claims,
    streams,
    rig: null,
    seal: null,
    seen: seenOf([], {}, kernels),
    kernels,
    changes: [],
    partial: interrupted ? "interrupted" : null,
  };
}

const { observe, merge, conclude: answered } = containerBy(kernels);

const conclude = (all: readonly ContainerFacts[], at: Context = context()) => {
  const [first, ...rest] = all.map(observe);
  if (!first) throw new Error("expected facts");
  return answered(rest.reduce(merge, first), at);
};

test("times a record states the wrong way round are told in their order", () => {
  const [defect] = conclude([facts({ damages: [damage(1, { timeNs: [9n, 4n] })] })]).defects;
  expect(defect?.timeNs).toEqual([4n, 9n]);
});

describe("verdict", () => {
  test("without a checksum it is never a pass", () => {
    const none = conclude([facts()]);
    expect([none.status, none.reason, none.coverage]).toEqual(["not_run", "no checksum", { items: 0, checked: 0 }]);
    const absent = conclude([facts({ regions: { total: 3, withChecksum: 0, verified: 0 } })]);
    expect([absent.status, absent.reason, absent.coverage]).toEqual(["not_run", "no checksum", { items: 3, checked: 0 }]);
  });

  test("with some checksums it passes and says how many are missing", () => {
    const some = conclude([facts({ regions: { total: 3, withChecksum: 1, verified: 1 } })]);
    expect([some.status, some.reason, some.coverage]).toEqual(["pass", "2 of 3 regions carry no checksum", { items: 3, checked: 1 }]);
    const all = conclude([facts({ regions: { total: 2, withChecksum: 2, verified: 2 } })]);
    expect([all.status, all.reason]).toEqual(["pass", undefined]);
  });

  test("damage fails it, information does not", () => {
    const regions = { total: 1, withChecksum: 1, verified: 1 };
    for (const [severity, status] of [
      ["error", "fail"],
      ["warning", "fail"],
      ["info", "pass"],
    ] as const) {
      const answer = conclude([facts({ regions, damages: [damage(5, { severity })] })]);
      expect([severity, answer.status, answer.defects.length]).toEqual([severity, status, 1]);
    }
    const hidden = facts({ regions, moreDamages: [{ kind: "unreadable", severity: "error", count: 5, frames: null, timeNs: null }] });
    expect(conclude([hidden]).status).toBe("fail");
    expect(conclude([hidden]).observed["damages"]).toEqual({ unreadable: 5 });
  });

  test("links that were not followed leave it open, also those beyond the first hundred, but excuse nothing", () => {
    const regions = { total: 2, withChecksum: 2, verified: 2 };
    const link = damage(5, { kind: "link-out", severity: "info" });
    const moreDamages = [{ kind: "link-out", severity: "info" as const, count: 7, frames: null, timeNs: null }];
    const open = conclude([facts({ regions, damages: [link], moreDamages })]);
    expect(open).toMatchObject({
      status: "not_run",
      reason: "8 links lead out of the folder (--follow reads them)",
      coverage: { items: 10, checked: 2 },
    });
    expect(conclude([facts({ regions, damages: [link, damage(6)] })]).status).toBe("fail");
  });

  test("what changed while it was read is told with what was read", () => {
    const changes = [damage(5, { kind: "changed-while-read" })];
    const answer = conclude([facts({ damages: [damage(1)] })], { ...context(), changes });
    expect([answer.status, answer.defects.map(({ kind }) => kind)]).toEqual(["fail", ["unreadable", "changed-while-read"]]);
    expect(answer.observed["damages"]).toEqual({ "changed-while-read": 1, unreadable: 1 });
  });
});

describe("claims", () => {
  const bytes = Uint8Array.from({ length: 200 }, (_, i) => (i * 7) & 255);
  const folds = (cuts: readonly number[]): ContainerFacts[] =>
    [0, ...cuts].map((start, i) => {
      const part = bytes.subarray(start, cuts[i] ?? bytes.length);
      return facts({ fold: { crc: crc32(part), bytes: part.length } });
    });
  const crc = { value: crc32(bytes), bytes: [0, 200] as const };

  test("the checksum of the whole is joined from the spans'", () => {
    for (const cuts of [[], [1], [50, 100, 150], [199]]) {
      const right = conclude(folds(cuts), context({ crc }));
      expect([right.observed["dataCrc"], right.defects]).toEqual(["match", []]);
      const wrong = conclude(folds(cuts), context({ crc: { ...crc, value: 1 } }));
      expect(wrong.defects.map(({ kind, bytes: range }) => [kind, range])).toEqual([["crc-mismatch", [200, 213]]]);
      expect(wrong.coverage.checked).toBe(1);
    }
  });

  test("a damage inside its range explains a wrong checksum; one behind it does not", () => {
    const at = context({ crc: { ...crc, value: 1 } });
    expect(conclude([...folds([]), facts({ damages: [damage(20)] })], at).defects.map(({ kind }) => kind)).toEqual(["unreadable"]);
    expect(conclude([...folds([]), facts({ damages: [damage(300)] })], at).defects.length).toBe(2);
    expect(conclude([...folds([]), facts({ damages: [damage(20, { severity: "info" })] })], at).defects.length).toBe(2);
  });

  test("bytes that were not all read are not compared, and neither is an interrupted run", () => {
    const at = { crc: { ...crc, value: 1 }, frames: new Map([[0, 9]]) };
    expect(conclude(folds([50]).slice(1), context(at, [stream(9)])).observed["dataCrc"]).toBeUndefined();
    expect(conclude(folds([]), context(at, [stream(1)], true)).defects).toEqual([]);
  });

  test("frames and times against the statistics", () => {
    const at = [700, 800] as const;
    const of = (streams: readonly StreamCensus[], claims: ContainerClaims) =>
      conclude([facts()], context({ ...claims, at }, streams)).defects;
    expect(of([stream(3)], { frames: new Map([[0, 3]]) })).toEqual([]);
    const [lost] = of([stream(3)], { frames: new Map([[0, 5]]) });
    expect([lost?.kind, lost?.stream, lost?.bytes, lost?.observed, lost?.expected]).toEqual([
      "statistics-mismatch",
      "/a",
      at,
      { frames: 3, missing: 2 },
      { frames: 5 },
    ]);
    expect(of([stream(3, 5n, 9n)], { timeNs: [5n, 9n] })).toEqual([]);
    expect(of([stream(3, 5n, 9n)], { timeNs: [5n, 8n] }).map(({ severity }) => severity)).toEqual(["error"]);
    // Writers that take time 0 for "not set yet".
    expect(of([stream(3, 0n, 9n)], { timeNs: [5n, 9n] }).map(({ severity }) => severity)).toEqual(["info"]);
    expect(of([stream(3, 0n, 9n)], { timeNs: [5n, 8n] }).map(({ severity }) => severity)).toEqual(["error"]);
  });
});

const anyFacts = fc.record({
  damages: fc.array(
    fc
      .record({
        ...{ at: fc.nat(60), kind: fc.constantFrom("unreadable", "crc-mismatch"), n: fc.nat(3) },
        severity: fc.constantFrom("error", "warning", "info"),
      })
      .map(({ at, kind, n, severity }) => damage(at, { kind, severity, observed: { n } })),
    { maxLength: 60 },
  ),
  bytes: fc.uint8Array({ maxLength: 20 }),
  total: fc.nat(5),
  lostBytes: fc.nat(100),
});

test("cut and merged in any tree, the conclusion is the same", () => {
  fc.assert(
    fc.property(fc.array(anyFacts, { minLength: 1, maxLength: 8 }), fc.infiniteStream(fc.nat(100)), (parts, picks) => {
      const all = parts.map(({ damages, bytes, total, lostBytes }) =>
        facts({
          damages,
          fold: { crc: crc32(bytes), bytes: bytes.length },
          regions: { total, withChecksum: total, verified: total },
          lostBytes,
        }),
      );
      const whole = Buffer.concat(parts.map(({ bytes }) => bytes));
      const at = context({ crc: { value: crc32(whole), bytes: [0, whole.length] } });
      const summaries = all.map(observe);
      while (summaries.length > 1) {
        const i = (picks.next().value ?? 0) % (summaries.length - 1);
        const [a, b] = [summaries[i], summaries[i + 1]];
        if (a && b) summaries.splice(i, 2, merge(a, b));
      }
      const answer = conclude(all, at);
      expect(answered(summaries[0], at)).toEqual(answer);
      expect(answer.observed["dataCrc"]).toBe("match");
      const every = parts.flatMap(({ damages }) => damages);
      expect(answer.defects.length).toBe(Math.min(LOCATED, every.length));
      expect(answer.more?.reduce((sum, { count }) => sum + count, answer.defects.length)).toBe(every.length);
      const starts = answer.defects.map(({ bytes }) => bytes?.[0] ?? -1);
      expect(starts).toEqual(starts.toSorted((a, b) => a - b));
      const of = (list: readonly { readonly severity: string }[]): number => list.filter(({ severity }) => severity === "error").length;
      expect(of(answer.defects)).toBe(Math.min(LOCATED, of(every)));
    }),
    { numRuns: 100, seed: 5 },
  );
});

test("an error behind a hundred warnings is kept, and so is the largest of its kind", () => {
  const small = Array.from({ length: 300 }, (_, i) => damage(10 * i, { kind: "misplaced-record", severity: "warning" }));
  const { kept, more } = joinDamages([...small, damage(5000, { bytes: [5000, 9000] }), damage(9000)], []);
  expect(kept.length).toBe(LOCATED);
  expect(kept.slice(-2).map(({ kind, bytes }) => [kind, bytes?.[0]])).toEqual([
    ["unreadable", 5000],
    ["unreadable", 9000],
  ]);
  expect(more).toMatchObject([{ kind: "misplaced-record", severity: "warning", count: 202, frames: null, timeNs: null }]);
  expect(more[0]?.bytes).toEqual(small[98]?.bytes && [small[98].bytes[0], small[299]?.bytes?.[1]]);
});

describe("wording", () => {
  test("every damage the sources name has its meaning", () => {
    const folder = fileURLToPath(new URL("../../src/sources", import.meta.url));
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const named = new Set(
      files.flatMap((entry) => {
        const text = readFileSync(join(entry.parentPath, entry.name), "utf8");
        return [...text.matchAll(/\b(?:damage|tell|lost|describe)\(\s*"([a-z]+(?:-[a-z]+)*)"/g)].map((match) => match[1] ?? "");
      }),
    );
    expect(named.size).toBeGreaterThan(15);
    expect([...named].filter((kind) => !(kind in container.kinds))).toEqual([]);
  });

  test("one line for each kind", () => {
    for (const kind of Object.keys(container.kinds)) {
      const finding: Finding = {
        ...{
          check: container.id,
          kind,
          severity: "error",
          stream: null,
          frames: null,
          timeNs: null,
          bytes: [3, 9],
          signals: [],
          fingerprint: "",
        },
        observed: { length: 5, at: [1, 2] },
        expected: { length: 7 },
      };
      const line = container.describe(finding);
      expect(line).toMatch(/^bytes 3-9: \S/);
      expect(line).not.toContain("\n");
      expect(container.describe({ ...finding, file: "a/b.txt" })).toMatch(/^a\/b.txt, bytes 3-9: /);
    }
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { check, seal as sealPathOf, verify } from "../../src/index.ts";
import { joined, type LeafParts, mergeLeaves } from "../../src/seal/leaves.ts";
import { leavesOf } from "../seal/leaves-of.ts";
import { type Layout, someMessages, type Written, writeMcap } from "../sources/mcap-write.ts";

const folder = mkdtempSync(join(tmpdir(), "plumbline-seal-check-"));
afterAll(() => rmSync(folder, { recursive: true }));

const messages = someMessages(140);
const place = (topic: string, frame: number): number =>
  messages.map((m, i) => ({ m, i })).filter(({ m }) => m.topic === topic)[frame]?.i ?? -1;

async function written(name: string, all: readonly Written[], layout: Layout = {}): Promise<string> {
  const path = join(folder, name);
  writeFileSync(path, await writeMcap(all, layout));
  return path;
}

const original = await written("original.mcap", messages);
const { bytes } = await sealPathOf(original);

async function found(all: readonly Written[], layout: Layout = {}) {
  const report = await verify(await written("present.mcap", all, layout), { seal: bytes });
  return report.findings.map(({ kind, stream, frames, from, to }) => ({ kind, stream, frames, ...(from && { from }), ...(to && { to }) }));
}

describe("integrity/seal", () => {
  test("the recording itself, and the same messages in other layouts", async () => {
    expect(await found(messages)).toEqual([]);
    for (const layout of [{ useChunks: false }, { chunkSize: 500, compression: "zstd" }, { compression: "lz4", extras: 3 }] as const) {
      expect(await found(messages, layout)).toEqual([]);
    }
  });

  test("a changed payload, with leaf, stamp, block and bytes", async () => {
    const at = place("/b", 13);
    const data = (messages[at] as Written).data.slice();
    data[0] = (data[0] ?? 0) ^ 1;
    const path = await written("present.mcap", messages.with(at, { ...(messages[at] as Written), data }), { useChunks: false });
    const report = await verify(path, { seal: bytes });
    const [finding] = report.findings;
    expect(report.findings.length).toBe(1);
    expect(finding).toMatchObject({
      check: "integrity/seal",
      kind: "changed",
      severity: "error",
      stream: "/b",
      frames: [13, 13],
      signals: ["payload"],
    });
    expect(finding?.expected).toMatchObject({ blocks: [1, 1], stampNs: messages[at]?.logTime });
    const [from = 0, to = 0] = finding?.bytes ?? [];
    expect(to - from).toBe(9 + 22 + data.length);
    expect(report.verdicts.map(({ stream, status }) => [stream, status])).toEqual([
      ["/a", "pass"],
      ["/b", "fail"],
      ["/c", "pass"],
    ]);
  });

  test("a changed time is a changed frame", async () => {
    const at = place("/a", 5);
    expect(await found(messages.with(at, { ...(messages[at] as Written), logTime: 1n }))).toEqual([
      { kind: "changed", stream: "/a", frames: [5, 5] },
    ]);
  });

  test("vanished, appeared, duplicated, moved", async () => {
    const at = place("/a", 5);
    expect(await found(messages.toSpliced(at, 1))).toEqual([{ kind: "vanished", stream: "/a", frames: [5, 5] }]);
    const extra = { topic: "/a", sequence: 0, logTime: 5n, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9) };
    expect(await found(messages.toSpliced(at, 0, extra))).toEqual([{ kind: "appeared", stream: "/a", frames: [5, 5] }]);
    expect(await found(messages.toSpliced(at, 0, messages[at] as Written))).toEqual([
      { kind: "duplicated", stream: "/a", frames: [6, 6], from: { stream: "/a", frames: [5, 5] } },
    ]);
    const [left, right] = [place("/a", 7), place("/b", 4)];
    const crossed = messages
      .with(left, { ...(messages[left] as Written), topic: "/b" })
      .with(right, { ...(messages[right] as Written), topic: "/a" });
    const report = await found(crossed);
    expect(report.map(({ kind }) => kind)).toEqual(["moved", "moved"]);
    expect(report.map(({ from }) => from)).toEqual([
      { stream: "/b", frames: [4, 4] },
      { stream: "/a", frames: [7, 7] },
    ]);
  });

  test("a stream that left, in another name: both fail", async () => {
    const path = await written(
      "present.mcap",
      messages.map((m) => (m.topic === "/c" ? { ...m, topic: "/d" } : m)),
    );
    const report = await verify(path, { seal: bytes });
    const frames = messages.filter(({ topic }) => topic === "/c").length;
    expect(report.findings.filter(({ kind }) => kind === "moved").reduce((n, { frames: f }) => n + (f ? f[1] - f[0] + 1 : 0), 0)).toBe(
      frames,
    );
    expect(report.verdicts.filter(({ status }) => status === "fail").map(({ stream }) => stream)).toEqual(["/d", "/c"]);
    expect(report.verdicts.find(({ stream }) => stream === "/c")?.observed).toMatchObject({ movedAway: frames, vanished: 0 });
  });

  test("without a seal it is left out of the plan, with the reason", async () => {
    const report = await check(original);
    expect(report.plan.checks.find((one) => one.check === "integrity/seal")).toEqual({
      check: "integrity/seal",
      rate: 0,
      reason: "no seal given",
    });
    expect(report.verdicts.some((one) => one.check === "integrity/seal")).toBe(false);
    await expect(check(original, { checks: ["integrity/seal"] })).rejects.toThrow("integrity/seal: expected a seal, got none");
    expect((await check(original, { checks: ["integrity/*"] })).plan.checks.find((one) => one.check === "integrity/seal")?.rate).toBe(0);
  });

  test("a run that was cut short claims nothing", async () => {
    const report = await verify(original, { seal: bytes, signal: AbortSignal.abort() });
    expect(report.findings).toEqual([]);
    expect(report.verdicts).toMatchObject([{ status: "not_run", reason: "interrupted" }]);
  });

  test("more places than findings: frames are named, counted in the verdict", async () => {
    const many = Array.from(
      { length: 5000 },
      (_, i): Written => ({ topic: "/a", sequence: i, logTime: BigInt(i), data: Uint8Array.of(i, i >> 8, 7) }),
    );
    const sealed = await sealPathOf(await written("many.mcap", many));
    const bad = many.map((m, i) => (i % 2 ? m : { ...m, data: Uint8Array.of(...m.data, 1) }));
    const report = await verify(await written("present.mcap", bad, { useChunks: false }), { seal: sealed.bytes });
    expect(report.findings.length).toBe(1000);
    expect(report.verdicts[0]?.observed["changed"]).toBe(2500);
  });
});

describe("the law of splits", () => {
  test("seals and reports do not depend on workers or spans", async () => {
    const bad = await written("split.mcap", messages.toSpliced(60, 3).toSpliced(20, 0, messages[100] as Written), { chunkSize: 300 });
    const seals = new Set<string>();
    const reports = new Set<string>();
    for (const workers of [0, 2]) {
      for (const spanBytes of [1, 700, 1 << 20]) {
        seals.add(Buffer.from((await sealPathOf(bad, { workers, spanBytes })).bytes).toString("hex"));
        const report = await verify(bad, { seal: bytes, workers, spanBytes });
        reports.add(JSON.stringify(report, (_, v: unknown) => (typeof v === "bigint" ? `${v}n` : v)));
      }
    }
    expect([seals.size, reports.size]).toEqual([1, 1]);
  });

  test("leaves merged in any tree are the same leaves", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 5 }), { minLength: 1 }),
        fc.array(fc.nat(99)),
        (pieces, picks) => {
          const parts: LeafParts[] = pieces.map((piece) => structuredClone([leavesOf(piece)]));
          for (let k = 0; parts.length > 1; k++) {
            const i = (picks[k % Math.max(1, picks.length)] ?? 0) % (parts.length - 1);
            parts.splice(i, 2, mergeLeaves(parts[i] ?? [], parts[i + 1] ?? []));
          }
          expect(joined(parts[0] ?? [])).toEqual(leavesOf(pieces.flat()));
        },
      ),
    );
  });
});

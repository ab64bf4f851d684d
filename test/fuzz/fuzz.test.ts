/** The fuzzer: that it does the same again, that it sees what it should see, and a short run of every kind. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Case, caseOf, kindOf, type Plan, planOf } from "./case.ts";
import type { Answer } from "./child.ts";
import { bzip2 } from "./dialects/bzip2.ts";
import { dialectOf } from "./dialects/index.ts";
import { payloadDialect } from "./dialects/payload.ts";
import { type Failure, failureOf, minimised } from "./failure.ts";
import { Farm, LIMITS, type Tried } from "./farm.ts";
import { bunzip2, inlineExecutor, memoryInput, nodePlatform, type Report, randomStream, runCheck, sampleMcap } from "./house.ts";
import { judge } from "./judge.ts";
import { kinds } from "./kinds/index.ts";
import { topicsIn } from "./kinds/messages.ts";
import type { Files, Sample } from "./kinds/sample.ts";
import { brokenLaws } from "./laws.ts";
import type { Dialect } from "./mutate/anatomy.ts";
import { mutate } from "./mutate/mutate.ts";
import { optionsOf } from "./options.ts";
import { Tally } from "./tally.ts";

const SEED = 1;
const INPUTS = 4;

/** Without threads and processes. */
const inProcess = (plan: Plan): Plan => ({ ...plan, trial: { ...plan.trial, isOnDisk: false } });
const hashOf = ({ files }: Case): string => {
  const hash = createHash("sha256");
  for (const [path, bytes] of Object.entries(files)) hash.update(path).update(bytes);
  return hash.digest("hex");
};

describe.each(kinds.map(({ name }) => name))("%s", (name) => {
  const kind = kindOf(name);
  /** Real recordings are for longer runs: these inputs are the same on a bare clone. */
  const samples = kind.samples().then((all) => all.slice(0, 5));

  test("the same seed gives the same inputs, and they are other ones", async () => {
    const list = await samples;
    const again = await kind.samples();
    const cases = [0, 1, 2, 3, 4].map((number) => planOf(kind, list, SEED, number));
    expect(cases.map((plan) => hashOf(caseOf(plan, again)))).toEqual(cases.map((plan) => hashOf(caseOf(plan, list))));
    const untouched = cases.map((plan) => hashOf(caseOf({ ...plan, steps: [] }, list)));
    expect(cases.filter((plan, i) => hashOf(caseOf(plan, list)) !== untouched[i]).length).toBeGreaterThan(1);
  });

  test("what makes sums and offsets right leaves a right file as it is", async () => {
    for (const { files } of await samples) {
      for (const [path, bytes] of Object.entries(files)) {
        const mended = dialectOf(path).mend?.(bytes) ?? bytes;
        expect([path, Buffer.compare(mended, bytes)]).toEqual([path, 0]);
      }
    }
  });

  test("nothing fails", async () => {
    const list = await samples;
    for (let number = 0; number < INPUTS; number++) {
      const one = caseOf(inProcess(planOf(kind, list, SEED, number)), list);
      const { failure = null, detail = "" } = await judge(one);
      expect({ number, words: one.words, failure, detail }).toMatchObject({ failure: null });
    }
  });
});

test("bits that a checksum covers are noticed", async () => {
  for (const name of ["mcap", "png"]) {
    const samples = (await kindOf(name).samples()).filter(({ isSummed }) => isSummed);
    for (let number = 0; number < 8; number++) {
      const plan: Plan = { ...inProcess(planOf(kindOf(name), samples, SEED, number)), sort: "covered", steps: [{ seed: number }] };
      const { failure = null } = await judge(caseOf(plan, samples));
      expect([name, number, failure]).toEqual([name, number, null]);
    }
  }
});

describe("changes", () => {
  test("reach into chunks, messages, images and their pixels", async () => {
    const recording =
      (await kindOf("messages").samples()).find(({ name }) => name === "ros1.mcap")?.files["ros1.mcap"] ?? new Uint8Array(0);
    const picture = topicsIn("ros1").find(({ topic }) => topic === "/camera/png")?.messages[0]?.data ?? new Uint8Array(0);
    const wordsOf = (dialect: Dialect, bytes: Uint8Array): string =>
      Array.from({ length: 150 }, (_, i) => mutate(dialect, bytes, randomStream(i, "step")).words).join("\n");
    const [outer, inner] = [wordsOf(dialectOf("a.mcap"), recording), wordsOf(payloadDialect(picture), picture)];
    for (const part of [/in chunk at \d+ \(lz4\): in message/, /in schema/, /mended$/m]) expect(outer).toMatch(part);
    for (const part of [/^in png at \d+: png/m, /^in png at \d+: in image data: /m]) expect(inner).toMatch(part);
  });

  test("bzip2: what is packed comes out, runs and noise, in several blocks", () => {
    const random = randomStream(1, "bzip2");
    for (const [size, values] of [
      [0, 1],
      [1, 1],
      [300, 1],
      [5000, 3],
      [25_000, 256],
    ] as const) {
      const bytes = Uint8Array.from({ length: size }, () => random.below(values));
      const out = new Uint8Array(size);
      expect(bunzip2(bzip2(bytes), out)).toEqual({ bytes: size, reason: null });
      expect(Buffer.compare(out, bytes)).toBe(0);
    }
  });
});

describe("what must hold of a report", () => {
  const whole = async (): Promise<readonly [Report, Files]> => {
    const files = { "a.mcap": (await sampleMcap({ frames: 8, dropped: [3] })).subarray(0, 9000) };
    return [await runCheck(memoryInput("a.mcap", files, { kind: "file" }), nodePlatform, inlineExecutor), files];
  };
  type Change = (report: Report) => Report;
  const first = (report: Report, change: Partial<Report["findings"][number]>): Report => ({
    ...report,
    findings: report.findings.map((finding, i) => (i === 0 ? { ...finding, ...change } : finding)),
  });

  test("holds of a damaged recording", async () => {
    const [report, files] = await whole();
    expect(report.findings.length).toBeGreaterThan(0);
    expect(brokenLaws(report, files)).toEqual([]);
  });

  test.each<[string, Change, RegExp]>([
    ["bytes behind the end", (r) => first(r, { bytes: [0, 9001] }), /bytes to 9001/],
    ["bytes that end before they begin", (r) => first(r, { bytes: [5, 4] }), /bytes 5 to 4/],
    ["a frame behind the last", (r) => first(r, { stream: "/imu", frames: [0, 999] }), /frame 999 of/],
    ["time that goes back", (r) => first(r, { timeNs: [2n, 1n] }), /time 2 to 1/],
    ["NaN", (r) => first(r, { observed: { deep: [{ gapMs: Number.NaN }] } }), /gapMs is NaN/],
    ["the end of a range", (r) => first(r, { observed: { gapMs: 2 ** 53 / 1e6 } }), /end of a range/],
    ["a summary that counts something else", (r) => ({ ...r, summary: { ...r.summary, pass: 99 } }), /pass is 99/],
    ["an answer without a reason", (r) => ({ ...r, verdicts: r.verdicts.map(({ reason: _, ...v }) => v) }), /without a reason/],
  ])("%s", async (_, change, expected) => {
    const [report, files] = await whole();
    expect(brokenLaws(change(report), files).join()).toMatch(expected);
  });
});

describe("failures", () => {
  const answer = (more: Partial<Answer>): Tried => ({
    fate: "answered",
    answer: { ending: "clean", words: ["x"], cpuMs: 1, peakBytes: 1, restBytes: 1, ...more },
  });

  test("too long, too much, wrong; and none", () => {
    expect(failureOf(answer({}))).toBeNull();
    expect(failureOf({ ...answer({}), fate: "hang" })?.what).toBe("hang");
    expect(failureOf(answer({ cpuMs: LIMITS.cpuMs + 1 }))?.what).toBe("hang");
    expect(failureOf(answer({ peakBytes: LIMITS.bytes + 1 }))?.what).toBe("memory");
    expect(failureOf(answer({ ending: "failed", failure: "x is y" }))?.what).toBe("x is y");
  });

  test("steps that are not needed are left out", async () => {
    const plan = { ...planOf(kindOf("faults"), await kindOf("faults").samples(), 1, 0), steps: [1, 2, 3, 4].map((seed) => ({ seed })) };
    const failure: Failure = { what: "two and four", detail: "" };
    const farm = {
      try: async ({ steps }: Plan) =>
        answer([2, 4].every((seed) => steps.some((step) => step.seed === seed)) ? { ending: "failed", failure: failure.what } : {}),
    } as unknown as Farm;
    expect((await minimised(farm, plan, failure)).steps).toEqual([{ seed: 2 }, { seed: 4 }]);
  });

  test("are counted by what they are", () => {
    const tally = new Tally();
    tally.add("mcap", answer({ ending: "findings", peakBytes: 200e6 }), null);
    tally.add("mcap", answer({ ending: "failed" }), { what: "TypeError in src/x.ts: no", detail: "" });
    tally.add("mcap", answer({}), { what: "hang", detail: "" });
    const [, row] = tally.table().split("\n");
    expect(row?.split(/\s+/)).toEqual(["mcap", "3", "0", "1", "0", "0", "1", "1", "0", "0", "200", "1"]);
  });

  test("a process tries what it is sent, and says what it took", async () => {
    const farm = new Farm();
    const samples: readonly Sample[] = await kindOf("proof").samples();
    const { fate, answer: told } = await farm.try(inProcess(planOf(kindOf("proof"), samples, 1, 0)));
    farm.close();
    expect([fate, told.words.length > 0, told.peakBytes > 1e7]).toEqual(["answered", true, true]);
  });
});

describe("options", () => {
  test("as given, and what they are otherwise", () => {
    expect(optionsOf([])).toMatchObject({ minutes: 1, count: Infinity, seed: 1, jobs: 1, out: "build/fuzz", repeat: null });
    expect(optionsOf(["--count", "20", "--seed", "7", "--only", "laz,mcap"])).toMatchObject({
      minutes: Infinity,
      count: 20,
      seed: 7,
      only: ["laz", "mcap"],
    });
  });

  test.each([
    [["--only", "zip"], /--only: expected kinds .*, got "zip"/],
    [["--seed", "x"], /--seed: expected a number, got "x"/],
    [["--count", "-1"], /--count/],
    [["--wrong"], /--wrong/],
  ])("%j", (args, expected) => expect(() => optionsOf(args)).toThrow(expected));
});

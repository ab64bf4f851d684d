/** Tries one input on the library, and on the command; says how it ended, and what should not have been. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { BUNDLED } from "../../scripts/setup/bundle.mjs";
import type { Case } from "./case.ts";
import {
  ConfigError,
  checkProof,
  exitCode,
  formatRig,
  formats,
  InputError,
  inlineExecutor,
  memoryInput,
  nodePlatform,
  type Outcome,
  openInput,
  parseFaults,
  parseProof,
  parseRig,
  parseTrusted,
  type Report,
  type Rig,
  runCheck,
  type Seal,
} from "./house.ts";
import type { Files, Sample } from "./kinds/sample.ts";
import { SEAL_KEY } from "./kinds/seals.ts";
import { brokenLaws } from "./laws.ts";

export type Ending = "clean" | "findings" | "unreadable" | "refused" | "failed";

export interface Judgement {
  readonly ending: Ending;
  /** One line that stays the same while the failure is the same one. */
  readonly failure?: string;
  readonly detail?: string;
}

class Broken extends Error {
  readonly detail: string;
  constructor(what: string, detail = "") {
    super(what);
    this.detail = detail;
  }
}

/** Never rejects. */
export async function judge(one: Case): Promise<Judgement> {
  const { sample, files, plan } = one;
  const path = Object.keys(files).find((name) => sample.targets?.includes(name) ?? true) ?? "";
  const bytes = files[path] ?? new Uint8Array(0);
  try {
    switch (targetOf(one)) {
      case "seal":
        return await judgeSeal(sample, files, bytes);
      case "proof":
        return await judgeProof(sample, bytes);
      case "rig":
        return await judgeRig(one, bytes);
      case "faults":
        parseFaults(new TextDecoder().decode(bytes), path);
        return { ending: "clean" };
      default:
        return await judgeRecording(one, sample.rig === undefined ? null : parseRig(sample.rig, "rig.yaml"));
    }
  } catch (error) {
    if (error instanceof Broken) return { ending: "failed", failure: error.message, detail: error.detail };
    if (error instanceof ConfigError && plan.kind !== "recording") return oneLine(error, "refused");
    return thrown(error);
  }
}

function targetOf({ plan }: Case): string {
  return ["seal", "proof", "rig", "faults"].includes(plan.kind) ? plan.kind : "recording";
}

/** Errors of configuration and input are one line. */
function oneLine(error: Error, ending: Ending): Judgement {
  const { message } = error;
  if (message !== "" && !message.includes("\n") && message.length < 4000) return { ending };
  return { ending: "failed", failure: `${error.name} is not one line`, detail: message.slice(0, 500) };
}

function thrown(error: unknown): Judgement {
  if (!(error instanceof Error)) return { ending: "failed", failure: `threw ${String(error)}` };
  const place = /\(?(?:file:\/\/)?[^\s(]*\/((?:src|test)\/[^\s):]+)/.exec(error.stack?.split("\n").slice(1).join("\n") ?? "")?.[1] ?? "";
  const message = error.message.replace(/\d+/g, "N").slice(0, 160);
  return { ending: "failed", failure: `${error.name} in ${place}: ${message}`, detail: error.stack ?? "" };
}

function inputOf({ name, kind, labels }: Sample, files: Files): ReturnType<typeof memoryInput> {
  const input = memoryInput(name, files, { kind });
  // The file itself comes first, whatever lies beside it.
  const whole = kind === "file" ? { ...input, files: [...input.files].sort((a) => (a.path === name ? -1 : 1)) } : input;
  return labels ? { ...whole, labels: [memoryInput("labels", labels)] } : whole;
}

async function judgeRecording({ plan, sample, files }: Case, rig: Rig | null): Promise<Judgement> {
  const given = rig ? { rig } : {};
  const open = () => inputOf(sample, files);
  let report: Report;
  try {
    report = await runCheck(open(), nodePlatform, inlineExecutor, given);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const judgement = oneLine(error, "unreadable");
    return plan.trial.isOnDisk ? ((await onDisk(sample, files, rig, null)) ?? judgement) : judgement;
  }
  const [broken] = brokenLaws(report, files);
  if (broken !== undefined) throw new Broken(broken.replace(/\d+/g, "N"), broken);
  const findings = report.findings.filter(({ severity }) => severity !== "info");
  if (plan.sort === "covered" && findings.length === 0 && isChanged(sample, files))
    throw new Broken("a change under a checksum goes unnoticed");
  const text = formats.json([report], CONTEXT);
  if (plan.trial.spanBytes > 0) {
    const other = await runCheck(open(), nodePlatform, inlineExecutor, { ...given, spanBytes: plan.trial.spanBytes });
    expectSame(text, formats.json([other], CONTEXT), `cut at ${plan.trial.spanBytes} bytes the report is another`);
  }
  if (plan.trial.isRead) await readAndSeal(open, report);
  if (plan.trial.isOnDisk) await onDisk(sample, files, rig, report);
  return { ending: findings.length > 0 ? "findings" : "clean" };
}

const CONTEXT = { checks: [], version: "0", several: false, unread: [], color: false, width: Number.POSITIVE_INFINITY };

function isChanged(sample: Sample, files: Files): boolean {
  return Object.entries(files).some(([path, bytes]) => Buffer.compare(bytes, sample.files[path] ?? new Uint8Array(0)) !== 0);
}

function expectSame(expected: string, got: string, what: string): void {
  if (expected === got) return;
  const [a, b] = [expected.split("\n"), got.split("\n")];
  const line = a.findIndex((one, i) => one !== b[i]);
  throw new Broken(
    what.replace(/\d+/g, "N"),
    `${what}, line ${line}:\n${a.slice(line - 3, line + 4).join("\n")}\n---\n${b.slice(line - 3, line + 4).join("\n")}`,
  );
}

/** Frames are as many as the report says; what is sealed is what is found. */
async function readAndSeal(open: () => ReturnType<typeof inputOf>, report: Report): Promise<void> {
  const recording = await openInput(open(), nodePlatform);
  const counts = new Map<string, number>();
  for await (const { stream } of recording.frames()) counts.set(stream, (counts.get(stream) ?? 0) + 1);
  for (const { id, frames } of report.recording.streams) {
    if (frames !== (counts.get(id) ?? 0))
      throw new Broken("frames() gives other frames than the report counts", `${id}: ${counts.get(id)} of ${frames}`);
  }
  const { makeSeal } = await import("./house.ts");
  const { bytes } = await makeSeal(open(), nodePlatform, inlineExecutor);
  const seal = await parseTrusted(bytes, {});
  const verified = await runCheck(open(), nodePlatform, inlineExecutor, { seal, checks: ["integrity/seal"] });
  const [finding] = verified.findings;
  if (finding)
    throw new Broken(
      "what was just sealed is not what was sealed",
      JSON.stringify(finding, (_, value) => (typeof value === "bigint" ? String(value) : value)),
    );
}

/** A process that starts on a busy machine, and two threads. */
const CLI_TIMEOUT_MS = 120_000;

/** By two workers in a process of its own: the same report, and the exit code it deserves. */
async function onDisk(sample: Sample, files: Files, rig: Rig | null, report: Report | null): Promise<null> {
  const root = mkdtempSync(join(tmpdir(), "plumbline-fuzz-"));
  try {
    const place = sample.kind === "folder" ? join(root, sample.name) : root;
    for (const [path, bytes] of Object.entries(files)) {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), bytes);
    }
    const outcome: Outcome = report ? { kind: "report", report, rig } : { kind: "unread" };
    const expected = exitCode([outcome], { failOn: "warning", strict: false, interrupted: false });
    const { code, stdout, stderr } = await plumbline(["check", join(root, sample.name), "--workers", "2", "--format", "json"]);
    if (code !== expected) throw new Broken(`exit code ${code} instead of ${expected}`, stderr.slice(0, 2000));
    if (report) expectSame(formats.json([report], CONTEXT), stdout, "two workers report something else");
    return null;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function plumbline(args: readonly string[]): Promise<{ readonly code: number | string; readonly stdout: string; readonly stderr: string }> {
  return new Promise((done) => {
    const options = { timeout: CLI_TIMEOUT_MS, maxBuffer: 1 << 28, killSignal: "SIGKILL" as const };
    execFile(process.execPath, [BUNDLED, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : (error.code ?? error.signal ?? "no code");
      done({ code, stdout, stderr });
    });
  });
}

/** A seal is refused, or it is the one that was made: every byte before the signature is under its own sum. */
async function judgeSeal(sample: Sample, files: Files, bytes: Uint8Array): Promise<Judgement> {
  const options = sample.name.startsWith("keyed") ? { key: SEAL_KEY } : {};
  const original = sample.files[`${sample.name}.seal`] ?? new Uint8Array(0);
  const seal = await parseTrusted(bytes, options);
  const known = await parseTrusted(original, options);
  if (plain({ ...seal, signature: null }) !== plain({ ...known, signature: null })) throw new Broken("a changed seal is believed");
  const report = await runCheck(inputOf(sample, { [sample.name]: files[sample.name] ?? new Uint8Array(0) }), nodePlatform, inlineExecutor, {
    seal: seal satisfies Seal,
    checks: ["integrity/seal"],
  });
  return { ending: report.findings.length > 0 ? "findings" : "clean" };
}

/** A proof is refused, or says what the first one said; of what no sum covers only its spelling may differ. */
async function judgeProof(sample: Sample, bytes: Uint8Array): Promise<Judgement> {
  const original = parseProof(new TextDecoder().decode(sample.files[sample.name]));
  const proof = parseProof(new TextDecoder().decode(bytes));
  await checkProof(proof, { root: original.root, ...(sample.name.startsWith("keyed") && { key: SEAL_KEY }) });
  const { signature: _, ...said } = proof;
  const { signature: __, ...known } = original;
  const names = Object.keys(known).sort();
  if (plain(names.map((name) => said[name as keyof typeof said])) !== plain(names.map((name) => known[name as keyof typeof known]))) {
    throw new Broken("a changed proof is believed", plain(said));
  }
  return { ending: "clean" };
}

function plain(value: unknown): string {
  return JSON.stringify(value, (_, item) =>
    typeof item === "bigint" ? `${item}n` : ArrayBuffer.isView(item) ? Array.from(item as Uint8Array, String) : item,
  );
}

/** A rig is refused in one line, or can be written and read again; what it describes is checked against it. */
async function judgeRig(one: Case, bytes: Uint8Array): Promise<Judgement> {
  const rig = parseRig(new TextDecoder().decode(bytes), "rig.yaml");
  if (plain(parseRig(formatRig(rig), "rig.yaml")) !== plain(rig))
    throw new Broken("a rig that is written is read as another", formatRig(rig));
  return judgeRecording(one, rig);
}

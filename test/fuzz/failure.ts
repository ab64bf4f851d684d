/** A failure as files: the input itself, what was done to it, and how to see it again. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { caseOf, kindOf, type Plan, type Step } from "./case.ts";
import { type Farm, LIMITS, type Tried } from "./farm.ts";

export interface Failure {
  /** The same for the same fault. */
  readonly what: string;
  readonly detail: string;
}

/** @returns what is wrong with how an input ended, or null */
export function failureOf({ fate, answer }: Tried): Failure | null {
  const detail = answer.detail ?? "";
  if (fate === "hang") return { what: "hang", detail };
  if (answer.ending === "failed") return { what: answer.failure ?? "failed", detail };
  if (answer.cpuMs > LIMITS.cpuMs) return { what: "hang", detail: `${Math.round(answer.cpuMs)} ms of processor time` };
  if (answer.peakBytes > LIMITS.bytes) return { what: "memory", detail: `${Math.round(answer.peakBytes / 1e6)} MB resident` };
  return null;
}

/** Time and memory are measured again in a process of its own before they are believed. */
export async function confirmed(farm: Farm, plan: Plan, tried: Tried): Promise<Failure | null> {
  const failure = failureOf(tried);
  if (!failure || !["hang", "memory"].includes(failure.what)) return failure;
  return failureOf(await farm.try(plan, true));
}

/** Leaves out steps while the same failure stays. */
export async function minimised(farm: Farm, plan: Plan, failure: Failure): Promise<Plan> {
  let least = plan;
  for (let i = 0; i < least.steps.length; ) {
    const steps: readonly Step[] = least.steps.toSpliced(i, 1);
    const shorter = { ...least, steps };
    const again = steps.length > 0 ? await confirmed(farm, shorter, await farm.try(shorter)) : null;
    if (again?.what === failure.what) least = shorter;
    else i++;
  }
  return least;
}

/** @returns the folder it was written to */
export async function writeFailure(root: string, seed: number, number: number, plan: Plan, failure: Failure): Promise<string> {
  const folder = join(root, `${plan.kind}-${seed}-${number}`);
  const { files, words } = caseOf(plan, await kindOf(plan.kind).samples());
  for (const [path, bytes] of Object.entries(files)) {
    const target = join(folder, "input", path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes);
  }
  const repeat = `npm run fuzz -- --repeat ${join(folder, "failure.json")}`;
  const whole = `npm run fuzz -- --only ${plan.kind} --seed ${seed} --from ${number} --count 1`;
  writeFileSync(join(folder, "failure.json"), `${JSON.stringify({ ...failure, words, repeat, whole, seed, number, plan }, null, 2)}\n`);
  return folder;
}

export function readFailure(path: string): { readonly plan: Plan; readonly seed: number; readonly number: number } {
  return JSON.parse(readFileSync(path, "utf8")) as { plan: Plan; seed: number; number: number };
}

/** Sealing and verifying inputs in memory, on one thread. */

import type { Input } from "../../src/input.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { runCheck } from "../../src/pipeline/engine.ts";
import { inlineExecutor } from "../../src/pipeline/executor.ts";
import type { Rig } from "../../src/rig/rig.ts";
import { makeSeal } from "../../src/seal/make.ts";
import type { SealOptions } from "../../src/seal/options.ts";
import type { Seal } from "../../src/seal/seal.ts";
import type { Report } from "../../src/types.ts";

export async function sealed(input: Input, options: SealOptions = { algorithm: "blake3" }): Promise<Seal> {
  return (await makeSeal(input, nodePlatform, inlineExecutor, options)).seal;
}

export async function verified(input: Input, seal: Seal, rig?: Rig): Promise<Report> {
  return runCheck(input, nodePlatform, inlineExecutor, { seal, rig, checks: ["integrity/seal"] });
}

/** A report in short. */
export function told({ findings, verdicts }: Report) {
  return {
    findings: findings.map(({ kind, severity, stream, frames, signals }) => [kind, severity, stream, frames, signals]),
    status: verdicts.map(({ status }) => status),
  };
}

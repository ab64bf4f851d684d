/** Sealing a recording: one pass over its bytes, the leaves taken while they are hot; then the tree over them. */

import { checks } from "../checks/index.ts";
import { ConfigError, InputError } from "../errors.ts";
import type { Input, Platform } from "../input.ts";
import { loadKernels } from "../kernels.ts";
import { requireUnchanged } from "../pipeline/changed.ts";
import { conclude } from "../pipeline/conclude.ts";
import { fold, progressAtEnd } from "../pipeline/engine.ts";
import type { Executor } from "../pipeline/executor.ts";
import { following } from "../pipeline/following.ts";
import { LEFT_OUT } from "../pipeline/left-out.ts";
import type { Finding } from "../types.ts";
import { LATEST } from "./algorithm.ts";
import type { ContainerPart } from "./container.ts";
import { encodeSeal, type SealBytes } from "./format.ts";
import { sealKeys } from "./keys.ts";
import { joined, type LeafParts } from "./leaves.ts";
import type { SealOptions } from "./options.ts";
import { DEFAULT_FRAMES_PER_BLOCK, sealOf } from "./seal.ts";
import { signer } from "./signature.ts";

export interface Sealed extends SealBytes {
  /** Damage the container shows by itself, and what lies in the folder and was not read: the seal holds what could be read. */
  readonly damages: readonly Finding[];
}

/**
 * @param options as `sealOptions` gives them
 * @throws InputError when nothing can be read, or it changed while it was read; ConfigError for a key that does not go with the algorithm, or is none; what a callback throws
 */
export function makeSeal(input: Input, platform: Platform, executor: Executor, options: SealOptions = {}): Promise<Sealed> {
  return following(options.signal, options.onProgress, (signal, onProgress) =>
    sealOnce(input, platform, executor, { ...options, signal, onProgress }),
  );
}

async function sealOnce(input: Input, platform: Platform, executor: Executor, options: SealOptions): Promise<Sealed> {
  const key = options.key ?? null;
  const guarded = key ? "a key" : options.sign === undefined ? null : "a signature";
  const algorithm = options.algorithm ?? (guarded ? "blake3" : "xxh3-128");
  const framesPerBlock = options.framesPerBlock ?? DEFAULT_FRAMES_PER_BLOCK;
  if (guarded && algorithm !== "blake3") {
    throw new ConfigError(`expected blake3 with ${guarded}, got ${algorithm}: frames with the same leaf can be made`);
  }
  const sign = options.sign === undefined ? null : await signer(options.sign);
  const { source, spanBytes, memoryMiB, signal, onProgress } = options;
  const selection = { checks: ["integrity/container", "integrity/seal"], source, spanBytes, memoryMiB, signal, onProgress };
  const leafKey = key && sealKeys(LATEST, key, await loadKernels()).leaf;
  const recipe = { version: LATEST, algorithm, key: leafKey, placed: false };
  const folded = await fold(input, platform, executor, selection, recipe);
  const { plan, index, part, early, interrupted, kernels } = folded;
  if (interrupted) {
    signal?.throwIfAborted();
    throw new InputError(`${input.name}: not read to its end`);
  }
  requireUnchanged(input);
  const own = plan.run.findIndex(({ id }) => id === "integrity/seal");
  const parts = part.summaries[own] as readonly (LeafParts | null)[];
  const { counts } = parts[index.streams.length] as unknown as ContainerPart;
  const streams = index.streams.map(({ id, kind, type, forms }, i) => ({ id, kind, type, forms, leaves: joined(parts[i] ?? []) }));
  const about = { algorithm, framesPerBlock, recording: { name: index.name, format: index.format }, damages: counts };
  const made = encodeSeal(sealOf(streams, about, key, kernels), key, kernels);
  const sealed = sign ? await sign(made) : made;
  const { findings } = conclude(checks, plan, index, part, { rig: null, seal: null }, null, kernels, early);
  onProgress?.(progressAtEnd(folded, findings.length));
  return { ...sealed, damages: findings.filter(({ severity, kind }) => severity === "error" || LEFT_OUT.has(kind)) };
}

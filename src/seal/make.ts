/** Sealing a recording: one pass over its bytes, the leaves taken while they are hot; then the tree over them. */
import { checks } from "../checks/index.ts";
import { conclude } from "../conclude.ts";
import { fold } from "../engine.ts";
import { ConfigError, InputError } from "../errors.ts";
import type { Executor } from "../executor.ts";
import { following } from "../following.ts";
import type { Input, Platform } from "../input.ts";
import type { Finding } from "../types.ts";
import { loadKernels } from "../wasm.ts";
import { encodeSeal, type SealBytes } from "./format.ts";
import { sealKeys } from "./keys.ts";
import { joined, type LeafParts } from "./leaves.ts";
import type { SealOptions } from "./options.ts";
import { DEFAULT_FRAMES_PER_BLOCK, sealOf } from "./seal.ts";
import { signer } from "./signature.ts";

export interface Sealed extends SealBytes {
  /** Damage the container shows by itself: the seal holds what could be read. */
  readonly damages: readonly Finding[];
}

/**
 * @param options as `sealOptions` gives them
 * @throws InputError when nothing can be read; ConfigError for a key that does not go with the algorithm, or is none; what a callback throws
 */
export function makeSeal(input: Input, platform: Platform, executor: Executor, options: SealOptions = {}): Promise<Sealed> {
  return following(options.signal, options.onProgress, (signal, onProgress) =>
    sealOnce(input, platform, executor, { ...options, signal, onProgress }),
  );
}

async function sealOnce(input: Input, platform: Platform, executor: Executor, options: SealOptions): Promise<Sealed> {
  const key = options.key ?? null;
  const algorithm = options.algorithm ?? (key ? "blake3" : "xxh3-128");
  const framesPerBlock = options.framesPerBlock ?? DEFAULT_FRAMES_PER_BLOCK;
  if (key && algorithm !== "blake3") throw new ConfigError(`expected blake3 with a key, got ${algorithm}`);
  const sign = options.sign === undefined ? null : await signer(options.sign);
  const { source, spanBytes, signal, onProgress } = options;
  const selection = { checks: ["integrity/container", "integrity/seal"], source, spanBytes, signal, onProgress };
  const recipe = { algorithm, key: key && sealKeys(key, await loadKernels()).leaf, placed: false };
  const { plan, index, part, known, interrupted, kernels } = await fold(input, platform, executor, selection, recipe);
  if (interrupted) {
    signal?.throwIfAborted();
    throw new InputError(`${input.name}: not read to its end`);
  }
  const parts = part.summaries[plan.run.findIndex(({ id }) => id === "integrity/seal")] as readonly (LeafParts | null)[];
  const streams = index.streams.map(({ id, kind, type, schema = null }, i) => ({ id, kind, type, schema, leaves: joined(parts[i] ?? []) }));
  const about = { algorithm, framesPerBlock, recording: { name: index.name, format: index.format } };
  const made = encodeSeal(sealOf(streams, about, key, kernels), key, kernels);
  const sealed = sign ? await sign(made) : made;
  const { findings } = conclude(checks, plan, index, part, { rig: null, seal: null }, false, kernels, known);
  return { ...sealed, damages: findings.filter(({ severity }) => severity === "error") };
}

/** Sealing a recording: one pass over its bytes, the leaves taken while they are hot; then the tree over them. */
import { requireUnchanged } from "../changed.ts";
import { checks } from "../checks/index.ts";
import { ConfigError, InputError } from "../errors.ts";
import type { Input, Platform } from "../input.ts";
import { loadKernels } from "../kernels.ts";
import { LEFT_OUT } from "../left-out.ts";
import { conclude } from "../pipeline/conclude.ts";
import { fold, type Progress } from "../pipeline/engine.ts";
import type { Executor } from "../pipeline/executor.ts";
import type { Finding } from "../types.ts";
import { LATEST, SEAL_ALGORITHMS, type SealAlgorithm } from "./algorithm.ts";
import type { ContainerPart } from "./container.ts";
import { encodeSeal, type SealBytes } from "./format.ts";
import { KEY_BYTES, sealKeys } from "./keys.ts";
import { joined, type LeafParts } from "./leaves.ts";
import { DEFAULT_FRAMES_PER_BLOCK, MOST_FRAMES_PER_BLOCK, sealOf } from "./seal.ts";
import { signer } from "./signature.ts";

export interface SealOptions {
  /** Default xxh3-128, which guards against accidents; blake3 with a key or to sign, where nothing else will do. */
  readonly algorithm?: SealAlgorithm | undefined;
  /** Default 10. */
  readonly framesPerBlock?: number | undefined;
  /** u8[32]: who lacks it can neither check nor forge the seal. BLAKE3 only. */
  readonly key?: Uint8Array | undefined;
  /** Ed25519 private key, PEM (PKCS #8): whoever has its public half can tell who sealed. BLAKE3 only. */
  readonly sign?: string | undefined;
  /** Format name; skips detection. */
  readonly source?: string | undefined;
  /** Grain of the work in bytes; never changes the seal. Default 1 MiB. */
  readonly spanBytes?: number | undefined;
  /** Cancels: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface Sealed extends SealBytes {
  /** Damage the container shows by itself, and what lies in the folder and was not read: the seal holds what could be read. */
  readonly damages: readonly Finding[];
}

/** @throws InputError when nothing can be read, or it changed while it was read; ConfigError, TypeError or RangeError for misuse */
export async function makeSeal(input: Input, platform: Platform, executor: Executor, options: SealOptions = {}): Promise<Sealed> {
  const key = options.key ?? null;
  const guarded = key ? "a key" : options.sign === undefined ? null : "a signature";
  const algorithm = options.algorithm ?? (guarded ? "blake3" : "xxh3-128");
  const framesPerBlock = options.framesPerBlock ?? DEFAULT_FRAMES_PER_BLOCK;
  if (!SEAL_ALGORITHMS.includes(algorithm))
    throw new ConfigError(`expected an algorithm (${SEAL_ALGORITHMS.join(", ")}), got "${algorithm}"`);
  if (!Number.isSafeInteger(framesPerBlock) || framesPerBlock < 1 || framesPerBlock > MOST_FRAMES_PER_BLOCK) {
    throw new RangeError(`framesPerBlock: expected an integer from 1 to ${MOST_FRAMES_PER_BLOCK}, got ${framesPerBlock}`);
  }
  if (guarded && algorithm !== "blake3") {
    throw new ConfigError(`expected blake3 with ${guarded}, got ${algorithm}: frames with the same leaf can be made`);
  }
  if (key && key.length !== KEY_BYTES) throw new ConfigError(`expected a key of ${KEY_BYTES} bytes, got ${key.length}`);
  const sign = options.sign === undefined ? null : await signer(options.sign);
  const { source, spanBytes, signal, onProgress } = options;
  const selection = { checks: ["integrity/container", "integrity/seal"], source, spanBytes, signal, onProgress };
  const leafKey = key && sealKeys(LATEST, key, await loadKernels()).leaf;
  const recipe = { version: LATEST, algorithm, key: leafKey, placed: false };
  const { plan, index, part, early, interrupted, kernels } = await fold(input, platform, executor, selection, recipe);
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
  return { ...sealed, damages: findings.filter(({ severity, kind }) => severity === "error" || LEFT_OUT.has(kind)) };
}

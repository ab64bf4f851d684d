/** Sealing a recording: one pass over its bytes, the leaves taken while they are hot; then the tree over them. */
import { requireUnchanged } from "../changed.ts";
import { checks } from "../checks/index.ts";
import { conclude } from "../conclude.ts";
import { fold, type Progress } from "../engine.ts";
import { ConfigError, InputError } from "../errors.ts";
import type { Executor } from "../executor.ts";
import type { Input, Platform } from "../input.ts";
import { LEFT_OUT } from "../left-out.ts";
import type { Finding } from "../types.ts";
import { loadKernels } from "../wasm.ts";
import type { SealAlgorithm } from "./algorithm.ts";
import { SEAL_ALGORITHMS } from "./algorithm.ts";
import { encodeSeal, type SealBytes } from "./format.ts";
import { KEY_BYTES, sealKeys } from "./keys.ts";
import { joined, type LeafParts } from "./leaves.ts";
import { DEFAULT_FRAMES_PER_BLOCK, MOST_FRAMES_PER_BLOCK, sealOf } from "./seal.ts";
import { signer } from "./signature.ts";

export interface SealOptions {
  /** Default xxh3-128; blake3 with a key. */
  readonly algorithm?: SealAlgorithm | undefined;
  /** Default 10. */
  readonly framesPerBlock?: number | undefined;
  /** u8[32]: who lacks it can neither check nor forge the seal. BLAKE3 only. */
  readonly key?: Uint8Array | undefined;
  /** Ed25519 private key, PEM (PKCS #8): whoever has its public half can tell who sealed. */
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
  const algorithm = options.algorithm ?? (key ? "blake3" : "xxh3-128");
  const framesPerBlock = options.framesPerBlock ?? DEFAULT_FRAMES_PER_BLOCK;
  if (!SEAL_ALGORITHMS.includes(algorithm))
    throw new ConfigError(`expected an algorithm (${SEAL_ALGORITHMS.join(", ")}), got "${algorithm}"`);
  if (!Number.isSafeInteger(framesPerBlock) || framesPerBlock < 1 || framesPerBlock > MOST_FRAMES_PER_BLOCK) {
    throw new RangeError(`framesPerBlock: expected an integer from 1 to ${MOST_FRAMES_PER_BLOCK}, got ${framesPerBlock}`);
  }
  if (key && algorithm !== "blake3") throw new ConfigError(`expected blake3 with a key, got ${algorithm}`);
  if (key && key.length !== KEY_BYTES) throw new ConfigError(`expected a key of ${KEY_BYTES} bytes, got ${key.length}`);
  const sign = options.sign === undefined ? null : await signer(options.sign);
  const { source, spanBytes, signal, onProgress } = options;
  const selection = { checks: ["integrity/container", "integrity/seal"], source, spanBytes, signal, onProgress };
  const recipe = { algorithm, key: key && sealKeys(key, await loadKernels()).leaf, placed: false };
  const { plan, index, part, known, interrupted, kernels } = await fold(input, platform, executor, selection, recipe);
  if (interrupted) {
    signal?.throwIfAborted();
    throw new InputError(`${input.name}: not read to its end`);
  }
  requireUnchanged(input);
  const parts = part.summaries[plan.run.findIndex(({ id }) => id === "integrity/seal")] as readonly (LeafParts | null)[];
  const streams = index.streams.map(({ id, kind, type, schema = null }, i) => ({ id, kind, type, schema, leaves: joined(parts[i] ?? []) }));
  const about = { algorithm, framesPerBlock, recording: { name: index.name, format: index.format } };
  const made = encodeSeal(sealOf(streams, about, key, kernels), key, kernels);
  const sealed = sign ? await sign(made) : made;
  const { findings } = conclude(checks, plan, index, part, { rig: null, seal: null }, false, kernels, known);
  return { ...sealed, damages: findings.filter(({ severity, kind }) => severity === "error" || LEFT_OUT.has(kind)) };
}

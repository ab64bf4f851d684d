/** Plumbline for a page. The same names as on Node (src/index.ts), where the platform has them. */
export type { Check, Conclusion, ContainerCheck, Context, Defect, Options, RecordingCheck, StreamCheck, StreamsCheck } from "../check.ts";
export { defineCheck } from "../check.ts";
export { checks } from "../checks/index.ts";
export {
  type AlgorithmName,
  algorithms,
  allocate,
  crc32Combine,
  createDigest,
  type Digest,
  type DigestOptions,
  digest,
} from "../digest.ts";
export type { Progress } from "../engine.ts";
export { ConfigError, DecodeError, InputError } from "../errors.ts";
export type { Input, InputFile, Platform } from "../input.ts";
export { type ClearMot, clearMot, type TrackedBox } from "../labels/clear-mot.ts";
export type { LabelFault } from "../labels/faults.ts";
export { LabelWatch, type WatchOptions } from "../labels/watch.ts";
export type { Rig, RigStream } from "../rig.ts";
export type { SealAlgorithm } from "../seal/algorithm.ts";
export type { Sealed, SealOptions } from "../seal/make.ts";
export { type Proof, type ProofEntry, parseProof } from "../seal/proof.ts";
export type { Seal, SealedStream, SealSignature } from "../seal/seal.ts";
export { type CheckProofOptions, checkProof, type OpenSealOptions, type ProofLimits, prove } from "../seal/trust.ts";
export type * from "../types.ts";
export { type CheckOptions, check } from "./check.ts";
export type { BrowserFolder, BrowserRecording } from "./files.ts";
export { openSeal, seal, type VerifyOptions, verify } from "./seal.ts";

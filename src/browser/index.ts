/** Plumbline for a page. The same names as on Node (src/index.ts), where the platform has them. */
export type {
  AnyCheck,
  Check,
  Conclusion,
  Context,
  Defect,
  Folding,
  Look,
  OptionRange,
  Options,
  Seam,
  StreamCheck,
  Whole,
} from "../check/check.ts";
export { CONTAINER, defineCheck, defineStreamCheck } from "../check/check.ts";
export { checks } from "../checks/index.ts";
export type { LabelFault } from "../checks/labels/sequence/faults.ts";
export {
  type AlgorithmName,
  algorithms,
  allocate,
  crc32Combine,
  createDigest,
  type Digest,
  type DigestOptions,
  digest,
} from "../digest/digest.ts";
export { ConfigError, DecodeError, InputError } from "../errors.ts";
export { type ClearMot, type ClearMotOptions, clearMot, type TrackedBox } from "../evaluate/clear-mot.ts";
export type { Input, InputFile, Platform } from "../input.ts";
export type { Progress } from "../pipeline/check-options.ts";
export type { Rig, RigStream } from "../rig/rig.ts";
export type { SealAlgorithm } from "../seal/algorithm.ts";
export type { Sealed } from "../seal/make.ts";
export type { SealOptions } from "../seal/options.ts";
export { type Proof, type ProofEntry, parseProof } from "../seal/proof.ts";
export type { Seal, SealedStream, SealSignature } from "../seal/seal.ts";
export { type CheckProofOptions, checkProof, type OpenSealOptions, type ProofLimits, prove } from "../seal/trust.ts";
export { LabelWatch, type WatchedBox, type WatchOptions } from "../session/label-watch.ts";
export type * from "../types.ts";
export { type CheckOptions, check } from "./check.ts";
export type { BrowserFolder, BrowserRecording } from "./files.ts";
export { openSeal, seal, type VerifyOptions, verify } from "./seal.ts";

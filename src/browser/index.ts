/** Plumbline for a page. The same names as on Node (src/index.ts), where the platform has them. */
export type {
  Check,
  Conclusion,
  ContainerCheck,
  Context,
  Defect,
  OptionRange,
  Options,
  RecordingCheck,
  StreamCheck,
  StreamsCheck,
} from "../check.ts";
export { defineCheck } from "../check.ts";
export type { Progress } from "../check-options.ts";
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
export { ConfigError, DecodeError, InputError } from "../errors.ts";
export type { Input, InputFile, Platform } from "../input.ts";
export { type ClearMot, type ClearMotOptions, clearMot, type TrackedBox } from "../labels/clear-mot.ts";
export type { LabelFault } from "../labels/faults.ts";
export { LabelWatch, type WatchedBox, type WatchOptions } from "../labels/watch.ts";
export type { Rig, RigStream } from "../rig.ts";
export type { SealAlgorithm } from "../seal/algorithm.ts";
export type { Sealed } from "../seal/make.ts";
export type { SealOptions } from "../seal/options.ts";
export { type Proof, parseProof } from "../seal/proof.ts";
export type { Seal, SealedStream, SealSignature } from "../seal/seal.ts";
export { type CheckProofOptions, checkProof, type OpenSealOptions, prove } from "../seal/trust.ts";
export type * from "../types.ts";
export { type CheckOptions, check } from "./check.ts";
export type { BrowserFolder, BrowserRecording } from "./files.ts";
export { openSeal, seal, type VerifyOptions, verify } from "./seal.ts";

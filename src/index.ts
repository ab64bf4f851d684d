/** Plumbline for Node. The same names under the browser condition: src/browser/index.ts. */
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
} from "./check/check.ts";
export { CONTAINER, defineCheck, defineStreamCheck } from "./check/check.ts";
export { checks } from "./checks/index.ts";
export type { LabelFault } from "./checks/labels/sequence/faults.ts";
export {
  type AlgorithmName,
  algorithms,
  allocate,
  crc32Combine,
  createDigest,
  type Digest,
  type DigestOptions,
  digest,
} from "./digest/digest.ts";
export { ConfigError, DecodeError, InputError } from "./errors.ts";
export { type ClearMot, type ClearMotOptions, clearMot, type TrackedBox } from "./evaluate/clear-mot.ts";
export type { Input, InputFile, Platform } from "./input.ts";
export { type CheckOptions, check, type OpenOptions, openRecording } from "./node/check.ts";
export type { Cost } from "./node/run.ts";
export { type SealOptions, seal, type VerifyOptions, verify } from "./node/seal.ts";
export { openSeal } from "./node/seal-file.ts";
export { type Simulated, type SimulateOptions, simulate } from "./node/simulate.ts";
export type { Progress } from "./pipeline/check-options.ts";
export type { Frame, Recording } from "./pipeline/recording.ts";
export { learnRig } from "./rig/learn.ts";
export type { Rig, RigStream } from "./rig/rig.ts";
export type { SealAlgorithm } from "./seal/algorithm.ts";
export type { Sealed } from "./seal/make.ts";
export { type Proof, type ProofEntry, parseProof } from "./seal/proof.ts";
export type { Seal, SealedStream, SealSignature } from "./seal/seal.ts";
export { type CheckProofOptions, checkProof, type OpenSealOptions, type ProofLimits, prove } from "./seal/trust.ts";
export { LabelWatch, type WatchedBox, type WatchOptions } from "./session/label-watch.ts";
export type { Fault, FaultKind } from "./simulate/faults.ts";
export { parseFaults } from "./simulate/faults-file.ts";
export type { DriveOptions } from "./simulate/options.ts";
export type * from "./types.ts";

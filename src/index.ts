/** Plumbline for Node. The same names under the browser condition: src/browser/index.ts. */
export type { Check, Conclusion, ContainerCheck, Context, Defect, Options, RecordingCheck, StreamCheck, StreamsCheck } from "./check.ts";
export { defineCheck } from "./check.ts";
export { checks } from "./checks/index.ts";
export { type AlgorithmName, algorithms, allocate, crc32Combine, createDigest, type Digest, type DigestOptions, digest } from "./digest.ts";
export type { Progress } from "./engine.ts";
export { ConfigError, DecodeError, InputError } from "./errors.ts";
export type { Input, InputFile, Platform } from "./input.ts";
export { learnRig } from "./learn.ts";
export { type CheckOptions, check, openRecording } from "./node/check.ts";
export type { Cost } from "./node/run.ts";
export { type OpenSealOptions, openSeal, type SealOptions, seal, type VerifyOptions, verify } from "./node/seal.ts";
export type { Frame, Recording } from "./recording.ts";
export type { Rig, RigStream } from "./rig.ts";
export type { SealAlgorithm } from "./seal/algorithm.ts";
export type { Sealed } from "./seal/make.ts";
export { checkProof, type Proof, parseProof, prove } from "./seal/proof.ts";
export type { Seal, SealedStream, SealSignature } from "./seal/seal.ts";
export type * from "./types.ts";

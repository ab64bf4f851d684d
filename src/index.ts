/** Plumbline for Node. The same names under the browser condition: src/browser/index.ts. */
export type { Check, Conclusion, ContainerCheck, Context, Defect, Options, RecordingCheck, StreamCheck } from "./check.ts";
export { defineCheck } from "./check.ts";
export { checks } from "./checks/index.ts";
export { type AlgorithmName, algorithms, allocate, crc32Combine, createDigest, type Digest, type DigestOptions, digest } from "./digest.ts";
export type { Progress } from "./engine.ts";
export { ConfigError, DecodeError, InputError } from "./errors.ts";
export type { Input, InputFile, Platform } from "./input.ts";
export { learnRig } from "./learn.ts";
export { type CheckOptions, type Cost, check, openRecording } from "./node/check.ts";
export type { Frame, Recording } from "./recording.ts";
export type { Rig, RigStream } from "./rig.ts";
export type * from "./types.ts";

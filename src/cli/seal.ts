/** `plumbline seal PATH`: what the recording holds, frame by frame, for later. */
import { Command, InvalidArgumentError, Option } from "commander";
import { EXIT, exitCode } from "../exit-code.ts";
import { ConfigError, InputError, seal } from "../index.ts";
import { embedSeal } from "../node/embedded-seal.ts";
import { s3Checksums } from "../node/s3.ts";
import { sealPath } from "../node/seal.ts";
import { visible } from "../report/escape.ts";
import { SEAL_ALGORITHMS, type SealAlgorithm } from "../seal/algorithm.ts";
import { hex } from "../seal/proof.ts";
import { MOST_FRAMES_PER_BLOCK, type Seal } from "../seal/seal.ts";
import { type Console, errorText } from "./console.ts";
import { deliver, write } from "./deliver.ts";
import { checkTarget, readKey, readSmall } from "./files.ts";
import { notEmpty, recordingPath, sourceOption, workersOption } from "./flags.ts";
import { onInterrupt } from "./interrupt.ts";
import { meter } from "./progress.ts";
import { s3Text } from "./s3.ts";

const HELP = `
The seal lists a digest and the time of every frame. It is small (about 20 bytes per frame), says later which frames
are not what they were (plumbline verify), and proves single frames (plumbline proof).
Without --key or --sign it guards against accidents only: whoever can change the recording can seal it again.

Exit codes: 0 sealed, 2 usage, 3 nothing of the recording could be read, 4 internal error, 130 interrupted.

Examples:
  plumbline seal drive.mcap
  plumbline seal drive.mcap --sign private.pem --embed sealed.mcap
  plumbline seal drive.mcap --s3 --part-size 16MiB`;

interface SealFlags {
  readonly algorithm?: SealAlgorithm;
  readonly framesPerBlock?: number;
  readonly key?: string;
  readonly sign?: string;
  readonly out?: string;
  readonly embed?: string;
  readonly s3?: boolean;
  readonly partSize?: number;
  readonly source?: string;
  readonly workers?: number;
}

export function sealCommand(console: Console, done: (code: number) => void): Command {
  return new Command("seal")
    .summary("write down what a recording holds, frame by frame")
    .description("Seals a recording: writes a digest of every frame to PATH.seal. The recording itself is only read.")
    .argument("<path>", "recording", recordingPath)
    .addOption(
      new Option("--algorithm <name>", `${SEAL_ALGORITHMS.join(" or ")} (default: xxh3-128; blake3 with --key)`).choices(SEAL_ALGORITHMS),
    )
    .option("--frames-per-block <n>", "frames under one node of the tree (default: 10)", (value) => integer(value, MOST_FRAMES_PER_BLOCK))
    .option("--key <file>", "32 bytes or 64 hex digits: nobody without it can check or forge the seal", notEmpty)
    .option("--sign <private.pem>", "sign with this Ed25519 key", notEmpty)
    .option("--out <file>", "write the seal here (default: PATH.seal)", notEmpty)
    .option("--embed <copy.mcap>", "also write a copy of the MCAP with the seal inside", notEmpty)
    .option("--s3", "also print the checksums an upload to S3 needs")
    .option("--part-size <size>", "parts of a multipart upload, such as 8MiB (default: 8MiB)", partSize)
    .addOption(sourceOption())
    .addOption(workersOption())
    .addHelpText("after", HELP)
    .action(async (path: string, flags: SealFlags) => done(await run(path, flags, console)));
}

const MIB = 1 << 20;

/** @throws ConfigError before any work is done */
async function run(path: string, flags: SealFlags, console: Console): Promise<number> {
  const out = flags.out ?? sealPath(path);
  const secrets = [flags.key, flags.sign].filter((file) => file !== undefined);
  const key = flags.key === undefined ? undefined : readKey(flags.key);
  const sign = flags.sign === undefined ? undefined : readSmall(flags.sign, "a private key");
  checkTarget("--out", out, [path, ...secrets]);
  if (flags.embed !== undefined) checkTarget("--embed", flags.embed, [path, out, ...secrets]);
  if (flags.partSize !== undefined && !flags.s3) throw new ConfigError("--part-size: expected --s3 with it");
  const signal = onInterrupt(console);
  const progress = meter(path, process.stderr);
  const { algorithm, framesPerBlock, source, workers } = flags;
  try {
    const sealed = await seal(path, {
      algorithm,
      framesPerBlock,
      source,
      workers,
      key,
      sign,
      signal,
      onProgress: (now) => progress.update(now),
    });
    progress.end();
    for (const { kind } of sealed.damages.slice(0, 1)) {
      console.say(`${path}: damaged (${kind}${sealed.damages.length > 1 ? ", …" : ""}): sealed as it can be read; see: plumbline check`);
    }
    if (flags.embed !== undefined) await embedSeal(path, flags.embed, sealed.bytes, lastStamp(sealed.seal));
    if (!write(out, sealed.bytes, console)) return EXIT.internal;
    const sums = flags.s3 ? s3Text(await s3Checksums(path, flags.partSize ?? 8 * MIB)) : "";
    return (await deliver(`${summary(sealed.seal, sealed.bytes.length, out, flags.embed)}${sums}`, undefined, console))
      ? EXIT.clean
      : EXIT.internal;
  } catch (error) {
    progress.end();
    if (signal.aborted) return exitCode([], { failOn: "error", strict: false, interrupted: true });
    if (error instanceof InputError) {
      console.say(error.message);
      return EXIT.unread;
    }
    if (error instanceof ConfigError || !(error instanceof Error && "code" in error)) throw error;
    console.say(`cannot write ${flags.embed ?? out}: ${errorText(error)}`);
    return EXIT.internal;
  }
}

function summary(seal: Seal, bytes: number, out: string, copy: string | undefined): string {
  const frames = seal.streams.reduce((sum, stream) => sum + stream.frames, 0);
  return [
    `sealed     ${frames} frames of ${seal.streams.length} streams (${seal.algorithm}${seal.keyed ? ", keyed" : ""}${seal.signature ? ", signed" : ""})`,
    `root       ${hex(seal.root)}`,
    `written    ${visible(out)} (${bytes} bytes)`,
    ...(copy === undefined ? [] : [`embedded   ${visible(copy)}`]),
    "",
  ].join("\n");
}

function lastStamp(seal: Seal): bigint {
  let last: bigint | null = null;
  for (const { stampNs } of seal.streams) for (const stamp of stampNs) if (last === null || stamp > last) last = stamp;
  return last ?? 0n;
}

function integer(value: string, most: number): number {
  const n = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (!(n >= 1 && n <= most)) throw new InvalidArgumentError(`expected an integer from 1 to ${most}.`);
  return n;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, KiB: 1024, MiB: MIB, GiB: 1024 * MIB };

function partSize(value: string): number {
  const [, digits = "", unit = ""] = /^(\d{1,12})(KiB|MiB|GiB)?$/.exec(value) ?? [];
  const bytes = digits === "" ? Number.NaN : Number(digits) * (UNITS[unit] ?? Number.NaN);
  if (!(bytes >= 1024 && bytes <= 5 * 1024 * MIB)) throw new InvalidArgumentError("expected a size from 1KiB to 5GiB, such as 8MiB.");
  return bytes;
}

/** `plumbline seal PATH`: what the recording holds, frame by frame, for later. */
import { Command, InvalidArgumentError, Option } from "commander";
import { ConfigError, InputError } from "../errors.ts";
import { sealPath } from "../node/seal-file.ts";
import { EXIT } from "../pipeline/exit-code.ts";
import { visible } from "../report/escape.ts";
import { SEAL_ALGORITHMS, type SealAlgorithm } from "../seal/algorithm.ts";
import { hex } from "../seal/hex.ts";
import { MOST_FRAMES_PER_BLOCK } from "../seal/seal.ts";
import type { Console } from "./console.ts";
import { cannotWrite, deliver } from "./deliver.ts";
import { withEngine } from "./engine.ts";
import { readKey, readSmall } from "./files.ts";
import { followOption, forceOption, memoryOption, notEmpty, recordingPath, sourceOption, workersOption } from "./flags.ts";
import type { SealDone } from "./jobs.ts";
import { meter } from "./progress.ts";
import { s3Text } from "./s3.ts";
import { checkTargets } from "./targets.ts";

const HELP = `
The seal lists a digest and the time of every frame, and what the frames of each stream mean: type, encoding, schema. It is
small (about 20 bytes per frame), says later which frames are not what they were (plumbline verify), and proves single
frames (plumbline proof). Without --key or --sign it guards against accidents only: whoever can change the recording can
seal it again. With one of them leaves are BLAKE3: frames with the same XXH3-128 can be made.
A seal that is there already is evidence: it is replaced only with --force.

Exit codes: 0 sealed, 2 usage or sealed already, 3 nothing of the recording could be read, or it changed meanwhile, 4 internal error,
130 interrupted. But for 0 no seal is written.

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
  readonly force?: boolean;
  readonly s3?: boolean;
  readonly partSize?: number;
  readonly source?: string;
  readonly follow?: boolean;
  readonly workers?: number;
  readonly memory?: number;
}

export function sealCommand(console: Console, done: (code: number) => void): Command {
  return new Command("seal")
    .description("Seals a recording: writes a digest of every frame to PATH.seal. The recording itself is only read.")
    .argument("<path>", "recording", recordingPath)
    .addOption(
      new Option("--algorithm <name>", `${SEAL_ALGORITHMS.join(" or ")} (default: xxh3-128; blake3 with --key or --sign)`).choices(
        SEAL_ALGORITHMS,
      ),
    )
    .option("--frames-per-block <n>", "frames under one node of the tree (default: 10)", (value) => integer(value, MOST_FRAMES_PER_BLOCK))
    .option("--key <file>", "32 bytes or 64 hex digits: nobody without it can check or forge the seal", notEmpty)
    .option("--sign <private.pem>", "sign with this Ed25519 key: whoever has the public half can tell that you sealed it", notEmpty)
    .option("--out <file>", "write the seal here (default: PATH.seal)", notEmpty)
    .option("--embed <copy.mcap>", "also write a copy of the MCAP with the seal inside", notEmpty)
    .addOption(forceOption("replace a seal, or any other file that is not read, that is where something is to be written"))
    .option("--s3", "also print the checksums an upload to S3 needs")
    .option("--part-size <size>", "parts of a multipart upload, such as 8MiB (default: 8MiB)", partSize)
    .addOption(sourceOption())
    .addOption(followOption())
    .addOption(workersOption())
    .addOption(memoryOption())
    .addHelpText("after", HELP)
    .action(async (path: string, flags: SealFlags) => done(await run(path, flags, console)));
}

const MIB = 1 << 20;

/** @throws ConfigError before any work is done */
async function run(path: string, flags: SealFlags, console: Console): Promise<number> {
  const out = flags.out ?? sealPath(path);
  checkTargets(
    [
      ["--out", out, "seal"],
      ["--embed", flags.embed, "copy"],
    ],
    [path, flags.key, flags.sign],
    flags.force,
  );
  const key = flags.key === undefined ? undefined : readKey(flags.key);
  const sign = flags.sign === undefined ? undefined : readSmall(flags.sign, "a private key");
  if (flags.partSize !== undefined && !flags.s3) throw new ConfigError("--part-size: expected --s3 with it");
  const progress = meter(path, process.stderr);
  const { algorithm, framesPerBlock, source, follow, workers, memory } = flags;
  const options = { algorithm, framesPerBlock, source, follow, workers, memoryMiB: memory, key, sign };
  const exclusive = flags.force !== true;
  const embed = flags.embed === undefined ? null : { path: flags.embed, exclusive };
  const job = { path, options, out: { path: out, exclusive }, embed, partBytes: flags.s3 ? (flags.partSize ?? 8 * MIB) : null };
  try {
    const { result: done } = await withEngine(console, "nothing is sealed", (run) => run("seal", job, (now) => progress.update(now)));
    progress.end();
    if (!done) return EXIT.interrupted;
    sayDamages(path, done, console);
    return (await deliver(`${summary(done, out, flags.embed)}${s3Text(done.checksums)}`, undefined, console)) ? EXIT.clean : EXIT.internal;
  } catch (error) {
    progress.end();
    if (error instanceof InputError) {
      console.say(error.message);
      return EXIT.unread;
    }
    if (error instanceof ConfigError || !(error instanceof Error && "code" in error)) throw error;
    console.say(cannotWrite(error, out));
    return EXIT.internal;
  }
}

function sayDamages(path: string, { damages }: SealDone, console: Console): void {
  const linksOut = damages.filter(({ kind }) => kind === "link-out").length;
  if (linksOut > 0)
    console.say(
      `${path}: not sealed: what ${linksOut} ${linksOut === 1 ? "link leads" : "links lead"} to outside of the folder (--follow reads it)`,
    );
  const [first, ...rest] = damages.filter(({ kind }) => kind !== "link-out");
  if (first) console.say(`${path}: damaged (${first.kind}${rest.length > 0 ? ", …" : ""}): sealed as it can be read; see: plumbline check`);
}

function summary({ about, bytes }: SealDone, out: string, copy: string | undefined): string {
  return [
    `sealed     ${about.frames} frames of ${about.streams} streams (${about.algorithm}${about.keyed ? ", keyed" : ""}${about.signed ? ", signed" : ""})`,
    `root       ${hex(about.root)}`,
    `written    ${visible(out)} (${bytes} bytes)`,
    ...(copy === undefined ? [] : [`embedded   ${visible(copy)}`]),
    "",
  ].join("\n");
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

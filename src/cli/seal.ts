/** `plumbline seal PATH`: what the recording holds, frame by frame, for later. */
import { Command, InvalidArgumentError, Option } from "commander";
import { ConfigError, InputError } from "../errors.ts";
import { EXIT } from "../exit-code.ts";
import { sealPath } from "../node/seal-file.ts";
import { SEAL_ALGORITHMS, type SealAlgorithm } from "../seal/algorithm.ts";
import { hex } from "../seal/proof.ts";
import { MOST_FRAMES_PER_BLOCK } from "../seal/seal.ts";
import { type Console, errorText } from "./console.ts";
import { deliver, write } from "./deliver.ts";
import { withEngine } from "./engine.ts";
import { checkTarget, readKey, readSmall } from "./files.ts";
import { followOption, notEmpty, sourceOption, workersOption } from "./flags.ts";
import type { SealDone } from "./jobs.ts";
import { meter } from "./progress.ts";
import { s3Text } from "./s3.ts";

const HELP = `
The seal lists a digest and the time of every frame. It is small (about 20 bytes per frame), says later which frames
are not what they were (plumbline verify), and proves single frames (plumbline proof).
Without --key or --sign it guards against accidents only: whoever can change the recording can seal it again.

Exit codes: 0 sealed, 2 usage, 3 nothing of the recording could be read, or it changed meanwhile, 4 internal error,
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
  readonly s3?: boolean;
  readonly partSize?: number;
  readonly source?: string;
  readonly follow?: boolean;
  readonly workers?: number;
}

export function sealCommand(console: Console, done: (code: number) => void): Command {
  return new Command("seal")
    .summary("write down what a recording holds, frame by frame")
    .description("Seals a recording: writes a digest of every frame to PATH.seal. The recording itself is only read.")
    .argument("<path>", "recording")
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
    .addOption(followOption())
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
  const progress = meter(path, process.stderr);
  const { algorithm, framesPerBlock, source, follow, workers } = flags;
  const options = { algorithm, framesPerBlock, source, follow, workers, key, sign };
  const job = { path, options, embed: flags.embed ?? null, partBytes: flags.s3 ? (flags.partSize ?? 8 * MIB) : null };
  try {
    const { result: done, interrupted } = await withEngine(console, "nothing is sealed", (run) =>
      run("seal", job, (now) => progress.update(now)),
    );
    progress.end();
    if (!done || interrupted) return EXIT.interrupted;
    sayDamages(path, done, console);
    if (!write(out, done.bytes, console)) return EXIT.internal;
    return (await deliver(`${summary(done, out, flags.embed)}${s3Text(done.checksums)}`, undefined, console)) ? EXIT.clean : EXIT.internal;
  } catch (error) {
    progress.end();
    if (error instanceof InputError) {
      console.say(error.message);
      return EXIT.unread;
    }
    if (error instanceof ConfigError || !(error instanceof Error && "code" in error)) throw error;
    console.say(`cannot write ${flags.embed ?? out}: ${errorText(error)}`);
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
    `written    ${out} (${bytes.length} bytes)`,
    ...(copy === undefined ? [] : [`embedded   ${copy}`]),
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

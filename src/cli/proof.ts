/** `plumbline proof PATH`: that one frame was sealed, to be checked without the recording. */
import { Command, InvalidArgumentError } from "commander";
import { ConfigError, InputError } from "../errors.ts";
import type { Proof } from "../index.ts";
import { findSeal, openSeal, sealPath } from "../node/seal-file.ts";
import { EXIT } from "../pipeline/exit-code.ts";
import { json, visible } from "../report/escape.ts";
import { parseProof } from "../seal/proof.ts";
import { checkProof, prove } from "../seal/trust.ts";
import { secretsOf } from "./check.ts";
import type { Console } from "./console.ts";
import { deliver } from "./deliver.ts";
import { readSmall } from "./files.ts";
import { type CheckFlags, forceOption, keyOption, notEmpty, outOption, publicOption, recordingPath } from "./flags.ts";
import { checkTargets } from "./targets.ts";

const HELP = `
A proof holds the frame's digest and time, what its stream's frames mean, and the nodes from there to the root of the seal.
Who knows the root (or the public key, when the seal is signed) can check it with neither the recording nor the seal; its
leaves must be BLAKE3 then (plumbline seal --sign, --key or --algorithm blake3). What a proof does not show is said.

Exit codes: 0; with --check, 1 when the proof does not hold; 2 usage, or a seal that cannot be believed; 3 unreadable.

Examples:
  plumbline proof drive.mcap --stream /camera --frame 812 > frame.json
  plumbline proof --check frame.json --root 4f2a…
  plumbline proof --check frame.json --public public.pem`;

interface ProofFlags extends CheckFlags {
  readonly stream?: string;
  readonly frame?: number;
  readonly check?: string;
  readonly root?: string;
}

export function proofCommand(console: Console, done: (code: number) => void): Command {
  return new Command("proof")
    .description("Proves that a frame was sealed, from the seal of its recording; or checks such a proof.")
    .argument("[path]", "recording", recordingPath)
    .option("--stream <id>", "stream of the frame", notEmpty)
    .option("--frame <n>", "the frame, from 0, as sealed", frameNumber)
    .option("--seal <file>", "the seal (default: PATH.seal, or the one inside)", notEmpty)
    .option("--check <file>", "check this proof", notEmpty)
    .option("--root <hex>", "with --check: the root the proof must lead to", notEmpty)
    .addOption(keyOption())
    .addOption(publicOption())
    .addOption(outOption())
    .addOption(forceOption())
    .addHelpText("after", HELP)
    .action(async (path: string | undefined, flags: ProofFlags) =>
      done(flags.check === undefined ? await make(path, flags, console) : await check(path, flags.check, flags, console)),
    );
}

/** @throws ConfigError */
async function make(path: string | undefined, flags: ProofFlags, console: Console): Promise<number> {
  const { stream, frame, seal, out } = flags;
  if (path === undefined || stream === undefined || frame === undefined) {
    throw new ConfigError("expected PATH, --stream and --frame, or --check (see: plumbline proof --help)");
  }
  if (flags.root !== undefined) throw new ConfigError("--root: expected --check with it");
  checkTargets([["--out", out, "proof"]], [path, seal ?? sealPath(path), flags.key, flags.public], flags.force);
  try {
    const secrets = secretsOf(flags);
    const opened = await openSeal(seal ?? findSeal(path), secrets);
    const proof = await prove(opened, stream, frame, secrets);
    return (await deliver(`${json(proof, 2)}\n`, out, console)) ? EXIT.clean : EXIT.internal;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    console.say(error.message);
    return EXIT.unread;
  }
}

/** @throws ConfigError when it is no proof */
async function check(path: string | undefined, file: string, flags: ProofFlags, console: Console): Promise<number> {
  if (path !== undefined || flags.stream !== undefined || flags.frame !== undefined) {
    throw new ConfigError("--check: expected no recording, stream or frame with it: the proof names them");
  }
  checkTargets([["--out", flags.out, "proof"]], [file, flags.key, flags.public], flags.force);
  const { key, publicKey } = secretsOf(flags);
  const json = readSmall(file, "a proof");
  const proof = named(file, () => parseProof(json));
  let limits: readonly string[];
  try {
    ({ limits } = await checkProof(proof, { key, publicKey, root: flags.root }));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.say(`${file}: ${error.message}`);
    return proof.keyed && !key ? EXIT.usage : EXIT.findings;
  }
  const { stream, frame, leaf, stampNs, root, signature } = proof;
  const lines = [
    ["holds", `frame ${frame} of ${stream}`],
    ["leaf", leaf],
    ["stamp", stampNs],
    ...meaningLines(proof),
    ["root", root],
    ...(publicKey === undefined ? [] : [["signed", signature?.publicKey ?? ""]]),
    ...limits.map((limit) => ["not shown", limit]),
  ];
  const text = lines.map(([name = "", value = ""]) => `${name.padEnd(10)} ${visible(value)}\n`).join("");
  return (await deliver(text, flags.out, console)) ? EXIT.clean : EXIT.internal;
}

/** What the frame means, as far as the proof says. */
function meaningLines({ kind, type, forms = [], form = 0 }: Proof): readonly (readonly string[])[] {
  const own = forms[form];
  if (kind === undefined || type === undefined || !own) return [];
  const { topic, messageEncoding, schemaEncoding, schemaText, typeHash } = own;
  return [
    ["type", type],
    ["kind", kind],
    ...(topic === "" ? [] : [["topic", topic]]),
    ...(messageEncoding === "" ? [] : [["encoding", messageEncoding]]),
    ...(schemaText === null ? [] : [["schema", `${schemaEncoding}, BLAKE3 ${schemaText}`]]),
    ...(typeHash === null ? [] : [["type hash", typeHash]]),
  ];
}

function named<T>(name: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(`${name}: ${error.message}`) : error;
  }
}

function frameNumber(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new InvalidArgumentError("expected a frame's number, from 0.");
  return Number(value);
}

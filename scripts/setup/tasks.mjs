/** What the project's commands do once everything is set up. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { BUNDLED, bundle } from "./bundle.mjs";
import { demonstrationDrive } from "./drive.mjs";
import { findNode } from "./node.mjs";
import { hand, ROOT, run, SetupError } from "./process.mjs";

const COMMANDS = new Set([
  "check",
  "checks",
  "explain",
  "info",
  "proof",
  "rig",
  "seal",
  "simulate",
  "verify",
  "help",
  "--help",
  "-h",
  "--version",
  "-V",
]);
/** Type stripping is experimental in Node 22: its warning is no business of the tool's users. */
const QUIET = "--disable-warning=ExperimentalWarning";

function node() {
  const found = findNode();
  if (!found) throw new SetupError("expected a Node to run on, got none");
  return found;
}

/**
 * Runs the command line tool, bundled from its sources, in the folder the user is in. Arguments are paths to check unless they
 * begin with a command's name. Without arguments: a drive, simulated on the spot; its findings are the demonstration's
 * result, so they do not fail it.
 * @returns exit code
 */
export async function start(args) {
  const cwd = process.env["INIT_CWD"] ?? process.cwd();
  const main = [BUNDLED];
  if (args.length > 0) return hand(node(), [...main, ...(COMMANDS.has(args[0]) ? [] : ["check"]), ...args], { cwd });
  const drive = demonstrationDrive([node(), ...main]);
  const code = await hand(node(), [...main, "check", relative(cwd, drive)], { cwd });
  return code === 1 ? 0 : code;
}

/** @returns exit code */
export function runTests(args) {
  const long = args.includes("--long");
  const rest = args.filter((arg) => arg !== "--long");
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  return hand(node(), [vitest, "run", ...rest], { env: long ? { PLUMBLINE_LONG: "1" } : {} });
}

/** @returns exit code */
export function runFuzz(args) {
  return hand(node(), [QUIET, join(ROOT, "test/fuzz/main.ts"), ...args]);
}

/**
 * dist/ mirrors src/ for those who import the library; the command is a bundle, and so is the worker. tsc rewrites import paths but not the URL of a
 * worker, which bundlers want as a literal: that one is rewritten here.
 * @throws SetupError
 */
export async function build() {
  rmSync(join(ROOT, "dist"), { recursive: true, force: true });
  run("tsc", process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", join(ROOT, "tsconfig.build.json")]);
  rmSync(join(ROOT, "dist/cli"), { recursive: true });
  await bundle(join(ROOT, "dist/bundle"));
  writeFileSync(join(ROOT, "dist/node/worker.js"), 'export { default, warm } from "../bundle/worker.js";\n');
  const entry = join(ROOT, "dist/browser/start-worker.js");
  const parts = readFileSync(entry, "utf8").split('new URL("./worker.ts", import.meta.url)');
  if (parts.length !== 2) throw new SetupError(`expected one worker URL in ${entry.slice(ROOT.length)}, got ${parts.length - 1}`);
  writeFileSync(entry, parts.join('new URL("./worker.js", import.meta.url)'));
}

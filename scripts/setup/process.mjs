/** What every set-up step shares: the project's folder, one line to the user, and running a program. */
import { spawn, spawnSync } from "node:child_process";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** npm puts this folder first in the PATH of every script, so a Node that lies here is the one they run on. */
export const BIN = join(ROOT, "node_modules", ".bin");

/** A step of the set-up failed. The message is the one line the user sees. */
export class SetupError extends Error {}

/** Diagnostics go to stderr: stdout belongs to the report. */
export function say(line) {
  process.stderr.write(`plumbline: ${line}\n`);
}

/**
 * Runs a program to its end, quietly: its output is shown only when it fails.
 * @param what names the step in the error
 * @param options `timeoutMs`, `env`, `reason`: makes one phrase of a failed program's output, shown instead of it
 * @returns what it wrote to stdout
 * @throws SetupError
 */
export function run(what, file, args, options = {}) {
  const result = spawnSync(file, args, {
    cwd: ROOT,
    env: options.env ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 1 << 28,
    ...(options.timeoutMs ? { timeout: options.timeoutMs, killSignal: "SIGKILL" } : {}),
  });
  if (result.status === 0) return result.stdout;
  if (result.error?.code === "ETIMEDOUT") throw new SetupError(`${what} took longer than ${options.timeoutMs / 1000} s`);
  if (result.error) throw new SetupError(`${what} could not run: ${result.error.message}`);
  const output = `${result.stdout}${result.stderr}`.trimEnd();
  const reason = options.reason?.(output);
  if (output && !reason) process.stderr.write(`${output}\n`);
  throw new SetupError(`${what} failed (${result.signal ?? `exit code ${result.status}`})${reason ? `: ${reason}` : ""}`);
}

/**
 * Runs npm on the Node that npm itself was started with: the one in node_modules/.bin does not survive `npm ci`.
 * @throws SetupError
 */
export function npm(what, args) {
  const script = process.env["npm_execpath"];
  const node = process.env["npm_node_execpath"];
  if (script && node && !node.startsWith(BIN)) return run(what, node, [script, ...args], { reason: npmReason });
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== BIN);
  return run(what, "npm", args, { env: { ...process.env, PATH: path.join(delimiter) }, reason: npmReason });
}

/** npm prints an error as many lines; its code and first sentence say it. */
function npmReason(output) {
  const lines = [...output.matchAll(/^npm error (\S.*)$/gm)].map((match) => match[1]);
  const code = lines.find((line) => line.startsWith("code "))?.slice("code ".length);
  const text = lines.find((line) => !/^(code|errno|syscall|type) /.test(line));
  return [code, text].filter(Boolean).join(", ");
}

/**
 * Hands the terminal to a program and waits for it. Ctrl-C in a terminal reaches the program by itself (one process
 * group), and npm sends it here once more: passed on, it would count twice. Without a terminal it was sent to npm or to
 * this process alone, and is passed on as any other signal.
 * @param node the Node to run on; also first in the program's PATH
 * @param options `cwd`, `env`
 * @returns its exit code, 128 + n when it died of signal n
 */
export function hand(node, args, options = {}) {
  const env = { ...process.env, ...options.env, PATH: [dirname(node), BIN, process.env["PATH"] ?? ""].join(delimiter) };
  const child = spawn(node, args, { cwd: options.cwd ?? ROOT, env, stdio: "inherit" });
  const terminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  const pass = (signal) => child.kill(signal);
  process.on("SIGINT", terminal ? () => {} : pass);
  process.on("SIGTERM", pass);
  process.on("SIGHUP", pass);
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(new SetupError(`${node} could not run: ${error.message}`)));
    child.on("exit", (code, signal) => resolve(signal ? 128 + constants.signals[signal] : (code ?? 1)));
  });
}

/** Benchmarks against peers. The peers are dependencies of bench/, not of the product: installed there, from its own lockfile, when first needed. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUILT, buildNative } from "./native.mjs";
import { findNode } from "./node.mjs";
import { hand, npm, ROOT, SetupError, say } from "./process.mjs";

const FOLDER = join(ROOT, "bench");
const STAMP = join(FOLDER, "node_modules", ".plumbline-setup");

/**
 * Runs bench/throughput/NAME.ts.
 * @param args name of the benchmark, and its arguments
 * @returns exit code
 * @throws SetupError
 */
export async function bench([name, ...args]) {
  const script = join(FOLDER, "throughput", `${name}.ts`);
  if (!name || !existsSync(script)) throw new SetupError(`expected the name of a benchmark in bench/throughput, got ${name ?? "none"}`);
  installPeers();
  if (!nativeIsFresh()) tryNative();
  return hand(findNode() ?? process.execPath, ["--disable-warning=ExperimentalWarning", script, ...args]);
}

function installPeers() {
  const hash = createHash("sha256")
    .update(readFileSync(join(FOLDER, "package-lock.json")))
    .digest("hex");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === hash) return;
  say("installing the peers of the benchmarks (npm ci in bench/)");
  npm("npm ci in bench/", ["ci", "--prefix", FOLDER, "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(STAMP, hash);
}

function nativeIsFresh() {
  if (!existsSync(BUILT)) return false;
  const built = statSync(BUILT).mtimeMs;
  return readdirSync(join(ROOT, "native")).every((name) => statSync(join(ROOT, "native", name)).mtimeMs < built);
}

/** The native kernels are a yardstick: without a compiler the benchmark names them as missing. */
function tryNative() {
  try {
    buildNative();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`without native kernels: ${error.message}`);
  }
}

/**
 * The WASM kernels follow their sources by content. The stamp also holds the hash of what was built, so that a build
 * by hand (`node scripts/build-wasm.mjs`) of other sources is noticed.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findNode } from "./node.mjs";
import { ROOT, run, say } from "./process.mjs";
import { filesUnder, hashOf } from "./stamp.mjs";

const BUILT = ["src/kernels.generated.ts", "src/simulate/kernels.generated.ts"];
const STAMP = join(ROOT, "build", ".kernels-stamp");

function state() {
  const others = ["src/abi.ts", "scripts/build-wasm.mjs", ...BUILT].map((file) => join(ROOT, file));
  return hashOf([...filesUnder("assembly"), ...others]);
}

export function kernelsAreBuilt() {
  return BUILT.every((file) => existsSync(join(ROOT, file))) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === state();
}

/** @throws SetupError */
export function buildKernels() {
  say("building the WASM kernels");
  run("building the WASM kernels", findNode() ?? process.execPath, [join(ROOT, "scripts/build-wasm.mjs")]);
  mkdirSync(join(ROOT, "build"), { recursive: true });
  writeFileSync(STAMP, state());
}

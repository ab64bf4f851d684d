/**
 * The WASM kernels follow their sources by content. The stamp also holds the hash of what was built, so that a build
 * by hand (`node scripts/build-wasm.mjs`) of other sources is noticed.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findNode } from "./node.mjs";
import { ROOT, run, say } from "./process.mjs";

const BUILT = "src/kernels.generated.ts";
const STAMP = join(ROOT, "build", ".kernels-stamp");

function state() {
  const sources = readdirSync(join(ROOT, "assembly"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  const hash = createHash("sha256");
  for (const file of [...sources, join(ROOT, "src/abi.ts"), join(ROOT, "scripts/build-wasm.mjs"), join(ROOT, BUILT)]) {
    hash.update(`${file.slice(ROOT.length)}\0`).update(createHash("sha256").update(readFileSync(file)).digest());
  }
  return hash.digest("hex");
}

export function kernelsAreBuilt() {
  return existsSync(join(ROOT, BUILT)) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === state();
}

/** @throws SetupError */
export function buildKernels() {
  say("building the WASM kernels");
  run("building the WASM kernels", findNode() ?? process.execPath, [join(ROOT, "scripts/build-wasm.mjs")]);
  mkdirSync(join(ROOT, "build"), { recursive: true });
  writeFileSync(STAMP, state());
}

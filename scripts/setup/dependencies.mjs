/** Installed packages follow package-lock.json: a stamp in node_modules holds the hash they were installed from. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npm, ROOT, say } from "./process.mjs";

const STAMP = join(ROOT, "node_modules", ".plumbline-setup");

function lockHash() {
  return createHash("sha256")
    .update(readFileSync(join(ROOT, "package-lock.json")))
    .digest("hex");
}

export function dependenciesAreReady() {
  return existsSync(STAMP) && readFileSync(STAMP, "utf8") === lockHash();
}

/** @throws SetupError */
export function installDependencies() {
  say("installing dependencies (npm ci)");
  const hash = lockHash();
  npm("npm ci", ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(STAMP, hash);
}

/** A Chromium for the browser tests: found, else installed from Debian where that is possible, else done without. */
import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { withLock } from "./lock.mjs";
import { ROOT, run, SetupError, say } from "./process.mjs";

const FAILED = join(ROOT, "node_modules", ".plumbline-no-chromium");
const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const MINUTES = 5;

/**
 * @returns the path of a Chromium: PLUMBLINE_CHROMIUM (empty: none), else the first in PATH or in Debian's place, else null
 * @type {() => string | null}
 */
export function findChromium() {
  const named = process.env["PLUMBLINE_CHROMIUM"];
  if (named !== undefined) return named && existsSync(named) ? named : null;
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin"];
  const paths = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => existsSync(path)) ?? null;
}

/** Never fails: without a browser its tests are skipped by name. */
export async function setUpChromium() {
  if (findChromium()) return;
  const reason = await whyNot();
  if (reason) say(`the browser tests are skipped: ${reason}`);
}

/** @returns null when Chromium is installed now */
async function whyNot() {
  if (process.env["PLUMBLINE_CHROMIUM"] !== undefined) return "PLUMBLINE_CHROMIUM names no browser";
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return "no Chromium found (set PLUMBLINE_CHROMIUM to its path)";
  if (existsSync(FAILED)) return `installing Chromium failed before (to try again, remove ${FAILED.slice(ROOT.length)})`;
  return withLock(() => {
    if (findChromium()) return null;
    say("installing Chromium for the browser tests (apt-get)");
    const options = { timeoutMs: MINUTES * 60_000, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
    const quiet = ["-qq", "-o", "DPkg::Lock::Timeout=60"];
    try {
      run("apt-get update", "apt-get", [...quiet, "update"], options);
      run("apt-get install chromium", "apt-get", [...quiet, "install", "-y", "--no-install-recommends", "chromium"], options);
      return null;
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      writeFileSync(FAILED, error.message);
      return error.message;
    }
  });
}

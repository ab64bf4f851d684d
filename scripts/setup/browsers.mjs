/** Browsers for their tests: found, else installed from Debian where that is possible, else done without. */
import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { withLock } from "./lock.mjs";
import { ROOT, run, SetupError, say } from "./process.mjs";

const MINUTES = 5;

/** @typedef {{ title: string, variable: string, names: readonly string[], package: string }} Browser */

/** @type {Browser} */
const CHROMIUM = {
  title: "Chromium",
  variable: "PLUMBLINE_CHROMIUM",
  names: ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
  package: "chromium",
};
/** @type {Browser} */
const FIREFOX = { title: "Firefox", variable: "PLUMBLINE_FIREFOX", names: ["firefox-esr", "firefox"], package: "firefox-esr" };

/** @type {() => string | null} */
export const findChromium = () => find(CHROMIUM);
/** @type {() => string | null} */
export const findFirefox = () => find(FIREFOX);
export const setUpChromium = () => setUp(CHROMIUM);
export const setUpFirefox = () => setUp(FIREFOX);

/**
 * @returns the path of the browser: what the variable says (empty: none), else the first in PATH or in Debian's place, else null
 * @type {(browser: Browser) => string | null}
 */
function find({ variable, names }) {
  const named = process.env[variable];
  if (named !== undefined) return named && existsSync(named) ? named : null;
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin"];
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => existsSync(path)) ?? null;
}

/** Never fails: without a browser its tests are skipped by name. @type {(browser: Browser) => Promise<void>} */
async function setUp(browser) {
  if (find(browser)) return;
  const reason = await whyNot(browser);
  if (reason) say(`the tests in ${browser.title} are skipped: ${reason}`);
}

/** @returns null when it is installed now @param {Browser} browser */
async function whyNot(browser) {
  const { title, variable, package: name } = browser;
  const failed = join(ROOT, "node_modules", `.plumbline-no-${name}`);
  if (process.env[variable] !== undefined) return `${variable} names no browser`;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return `no ${title} found (set ${variable} to its path)`;
  if (existsSync(failed)) return `installing ${title} failed before (to try again, remove ${failed.slice(ROOT.length)})`;
  return withLock(() => {
    if (find(browser)) return null;
    say(`installing ${title} for its tests (apt-get)`);
    const options = { timeoutMs: MINUTES * 60_000, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
    const quiet = ["-qq", "-o", "DPkg::Lock::Timeout=60"];
    try {
      run("apt-get update", "apt-get", [...quiet, "update"], options);
      run(`apt-get install ${name}`, "apt-get", [...quiet, "install", "-y", "--no-install-recommends", name], options);
      return null;
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      writeFileSync(failed, error.message);
      return error.message;
    }
  });
}

/**
 * The command, its engine's thread and the worker as few files: a process that loads two hundred modules has spent half of its time on that.
 * Libraries are not in it. In build/ for this project's own use, made again when its sources change; in dist/ for the package.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { ROOT } from "./process.mjs";
import { filesUnder, hashOf } from "./stamp.mjs";

const ENTRIES = { main: "src/cli/main.ts", "engine-thread": "src/cli/engine-thread.ts", worker: "src/node/worker.ts" };
const FOLDER = join(ROOT, "build", "bundle");
const STAMP = join(FOLDER, ".stamp");

/** The command, run by Node. */
export const BUNDLED = join(FOLDER, "main.js");

function state() {
  return hashOf([...filesUnder("src"), join(ROOT, "scripts/setup/bundle.mjs"), join(ROOT, "package-lock.json")]);
}

export function bundleIsBuilt() {
  return existsSync(STAMP) && readFileSync(STAMP, "utf8") === state();
}

/** For `npm start` and the tests of the command. */
export async function setUpBundle() {
  if (bundleIsBuilt()) return;
  await withLock(async () => {
    if (bundleIsBuilt()) return;
    const before = state();
    await bundle(FOLDER);
    writeFileSync(STAMP, before);
  });
}

/** @param {string} folder two levels below the package.json; what it holds is replaced */
export async function bundle(folder) {
  const { rolldown } = await import("rolldown");
  const input = Object.fromEntries(Object.entries(ENTRIES).map(([name, path]) => [name, join(ROOT, path)]));
  const build = await rolldown({
    cwd: ROOT,
    input,
    platform: "node",
    external: (/** @type {string} */ id) => /^[@a-z]/.test(id),
    logLevel: "silent",
  });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build.write({ dir: folder, format: "esm", sourcemap: true, chunkFileNames: "[name]-[hash].js" });
  await build.close();
}

/** One set-up at a time per clone. The lock lies outside the clone: `npm ci` empties node_modules, and git stays clean. */
import { createHash } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, say } from "./process.mjs";

const LOCK = join(tmpdir(), `plumbline-setup-${createHash("sha256").update(ROOT).digest("hex").slice(0, 16)}.lock`);

/** Runs `work` while no other process sets up this clone; the lock of a dead process is taken over. */
export async function withLock(work) {
  let told = false;
  while (!acquire()) {
    if (!told) say("waiting for another set-up of this folder to finish");
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    return await work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

/** A hard link fails where the name exists, and the file it makes visible is already complete. */
function acquire() {
  const mine = `${LOCK}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, LOCK);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return removeIfDead() && acquire();
  } finally {
    rmSync(mine, { force: true });
  }
}

/** @returns false when the lock is held */
function removeIfDead() {
  if (isAlive(owner(LOCK))) return false;
  // Taken aside first: between reading and removing, a new owner may have come; its lock is put back.
  const aside = `${LOCK}.dead.${process.pid}`;
  try {
    renameSync(LOCK, aside);
    if (!isAlive(owner(aside))) return true;
    linkSync(aside, LOCK);
    return false;
  } catch (error) {
    if (error.code !== "ENOENT" && error.code !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** @returns the process id in a lock file, 0 when the file has just gone */
function owner(file) {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0;
  }
}

function isAlive(pid) {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

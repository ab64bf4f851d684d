/**
 * Names of files that are not complete yet, and the removal of those whose run was killed.
 *
 * A name says whose it is: machine, its boot and the container (`home`), process, and when that process began, so that neither a
 * process of the same number nor one in another container is taken for the writer. Of another home nothing is known but the age
 * of the file: whoever writes one does so all the time.
 */
import { createHash, randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

const NAME = /^\.plumbline-([0-9a-f]{8})-(\d{1,10})-(\d{1,20})-[0-9a-f]{8}\.tmp$/;
/** A file of another home that nobody has written to for this long is nobody's. */
const ABANDONED_MS = 24 * 3600 * 1000;

export function temporaryName(): string {
  return `.plumbline-${home()}-${process.pid}-${beganAt(process.pid) ?? UNKNOWN}-${randomUUID().slice(0, 8)}.tmp`;
}

/** Whether a file is somebody's unfinished output, and so no part of a recording. */
export function isTemporary(name: string): boolean {
  return NAME.test(name);
}

/** Removes from a folder what killed runs have left there. What cannot be removed stays: tidying up is no reason to fail. */
export function removeLeftovers(folder: string): void {
  const here = home();
  for (const name of quietly(() => fs.readdirSync(folder)) ?? []) {
    const [, from, pid, began] = NAME.exec(name) ?? [];
    if (from === undefined || pid === undefined || began === undefined) continue;
    const path = join(folder, name);
    if (from === here ? hasEnded(Number(pid), began) : isAbandoned(path)) quietly(() => fs.unlinkSync(path));
  }
}

function isAbandoned(path: string): boolean {
  const stat = quietly(() => fs.lstatSync(path));
  return stat !== null && Date.now() - stat.mtimeMs > ABANDONED_MS;
}

const UNKNOWN = "0";

function hasEnded(pid: number, began: string): boolean {
  const now = beganAt(pid);
  return now === null || (now !== UNKNOWN && began !== UNKNOWN && now !== began);
}

/** When a process began, in ticks since the machine did; UNKNOWN where the system does not tell; null when it has ended. */
function beganAt(pid: number): string | null {
  const stat = textOf(`/proc/${pid}/stat`);
  // Behind the command's name, which may hold anything: state, and 19 fields further the start. proc_pid_stat(5)
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (stat !== "") return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? UNKNOWN);
  try {
    process.kill(pid, 0);
    return UNKNOWN;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? UNKNOWN : null;
  }
}

/** Eight hex digits: this machine since it was started, and the container in it. */
function home(): string {
  // The last two are there on Linux, where containers are.
  const processes = quietly(() => fs.readlinkSync("/proc/self/ns/pid")) ?? "";
  const text = [hostname(), textOf("/proc/sys/kernel/random/boot_id"), processes].join("\n");
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/** Empty where it is not there. */
function textOf(path: string): string {
  return quietly(() => fs.readFileSync(path, "latin1")) ?? "";
}

function quietly<T>(call: () => T): T | null {
  try {
    return call();
  } catch {
    return null;
  }
}

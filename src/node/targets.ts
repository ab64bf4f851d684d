/**
 * Where a command may write. In this order:
 *
 * 1. never onto an input, into a folder that is one, or onto what belongs to one (belongings.ts), and no seal under anything else;
 * 2. onto a file that is there only when plumbline wrote it and it can be made again (ours.ts), or nothing is in it;
 * 3. onto any other file when that is asked for (`force`).
 *
 * Asked before an hour of work is spent on what should be written there.
 */
import * as fs from "node:fs";
import { basename, dirname } from "node:path";
import { ConfigError } from "../errors.ts";
import { claimOf } from "./belongings.ts";
import { isOurs, isSeal, type Written } from "./ours.ts";
import { descriptorOf } from "./output.ts";
import { isSame, type Place, placeOf } from "./place.ts";
import { errorText } from "./system-error.ts";

export interface Target {
  /** How the user named it, such as `--out`. */
  readonly flag: string;
  readonly path: string;
  readonly kind: Written;
}

/**
 * @param inputs paths of everything the command reads
 * @param force whether a file that plumbline did not write, or a seal, may be replaced by one of its kind
 * @throws ConfigError with one clear line
 */
export function checkTargets(targets: readonly Target[], inputs: readonly string[], force = false): void {
  const before: { readonly flag: string; readonly place: Place }[] = [];
  for (const target of targets) {
    const { flag, path } = target;
    const place = attempt(target, () => placeOf(path));
    if (place.kind === "folder" || place.kind === "disk") refuse(target, `expected a file, got a ${place.kind}`);
    if (place.kind === "stream") {
      if (!MAY_BE_A_STREAM.includes(target.kind)) refuse(target, "expected a file, got a device or pipe");
      attempt(target, () => fs.accessSync(path, fs.constants.W_OK));
      continue;
    }
    const twin = before.find((other) => isSame(other.place, place));
    if (twin) refuse(target, `expected a file of its own, got one that is also written (${twin.flag})`);
    before.push({ flag, place });
    const claim = firstClaim(inputs, target, place);
    if (claim !== null) refuse(target, `expected a file of its own, got ${claim}`);
    // What the shell has opened is written on, not replaced.
    if (place.kind === "file" && descriptorOf(path) !== null) continue;
    if (place.kind === "file") checkFile(target, place, force);
    attempt(target, () => fs.accessSync(dirname(place.path), fs.constants.W_OK));
  }
}

const MAY_BE_A_STREAM: readonly Written[] = ["report", "cost", "proof", "rig", "seal"];

/** Of what may be there before. */
const EXPECTED: Readonly<Record<Written, string>> = {
  report: "a new file or a report of an earlier run",
  cost: "a new file or the cost of an earlier run",
  proof: "a new file or an earlier proof",
  seal: "a new file",
  copy: "a new file",
  rig: "a new file or a learnt rig that nobody has changed",
  drive: "a new file or an earlier simulated drive",
  truth: "a new file or the truth of an earlier simulated drive",
};

/** What one of the inputs has to say against it. */
function firstClaim(inputs: readonly string[], { kind, path }: Target, place: Place): string | null {
  for (const input of inputs) {
    // A folder's rig has its place in the folder: there it is made part of the recording on purpose.
    if (kind === "rig" && isRigOf(input, place)) continue;
    const claim = claimOf(input, place);
    if (claim !== null) return claim;
  }
  if (kind === "seal") return null;
  const sealed = place.path.replace(/\.seal$/i, "");
  if (sealed !== place.path && fs.existsSync(sealed)) return `the place of the seal of ${basename(sealed)}`;
  return place.kind === "file" && isSeal(path) ? "a seal" : null;
}

function isRigOf(input: string, { kind, name, folders }: Place): boolean {
  if (kind !== null || name !== "rig.yaml") return false;
  try {
    return placeOf(input).id === folders[0];
  } catch {
    return false;
  }
}

/** Of a file that is there and belongs to no input. */
function checkFile(target: Target, { writable }: Place, force: boolean): void {
  const { path, kind } = target;
  if (force) return;
  if (kind === "seal" && isSeal(path)) {
    throw new ConfigError(`${path}: sealed already; see what has changed since (plumbline verify), or replace the seal by --force`);
  }
  if (!isOurs(path, kind)) refuse(target, `expected ${EXPECTED[kind]}, got a file that is there already; --force replaces it`);
  if (!writable) refuse(target, "write-protected; --force replaces it");
}

function refuse({ flag, path }: Target, why: string): never {
  throw new ConfigError(`${flag} ${path}: ${why}`);
}

function attempt<T>(target: Target, call: () => T): T {
  try {
    return call();
  } catch (error) {
    return refuse(target, errorText(error));
  }
}

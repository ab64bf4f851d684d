/**
 * Everything that is written: whole or not at all. What is not complete lies under a name of its own in the folder of its target
 * and is renamed when its bytes are on the disk, so whoever reads the target never sees half of it, whatever happens meanwhile.
 * Only devices, pipes and open descriptors are written to directly.
 */
import * as fs from "node:fs";
import { type FileHandle, link, open, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import { removeLeftovers, temporaryName } from "./leftovers.ts";
import { followed } from "./place.ts";

export interface OutputTarget {
  readonly path: string;
  /** Nothing may be there, also not what appeared while the bytes were made; an empty file from before is nothing. */
  readonly exclusive?: boolean;
}

/** A file that is being written. */
export interface Output {
  /** Appends. @throws Error of the file system */
  write(content: string | Uint8Array): Promise<void>;
}

/** By the names of their targets. */
export type Outputs<Targets> = { readonly [Name in keyof Targets]: Output | Extract<Targets[Name], undefined> };

/**
 * Writes files that belong together. They appear when `fill` has written them all, one right after the other; on any failure, none.
 *
 * The first is what the others are about: a file of theirs from an earlier run is out of the way before a new first one appears, so
 * a run that is killed between two renames leaves the first without the others, never beside those of another run.
 *
 * @returns what `fill` returns
 * @throws ConfigError where nothing may be and something is; Error of the file system, its `path` the target; whatever `fill` throws
 */
export async function writeFiles<Targets extends Readonly<Record<string, OutputTarget | undefined>>, T>(
  targets: Targets,
  fill: (outputs: Outputs<Targets>) => Promise<T>,
): Promise<T> {
  const parts: Part[] = [];
  try {
    const outputs: Record<string, Part> = {};
    for (const [name, target] of Object.entries(targets)) {
      if (target === undefined) continue;
      const part = await Part.begin(target);
      parts.push(part);
      outputs[name] = part;
    }
    const result = await fill(outputs as Outputs<Targets>);
    await appear(parts);
    return result;
  } finally {
    for (const part of parts) await part.discard();
  }
}

/** One file, all of which is known at once. @throws as `writeFiles` */
export async function writeFile(target: OutputTarget, content: string | Uint8Array): Promise<void> {
  await writeFiles({ only: target }, ({ only }) => only.write(content));
}

async function appear(parts: readonly Part[]): Promise<void> {
  for (const part of parts) await part.complete();
  try {
    for (const [i, part] of parts.entries()) if (parts.length > 1) await part.keepOld(i === 0);
    for (const part of parts) await part.appear();
  } catch (error) {
    for (const part of parts) await part.takeBack();
    throw error;
  }
  for (const folder of new Set(parts.map((part) => part.folder))) await syncFolder(folder);
}

/** What a file system says that has no hard links. */
const NO_LINKS: readonly unknown[] = ["EPERM", "EACCES", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

/** An output under its temporary name. */
class Part implements Output {
  readonly folder: string;
  /** As it was given, for messages. */
  readonly #path: string;
  /** Links followed: a link stays one. */
  readonly #target: string;
  /** Null when the target itself is open. */
  readonly #temporary: string | null;
  readonly #isExclusive: boolean;
  #file: FileHandle | number | null;
  /** Where the file lies that was there before. */
  #old: string | null = null;
  #appeared = false;

  static begin({ path, exclusive = false }: OutputTarget): Promise<Part> {
    return located(path, async () => {
      const old = fs.statSync(path, { throwIfNoEntry: false });
      const descriptor = old?.isFile() ? descriptorOf(path) : null;
      if (descriptor !== null) return new Part(path, path, null, descriptor, false);
      if (old && !old.isFile()) return new Part(path, path, null, await open(path, "w"), false);
      const target = followed(path);
      removeLeftovers(dirname(target));
      const temporary = join(dirname(target), temporaryName());
      const file = await open(temporary, "wx");
      // What was kept from others, or shared with them, stays so.
      if (old) await file.chmod(old.mode & 0o777).catch(() => {});
      return new Part(path, target, temporary, file, exclusive && !old);
    });
  }

  private constructor(path: string, target: string, temporary: string | null, file: FileHandle | number, isExclusive: boolean) {
    this.folder = dirname(target);
    this.#path = path;
    this.#target = target;
    this.#temporary = temporary;
    this.#file = file;
    this.#isExclusive = isExclusive;
  }

  async write(content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const file = this.#file;
    if (file === null) throw new RangeError(`${this.#path}: expected an output that is open, got one that is complete`);
    await located(this.#path, async () => {
      if (typeof file !== "number") await file.writeFile(bytes);
      else for (let done = 0; done < bytes.length; ) done += fs.writeSync(file, bytes, done);
    });
  }

  /** All bytes are on the disk. */
  async complete(): Promise<void> {
    const file = this.#file;
    if (file === null || typeof file === "number") return;
    await located(this.#path, async () => {
      if (this.#temporary !== null) await file.sync();
      this.#file = null;
      await file.close();
    });
  }

  /** @param isVisible whether the file of before stays where it is, too: there is no moment without one */
  async keepOld(isVisible: boolean): Promise<void> {
    if (this.#temporary === null || !fs.statSync(this.#target, { throwIfNoEntry: false })?.isFile()) return;
    const old = join(this.folder, temporaryName());
    await located(this.#path, async () => {
      if (!isVisible) await rename(this.#target, old);
      else if (!(await isLinked(this.#target, old))) return;
      this.#old = old;
    });
  }

  /** @throws ConfigError where nothing may be and something is */
  async appear(): Promise<void> {
    const temporary = this.#temporary;
    if (temporary === null) return;
    await located(this.#path, async () => {
      // Unlike a rename, a link is refused where something is.
      const isNew = this.#isExclusive && (await isLinked(temporary, this.#target));
      if (this.#isExclusive && !isNew && fs.existsSync(this.#target)) {
        throw new ConfigError(`${this.#path}: expected no file there, got one that appeared meanwhile`);
      }
      if (!isNew) await rename(temporary, this.#target);
      this.#appeared = true;
    });
  }

  /** What was there before `keepOld` and `appear` is there again. */
  async takeBack(): Promise<void> {
    if (this.#old !== null) await rename(this.#old, this.#target).catch(() => {});
    else if (this.#appeared) await rm(this.#target, { force: true }).catch(() => {});
    this.#old = null;
  }

  /** Leaves nothing under a temporary name. */
  async discard(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    if (file !== null && typeof file !== "number") await file.close().catch(() => {});
    for (const path of [this.#temporary, this.#old]) if (path !== null) await rm(path, { force: true }).catch(() => {});
  }
}

/** False where there is something of this name, or the file system has no hard links. */
async function isLinked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" || NO_LINKS.includes(code)) return false;
    throw error;
  }
}

/** The descriptor that a path such as /dev/stdout names: what its file holds already is not ours, and what follows is written behind. */
export function descriptorOf(path: string): number | null {
  const [, name, number] = /^(?:\/dev\/(stdout|stderr)|\/(?:dev|proc\/self)\/fd\/(\d{1,9}))$/.exec(resolve(path)) ?? [];
  if (number !== undefined) return Number(number);
  return name === undefined ? null : name === "stdout" ? 1 : 2;
}

/** The name is on the disk, too, where a folder can be asked for that. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close().catch(() => {});
}

/** Errors of the file system name the target, not a temporary name or none. */
async function located<T>(path: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof Error && "code" in error ? Object.assign(error, { path }) : error;
  }
}

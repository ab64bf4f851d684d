/**
 * A folder that holds one recording file and is that recording, whatever lies beside it: its rig, its seal, a README. The file is read out of
 * the folder, so that paths, threads and labels beside it stay what they are; the report is that of the file by itself.
 */
import { InputError } from "../errors.ts";
import type { Input } from "../input.ts";
import type { Rig } from "../rig/rig.ts";
import type { Source } from "./source.ts";

/** Loads a source. They are asked in order, each when it is its turn. */
export type Load = () => Promise<Source>;

/** Files by these endings are recordings by themselves, in no folder a part of a larger one. */
const CONTAINER = /^[^/]+\.(mcap|bag)$/i;
/** What people and programs put beside a recording; the folder's rig may name further files of it. */
const BESIDE = /(^|\/)(\.|(readme|licen[cs]e|copying|changelog|notes?)\b)|\.(md|(?<!^rig\.)ya?ml|seal|truth\.json|log|html?|pdf)$/i;
/** A text this short names nothing. */
const LEAST_BYTES = 64;
/** Files of a folder that are looked into before it is no folder of one recording. */
const MOST_LOOKED_AT = 256;
/** Of several, so many are named. */
const MOST_NAMED = 5;

/** The first source that recognises an input; null where none does. */
export async function recognisedBy(input: Input, sources: readonly Load[], rig: Rig | null | undefined): Promise<Source | null> {
  for (const load of sources) {
    const source = await load();
    if (source.detect(input, rig)) return source;
  }
  return null;
}

/**
 * What reads a folder: the one container that lies in it, else the source of the folder as a whole, else that of the one file any of them reads.
 *
 * @throws InputError when it holds several recordings
 */
export async function folderSource(folder: Input, sources: readonly Load[], rig: Rig | null | undefined): Promise<Source | null> {
  const containers = containersInside(folder);
  if (containers.length === 0)
    return (await recognisedBy(folder, sources, rig)) ?? (await onlyInside(folder, rest(folder, []), sources, rig));
  // Also one that is empty or broken: it was meant to be a recording.
  if (containers.length > 1) throw several(folder, containers);
  const others = rest(folder, containers);
  const beside = await recognisedBy(partOf(folder, others, folder.name, "folder"), sources, rig);
  if (!beside) return onlyInside(folder, containers, sources, rig);
  const expected = "expected the path of one, or --source; labels beside a recording are --labels";
  throw new InputError(`${folder.name}: holds ${listed(folder, containers)} beside a ${beside.format} recording; ${expected}`);
}

/** Reads one file of a folder. */
export function insideSource(source: Source, file: number): Source {
  return {
    ...source,
    open: (input, kernels, platform, options) => ({ ...source.open(fileInside(input, file), kernels, platform, options), inside: file }),
    reader: (input, index, kernels, platform) => source.reader(fileInside(input, file), index, kernels, platform),
  };
}

/** One file of a folder as an input of its own. A database takes the journals beside it along. */
export function fileInside(folder: Input, file: number): Input {
  const path = folder.files[file]?.path ?? "";
  const own = [path, `${path}-journal`, `${path}-wal`].map((one) => folder.files.findIndex((each) => each.path === one));
  const found = own.filter((i) => i >= 0);
  return partOf(folder, found, baseName(path), "file");
}

/** The MCAP files and bags that lie in a folder, hidden ones left out. */
export function containersInside({ files }: Input): readonly number[] {
  return files.flatMap(({ path }, file) => (CONTAINER.test(path) && !path.startsWith(".") ? [file] : []));
}

/** The one of these files that a source reads; null where none is. @throws InputError where several are */
async function onlyInside(
  folder: Input,
  files: readonly number[],
  sources: readonly Load[],
  rig: Rig | null | undefined,
): Promise<Source | null> {
  const found: number[] = [];
  let only: Source | null = null;
  for (const file of files.length <= MOST_LOOKED_AT ? files : []) {
    const source = await recognisedBy(fileInside(folder, file), sources, rig);
    if (!source) continue;
    found.push(file);
    only = insideSource(source, file);
  }
  if (found.length > 1) throw several(folder, found);
  return only;
}

function several(folder: Input, files: readonly number[]): InputError {
  return new InputError(`${folder.name}: expected a folder of one recording, got several: ${listed(folder, files)}`);
}

/** Files that may be a recording, or part of one. */
function rest({ files }: Input, containers: readonly number[]): readonly number[] {
  return files.flatMap(({ path, size }, file) => (size < LEAST_BYTES || BESIDE.test(path) || containers.includes(file) ? [] : [file]));
}

function partOf(folder: Input, files: readonly number[], name: string, kind: Input["kind"]): Input {
  return {
    name,
    kind,
    files: files.map((file) => {
      const { path = "", size = 0 } = folder.files[file] ?? {};
      return { path: kind === "file" ? baseName(path) : path, size };
    }),
    read: (i, position, target) => folder.read(files[i] ?? -1, position, target),
    close: () => folder.close(),
  };
}

function listed({ files }: Input, some: readonly number[]): string {
  const names = some.slice(0, MOST_NAMED).map((file) => files[file]?.path ?? "");
  return `${names.join(", ")}${some.length > MOST_NAMED ? ` and ${some.length - MOST_NAMED} more` : ""}`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

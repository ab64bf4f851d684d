/** What inputs are made from: good recordings, small, the same in every run. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export type Files = Readonly<Record<string, Uint8Array>>;

export interface Sample {
  /** Base name of the file or folder. */
  readonly name: string;
  readonly kind: "file" | "folder";
  /** By path. What lies beside a file (a log, a seal) is among them. */
  readonly files: Files;
  /** What is changed; every file where absent. */
  readonly targets?: readonly string[];
  /** Every checksum its files carry is compared: PNG's only where labels make somebody look at pixels. */
  readonly isSummed?: true;
  /** Text of the rig it is checked against. */
  readonly rig?: string;
  /** Files of labels that are joined to it. */
  readonly labels?: Files;
}

/** What is done with an input. */
export type Target = "recording" | "seal" | "proof" | "rig" | "faults";

export interface Kind {
  readonly name: string;
  readonly target: Target;
  /** Generated ones, then real ones where `../shared/data` is there. */
  samples(): Promise<readonly Sample[]>;
}

export function file(name: string, bytes: Uint8Array | string, more: Partial<Sample> = {}): Sample {
  return { name, kind: "file", files: { [name]: bytesOf(bytes) }, ...more };
}

export function folder(name: string, files: Readonly<Record<string, Uint8Array | string>>, more: Partial<Sample> = {}): Sample {
  return {
    name,
    kind: "folder",
    files: Object.fromEntries(Object.entries(files).map(([path, content]) => [path, bytesOf(content)])),
    ...more,
  };
}

export function bytesOf(content: Uint8Array | string): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

const SHARED = fileURLToPath(new URL("../../../../shared/data", import.meta.url));
/** Larger recordings would make each input slow. */
const MOST_BYTES = 150_000;

/** Real files in a folder of `../shared/data`, each a sample; none where it is absent. */
export function sharedFiles(path: string, ending: string): readonly Sample[] {
  const root = join(SHARED, path);
  if (!existsSync(root)) return [];
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(ending));
  return names
    .sort()
    .map((name) => join(root, name))
    .filter((full) => statSync(full).isFile() && statSync(full).size <= MOST_BYTES)
    .map((full) => file(full.slice(full.lastIndexOf(sep) + 1), new Uint8Array(readFileSync(full))));
}

/** A folder of `../shared/data` as one recording, without its large files. */
export function sharedFolder(path: string): readonly Sample[] {
  const root = join(SHARED, path);
  if (!existsSync(root)) return [];
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && statSync(join(entry.parentPath, entry.name)).size <= MOST_BYTES)
    .map((entry) => join(entry.parentPath, entry.name));
  const contents = files.map((full) => [relative(root, full).split(sep).join("/"), new Uint8Array(readFileSync(full))] as const);
  return files.length === 0 ? [] : [folder(path.slice(path.lastIndexOf("/") + 1), Object.fromEntries(contents))];
}

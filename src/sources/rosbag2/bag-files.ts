/** Which files of a folder are databases of one bag, and in which order they were recorded. */
import type { Input } from "../../input.ts";

export const METADATA = "metadata.yaml";

export interface BagFiles {
  /** Indices into `input.files`, in order of recording. */
  readonly databases: readonly number[];
  /** Journals with content: what they hold is in no database yet, or must be taken out of it again. */
  readonly journals: readonly number[];
  /** Databases that are compressed as a whole. */
  readonly compressed: readonly number[];
}

/** @param order base names as the metadata lists them; those it does not list come behind, by their numbers */
export function bagFiles({ kind, files }: Input, order: readonly string[]): BagFiles {
  const named = files.map(({ path, size }, file) => ({ path, size, file })).filter(({ path }) => !path.includes("/"));
  const ending = (end: RegExp) => named.filter(({ path }) => end.test(path));
  const rank = (path: string): number => (order.includes(path) ? order.indexOf(path) : order.length);
  const databases = kind === "file" ? named.slice(0, 1) : ending(/\.db3$/);
  databases.sort((a, b) => rank(a.path) - rank(b.path) || numberOf(a.path) - numberOf(b.path) || (a.path < b.path ? -1 : 1));
  return {
    databases: databases.map(({ file }) => file),
    journals: ending(/-(wal|journal)$/).flatMap(({ file, size }) => (size > 0 ? [file] : [])),
    compressed: ending(/\.db3\.zstd$/).map(({ file }) => file),
  };
}

/** A folder is one bag where it has metadata, or its databases are numbered parts of one name. */
export function isBagFolder(input: Input): boolean {
  const { databases, compressed } = bagFiles(input, []);
  const parts = [...databases, ...compressed].map((file) => input.files[file]?.path ?? "");
  if (parts.length === 0) return false;
  const names = new Set(parts.map((path) => path.replace(/(_\d+)?\.db3(\.zstd)?$/, "")));
  return names.size === 1 || input.files.some(({ path }) => path === METADATA);
}

function numberOf(path: string): number {
  return Number(/_(\d+)\.db3$/.exec(path)?.[1] ?? -1);
}

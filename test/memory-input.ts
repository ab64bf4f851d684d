/** A recording in memory: what a folder or file on disk is to a source, without the disk. */
import { InputError } from "../src/errors.ts";
import type { Input } from "../src/input.ts";

export interface MemoryOptions {
  /** "file" for a single file; then the only path is its base name. */
  readonly kind?: Input["kind"];
  /** Paths whose reading fails. */
  readonly unreadable?: readonly string[];
  /** Sizes the listing claims, where they differ from what is there to read. */
  readonly claimedSizes?: Readonly<Record<string, number>>;
}

/** An input of the given files. Text is written as UTF-8. */
export function memoryInput(name: string, files: Readonly<Record<string, Uint8Array | string>>, options: MemoryOptions = {}): Input {
  const paths = Object.keys(files).sort((a, b) => (a < b ? -1 : 1));
  const contents = paths.map((path) => {
    const content = files[path] ?? "";
    return typeof content === "string" ? new TextEncoder().encode(content) : content;
  });
  return {
    name,
    kind: options.kind ?? "folder",
    files: paths.map((path, i) => ({ path, size: options.claimedSizes?.[path] ?? contents[i]?.length ?? 0 })),
    read(file, position, target) {
      const path = paths[file];
      const content = contents[file];
      if (path === undefined || content === undefined) throw new RangeError(`expected a file below ${paths.length}, got ${file}`);
      if (options.unreadable?.includes(path)) throw new InputError(`${path}: no permission to read`);
      const part = content.subarray(position, position + target.length);
      target.set(part);
      return part.length;
    },
    close() {},
  };
}

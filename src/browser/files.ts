/** What a page can give as a recording, brought to one form: named blobs, sorted as on disk. */

/** A folder from a picker, a drop or the origin private file system; paths are relative to the folder, with `/`. */
export interface BrowserFolder {
  readonly name: string;
  readonly files: readonly { readonly path: string; readonly blob: Blob }[];
}

/**
 * A file; or the files of one folder as `<input webkitdirectory>` lists them (by `webkitRelativePath`); or a folder
 * with explicit paths.
 */
export type BrowserRecording = File | readonly File[] | BrowserFolder;

/** Plain data and blobs: crosses to the worker without its bytes. */
export interface BrowserInput {
  readonly name: string;
  readonly kind: "file" | "folder";
  /** Sorted by path, in code unit order. */
  readonly files: readonly { readonly path: string; readonly blob: Blob }[];
  readonly labels?: readonly BrowserInput[];
}

/** @throws TypeError for anything else, or for a list of files that are not of one folder */
export function describeFiles(recording: BrowserRecording): BrowserInput {
  if (recording instanceof File) {
    return { name: recording.name, kind: "file", files: [{ path: recording.name, blob: recording }] };
  }
  if (isList(recording)) return folder(fromPicker(recording));
  if (typeof recording?.name === "string" && isList(recording.files)) return folder(recording);
  throw new TypeError("expected a File, the files of one folder, or { name, files }");
}

function folder({ name, files }: BrowserFolder): BrowserInput {
  for (const { path, blob } of files) {
    if (typeof path !== "string" || !(blob instanceof Blob)) throw new TypeError("expected files of { path, blob }");
  }
  return { name, kind: "folder", files: [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)) };
}

function fromPicker(files: readonly File[]): BrowserFolder {
  const name = files[0]?.webkitRelativePath.split("/")[0] ?? "";
  return {
    name,
    files: files.map((file) => {
      const path = file.webkitRelativePath;
      if (name === "" || !path.startsWith(`${name}/`)) throw new TypeError(`expected files of one folder, got ${file.name}`);
      return { path: path.slice(name.length + 1), blob: file };
    }),
  };
}

/** `Array.isArray` does not narrow a readonly array. */
function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value);
}

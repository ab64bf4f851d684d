/** Failures of the file system in plain words. */
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  ENOTDIR: "no such file or folder",
  EACCES: "no permission",
  EPERM: "no permission",
  EROFS: "the file system is read-only",
  EISDIR: "is a folder",
  ENOSPC: "no space left",
  EDQUOT: "no space left within the quota",
  EFBIG: "larger than a file may be here",
  EMFILE: "too many open files",
  EIO: "the device failed to read",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "too many symbolic links",
  EAGAIN: "another program holds it",
};

/** @returns null for an error that is none of the system's */
export function systemReason(error: unknown): string | null {
  // Misuse of Node's own functions has codes too: `ERR_…`.
  if (!(error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string")) return null;
  return WORDS[error.code] ?? error.code;
}

/** Any error in plain words: of the system, or the first line of its own. */
export function errorText(error: unknown): string {
  return systemReason(error) ?? (error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error));
}

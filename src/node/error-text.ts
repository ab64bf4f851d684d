/** What the system calls an error, in plain words. */
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
  ENAMETOOLONG: "the name is too long",
  ELOOP: "too many symbolic links",
};

/** A system error in plain words. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : null;
  return code === null ? (error.message.split("\n", 1)[0] ?? "") : (WORDS[code] ?? code);
}

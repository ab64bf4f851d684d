/** What a file is that no source recognises, where people meet such files: so that the message says what to do. */
import { type Input, readRange } from "../input.ts";

const HEAD_BYTES = 512;
/** Zeros are looked for in pieces of this size, up to the first other byte. */
const PIECE_BYTES = 1 << 20;
/** A file of holes may be of any size. */
const MOST_ZEROS = 64 << 20;
/** Files of a folder that are looked at. */
const MOST_FILES = 100;

const startsWith = (head: Uint8Array, bytes: readonly number[]): boolean => bytes.every((byte, i) => head[i] === byte);

/** By their first bytes; names are of formats everybody calls so. */
const MAGICS: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x28, 0xb5, 0x2f, 0xfd], "compressed as a whole with zstd: unpack it first (zstd -d)"],
  [[0x1f, 0x8b], "compressed as a whole with gzip: unpack it first (gunzip)"],
  [[0x42, 0x5a, 0x68], "compressed as a whole with bzip2: unpack it first (bunzip2)"],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "compressed as a whole with xz: unpack it first (unxz)"],
  [[0x04, 0x22, 0x4d, 0x18], "compressed as a whole with LZ4: unpack it first (lz4 -d)"],
  [[0x50, 0x4b, 0x03, 0x04], "a ZIP archive: unpack it first (unzip)"],
  [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "a 7z archive: unpack it first"],
  [[0xff, 0xfe], "text in UTF-16: expected UTF-8 (iconv -f UTF-16 -t UTF-8)"],
  [[0xfe, 0xff], "text in UTF-16: expected UTF-8 (iconv -f UTF-16 -t UTF-8)"],
  [[0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a], "an HDF5 file, which is not read"],
  [[0x25, 0x50, 0x44, 0x46], "a PDF"],
];

const TEXTS: readonly (readonly [text: RegExp, what: string])[] = [
  [/^version https:\/\/git-lfs\.github\.com\/spec\//, "a Git LFS pointer: the content is not here (git lfs pull fetches it)"],
  [/^\s*(<!doctype html|<html)/i, "an HTML page, as a server sends it in place of a file: download it again"],
  [/^\s*(<\?xml[^>]*>\s*)?<Error>\s*<Code>/, "the error message of an object store in place of a file: download it again"],
  // Of a tar archive its name stands behind the first entry's.
  [/^.{257}ustar/s, "a tar archive: unpack it first (tar -x)"],
];

/** @returns null when nobody can tell */
export function whatFileIs(input: Input, file: number): string | null {
  const size = input.files[file]?.size ?? 0;
  const head = readRange(input, file, 0, Math.min(size, HEAD_BYTES));
  const magic = MAGICS.find(([bytes]) => startsWith(head, bytes));
  if (magic) return magic[1];
  const text = Array.from(head, (byte) => String.fromCharCode(byte)).join("");
  const known = TEXTS.find(([start]) => start.test(text));
  if (known) return known[1];
  if (!isZero(input, file, Math.min(size, MOST_ZEROS))) return null;
  return size <= MOST_ZEROS
    ? "only zero bytes: nothing was ever written to it, or all of it was lost"
    : "64 MiB of zero bytes and more at its beginning";
}

/** @returns what the files of an input are, each kind once with the first of its files and how many there are; "" when nobody can tell */
export function whatItIs(input: Input): string {
  const files = Map.groupBy(input.files.slice(0, MOST_FILES).keys(), (file) => whatFileIs(input, file));
  files.delete(null);
  if (input.kind === "file") return [...files.keys()].join("; ");
  return Array.from(files, ([what, [first = 0, ...others]]) => {
    const more = others.length > 0 ? ` (as ${others.length} more)` : "";
    return `${input.files[first]?.path}${more} is ${what}`;
  }).join("; ");
}

function isZero(input: Input, file: number, size: number): boolean {
  for (let at = 0; at < size; at += PIECE_BYTES) {
    const piece = readRange(input, file, at, Math.min(PIECE_BYTES, size - at));
    if (piece.length === 0 || !onlyZeros(piece)) return false;
  }
  return size > 0;
}

function onlyZeros(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

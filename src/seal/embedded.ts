/** A seal inside a recording: an attachment of its MCAP. */
import type { Input } from "../input.ts";
import { containersInside, fileInside } from "../pipeline/inside.ts";
import { attached } from "../sources/mcap/embed.ts";
import { detectMcap } from "../sources/mcap/open.ts";

export const ATTACHMENT = "plumbline.seal";
export const MEDIA_TYPE = "application/vnd.plumbline.seal";
const MOST_BYTES = 2 ** 31 - 1;

/** Also of the one MCAP of a folder. @returns the seal's bytes, or null where there is none */
export function embeddedSeal(input: Input): Uint8Array | null {
  const [only, ...others] = input.kind === "folder" ? containersInside(input) : [];
  const file = only !== undefined && others.length === 0 ? fileInside(input, only) : input;
  return file.kind === "file" && detectMcap(file) ? attached(file, ATTACHMENT, MOST_BYTES) : null;
}

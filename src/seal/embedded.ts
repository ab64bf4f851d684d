/** A seal inside a recording: an attachment of its MCAP. */
import type { Input } from "../input.ts";
import { attached } from "../sources/mcap/embed.ts";
import { detectMcap } from "../sources/mcap/open.ts";

export const ATTACHMENT = "plumbline.seal";
export const MEDIA_TYPE = "application/vnd.plumbline.seal";
const MOST_BYTES = 2 ** 31 - 1;

/** @returns the seal's bytes, or null where there is none */
export function embeddedSeal(input: Input): Uint8Array | null {
  return input.kind === "file" && detectMcap(input) ? attached(input, ATTACHMENT, MOST_BYTES) : null;
}

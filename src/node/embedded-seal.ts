/** A seal inside an MCAP on disk: found, and put into a copy. */
import { InputError } from "../errors.ts";
import { loadKernels } from "../kernels.ts";
import { ATTACHMENT, embeddedSeal, MEDIA_TYPE } from "../seal/embedded.ts";
import { attach } from "../sources/mcap/embed.ts";
import { detectMcap } from "../sources/mcap/open.ts";
import { describeInput, type InputDescriptor, openDescriptor } from "./input.ts";
import type { Output } from "./output.ts";

/** Copied at once. */
const PIECE = 1 << 20;

/** @returns the seal's bytes, or null where there is none. @throws InputError when the path cannot be read */
export function sealInside(path: string): Uint8Array | null {
  const input = openDescriptor(describeInput(path));
  try {
    return embeddedSeal(input);
  } finally {
    input.close();
  }
}

/**
 * Writes a copy of an MCAP with the seal inside. The input is only read.
 *
 * @param timeNs of the attachment: the recording's last logged time, so that the same input gives the same copy
 * @throws InputError when the recording is no whole MCAP, or changed since it was described; Error of the file system when the copy cannot be written
 */
export async function embedSeal(recording: InputDescriptor, copy: Output, data: Uint8Array, timeNs: bigint): Promise<void> {
  const input = openDescriptor(recording);
  try {
    const spliced =
      input.kind === "file" && detectMcap(input)
        ? attach(input, { name: ATTACHMENT, mediaType: MEDIA_TYPE, timeNs, data }, await loadKernels())
        : null;
    if (!spliced) throw new InputError(`${recording.name}: cannot hold a seal: expected an MCAP with a DataEnd record and a footer`);
    for (let at = 0; at < spliced.keep; at += PIECE) {
      const piece = new Uint8Array(Math.min(PIECE, spliced.keep - at));
      if (input.read(0, at, piece) < piece.length) throw new InputError(`${recording.name}: became shorter while it was read`);
      await copy.write(piece);
    }
    await copy.write(spliced.tail);
  } finally {
    input.close();
  }
}

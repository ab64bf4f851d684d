/** A seal inside an MCAP on disk: found, and written into a copy. */
import * as fs from "node:fs";
import { pipeline } from "node:stream/promises";
import { requireUnchanged } from "../changed.ts";
import { InputError } from "../errors.ts";
import { ATTACHMENT, embeddedSeal, MEDIA_TYPE } from "../seal/embedded.ts";
import { attach } from "../sources/mcap/embed.ts";
import { detectMcap } from "../sources/mcap/open.ts";
import { loadKernels } from "../wasm.ts";
import { describeInput, type InputDescriptor, openDescriptor } from "./input.ts";
import { openRegular } from "./regular-file.ts";

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
export async function embedSeal(recording: InputDescriptor, copy: string, data: Uint8Array, timeNs: bigint): Promise<void> {
  const input = openDescriptor(recording);
  try {
    const spliced =
      input.kind === "file" && detectMcap(input)
        ? attach(input, { name: ATTACHMENT, mediaType: MEDIA_TYPE, timeNs, data }, await loadKernels())
        : null;
    if (!spliced) throw new InputError(`${recording.name}: cannot hold a seal: expected an MCAP with a DataEnd record and a footer`);
    const part = `${copy}.${process.pid}.part`;
    try {
      const { descriptor } = openRegular(recording.path);
      const from = fs.createReadStream("", { fd: descriptor, start: 0, end: spliced.keep - 1, highWaterMark: 1 << 20 });
      await pipeline(from, fs.createWriteStream(part, { flags: "wx" }));
      fs.appendFileSync(part, spliced.tail);
      requireUnchanged(input);
      fs.renameSync(part, copy);
    } catch (error) {
      fs.rmSync(part, { force: true });
      throw error;
    }
  } finally {
    input.close();
  }
}

/** A seal inside an MCAP on disk: found, and written into a copy. */
import * as fs from "node:fs";
import { pipeline } from "node:stream/promises";
import { InputError } from "../errors.ts";
import { loadKernels } from "../kernels.ts";
import { ATTACHMENT, embeddedSeal, MEDIA_TYPE } from "../seal/embedded.ts";
import { attach } from "../sources/mcap/embed.ts";
import { detectMcap } from "../sources/mcap/open.ts";
import { describeInput, openDescriptor } from "./input.ts";

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
 * Writes a copy of the MCAP at `path` with the seal inside. The input is only read.
 *
 * @param timeNs of the attachment: the recording's last logged time, so that the same input gives the same copy
 * @throws InputError when the recording is no whole MCAP; Error of the file system when the copy cannot be written
 */
export async function embedSeal(path: string, copy: string, data: Uint8Array, timeNs: bigint): Promise<void> {
  const input = openDescriptor(describeInput(path));
  try {
    const spliced =
      input.kind === "file" && detectMcap(input)
        ? attach(input, { name: ATTACHMENT, mediaType: MEDIA_TYPE, timeNs, data }, await loadKernels())
        : null;
    if (!spliced) throw new InputError(`${path}: cannot hold a seal: expected an MCAP with a DataEnd record and a footer`);
    const part = `${copy}.${process.pid}.part`;
    try {
      const from = fs.createReadStream(path, { start: 0, end: spliced.keep - 1, highWaterMark: 1 << 20 });
      await pipeline(from, fs.createWriteStream(part, { flags: "wx" }));
      fs.appendFileSync(part, spliced.tail);
      fs.renameSync(part, copy);
    } catch (error) {
      fs.rmSync(part, { force: true });
      throw error;
    }
  } finally {
    input.close();
  }
}

/** An attachment against its own checksum, in memory. */

import type { Kernels } from "../../kernels.ts";
import type { DamageList } from "../../summary/damages.ts";
import { damage } from "./damage.ts";
import { hex } from "./format.ts";
import { parseAttachmentHeader } from "./records.ts";

interface Regions {
  total: number;
  withChecksum: number;
  verified: number;
}

/** The header of an attachment is looked for in this many bytes. */
export const ATTACHMENT_HEAD = 64 * 1024;

/** Length of the part of an attachment's content its CRC covers, which the CRC (u32) follows; null when malformed. */
export function checkedBytes(head: Uint8Array, length: number): { readonly name: string; readonly covered: number } | null {
  const header = parseAttachmentHeader(head);
  if (!header || header.dataAt + header.dataSize + 4 > length) return null;
  return { name: header.name, covered: header.dataAt + header.dataSize };
}

export function checkAttachment(
  content: number,
  length: number,
  at: number,
  end: number,
  kernels: Kernels,
  damages: DamageList,
  regions: Regions,
): void {
  regions.total++;
  const found = checkedBytes(kernels.u8(content, Math.min(length, ATTACHMENT_HEAD)), length);
  if (!found) {
    damages.add(damage("malformed-record", "error", [at, end], { record: "Attachment", bytes: length }));
    return;
  }
  const stored = kernels.u8(content + found.covered, 4);
  const expected = new DataView(stored.buffer, stored.byteOffset, 4).getUint32(0, true);
  compareChecksum(found.name, expected, kernels.exports.crc32(content, found.covered, 0) >>> 0, at, end, damages, regions);
}

export function compareChecksum(
  name: string,
  expected: number,
  crc: number,
  at: number,
  end: number,
  damages: DamageList,
  regions: Regions,
): void {
  if (expected === 0) return;
  regions.withChecksum++;
  regions.verified++;
  if (crc === expected) return;
  damages.add(damage("crc-mismatch", "error", [at, end], { region: "attachment", name, crc: hex(crc, 8) }, { crc: hex(expected, 8) }));
}

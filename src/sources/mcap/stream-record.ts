/** One record that is never in memory as a whole: what can be known of it piece by piece. */

import type { Kernels } from "../../kernels.ts";
import { type LeafRecipe, streamedLeaf } from "../../seal/leaves.ts";
import type { DamageList } from "../../summary/damages.ts";
import { ATTACHMENT_HEAD, checkedBytes, compareChecksum } from "./attachment.ts";
import { Cursor } from "./cursor.ts";
import { damage } from "./damage.ts";
import { ATTACHMENT, CHUNK, LAST_KNOWN, MESSAGE, MESSAGE_HEADER, METADATA, RECORD_HEADER, TOO_LARGE } from "./format.ts";
import type { Rows } from "./rows.ts";
import type { SpanScan } from "./scan.ts";
import { recordName } from "./walk.ts";

export interface StreamedRecord {
  /** The next bytes of the record lie at `pointer`. */
  piece(pointer: number, bytes: number): void;
  /** @returns the leaf of a message, where one was asked for */
  finish(rows: Rows, scan: SpanScan): Uint8Array | null;
}

export function streamRecord(at: number, end: number, damages: DamageList, kernels: Kernels, recipe: LeafRecipe | null): StreamedRecord {
  const length = end - at - RECORD_HEADER;
  let head = new Uint8Array(0);
  let opcode = 0;
  /** Bytes of the record seen. */
  let seen = 0;
  /** The bytes [from, to) of the record are summed; for an attachment the CRC follows them. */
  let from = RECORD_HEADER + MESSAGE_HEADER;
  let to = end - at;
  let crc = 0;
  let attachment: ReturnType<typeof checkedBytes> = null;
  const leaf = recipe && streamedLeaf(recipe, kernels);
  const stored = new Uint8Array(4);

  return {
    piece(pointer, bytes) {
      if (seen === 0) {
        head = kernels.u8(pointer, Math.min(bytes, RECORD_HEADER + ATTACHMENT_HEAD)).slice();
        opcode = head[0] ?? 0;
        if (opcode === ATTACHMENT) {
          attachment = checkedBytes(head.subarray(RECORD_HEADER), length);
          from = RECORD_HEADER;
          to = RECORD_HEADER + (attachment?.covered ?? 0);
        }
      }
      const first = Math.max(from - seen, 0);
      const last = Math.min(to - seen, bytes);
      if (last > first) {
        crc = kernels.exports.crc32(pointer + first, last - first, crc);
        if (opcode === MESSAGE) leaf?.piece(pointer + first, last - first);
      }
      for (let i = 0; i < 4; i++) {
        const offset = to + i - seen;
        if (attachment && offset >= 0 && offset < bytes) stored[i] = kernels.u8(pointer + offset, 1)[0] ?? 0;
      }
      seen += bytes;
    },

    finish(rows, scan) {
      if (seen < end - at) {
        scan.lostBytes += end - at;
        damages.add(damage("shrunk", "error", [at + seen, end], { bytes: seen }, { bytes: end - at }));
        return null;
      }
      if (opcode === ATTACHMENT) {
        scan.regions.total++;
        if (!attachment) damages.add(damage("malformed-record", "error", [at, end], { record: "Attachment", bytes: length }));
        else compareChecksum(attachment.name, new Cursor(stored).u32(), crc >>> 0, at, end, damages, scan.regions);
        return null;
      }
      if (opcode === METADATA || opcode > LAST_KNOWN) return null;
      const observed = { record: recordName(opcode), bytes: length, framesRead: opcode === MESSAGE ? 1 : 0 };
      damages.add(damage("too-large", opcode === MESSAGE ? "warning" : "error", [at, at + RECORD_HEADER], observed, { most: TOO_LARGE }));
      if (opcode === CHUNK) scan.regions.total++;
      if (opcode !== MESSAGE) {
        scan.lostBytes += end - at;
        return null;
      }
      const c = new Cursor(head, RECORD_HEADER);
      const channel = c.u16();
      const sequence = c.u32();
      const logTime = c.u64();
      const bytes = length - MESSAGE_HEADER;
      rows.addOne(scan.streamOf[channel] ?? -1, channel, sequence, logTime, 0, bytes, 0, at);
      rows.sum(rows.count - 1, crc);
      return leaf?.finish() ?? null;
    },
  };
}

/**
 * Lists the records of an MCAP region (the data section, or a decompressed chunk).
 *
 * A record is `opcode u8, length u64, content[length]`, little-endian (https://mcap.dev/spec#records). A Message's
 * content begins `channel u16, sequence u32, logTime u64, publishTime u64`; its payload is the rest.
 *
 * | byte of a row | 0      | 4      | 8       | 12      | 16       | 20   | 24      | 32          |
 * |---------------|--------|--------|---------|---------|----------|------|---------|-------------|
 * | holds         | opcode | offset | content | channel | sequence | zero | logTime | publishTime |
 * | type          | u32    | u32    | u32     | u32     | u32      | u32  | u64     | u64         |
 */
import { FULL, MALFORMED, RECORD_ROW, TRUNCATED } from "../../src/abi";

/** Opcode and content length. */
const HEADER: usize = 9;
const MESSAGE: u32 = 0x05;
/** Channel, sequence and two times. */
const MESSAGE_HEADER: u64 = 22;

/**
 * @param pointer u8[length] - whole records, the first at byte 0
 * @param rows u8[maxRows * RECORD_ROW] - output, 8-byte aligned or not
 * @param maxRows capacity; negative is taken as 0
 * @param result u32[2] - bytes consumed (where the first record not listed begins); 0, or the status that stopped the walk:
 * FULL (no row left), TRUNCATED (a record does not fit in the rest), MALFORMED (opcode 0, or a Message shorter than its header)
 * @returns rows written
 *
 * O(records); no byte of a payload is read. A length is compared with what is left before anything is added to it, so a length near
 * 2^64 cannot wrap.
 */
export function scanRecords(pointer: usize, length: usize, rows: usize, maxRows: i32, result: usize): i32 {
  let offset: usize = 0;
  let row = rows;
  let count = 0;
  let status = 0;
  while (offset < length) {
    const record = pointer + offset;
    const left = length - offset;
    const opcode = u32(load<u8>(record));
    if (opcode == 0) {
      status = MALFORMED;
      break;
    }
    if (left < HEADER || load<u64>(record, 1) > u64(left - HEADER)) {
      status = TRUNCATED;
      break;
    }
    const content = load<u64>(record, 1);
    if (opcode == MESSAGE && content < MESSAGE_HEADER) {
      status = MALFORMED;
      break;
    }
    if (count >= maxRows) {
      status = FULL;
      break;
    }
    store<u32>(row, opcode);
    store<u32>(row, u32(offset), 4);
    store<u32>(row, u32(content), 8);
    if (opcode == MESSAGE) {
      store<u32>(row, u32(load<u16>(record, 9)), 12);
      store<u32>(row, load<u32>(record, 11), 16);
      store<u32>(row, 0, 20);
      store<u64>(row, load<u64>(record, 15), 24);
      store<u64>(row, load<u64>(record, 23), 32);
    } else {
      store<u32>(row, 0, 12);
      store<u64>(row, 0, 16);
      store<u64>(row, 0, 24);
      store<u64>(row, 0, 32);
    }
    row += RECORD_ROW;
    offset += HEADER + usize(content);
    count++;
  }
  store<u32>(result, u32(offset));
  store<i32>(result, status, 4);
  return count;
}

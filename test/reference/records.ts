/** MCAP records of a region, one DataView read at a time (https://mcap.dev/spec#records). */
import { FULL, MALFORMED, TRUNCATED } from "../../src/abi.ts";

export interface RecordRow {
  readonly opcode: number;
  readonly offset: number;
  readonly length: number;
  readonly channel: number;
  readonly sequence: number;
  readonly logTime: bigint;
  readonly publishTime: bigint;
}

export interface Scan {
  readonly rows: readonly RecordRow[];
  /** Where the first record not listed begins. */
  readonly consumed: number;
  /** 0, FULL, TRUNCATED or MALFORMED: why the walk ended. */
  readonly status: number;
}

export function scanRecords(bytes: Uint8Array, maxRows: number): Scan {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const rows: RecordRow[] = [];
  let offset = 0;
  const stop = (status: number): Scan => ({ rows, consumed: offset, status });
  while (offset < bytes.length) {
    const opcode = view.getUint8(offset);
    if (opcode === 0) return stop(MALFORMED);
    if (offset + 9 > bytes.length) return stop(TRUNCATED);
    const declared = view.getBigUint64(offset + 1, true);
    if (BigInt(offset + 9) + declared > BigInt(bytes.length)) return stop(TRUNCATED);
    const length = Number(declared);
    const isMessage = opcode === 5;
    if (isMessage && length < 22) return stop(MALFORMED);
    if (rows.length === maxRows) return stop(FULL);
    const at = offset + 9;
    rows.push({
      opcode,
      offset,
      length,
      channel: isMessage ? view.getUint16(at, true) : 0,
      sequence: isMessage ? view.getUint32(at + 2, true) : 0,
      logTime: isMessage ? view.getBigUint64(at + 6, true) : 0n,
      publishTime: isMessage ? view.getBigUint64(at + 14, true) : 0n,
    });
    offset = at + length;
  }
  return stop(0);
}

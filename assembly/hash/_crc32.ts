/** The table form of the 32-bit CRCs, for short messages and the ends of long ones. */

/** u32[16][256] - row k: the CRC of a byte followed by k zero bytes. */
export const TABLE_BYTES: i32 = 16384;

/** Room for the residue of any stage. */
export const RESIDUE_BYTES: i32 = 1792;

/**
 * Slicing by 16: the register after a block is the sum of what each of its bytes leaves behind, and row k of the table knows what a byte
 * leaves after k more. Byte i of a block has 15 - i after it; the register itself is added to the first four, and they come last.
 */
export function sliced(table: usize, pointer: usize, length: usize, c: u32): u32 {
  let p = pointer;
  const blocks = pointer + (length & ~15);
  while (p < blocks) {
    const b = load<u32>(p, 4);
    const d = load<u32>(p, 8);
    const e = load<u32>(p, 12);
    const later =
      load<u32>(table + ((b & 255) << 2), 11264) ^
      load<u32>(table + (((b >>> 8) & 255) << 2), 10240) ^
      (load<u32>(table + (((b >>> 16) & 255) << 2), 9216) ^ load<u32>(table + ((b >>> 24) << 2), 8192)) ^
      (load<u32>(table + ((d & 255) << 2), 7168) ^
        load<u32>(table + (((d >>> 8) & 255) << 2), 6144) ^
        (load<u32>(table + (((d >>> 16) & 255) << 2), 5120) ^ load<u32>(table + ((d >>> 24) << 2), 4096)) ^
        (load<u32>(table + ((e & 255) << 2), 3072) ^
          load<u32>(table + (((e >>> 8) & 255) << 2), 2048) ^
          (load<u32>(table + (((e >>> 16) & 255) << 2), 1024) ^ load<u32>(table + ((e >>> 24) << 2)))));
    const a = load<u32>(p) ^ c;
    c =
      later ^
      (load<u32>(table + ((a & 255) << 2), 15360) ^
        load<u32>(table + (((a >>> 8) & 255) << 2), 14336) ^
        (load<u32>(table + (((a >>> 16) & 255) << 2), 13312) ^ load<u32>(table + ((a >>> 24) << 2), 12288)));
    p += 16;
  }
  const end = pointer + length;
  for (; p < end; p++) c = (c >>> 8) ^ load<u32>(table + (((c ^ load<u8>(p)) & 255) << 2));
  return c;
}

/** Fills `table`, TABLE_BYTES, unless it is (entry 1 tells); `poly` is bit-reflected: bit 31 is x^0. */
export function prepare(table: usize, poly: u32): void {
  if (load<u32>(table, 4) == 0) buildTable(table, poly);
}

function buildTable(table: usize, poly: u32): void {
  for (let i: u32 = 0; i < 256; i++) {
    let c = i;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ poly : c >>> 1;
    store<u32>(table + (i << 2), c);
  }
  for (let at: usize = 1024; at < 16384; at += 4) {
    const c = load<u32>(table + at - 1024);
    store<u32>(table + at, (c >>> 8) ^ load<u32>(table + ((c & 255) << 2)));
  }
}

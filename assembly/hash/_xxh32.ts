/** XXH32, seed 0: the checksum of LZ4 frames (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). */
const P1: u32 = 0x9e3779b1;
const P2: u32 = 0x85ebca77;
const P3: u32 = 0xc2b2ae3d;
const P4: u32 = 0x27d4eb2f;
const P5: u32 = 0x165667b1;

function round(lane: u32, word: u32): u32 {
  return rotl(lane + word * P2, 13) * P1;
}

/** @param pointer u8[length] */
export function xxh32(pointer: usize, length: usize): u32 {
  let p = pointer;
  const end = pointer + length;
  let h: u32 = P5;
  if (length >= 16) {
    let a: u32 = P1 + P2;
    let b: u32 = P2;
    let c: u32 = 0;
    let d: u32 = 0 - P1;
    const last = end - 16;
    do {
      a = round(a, load<u32>(p));
      b = round(b, load<u32>(p, 4));
      c = round(c, load<u32>(p, 8));
      d = round(d, load<u32>(p, 12));
      p += 16;
    } while (p <= last);
    h = rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18);
  }
  h += u32(length);
  for (; p + 4 <= end; p += 4) h = rotl(h + load<u32>(p) * P3, 17) * P4;
  for (; p < end; p++) h = rotl(h + u32(load<u8>(p)) * P5, 11) * P1;
  h = (h ^ (h >>> 15)) * P2;
  h = (h ^ (h >>> 13)) * P3;
  return h ^ (h >>> 16);
}

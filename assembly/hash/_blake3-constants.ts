/** BLAKE3's constants (https://github.com/BLAKE3-team/BLAKE3-specs, sections 2.1 and 2.2). */

export const CHUNK_START: u32 = 1;
export const CHUNK_END: u32 = 2;
export const PARENT: u32 = 4;
export const ROOT: u32 = 8;
export const KEYED_HASH: u32 = 16;

/** SHA-256's initial value; its first half also begins every state's third row. */
export const IV0: u32 = 0x6a09e667;
export const IV1: u32 = 0xbb67ae85;
export const IV2: u32 = 0x3c6ef372;
export const IV3: u32 = 0xa54ff53a;

/** u32[8] - the key of the unkeyed hash. */
export const IV: usize = memory.data<u32>([IV0, IV1, IV2, IV3, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19], 16);

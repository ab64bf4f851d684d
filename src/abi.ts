/**
 * What kernels and their callers agree on. Constants only: this file is compiled by AssemblyScript and by tsc.
 *
 * A kernel returns a count (>= 0) or one of these negative statuses.
 */

/** The output region is full: nothing was lost before it, the rest was not written. */
export const FULL = -1;
/** The input ends inside an item. */
export const TRUNCATED = -2;
/** The input contradicts its own format. */
export const MALFORMED = -3;
/** The bytes were readable but a checksum they carry does not match. */
export const CHECKSUM = -4;

/** Bytes per row of the table `scanRecords` writes (see assembly/records.ts). */
export const RECORD_ROW = 40;

/** Bytes of the state of a streamed BLAKE3 (see assembly/blake3.ts). */
export const BLAKE3_STATE = 9984;
/** Bytes of the state of a streamed XXH3 (see assembly/xxh3-stream.ts). */
export const XXH3_STATE = 1376;

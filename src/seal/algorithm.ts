/** Which digest a seal's leaves are. A list for flags and for the byte that stands for each in the hashed header. */
export type SealAlgorithm = "xxh3-128" | "blake3";

/** Of the seal's format. New seals are of the latest; those of version 1 hold less, see docs/seal.md. */
export type SealVersion = 1 | 2;

export const LATEST: SealVersion = 2;

export const SEAL_ALGORITHMS: readonly SealAlgorithm[] = ["xxh3-128", "blake3"];

/** Bytes of a leaf. */
export const LEAF_BYTES: Readonly<Record<SealAlgorithm, number>> = { "xxh3-128": 16, blake3: 32 };

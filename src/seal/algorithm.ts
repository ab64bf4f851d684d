/** Which digest a seal's leaves are. A list for flags and for the byte that stands for each in the hashed header. */
export type SealAlgorithm = "xxh3-128" | "blake3";

export const SEAL_ALGORITHMS: readonly SealAlgorithm[] = ["xxh3-128", "blake3"];

/** Bytes of a leaf. */
export const LEAF_BYTES: Readonly<Record<SealAlgorithm, number>> = { "xxh3-128": 16, blake3: 32 };

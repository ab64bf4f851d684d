/** How many times a peer's speed ours shall be, and whether it is. */
import type { Access, DigestName } from "./checksums-contenders.ts";
import { type Spread, spreadOf } from "./interleave.ts";

export interface Target {
  readonly digest: DigestName;
  readonly access: Access;
  readonly peer: string;
  readonly inputs: readonly string[];
  readonly times: number;
  /** Wished for, not promised. */
  readonly wanted?: true;
}

const LARGE = ["1 MiB", "8 MiB"];
const FROM_64_KIB = ["64 KiB", ...LARGE];

export const TARGETS: readonly Target[] = [
  { digest: "xxh3-64", access: "zero-copy", peer: "hash-wasm xxh3", inputs: FROM_64_KIB, times: 3.5 },
  { digest: "xxh3-64", access: "zero-copy", peer: "@node-rs/xxhash xxh64", inputs: FROM_64_KIB, times: 1.5 },
  { digest: "crc32", access: "zero-copy", peer: "hash-wasm crc32", inputs: LARGE, times: 12 },
  { digest: "crc32", access: "zero-copy", peer: "@node-rs/crc32 1.10.6 crc32", inputs: LARGE, times: 2 },
  { digest: "crc32", access: "zero-copy", peer: "@node-rs/crc32 1.10.8 crc32", inputs: LARGE, times: 2 },
  { digest: "crc32", access: "zero-copy", peer: "@node-rs/crc32 1.10.6 crc32", inputs: ["DRAM"], times: 1 },
  { digest: "crc32c", access: "zero-copy", peer: "hash-wasm crc32c", inputs: LARGE, times: 11 },
  { digest: "crc32c", access: "zero-copy", peer: "fast-crc32c (SSE 4.2)", inputs: LARGE, times: 2.5 },
  { digest: "crc32c", access: "zero-copy", peer: "@node-rs/crc32 1.10.6 crc32c", inputs: LARGE, times: 1, wanted: true },
  { digest: "blake3", access: "zero-copy", peer: "hash-wasm blake3", inputs: LARGE, times: 2.2 },
  { digest: "xxh3-64", access: "copy-in", peer: "hash-wasm xxh3", inputs: ["1 MiB"], times: 2.2 },
  { digest: "crc32", access: "copy-in", peer: "hash-wasm crc32", inputs: ["1 MiB"], times: 7 },
  { digest: "crc32c", access: "copy-in", peer: "hash-wasm crc32c", inputs: ["1 MiB"], times: 6 },
  { digest: "blake3", access: "copy-in", peer: "hash-wasm blake3", inputs: ["1 MiB"], times: 1.6 },
];

export interface Outcome extends Target {
  /** Ours over the peer's, within each round, per input. Empty where the peer is missing. */
  readonly ratios: Readonly<Record<string, Spread>>;
  /** Null where the peer is missing. */
  readonly met: boolean | null;
}

/**
 * @param seconds of one iteration, round by round, of a contender over an input; undefined where it did not take part
 */
export function judge(seconds: (digest: DigestName, name: string, input: string) => readonly number[] | undefined): readonly Outcome[] {
  return TARGETS.map((target) => {
    const ratios: Record<string, Spread> = {};
    for (const input of target.inputs) {
      const ours = seconds(target.digest, target.access === "zero-copy" ? "plumbline kernel" : "plumbline digest()", input);
      const theirs = seconds(target.peer.includes("xxh64") ? "xxh64" : target.digest, target.peer, input);
      if (ours && theirs) ratios[input] = spreadOf(theirs.map((s, round) => s / (ours[round] ?? Number.NaN)));
    }
    const complete = target.inputs.every((input) => ratios[input]);
    return { ...target, ratios, met: complete ? Object.values(ratios).every(({ median }) => median >= target.times) : null };
  });
}

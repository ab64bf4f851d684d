/** Digests of bytes both sides can make: run by Node with lengths as arguments, and imported by the page. */
import { type AlgorithmName, algorithms, createDigest, type DigestOptions, digest } from "../../src/digest/digest.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, i) => 3 * i + 1);
const OPTIONS: Readonly<Partial<Record<AlgorithmName, readonly DigestOptions[]>>> = {
  "xxh3-64": [{}, { seed: 2n ** 64n - 59n }],
  "xxh3-128": [{}, { seed: 77 }],
  blake3: [{}, { key: KEY }],
};

export function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i % 251) ^ Math.imul(i >>> 10, 0x9d));
}

/** Every algorithm, with and without its parameter, at every length: at once, and in parts that have to agree. */
export function digestsOf(lengths: readonly number[]): readonly (readonly [name: string, digest: string])[] {
  return lengths.flatMap((length) => {
    const bytes = bytesOf(length);
    return algorithms.flatMap((algorithm) =>
      (OPTIONS[algorithm] ?? [{}]).map((options) => {
        const name = `${algorithm} ${Object.keys(options).join()} of ${length} bytes`;
        const running = createDigest(algorithm, options);
        for (let at = 0, size = 1; at < length; at += size, size = 2 * size + 7) running.update(bytes.subarray(at, at + size));
        const whole = digest(bytes, algorithm, options);
        return [name, running.digest() === whole ? whole : "in parts another"] as const;
      }),
    );
  });
}

if (typeof process !== "undefined" && process.argv?.[1]?.endsWith("digest-cases.ts")) {
  process.stdout.write(JSON.stringify(digestsOf(process.argv.slice(2).map(Number))));
}

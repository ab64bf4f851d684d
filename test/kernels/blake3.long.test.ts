import { expect, test } from "vitest";
import { loadKernels } from "../../src/kernels.ts";
import { ALL_BITS, unseenBits } from "./bit-flips.ts";
import { painted } from "./regions.ts";

test.each([
  ["plain", null],
  ["keyed", painted(32)],
] as const)("every flipped bit of 64 KiB changes the BLAKE3, %s", { timeout: 300_000 }, async (_name, own) => {
  const kernels = await loadKernels();
  const key = own ? kernels.put(own) : 0;
  const out = kernels.alloc(32);
  const digest = (pointer: number, length: number): string => {
    kernels.exports.blake3(pointer, length, key, out, 32);
    return kernels.u32(out, 8).join();
  };
  expect(unseenBits(kernels, ALL_BITS, digest)).toEqual([]);
});

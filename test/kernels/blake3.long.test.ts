import { expect, test } from "vitest";
import { loadKernels } from "../../src/wasm.ts";
import { ALL_BITS, unseenBits } from "./bit-flips.ts";

test("every flipped bit of 64 KiB changes the BLAKE3", { timeout: 300_000 }, async () => {
  const kernels = await loadKernels();
  const out = kernels.alloc(32);
  const digest = (pointer: number, length: number): string => {
    kernels.exports.blake3(pointer, length, 0, out, 32);
    return Buffer.from(kernels.u8(out, 32)).toString("hex");
  };
  expect(unseenBits(kernels, ALL_BITS, digest)).toEqual([]);
});

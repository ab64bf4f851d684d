import { expect, test } from "vitest";
import { isZero } from "../src/digest/bytes.ts";

test("isZero sees every byte of the range and none beside it, whatever the alignment", () => {
  for (let offset = 0; offset < 5; offset++) {
    for (let length = 0; length < 12; length++) {
      const bytes = new Uint8Array(new ArrayBuffer(32), offset, 20).fill(7);
      const [from, to] = [3, 3 + length];
      bytes.fill(0, from, to);
      expect([offset, length, isZero(bytes, from, to)]).toEqual([offset, length, true]);
      for (let at = from; at < to; at++) {
        bytes[at] = 0x80;
        expect([offset, length, at, isZero(bytes, from, to)]).toEqual([offset, length, at, false]);
        bytes[at] = 0;
      }
    }
  }
});

/** Node's and the browser's platform give the same answer to the same bytes, so that their reports can be equal. */
import { constants, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { browserPlatform } from "../src/browser/platform.ts";
import type { Platform } from "../src/input.ts";
import { decompressCopied, frameByFrame, nodePlatform } from "../src/node/platform.ts";

const browser = await browserPlatform();
const checksummed = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const data = new Uint8Array(9000).map((_, i) => (i * i) >> 5);
const frame = new Uint8Array(zstdCompressSync(data, checksummed));
const empty = new Uint8Array(zstdCompressSync(new Uint8Array(), checksummed));

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const out = bytes.slice();
  out[bit >> 3] = (out[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return out;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function decode(platform: Platform, compressed: Uint8Array, size: number): Uint8Array | null {
  const out = new Uint8Array(size);
  return platform.zstd(compressed, out) ? out : null;
}

/** Of a Node whose inside has changed. */
const documented: Platform = { zstd: frameByFrame(decompressCopied) };

for (const [name, platform] of Object.entries({ node: nodePlatform, documented, browser })) {
  test(`${name}: a zstd frame comes out whole, or not at all`, () => {
    expect(decode(platform, frame, data.length)).toEqual(data);
    expect(decode(platform, new Uint8Array(zstdCompressSync(data)), data.length)).toEqual(data);
    expect(decode(platform, frame, data.length - 1)).toBeNull();
    expect(decode(platform, frame, data.length + 1)).toBeNull();
    expect(decode(platform, frame, 0)).toBeNull();
    expect(decode(platform, new Uint8Array(), 10)).toBeNull();
    expect(decode(platform, join(frame, Uint8Array.of(1, 2, 3)), data.length)).toBeNull();
  });

  test(`${name}: frames one after another come out as one`, () => {
    const more = new Uint8Array(zstdCompressSync(data.subarray(0, 500)));
    const both = new Uint8Array([...data, ...data.subarray(0, 500)]);
    expect(decode(platform, join(frame, more), 9500)).toEqual(both);
    expect(decode(platform, join(frame, empty, more, empty), 9500)).toEqual(both);
    for (const size of [9000, 9499, 9501]) expect(decode(platform, join(frame, more), size)).toBeNull();
    expect(decode(platform, join(frame, more).subarray(0, -1), 9500)).toBeNull();
  });

  test(`${name}: a zstd frame of nothing is nothing`, () => {
    expect(decode(platform, empty, 0)).toEqual(new Uint8Array());
    expect(decode(platform, new Uint8Array(), 0)).toEqual(new Uint8Array());
    expect(decode(platform, empty, 1)).toBeNull();
    expect(decode(platform, empty.subarray(0, -1), 0)).toBeNull();
    // Claims to hold nothing, and holds one byte.
    expect(decode(platform, Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 0b1001, 0, 0, 0x78), 0)).toBeNull();
  });

  test(`${name}: a checksummed zstd frame with a bit flipped, or cut anywhere, never gives other bytes`, () => {
    let accepted = 0;
    for (let bit = 0; bit < frame.length * 8; bit += 3) {
      const out = decode(platform, flip(frame, bit), data.length);
      if (out === null) continue;
      expect([bit, Buffer.compare(out, data)]).toEqual([bit, 0]);
      accepted++;
    }
    // A bit the format leaves unused changes nothing.
    expect(accepted).toBeLessThan(5);
    for (let cut = 0; cut < frame.length; cut += 7)
      expect([cut, decode(platform, frame.subarray(0, cut), data.length)]).toEqual([cut, null]);
    expect(decode(platform, frame.subarray(0, -1), data.length)).toBeNull();
  });
}

test("both accept the same flipped frames where there is no checksum", () => {
  const plain = new Uint8Array(zstdCompressSync(data));
  let accepted = 0;
  for (let bit = 0; bit < plain.length * 8; bit += 3) {
    const node = decode(nodePlatform, flip(plain, bit), data.length);
    const other = decode(browser, flip(plain, bit), data.length);
    expect([bit, node && other ? Buffer.compare(node, other) : other]).toEqual([bit, node && 0]);
    if (node) accepted++;
  }
  expect(accepted).toBeGreaterThan(0);
});

/** MCAP files of few bytes that become many: each chunk is one message of zeros, in zstd. */
import { zstdCompressSync } from "node:zlib";

const MAGIC = Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a);

const le = (value: number | bigint, bytes: number): Buffer => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out.subarray(0, bytes);
};
const text = (value: string): Buffer => Buffer.concat([le(value.length, 4), Buffer.from(value)]);
const record = (opcode: number, ...content: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(content);
  return Buffer.concat([Uint8Array.of(opcode), le(body.length, 8), body]);
};

/** @param sizes bytes of each chunk's message, in order; equal ones are compressed once */
export function inflatingMcap(sizes: readonly number[]): Uint8Array {
  const compressed = new Map<number, readonly [bytes: number, stored: Buffer]>();
  const chunk = (size: number, i: number): Buffer => {
    const [bytes, stored] = compressed.get(size) ?? squeezed(size);
    compressed.set(size, [bytes, stored]);
    return record(6, le(i, 8), le(i, 8), le(bytes, 8), le(0, 4), text("zstd"), le(stored.length, 8), stored);
  };
  const records = [record(1, text(""), text("test")), record(4, le(0, 2), le(0, 2), text("/zeros"), text(""), le(0, 4))];
  const end = [record(15, le(0, 4)), record(2, le(0, 20 - 12), le(0, 8), le(0, 4)), MAGIC];
  return new Uint8Array(Buffer.concat([MAGIC, ...records, ...sizes.map(chunk), ...end]));
}

function squeezed(size: number): readonly [number, Buffer] {
  const message = record(5, Buffer.alloc(22 + size));
  return [message.length, zstdCompressSync(message)];
}

/** The nodes of a seal's tree as docs/seal.md writes them down. */
import { blake3 } from "./blake3.ts";

const NODE = 32;

/** Leaf and stamp of a frame. */
export interface Entry {
  readonly leaf: Uint8Array;
  readonly stampNs: bigint;
}

export function merkleBlocks(entries: readonly Entry[], perBlock: number, key: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(entries.length / perBlock) }, (_, block) => {
    const own = entries.slice(block * perBlock, (block + 1) * perBlock);
    return blake3(Uint8Array.from([1, ...u32(own.length), ...own.flatMap(({ leaf, stampNs }) => [...leaf, ...i64(stampNs)])]), key);
  });
}

/** RFC 6962, section 2.1. */
export function merkleTop(nodes: readonly Uint8Array[], key: Uint8Array): Uint8Array {
  const [only] = nodes;
  if (!only) return new Uint8Array(NODE);
  if (nodes.length === 1) return only;
  let m = 1;
  while (2 * m < nodes.length) m *= 2;
  return blake3(Uint8Array.of(2, ...merkleTop(nodes.slice(0, m), key), ...merkleTop(nodes.slice(m), key)), key);
}

function u32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, true);
  return out;
}

function i64(value: bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigInt64(0, value, true);
  return out;
}

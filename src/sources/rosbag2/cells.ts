/** Rows as they stand in a page: cells of a table's leaf, the records in them, payloads that go on in overflow pages. */
import { type Pages, u16, u32 } from "./pages.ts";

export const LEAF = 13;
export const INTERIOR = 5;

export interface TreeNode {
  readonly type: typeof LEAF | typeof INTERIOR;
  readonly count: number;
  /** Where the pointers to its cells begin. */
  readonly pointers: number;
  /** The last child of an interior page. */
  readonly right: number;
}

/** @returns null where the page is none of a table's tree */
export function nodeOf(page: Uint8Array, number: number, usable: number): TreeNode | null {
  const at = number === 1 ? 100 : 0;
  const type = page[at];
  if (type !== LEAF && type !== INTERIOR) return null;
  const count = u16(page, at + 3);
  const pointers = at + (type === LEAF ? 8 : 12);
  return pointers + 2 * count <= usable ? { type, count, pointers, right: u32(page, at + 8) } : null;
}

export interface Cell {
  /** Within the page. */
  readonly start: number;
  readonly end: number;
  readonly rowid: number;
  /** Of the payload: all of it, what stands in this page and where, and the page the rest begins in (0: none). */
  readonly bytes: number;
  readonly local: number;
  readonly localBytes: number;
  readonly overflow: number;
}

/** @returns null where the i-th cell of a leaf does not fit in its page */
export function cellOf(page: Uint8Array, node: TreeNode, i: number, usable: number): Cell | null {
  const start = u16(page, node.pointers + 2 * i);
  if (start < node.pointers + 2 * node.count) return null;
  const size = varint(page, start, usable);
  const rowid = size && varint(page, size.next, usable);
  if (!rowid) return null;
  const bytes = size.value;
  const localBytes = localPart(bytes, usable);
  const end = rowid.next + localBytes + (localBytes < bytes ? 4 : 0);
  if (end > usable) return null;
  const overflow = localBytes < bytes ? u32(page, end - 4) : 0;
  return { start, end, rowid: rowid.value, bytes, local: rowid.next, localBytes, overflow };
}

/** How much of a payload stands in the leaf itself. https://www.sqlite.org/fileformat2.html#b_tree_pages */
function localPart(bytes: number, usable: number): number {
  const most = usable - 35;
  if (bytes <= most) return bytes;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((bytes - least) % (usable - 4));
  return fitting <= most ? fitting : least;
}

/**
 * Copies a cell's payload from byte `from` on into all of `target`.
 *
 * @param page the cell's own
 * @returns bytes of the payload that are there: all `cell.bytes` where its chain of pages is as long as it must be; -1 where that goes on
 */
export function copyPayload(cell: Cell, page: Uint8Array, overflow: Pages, from: number, target: Uint8Array): number {
  const put = (bytes: Uint8Array, at: number): void => {
    const skip = Math.max(0, from - at);
    if (skip < bytes.length) target.set(bytes.subarray(skip, skip + target.length - (at + skip - from)), at + skip - from);
  };
  put(page.subarray(cell.local, cell.local + cell.localBytes), 0);
  let at = cell.localBytes;
  let next = cell.overflow;
  while (at < cell.bytes) {
    const more = overflow.page(next);
    if (!more) return at;
    const part = Math.min(overflow.form.usable - 4, cell.bytes - at);
    put(more.subarray(4, 4 + part), at);
    at += part;
    next = u32(more, 0);
  }
  return next === 0 ? at : -1;
}

/** A column of a record: its serial type, and where its value stands in the payload. */
export interface Column {
  readonly type: number;
  readonly at: number;
  readonly bytes: number;
}

const SIZES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0] as const;
const MAX_COLUMNS = 64;

/** @param head the payload's first bytes; its values may go on beyond. @returns null where the columns do not add up to `bytes` */
export function columnsOf(head: Uint8Array, bytes: number): readonly Column[] | null {
  const length = varint(head, 0, head.length);
  if (!length || length.value > head.length) return null;
  const columns: Column[] = [];
  let at = length.value;
  for (let next = length.next; next < length.value; ) {
    const type = varint(head, next, length.value);
    if (!type || type.value === 10 || type.value === 11 || columns.length === MAX_COLUMNS) return null;
    const size = type.value < 10 ? (SIZES[type.value] ?? 0) : Math.floor((type.value - 12) / 2);
    columns.push({ type: type.value, at, bytes: size });
    at += size;
    next = type.next;
  }
  return at === bytes ? columns : null;
}

/** @returns null where the column is no integer, or lies beyond `head` */
export function integerOf(head: Uint8Array, { type, at, bytes }: Column): bigint | null {
  if (type === 8 || type === 9) return BigInt(type - 8);
  if (type < 1 || type > 6 || at + bytes > head.length) return null;
  let value = BigInt.asIntN(8, BigInt(head[at] ?? 0));
  for (let i = 1; i < bytes; i++) value = (value << 8n) | BigInt(head[at + i] ?? 0);
  return value;
}

export function isBlob({ type }: Column): boolean {
  return type >= 12 && type % 2 === 0;
}

/** A big-endian integer of 1 to 9 bytes, seven bits in each of the first eight. @returns null where it goes beyond `end` */
function varint(bytes: Uint8Array, at: number, end: number): { readonly value: number; readonly next: number } | null {
  let value = 0;
  for (let i = 0; i < 9 && at + i < end; i++) {
    const byte = bytes[at + i] ?? 0;
    // Nine bytes are 64 bits: a size no file has, or a row's negative id.
    if (i === 8) return { value: value * 256 + byte, next: at + 9 };
    value = value * 128 + (byte & 127);
    if (byte < 128) return { value, next: at + i + 1 };
  }
  return null;
}

/** Columns of points become rows: the one shape every check reads. */
import type { Kernels } from "../../kernels.ts";

/** Values of one field in kernel memory, `step` bytes from one to the next; `width` bytes each count. */
export interface PointColumn {
  readonly pointer: number;
  readonly step: number;
  readonly width: 1 | 2 | 4 | 8;
}

/** Values are moved as unsigned words of their width: no value changes, NaN bits included. Columns may lie at any address. */
export function fillRows(kernels: Kernels, column: PointColumn, rows: number, to: number, stride: number): void {
  const { pointer, step, width } = column;
  const { buffer } = kernels.exports.memory;
  const aligned = (n: number): boolean => [pointer, step, to, stride].every((at) => at % n === 0);
  if (width >= 4 && aligned(4)) {
    const words = new Uint32Array(buffer);
    for (let word = 0; word < width / 4; word++) move(words, pointer / 4 + word, step / 4, rows, to / 4 + word, stride / 4);
    return;
  }
  if (width === 2 && aligned(2)) {
    move(new Uint16Array(buffer), pointer / 2, step / 2, rows, to / 2, stride / 2);
    return;
  }
  const memory = new Uint8Array(buffer);
  for (let byte = 0; byte < width; byte++) move(memory, pointer + byte, step, rows, to + byte, stride);
}

function move(words: Uint8Array | Uint16Array | Uint32Array, from: number, step: number, rows: number, to: number, stride: number): void {
  for (let i = 0, a = from, b = to; i < rows; i++, a += step, b += stride) words[b] = words[a] ?? 0;
}

/** Moves what was built at `from` down to `mark`, and gives back everything behind it. @returns where it lies now */
export function settle(kernels: Kernels, mark: number, from: number, bytes: number): number {
  kernels.release(mark);
  const pointer = kernels.alloc(bytes);
  new Uint8Array(kernels.exports.memory.buffer).copyWithin(pointer, from, from + bytes);
  return pointer;
}

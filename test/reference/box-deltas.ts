/** The definition of `boxDeltas`. */

export interface Image {
  readonly columns: number;
  readonly rows: number;
  readonly cells: Uint8Array;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** @returns by rows; 0xffffffff for a move that leaves the image */
export function boxDeltas(before: Image, after: Image, box: Box, gain: number, moves: Box): number[] {
  const { columns, rows } = before;
  return Array.from({ length: moves.width * moves.height }, (_, i) => {
    const dx = moves.left + (i % moves.width);
    const dy = moves.top + Math.floor(i / moves.width);
    const [x, y] = [box.left + dx, box.top + dy];
    if (x < 0 || y < 0 || x + box.width > columns || y + box.height > rows) return 0xffffffff;
    let sum = 0;
    for (let v = 0; v < box.height; v++) {
      for (let u = 0; u < box.width; u++) {
        const lit = Math.min(255, Math.floor(((before.cells[(box.top + v) * columns + box.left + u] ?? 0) * gain + 64) / 128));
        sum += Math.abs(lit - (after.cells[(y + v) * columns + x + u] ?? 0));
      }
    }
    return sum;
  });
}

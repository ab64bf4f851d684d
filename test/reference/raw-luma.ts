/** The definition of `rawLuma`. */

/** @param counts offsets of red, green and blue in a pixel */
export function rawLuma(
  source: Uint8Array,
  width: number,
  height: number,
  step: number,
  pixelBytes: number,
  [red, green, blue]: readonly [number, number, number],
): Uint8Array {
  const grey = red === green && green === blue;
  return meanCells(width, height, (x, y) => {
    const at = (offset: number): number => source[y * step + x * pixelBytes + offset] ?? 0;
    return grey ? at(red) : greyOf(at(red), at(green), at(blue));
  });
}

export function greyOf(red: number, green: number, blue: number): number {
  return Math.floor((77 * red + 150 * green + 29 * blue + 128) / 256);
}

export function meanCells(width: number, height: number, pixel: (x: number, y: number) => number): Uint8Array {
  const columns = Math.ceil(width / 8);
  return Uint8Array.from({ length: columns * Math.ceil(height / 8) }, (_, cell) => {
    let [sum, count] = [0, 0];
    for (let y = 8 * Math.floor(cell / columns); y < Math.min(height, 8 * Math.floor(cell / columns) + 8); y++) {
      for (let x = 8 * (cell % columns); x < Math.min(width, 8 * (cell % columns) + 8); x++, count++) sum += pixel(x, y);
    }
    return Math.floor((sum + Math.floor(count / 2)) / count);
  });
}

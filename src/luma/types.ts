/** Luma at an eighth of an image, and why there is none. */

/** Pixels a cell is wide and high. */
export const CELL_PX = 8;

/** Luma in kernel memory, until the caller gives it back. 15 bytes behind it may be read. */
export interface Luma {
  readonly pointer: number;
  /** Cells. */
  readonly columns: number;
  readonly rows: number;
  /** Pixels of the image itself. */
  readonly width: number;
  readonly height: number;
}

/** Why an image has none: a short constant. `kind` is `unread` for a form that is not read, `broken` for one that contradicts itself. */
export interface NoLuma {
  readonly kind: "unread" | "broken";
  readonly reason: string;
}

/** Images beyond this many pixels are not read: 4 MiB of cells. */
export const MOST_PIXELS = 2 ** 28;
